from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.protocol import TouchpointPlan
from bot.rules.schedule import Drop, Later, Send, awake, due_at, next_attempt, verdict, windows

TZ = ZoneInfo("Asia/Shanghai")
WINDOWS = windows(TZ)
HOLIDAYS = {date(2026, 10, day): False for day in range(1, 8)}
DAY3 = timedelta(hours=72)


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=TZ)


def plan(**when):
    return TouchpointPlan(flow="f", title="t", **when)


@pytest.mark.parametrize(
    ("when", "home", "procedure", "revisit", "due"),
    [
        ({"day": 3}, "2026-11-20 16:00", None, None, "2026-11-23 10:00"),
        ({"day": 3, "at": "15:00"}, "2026-11-20 00:30", None, None, "2026-11-23 15:00"),
        ({"day": 3}, "2026-12-30 23:59", None, None, "2027-01-02 10:00"),
        ({"month": 1}, "2026-01-31 10:00", None, None, "2026-02-28 10:00"),
        ({"month": 1}, "2028-01-31 10:00", None, None, "2028-02-29 10:00"),
        ({"month": 3}, "2026-11-30 10:00", None, None, "2027-02-28 10:00"),
        ({"month": 12}, "2026-12-15 10:00", None, None, "2027-12-15 10:00"),
        ({"day_after_procedure": 14}, "2026-11-20 16:00", date(2026, 11, 15), None, "2026-11-29 10:00"),
        ({"day_after_procedure": 14}, "2026-11-20 16:00", None, None, None),
        ({"day_after_procedure": 3}, "2026-11-20 16:00", date(2026, 11, 10), None, None),  # still in hospital on that day
        ({"before_revisit": 1}, "2026-11-20 16:00", None, date(2026, 12, 1), "2026-11-30 10:00"),
        ({"before_revisit": 1}, "2026-11-20 16:00", None, None, None),
        ({"before_revisit": 1}, "2026-11-20 16:00", None, date(2026, 11, 21), None),  # told at the door
        ({"day": 0, "at": "18:00"}, "2026-11-20 16:00", None, None, "2026-11-20 18:00"),
        ({"day": 0}, "2026-11-20 16:00", None, None, None),
    ],
)
def test_due_moments(when, home, procedure, revisit, due):
    assert due_at(plan(**when), local(home), procedure, revisit, TZ) == (due and local(due))


@pytest.mark.parametrize(
    ("due", "now", "expected"),
    [
        ("2026-11-23 10:00", "2026-11-23 10:00", Send()),
        ("2026-11-23 10:00", "2026-11-23 09:59", Later(local("2026-11-23 10:00"))),
        ("2026-11-23 10:00", "2026-11-23 11:29", Send()),
        ("2026-11-23 10:00", "2026-11-23 11:30", Later(local("2026-11-23 14:30"))),
        ("2026-11-23 10:00", "2026-11-23 17:30", Later(local("2026-11-24 09:00"))),
        ("2026-11-23 10:00", "2026-11-23 03:00", Later(local("2026-11-23 10:00"))),
        ("2026-11-23 03:00", "2026-11-23 03:00", Later(local("2026-11-23 09:00"))),
        ("2026-11-21 10:00", "2026-11-21 10:00", Send()),  # an ordinary Saturday
        ("2026-11-23 10:00", "2026-11-26 10:00", Send()),
        ("2026-11-23 10:00", "2026-11-26 10:01", Drop("已过发送期限")),
        ("2026-11-23 11:00", "2026-11-26 11:30", Drop("已过发送期限")),
        ("2026-10-02 10:00", "2026-10-02 10:00", Later(local("2026-10-08 09:00"))),  # the holiday pauses and drops nobody
        ("2026-10-02 10:00", "2026-10-08 09:00", Send()),
        ("2026-10-02 10:00", "2026-10-11 09:00", Send()),
        ("2026-10-02 10:00", "2026-10-11 09:01", Drop("已过发送期限")),
        ("2026-09-30 10:00", "2026-09-30 18:00", Drop("下一个发送时段已过期限")),
    ],
)
def test_verdicts(due, now, expected):
    assert verdict(local(due), local(now), WINDOWS, HOLIDAYS, DAY3) == expected


