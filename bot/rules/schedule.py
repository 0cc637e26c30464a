"""When a touchpoint is due, and whether now is a time to send it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.rules.hours import Calendar, Hours, at, days_from, holiday
from bot.rules.protocol import TouchpointPlan

QUIET_FROM, QUIET_UNTIL = time(21, 0), time(8, 30)  # nothing but safety texts and replies leaves in between
BEFORE_ITS_END = timedelta(minutes=30)  # an attempt towards the end of a window still leaves time to answer
DEFAULT_SPANS = ((time(9, 0), time(11, 30)), (time(14, 30), time(17, 30)))


@dataclass(frozen=True, slots=True)
class Send:
    """Now."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now, but at this moment (UTC)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """Not any more. `reason` is for staff, in Chinese."""

    reason: str


Verdict = Send | Later | Drop


def windows(tz: ZoneInfo, spans: tuple[tuple[time, time], ...] = DEFAULT_SPANS) -> Hours:
    """Sending windows. Raises ValueError (Chinese) where one reaches into the quiet hours 21:00 to 08:30."""
    if any(start < QUIET_UNTIL or end > QUIET_FROM for start, end in spans):
        raise ValueError("发送时段须在 08:30 到 21:00 之间")
    return Hours(spans, tz)


def awake(moment: datetime, tz: ZoneInfo, quiet: tuple[time, time] = (QUIET_FROM, QUIET_UNTIL)) -> datetime:
    """The moment itself, or the end of the quiet hours that it lies in (UTC)."""
    local, (begin, end) = moment.astimezone(tz), quiet
    if end <= local.time() < begin:
        return moment
    return at(local.date() + timedelta(days=local.time() >= begin), end, tz)


def due_at(
    touchpoint: TouchpointPlan,
    discharged_at: datetime,
    procedure_on: date | None,
    revisit_on: date | None,
    tz: ZoneInfo,
) -> datetime | None:
    """When the touchpoint falls due (UTC). None where its date is unknown or lies before the patient went home."""
    day = touchpoint.on(discharged_at.astimezone(tz).date(), procedure_on, revisit_on)
    if day is None:
        return None
    due = at(day, touchpoint.at, tz)
    return due if due > discharged_at else None


def verdict(
    due: datetime,
    now: datetime,
    windows: Hours,
    calendar: Calendar,
    late_after: timedelta,
    *,
    on_holidays: bool = False,
) -> Verdict:
    """Send now, later, or not any more. Holidays pause sending unless `on_holidays`; lateness counts from the first
    moment at which it could have been sent, so a pause drops nobody."""
    opens = next_open(max(due, now), windows, calendar, on_holidays=on_holidays)
    if opens is None:
        return Drop("找不到可发送的时段")
    if opens - due > late_after:
        first = next_open(due, windows, calendar, on_holidays=on_holidays)
        if first is None or now - first > late_after:
            return Drop("已过发送期限")
        if opens - first > late_after:
            return Drop("下一个发送时段已过期限")
    return Later(opens) if opens > now else Send()


def next_open(moment: datetime, windows: Hours, calendar: Calendar, *, on_holidays: bool = False) -> datetime | None:
    """The moment itself if a window is open, else the start of the next one; None if no day within reach is allowed."""
    return next((start for start, _ in _open(moment, windows, calendar, on_holidays)), None)


def next_attempt(
    attempts: int,
    last: datetime,
    windows: Hours,
    calendar: Calendar,
    *,
    most: int = 3,
    on_holidays: bool = False,
    before: Iterable[datetime] = (),
) -> datetime | None:
    """When to try again after `attempts` unanswered ones: another day and another hour (who never answers in the morning may in
    the afternoon): in another window of the day than the last time, and the last time towards its end, unless one `before`
    was at that hour. None once `most` were made."""
    if attempts >= most:
        return None
    day, span = windows.day(last), _which(last, windows)
    tomorrow = at(day + timedelta(days=1), time(), windows.tz)
    for start, end in _open(tomorrow, windows, calendar, on_holidays):
        towards_its_end = max(start, end - BEFORE_ITS_END)
        if len(windows.spans) == 1:
            early = last - next(windows.on(day))[0] < (end - start) / 2
            return towards_its_end if early else start
        if _which(start, windows) != span:
            hours = {moment.astimezone(windows.tz).hour for moment in before}
            late = attempts == most - 1 and towards_its_end.astimezone(windows.tz).hour not in hours
            return towards_its_end if late else start
    return None


def _open(moment: datetime, windows: Hours, calendar: Calendar, on_holidays: bool) -> Iterator[tuple[datetime, datetime]]:
    days = (day for day in days_from(windows.day(moment)) if on_holidays or not holiday(day, calendar))
    return windows.after(moment, days)


def _which(moment: datetime, windows: Hours) -> int:
    """The number of the last span that had begun by the moment."""
    return sum(start <= moment for start, _ in windows.on(windows.day(moment)))
