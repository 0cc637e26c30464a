"""Time as the platform has it: real time, moved and stretched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that can be moved forward and run at another rate (1 = real time, 0 = stopped). It never goes back."""

    def __init__(self, start: datetime | None = None, rate: float = 1.0, real: Callable[[], float] = time.time) -> None:
        self._real = real
        self._anchor_real = real()
        self._anchor = start or datetime.fromtimestamp(self._anchor_real, UTC)
        self._rate = rate
        self._changed = asyncio.Event()
        self.listeners: list[Callable[[], None]] = []

    @property
    def rate(self) -> float:
        return self._rate

    def now(self) -> datetime:
        """The simulated time, aware UTC."""
        passed = max(0.0, self._real() - self._anchor_real)
        return self._anchor + timedelta(seconds=passed * self._rate)

    def advance(self, by: timedelta) -> datetime:
        """Moves the clock forward; ValueError for a step back."""
        if by < timedelta(0):
            raise ValueError("the clock does not go back")
        return self._settle(self.now() + by, self._rate)

    def advance_to(self, at: datetime) -> datetime:
        """Moves the clock forward to `at`; a moment already past leaves it where it is."""
        return self.advance(max(timedelta(0), at - self.now()))

    def set_rate(self, rate: float) -> None:
        """Simulated seconds for each real second; 0 stops the clock."""
        if not 0 <= rate <= 86_400:
            raise ValueError("rate must lie between 0 and 86400")
        self._settle(self.now(), rate)

    async def sleep_until(self, at: datetime) -> None:
        """Returns when the clock shows `at` or later, also when it was moved there."""
        while (left := (at - self.now()).total_seconds()) > 0:
            changed = self._changed
            try:
                await asyncio.wait_for(changed.wait(), left / self._rate if self._rate else None)
            except TimeoutError:
                continue

    def _settle(self, at: datetime, rate: float) -> datetime:
        self._anchor, self._anchor_real, self._rate = at, self._real(), rate
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        for listener in self.listeners:
            listener()
        return at