def test_a_reminder_goes_on_a_holiday_or_not_at_all():
    late = timedelta(hours=8)
    due = local("2026-10-02 10:00")
    assert verdict(due, due, WINDOWS, HOLIDAYS, late, on_holidays=True) == Send()
    assert verdict(due, local("2026-10-02 17:40"), WINDOWS, HOLIDAYS, late, on_holidays=True) == Drop("下一个发送时段已过期限")


def test_a_calendar_of_nothing_but_holidays_drops_instead_of_looping():
    always = {date(2026, 1, 1) + timedelta(days=day): False for day in range(800)}
    assert verdict(local("2026-02-02 10:00"), local("2026-02-02 10:00"), WINDOWS, always, DAY3) == Drop("找不到可发送的时段")


MOMENTS = st.datetimes(datetime(2026, 9, 20), datetime(2026, 10, 20)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(MOMENTS, MOMENTS)
def test_nothing_is_sent_out_of_hours_and_every_later_is_sendable(due, now):
    result = verdict(due, now, WINDOWS, HOLIDAYS, DAY3)
    if result == Send():
        assert now >= due
        assert WINDOWS.contain(now)
        assert WINDOWS.day(now) not in HOLIDAYS
    if isinstance(result, Later):
        assert result.at > now
        assert verdict(due, result.at, WINDOWS, HOLIDAYS, DAY3) == Send()


@pytest.mark.parametrize("spans", [((time(8), time(9)),), ((time(19), time(21, 1)),), ((time(22), time(23)),)])
def test_windows_may_not_reach_into_the_night(spans):
    with pytest.raises(ValueError, match="08:30 到 21:00"):
        windows(TZ, spans)


@pytest.mark.parametrize(
    ("attempts", "last", "expected"),
    [
        (1, "2026-11-23 10:00", "2026-11-24 14:30"),  # each at another time of day
        (2, "2026-11-24 14:30", "2026-11-25 11:00"),
        (2, "2026-11-24 10:00", "2026-11-25 17:00"),
        (3, "2026-11-25 14:30", None),
        (1, "2026-09-30 10:00", "2026-10-08 14:30"),
    ],
)
def test_three_attempts_on_three_days(attempts, last, expected):
    assert next_attempt(attempts, local(last), WINDOWS, HOLIDAYS) == (expected and local(expected))


def test_the_last_attempt_keeps_away_from_the_hour_of_an_earlier_one():
    first, second = local("2026-11-23 11:00"), local("2026-11-24 14:30")
    assert next_attempt(2, second, WINDOWS, HOLIDAYS, before=[first, second]) == local("2026-11-25 09:00")


def test_one_window_a_day_is_used_at_both_ends():
    evenings = windows(TZ, ((time(18), time(20)),))
    first = local("2026-11-23 18:00")
    second = next_attempt(1, first, evenings, HOLIDAYS)
    assert [second, next_attempt(2, second, evenings, HOLIDAYS)] == [local("2026-11-24 19:30"), local("2026-11-25 18:00")]


@pytest.mark.parametrize(
    ("moment", "when"),
    [
        ("2026-11-18 08:30", "2026-11-18 08:30"),
        ("2026-11-18 20:59", "2026-11-18 20:59"),
        ("2026-11-18 21:00", "2026-11-19 08:30"),
        ("2026-11-18 23:30", "2026-11-19 08:30"),
        ("2026-11-19 03:00", "2026-11-19 08:30"),
    ],
)
def test_what_is_said_unasked_waits_for_the_end_of_the_quiet_hours(moment, when):
    zone = ZoneInfo("Asia/Shanghai")
    local = datetime.fromisoformat(moment).replace(tzinfo=zone)
    assert awake(local.astimezone(UTC), zone) == datetime.fromisoformat(when).replace(tzinfo=zone)
