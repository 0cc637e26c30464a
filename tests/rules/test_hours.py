from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.hours import Hours, add_working, at, parse_spans, working

TZ = ZoneInfo("Asia/Shanghai")
SERVICE = Hours(parse_spans("08:00-12:00, 14:00-17:30"), TZ)
CALENDAR = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True}  # a Saturday worked


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=TZ)


@pytest.mark.parametrize(
    ("raised", "minutes", "expected"),
    [
        ("2026-09-28 08:00", 60, "2026-09-28 09:00"),
        ("2026-09-28 11:30", 60, "2026-09-28 14:30"),  # over lunch
        ("2026-09-28 17:00", 60, "2026-09-29 08:30"),  # over night
        ("2026-09-28 11:00", 60, "2026-09-28 12:00"),  # ends with the span, not after lunch
        ("2026-09-25 17:00", 60, "2026-09-28 08:30"),  # over the weekend
        ("2026-09-30 17:00", 60, "2026-10-08 08:30"),  # over the National Day holiday
        ("2026-10-09 17:00", 60, "2026-10-10 08:30"),  # the Saturday that is worked
        ("2026-09-27 03:00", 450, "2026-09-28 17:30"),  # a whole working day
    ],
)
def test_working_time_skips_lunch_nights_weekends_and_holidays(raised, minutes, expected):
    assert add_working(local(raised), minutes, SERVICE, CALENDAR) == local(expected)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(1, 3000))
def test_a_deadline_in_working_time_falls_into_working_time(moment, minutes):
    raised = moment.replace(tzinfo=UTC)
    due = add_working(raised, minutes, SERVICE, CALENDAR)
    assert due - raised >= timedelta(minutes=minutes)
    assert SERVICE.contain(due - timedelta(microseconds=1))
    assert working(SERVICE.day(due - timedelta(microseconds=1)), CALENDAR)


@pytest.mark.parametrize("text", ["", "9-11", "09:00", "09:00-08:00", "09:00-11:00, 10:00-12:00", "09:00-09:00", "25:00-26:00"])
def test_spans_that_make_no_sense_are_refused_in_chinese(text):
    with pytest.raises(ValueError, match="时段"):
        Hours(parse_spans(text), TZ)


def test_spans_may_be_typed_with_chinese_commas():
    assert parse_spans("09:00-11:30，14:30-17:30") == ((time(9), time(11, 30)), (time(14, 30), time(17, 30)))


def test_a_local_time_that_the_clock_skips_is_still_one_moment():
    berlin = ZoneInfo("Europe/Berlin")
    assert at(date(2026, 3, 29), time(2, 30), berlin) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert at(date(2026, 3, 29), time(3, 30), berlin) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_span_of_a_day_that_loses_an_hour_is_an_hour_shorter():
    day = Hours(((time(1), time(5)),), ZoneInfo("Europe/Berlin"))
    ((start, end),) = day.on(date(2026, 3, 29))
    assert end - start == timedelta(hours=3)
