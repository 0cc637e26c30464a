"""How the pages say times, lengths and numbers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web import phrases
from storage import contacts, messages, patients, plans, readings, sessions, staff, tickets

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (23, "还剩 23 分钟"),
        (0.5, "还剩 不到 1 分钟"),
        (60, "还剩 1 小时"),
        (65, "还剩 1 小时 5 分"),
        (1440, "还剩 1 天"),
        (1440 * 2 + 185, "还剩 2 天 3 小时"),
        (0, "已超时 不到 1 分钟"),
        (-65, "已超时 1 小时 5 分"),
        (-1440 * 40, "已超时 40 天"),
    ],
)
def test_time_left(minutes, words):
    assert phrases.left(NOW + timedelta(minutes=minutes), NOW) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 11, 21, 1, 5, tzinfo=UTC), "今天 09:05"),
        (datetime(2026, 11, 20, 15, 59, tzinfo=UTC), "昨天 23:59"),
        (datetime(2026, 11, 20, 16, 0, tzinfo=UTC), "今天 00:00"),  # the hospital's midnight, not Greenwich's
        (datetime(2026, 11, 21, 16, 0, tzinfo=UTC), "明天 00:00"),
        (datetime(2026, 11, 3, 1, 0, tzinfo=UTC), "11月3日 09:00"),
        (datetime(2025, 11, 3, 1, 0, tzinfo=UTC), "2025年11月3日 09:00"),
    ],
)
def test_moments(at, words):
    assert phrases.moment(at, NOW, ZONE) == words


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (date(1970, 11, 21), "56 岁"),
        (date(1970, 11, 22), "55 岁"),
        (date(2026, 10, 22), "0 月龄"),
        (date(2025, 5, 1), "18 月龄"),
        (None, ""),
        (date(2027, 1, 1), ""),
    ],
)
def test_ages(born, words):
    assert phrases.age(born, date(2026, 11, 21)) == words


@pytest.mark.parametrize(("phone", "words"), [("13800000001", "138****0001"), ("12345", "***45"), ("", ""), (None, "")])
def test_masked(phone, words):
    assert phrases.masked(phone) == words


@given(st.text("0123456789", min_size=3, max_size=20))
def test_a_masked_number_never_shows_it_whole(phone):
    assert phrases.masked(phone) != phone


def test_every_word_of_the_tables_has_its_chinese():
    """A state without words would show its code to a nurse."""
    assert set(phrases.LEVELS) == set(readings.LEVELS)
    assert set(phrases.MATTERS) == set(tickets.MATTERS)
    assert set(phrases.TICKET_STATES) == set(tickets.TICKET_STATES)
    assert set(phrases.TOUCHPOINT_STATES) == set(plans.TOUCHPOINT_STATES)
    assert set(phrases.PLAN_STATES) == set(plans.PLAN_STATES)
    assert set(phrases.EPISODE_STATES) == set(patients.EPISODE_STATES)
    assert set(phrases.LEAVINGS) == set(patients.OUTCOMES)
    assert set(phrases.RELATIONS) == set(contacts.RELATIONS)
    assert set(phrases.CONTACT_STATES) == set(contacts.CONTACT_STATES)
    assert set(phrases.RECORD_TYPES) == set(readings.RECORD_TYPES)
    assert set(phrases.SESSION_STATES) == set(sessions.SESSION_STATES)
    assert set(phrases.ROLES) == set(staff.ROLES)
    for state in messages.OUTBOUND_STATES:
        assert phrases.delivery(state, "", None)[0]
