"""The calendar of odd days, as staff keep it: public holidays and make-up working days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import func
from sqlmodel import col, select

from storage.settings import CalendarDay
from storage.transaction import Tx


def days(tx: Tx) -> dict[date, bool]:
    """Each odd day, and whether it is worked."""
    return {row.day: row.working for row in tx.session.exec(select(CalendarDay))}


def seed(tx: Tx, known: Iterable[CalendarDay]) -> int:
    """Add the days of years that the calendar has nothing of yet; what staff changed stays. How many days were added."""
    years = {row.day.year for row in tx.session.exec(select(CalendarDay))}
    added = [row for row in known if row.day.year not in years]
    tx.session.add_all(added)
    return len(added)


def of_year(tx: Tx, year: int) -> list[CalendarDay]:
    """The odd days of a year, in order."""
    inside = (col(CalendarDay.day) >= date(year, 1, 1), col(CalendarDay.day) <= date(year, 12, 31))
    return list(tx.session.exec(select(CalendarDay).where(*inside).order_by(col(CalendarDay.day))))


def put(tx: Tx, first: date, last: date, working: bool | None, name: str) -> None:
    """Make these days holidays (False), make-up working days (True) or ordinary ones (None)."""
    for step in range((last - first).days + 1):
        day = first + timedelta(days=step)
        row = tx.session.get(CalendarDay, day)
        if working is None:
            if row is not None:
                tx.session.delete(row)
        else:
            row = row or CalendarDay(day=day, working=working)
            row.working, row.name = working, name
            tx.session.add(row)
    tx.session.flush()


def complete(tx: Tx, known: Iterable[CalendarDay]) -> int:
    """Add the days that the calendar lacks; those that stand in it stay as staff have them. How many were added."""
    present = days(tx)
    added = [row for row in known if row.day not in present]
    tx.session.add_all(added)
    tx.session.flush()
    return len(added)


def has_make_up_days(tx: Tx, year: int) -> bool:
    """Whether the make-up working days of a year are in; they are announced only in the November before."""
    inside = (col(CalendarDay.day) >= date(year, 1, 1), col(CalendarDay.day) <= date(year, 12, 31), col(CalendarDay.working))
    return tx.session.exec(select(func.count()).select_from(CalendarDay).where(*inside)).one() > 0
