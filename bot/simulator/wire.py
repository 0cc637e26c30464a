"""JSON in and out of the control API."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

Body = dict[str, Any]


def answer(value: Any) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


def bad(text: str, status: int = 400) -> web.HTTPException:
    kind = web.HTTPConflict if status == 409 else web.HTTPBadRequest
    return kind(text=text)


async def body_of(request: web.Request) -> Body:
    raw = await request.read()
    if not raw.strip():
        return {}
    try:
        value = orjson.loads(raw)
    except ValueError as error:
        raise bad("not JSON") from error
    if not isinstance(value, dict):
        raise bad("not a JSON object")
    return value


def number_of(request: web.Request, name: str, default: int) -> int:
    try:
        return int(request.query.get(name, default))
    except ValueError:
        raise bad(f"{name} is not a number") from None


def text_of(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str) or not value:
        raise bad(f"{name} is missing")
    return value
