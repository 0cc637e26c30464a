"""Access tokens: /token and /stable_token are two worlds that do not disturb each other."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.simulator.errors import Refusal

OVERLAP = timedelta(minutes=5)
FORCED_A_DAY = 20
FORCED_APART = timedelta(seconds=30)


@dataclass(slots=True)
class Token:
    """`until` may be brought forward; `ends` is the end of its natural life."""

    value: str
    until: datetime
    ends: datetime


class Tokens:
    """Tokens of one account. A new plain token lets the one before live five minutes more and kills any older;
    a forced stable one kills the last at once."""

    def __init__(self, seconds: int) -> None:
        self._life = timedelta(seconds=seconds)
        self._living: dict[str, Token] = {}
        self._plain: Token | None = None
        self._stable: Token | None = None
        self._forced: list[datetime] = []
        self.issued = 0

    def plain(self, now: datetime) -> tuple[str, int]:
        """A new token of GET /cgi-bin/token and its seconds to live."""
        last = self._plain
        if last is not None:
            last.until = min(last.until, now + OVERLAP)
        self._plain = self._new(now)
        return self._plain.value, int(self._life.total_seconds())

    def stable(self, now: datetime, force: bool = False) -> tuple[str, int]:
        """The same token while it is valid; rotated five minutes before its end, the old one living on until then."""
        if force:
            self._forced = [at for at in self._forced if now - at < timedelta(days=1)]
            if len(self._forced) >= FORCED_A_DAY:
                raise Refusal(45009)
            if self._forced and now - self._forced[-1] < FORCED_APART:
                raise Refusal(45011)
            self._forced.append(now)
            if self._stable is not None:
                self._living.pop(self._stable.value, None)
            self._stable = None
        if self._stable is None or self._stable.until - now <= min(OVERLAP, self._life / 2):
            self._stable = self._new(now)
        return self._stable.value, int((self._stable.until - now).total_seconds())

    def check(self, value: str, now: datetime) -> None:
        """Refusal 41001 (missing), 42001 (its time is over) or 40001 (unknown, or a newer one took its place)."""
        if not value:
            raise Refusal(41001)
        token = self._living.get(value)
        if token is None:
            raise Refusal(40001)
        if now >= token.until:
            raise Refusal(40001 if token.until < token.ends else 42001)

    def kill(self) -> None:
        """Every token stops being valid at once (40001), as when another server fetched a new one."""
        self._living.clear()
        self._plain = self._stable = None

    def expire(self, now: datetime) -> None:
        """Every token is past its time at once (42001)."""
        for token in self._living.values():
            token.until = token.ends = min(token.ends, now)
        self._plain = self._stable = None

    def _new(self, now: datetime) -> Token:
        for dead in [one for one in self._living.values() if now - one.until > timedelta(days=1)]:
            del self._living[dead.value]
        self.issued += 1
        token = Token(f"{self.issued}_{secrets.token_urlsafe(96)}", now + self._life, now + self._life)
        self._living[token.value] = token
        return token
