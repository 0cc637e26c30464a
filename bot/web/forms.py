"""What a browser sends, made plain: text without control characters, and a refusal instead of an error for broken bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aiohttp import web

# PostgreSQL takes no NUL, and nothing good comes of the others; lone surrogates cannot be written as UTF-8
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


async def read(request: web.Request) -> Mapping[str, str]:
    """The text fields of a form. Raises HTTPBadRequest when it cannot be read."""
    try:
        sent = await request.post()
    except (ValueError, LookupError):  # bytes that are no text, an unknown charset, a form without its boundary
        raise web.HTTPBadRequest from None
    return {name: clean(value) for name, value in sent.items() if isinstance(value, str)}


def clean(text: str) -> str:
    """The text in one kind of line end, without control characters and outer space."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def page(text: str) -> int:
    """The number of a page, from 1; 1 for what is no number."""
    return min(int(text), 10_000) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else 1
