"""The hospital's calendar and sending hours as they stand now: edited in the console, followed by every process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.care.errors import Refused
from bot.rules.hours import Calendar, Hours
from bot.rules.sending import Sending
from storage import calendar, settings, staff
from storage.settings import CalendarDay
from storage.transaction import Tx

if TYPE_CHECKING:
    from bot.care.practice import Practice

ALMANAC = "almanac"  # the setting that changes with the calendar and the hours
LONGEST = 60  # days of one holiday


@dataclass(slots=True)
class Almanac:
    """Replaced as a whole when staff change it, so that an act never sees half of a change. `seen` is when it was changed."""

    zone: ZoneInfo
    calendar: Calendar = field(default_factory=dict)
    sending: Sending = field(default_factory=Sending)
    seen: datetime | None = None

    @property
    def windows(self) -> Hours:
        return _spans(self.sending, self.zone, "")

    @property
    def quiet(self) -> tuple[time, time]:
        return self.sending.quiet_from, self.sending.quiet_until

    def hours(self, own: str) -> Hours:
        """A plan's own windows, or the hospital's; the hospital's too where the quiet hours have grown over the plan's."""
        try:
            return _spans(self.sending, self.zone, own)
        except ValueError:
            return self.windows

    def replace(self, days: Mapping[date, bool], sending: Sending, seen: datetime | None) -> None:
        """Take over what stands in the database."""
        self.calendar, self.sending, self.seen = days, sending, seen


@lru_cache(maxsize=64)
def _spans(sending: Sending, zone: ZoneInfo, own: str) -> Hours:
    return sending.spans(zone, own)


def refresh(tx: Tx, practice: Practice) -> bool:
    """Take over what another process changed; whether anything was."""
    changed_at = settings.changed_at(tx, ALMANAC)
    if changed_at is None or changed_at == practice.almanac.seen:
        return False
    stored = settings.value(tx, ALMANAC)
    practice.almanac.replace(calendar.days(tx), Sending.from_json(stored) if stored else Sending(), changed_at)
    return True


def set_days(
    tx: Tx, practice: Practice, first: date, last: date, kind: str, name: str, staff_id: int | None, now: datetime
) -> None:
    """Make days a holiday, make-up working days, or ordinary again. Raises Refused for a span that makes no sense."""
    if last < first or (last - first).days >= LONGEST:
        raise Refused(f"日期不对：结束不能早于开始，一次最多{LONGEST}天")
    if kind not in ("holiday", "working", "ordinary"):
        raise Refused("请选择放假、上班或恢复平常")
    calendar.put(tx, first, last, {"holiday": False, "working": True}.get(kind), name.strip()[:60])
    _changed(tx, None, staff_id, now, f"{first} {last} {kind}")


def add_year(tx: Tx, practice: Practice, known: list[CalendarDay], staff_id: int | None, now: datetime) -> int:
    """Add the days of a year that are known by now and that the calendar lacks; what staff set stays. How many were added."""
    added = calendar.complete(tx, known)
    _changed(tx, None, staff_id, now, "seed")
    return added


def set_sending(tx: Tx, practice: Practice, sending: Sending, staff_id: int | None, now: datetime) -> None:
    """When the hospital sends from now on."""
    _changed(tx, sending, staff_id, now, "sending")


def _changed(tx: Tx, sending: Sending | None, staff_id: int | None, now: datetime, what: str) -> None:
    """Another process may have set the hours since this one looked: without new ones, those in the database stay."""
    settings.put(tx, ALMANAC, sending.to_json() if sending else settings.value(tx, ALMANAC), staff_id, now)
    staff.audit(tx, staff_id, "calendar", now, noun="setting", detail=what)
