"""When the hospital sends, and how often it may: set by an admin, the same for every plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from bot.rules.hours import Hours, parse_spans

EARLIEST, LATEST = time(7, 0), time(21, 0)  # nobody is disturbed outside of these, whatever an admin sets


@dataclass(frozen=True, slots=True)
class Sending:
    """Local spans in which contacts begin, quiet hours in which nothing but replies and safety texts leaves, whether public
    holidays pause, and the cap: at most `most` contacts with a patient in `days` days, across plans (0: no cap)."""

    windows: str = "09:00-11:30, 14:30-17:30"
    quiet_from: time = time(21, 0)
    quiet_until: time = time(8, 30)
    pause_on_holidays: bool = True
    most: int = 4
    days: int = 30

    def __post_init__(self) -> None:
        if not EARLIEST <= self.quiet_until < self.quiet_from <= LATEST:
            raise ValueError("安静时段须从 21:00 或更早开始，到 07:00 或更晚结束")
        if not (0 <= self.most <= 100 and 1 <= self.days <= 366):
            raise ValueError("联系次数应为 0 到 100，天数应为 1 到 366")
        self.spans(ZoneInfo("UTC"))

    def spans(self, zone: ZoneInfo, text: str = "") -> Hours:
        """The windows (or others, as a plan has them) in the hospital's zone. Raises ValueError (Chinese) where one reaches
        into the quiet hours."""
        spans = parse_spans(text or self.windows)
        if any(start < self.quiet_until or end > self.quiet_from for start, end in spans):
            raise ValueError(f"发送时段须在 {self.quiet_until:%H:%M} 到 {self.quiet_from:%H:%M} 之间")
        return Hours(spans, zone)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the database."""
        return {
            "windows": self.windows,
            "quiet_from": f"{self.quiet_from:%H:%M}",
            "quiet_until": f"{self.quiet_until:%H:%M}",
            "pause_on_holidays": self.pause_on_holidays,
            "most": self.most,
            "days": self.days,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Sending:
        """Read what `to_json` wrote. Raises ValueError."""
        given = dict(data)
        for name in ("quiet_from", "quiet_until"):
            given[name] = time.fromisoformat(given[name])
        return cls(**given)
