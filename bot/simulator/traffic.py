"""The last requests and answers in both directions, as they went over the wire."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

BODY_KEPT = 4000


@dataclass(slots=True)
class Exchange:
    """One request and its answer. `way`: api (the bot calls us), push (we call the bot)."""

    id: int
    at: datetime
    way: Literal["api", "push"]
    openid: str
    request: str
    body: str
    status: int
    answer: str
    ms: float
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__} | {"at": self.at.isoformat(), "ms": round(self.ms, 1)}


class Traffic:
    """A ring of exchanges: old ones fall out."""

    def __init__(self, kept: int = 2000) -> None:
        self._ring: deque[Exchange] = deque(maxlen=kept)
        self.count = 0

    def add(
        self,
        at: datetime,
        way: Literal["api", "push"],
        openid: str,
        request: str,
        body: bytes,
        status: int,
        answer: bytes,
        seconds: float,
        note: str = "",
    ) -> None:
        self.count += 1
        self._ring.append(
            Exchange(self.count, at, way, openid, request, _text(body), status, _text(answer), seconds * 1000, note)
        )

    def last(self, limit: int, openid: str = "", after: int = 0) -> list[Exchange]:
        """Newest last; of one user when `openid` is given; only those with a higher id than `after`."""
        found: list[Exchange] = []
        for one in self._newest():
            if one.id <= after or len(found) >= limit:
                break
            if not openid or one.openid == openid:
                found.append(one)
        return found[::-1]

    def _newest(self) -> Iterator[Exchange]:
        return reversed(self._ring)


def _text(raw: bytes) -> str:
    text = raw[:BODY_KEPT].decode("utf-8", "replace")
    return text if len(raw) <= BODY_KEPT else f"{text}… ({len(raw)} bytes)"
