"""The calendar's seed, against the State Council's notice for 2026, and what staff make of it."""

from datetime import date, timedelta

import pytest

from bot.his.calendar import china
from storage import calendar
from storage.settings import CalendarDay

# 国务院办公厅关于2026年部分节假日安排的通知
HOLIDAYS = [("2026-01-01", 3), ("2026-02-15", 9), ("2026-04-04", 3), ("2026-05-01", 5), ("2026-06-19", 3), ("2026-09-25", 3), ("2026-10-01", 7)]  # fmt: skip # noqa: E501
WORKED = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def test_2026_is_as_it_was_announced():
    days = {one.day: one.working for one in china([2026])}

    off = {date.fromisoformat(first) + timedelta(days=step) for first, length in HOLIDAYS for step in range(length)}
    assert {day for day, working in days.items() if not working} == off
    assert {day for day, working in days.items() if working} == {date.fromisoformat(day) for day in WORKED}


def test_only_the_years_asked_for_are_in_it():
    assert {one.day.year for one in china([2026, 2027])} == {2026, 2027}


def test_what_staff_changed_is_not_seeded_over(database):
    database.write_now(calendar.seed, china([2026]))

    def open_on_new_year(tx):
        tx.session.get(CalendarDay, date(2026, 1, 1)).working = True

    database.write_now(open_on_new_year)
    again = database.write_now(calendar.seed, china([2026, 2027]))
    days = database.read_now(calendar.days)

    assert again == len(china([2027]))
    assert days[date(2026, 1, 1)] is True
    assert days[date(2026, 10, 10)] is True


@pytest.mark.parametrize(("year", "known"), [(2026, True), (2027, False)])
def test_it_is_known_whether_make_up_days_are_in(sqlite_database, year, known):
    sqlite_database.write_now(calendar.seed, china([2026, 2027]))

    assert sqlite_database.read_now(calendar.has_make_up_days, year) is known
