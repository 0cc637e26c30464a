"""One call of the API, as its handler sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from bot.simulator.errors import Refusal
from bot.simulator.platform import Platform, Push

_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")


@dataclass(slots=True)
class Call:
    """`pushes` gathers what the platform will tell the account after the call."""

    platform: Platform
    now: datetime
    query: Mapping[str, str]
    body: bytes = b""
    upload: tuple[str, bytes] | None = None
    pushes: list[Push] = field(default_factory=list)
    _json: dict[str, Any] | None = None

    def json(self) -> dict[str, Any]:
        """The body; Refusal 44002 empty, 40033 \\uXXXX escapes, 47001 not a JSON object."""
        if self._json is None:
            if not self.body.strip():
                raise Refusal(44002)
            if b"\\u" in self.body and _ESCAPED.search(self.body):
                raise Refusal(40033)
            try:
                parsed = orjson.loads(self.body)
            except ValueError:
                raise Refusal(47001) from None
            if not isinstance(parsed, dict):
                raise Refusal(47001)
            self._json = parsed
        return self._json

    def after(self, push: Push) -> None:
        self.pushes.append(push)

    def openid(self) -> str:
        """Whom the call is about, for the traffic log."""
        said = (self._json or {}).get("touser") or self.query.get("openid")
        return said if isinstance(said, str) else ""
