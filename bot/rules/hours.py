"""Spans of local time that repeat each day (sending windows, service hours) and the calendar of odd days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Days that differ from the ordinary week: False a holiday, True a make-up working day.
Calendar = Mapping[date, bool]

HORIZON = 60  # days that a search for an open moment looks ahead; longer than any run of holidays


def working(day: date, calendar: Calendar) -> bool:
    """Monday to Friday, unless the calendar says otherwise."""
    return calendar.get(day, day.weekday() < 5)


def holiday(day: date, calendar: Calendar) -> bool:
    """A day the calendar marks as free. An ordinary weekend is not a holiday."""
    return calendar.get(day) is False


@dataclass(frozen=True, slots=True)
class Hours:
    """Daily spans in the hospital's time zone, in order and apart; each is open at its start and shut at its end."""

    spans: tuple[tuple[time, time], ...]
    tz: ZoneInfo

    def __post_init__(self) -> None:
        ends = [moment for span in self.spans for moment in span]
        if not ends or ends != sorted(set(ends)):
            raise ValueError("时段须按先后填写、互不重叠，且结束晚于开始")

    def day(self, moment: datetime) -> date:
        """The local day of a moment."""
        return moment.astimezone(self.tz).date()

    def on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The spans of one day as moments in UTC."""
        for start, end in self.spans:
            yield at(day, start, self.tz), at(day, end, self.tz)

    def contain(self, moment: datetime) -> bool:
        """Whether a span of that day is open at the moment; which day it is plays no part."""
        return any(start <= moment < end for start, end in self.on(self.day(moment)))

    def after(self, moment: datetime, days: Iterable[date]) -> Iterator[tuple[datetime, datetime]]:
        """What is left of the spans of `days` from the moment on."""
        for day in days:
            for start, end in self.on(day):
                if moment < end:
                    yield max(start, moment), end


def at(day: date, moment: time, tz: ZoneInfo) -> datetime:
    """A local time as UTC. A time that the clock skips in spring lies as much later as was skipped."""
    return datetime.combine(day, moment, tz).astimezone(UTC)


def days_from(day: date, count: int = HORIZON) -> Iterator[date]:
    """`count` days, the first included."""
    return (day + timedelta(days=step) for step in range(count))


def add_working(raised: datetime, minutes: int, hours: Hours, calendar: Calendar) -> datetime:
    """The moment when `minutes` of working time have gone by since `raised`."""
    left = timedelta(minutes=minutes)
    days = (day for day in days_from(hours.day(raised), 366) if working(day, calendar))
    for start, end in hours.after(raised, days):
        if end - start >= left:
            return start + left
        left -= end - start
    raise ValueError("日历中找不到足够的工作时间")


def parse_spans(text: str) -> tuple[tuple[time, time], ...]:
    """`09:00-11:30, 14:30-17:30` as spans. Raises ValueError in Chinese."""
    try:
        return tuple(_span(part) for part in text.replace("，", ",").replace("–", "-").split(","))
    except ValueError as error:
        raise ValueError(f"时段写法不对：{text}，应如 09:00-11:30, 14:30-17:30") from error


def _span(text: str) -> tuple[time, time]:
    start, end = text.split("-")
    return time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
