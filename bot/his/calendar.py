"""Public holidays of mainland China, as the seed of the hospital's calendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import holidays

from storage.settings import CalendarDay

_DAY = timedelta(days=1)


def china(years: Iterable[int]) -> list[CalendarDay]:
    """Days off and make-up working days, in order. Weekends that touch a day off belong to the holiday. For a year that is
    not announced yet only the statutory days are known."""
    wanted = set(years)
    table = holidays.country_holidays("CN", years=wanted, language="zh_CN")
    worked = {day for day in table.weekend_workdays if day.year in wanted}
    off = dict(table.items())
    for step in (_DAY, -_DAY):
        for day in sorted(off, reverse=step < timedelta(0)):
            touching = day + step
            while touching.weekday() >= 5 and touching not in worked and touching not in off and touching.year in wanted:
                off[touching] = off[day]
                touching += step
    days = [CalendarDay(day=day, working=False, name=name[:60]) for day, name in off.items()]
    days += [CalendarDay(day=day, working=True, name="调休上班") for day in worked]
    return sorted(days, key=lambda one: one.day)
