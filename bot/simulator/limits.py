"""Daily call limits of a new account, counted from midnight in Beijing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone

from bot.simulator.errors import Refusal

BEIJING = timezone(timedelta(hours=8))
DAILY = {
    "token": 2_000,
    "stable_token": 500_000,
    "menu/create": 1_000,
    "menu/get": 10_000,
    "menu/delete": 1_000,
    "media/upload": 100_000,
    "media/get": 200_000,
    "custom/send": 500_000,
    "template/send": 100_000,
    "qrcode/create": 100_000,
    "user/get": 500,
    "user/info": 5_000_000,
}
CLEARS_A_MONTH = 10


class Limits:
    def __init__(self, changed: Mapping[str, int]) -> None:
        self._daily = {**DAILY, **changed}
        self._day: date | None = None
        self._used: Counter[str] = Counter()
        self._clears: list[date] = []

    def count(self, name: str, now: datetime) -> None:
        """Counts one call; Refusal 45009 past the day's limit."""
        limit = self._daily.get(name)
        if limit is None:
            return
        today = now.astimezone(BEIJING).date()
        if today != self._day:
            self._day, self._used = today, Counter()
        self._used[name] += 1
        if self._used[name] > limit:
            raise Refusal(45009)

    def clear(self, now: datetime) -> None:
        """Sets all counters to zero; Refusal 48006 after ten times in a month."""
        today = now.astimezone(BEIJING).date()
        self._clears = [one for one in self._clears if (one.year, one.month) == (today.year, today.month)]
        if len(self._clears) >= CLEARS_A_MONTH:
            raise Refusal(48006)
        self._clears.append(today)
        self._used.clear()
