"""The calendar of odd days, as staff keep it: public holidays and make-up working days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

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


def has_make_up_days(tx: Tx, year: int) -> bool:
    """Whether the make-up working days of a year are in; they are announced only in the November before."""
    inside = (col(CalendarDay.day) >= date(year, 1, 1), col(CalendarDay.day) <= date(year, 12, 31), col(CalendarDay.working))
    return tx.session.exec(select(func.count()).select_from(CalendarDay).where(*inside)).one() > 0
