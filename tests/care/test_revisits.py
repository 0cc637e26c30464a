"""A revisit from its reminder to the question whether the patient came, and what the no-show rate knows of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from storage import patients, revisits

DAY = date(2026, 11, 29)


@pytest.fixture
def expected(hospital):
    """A patient who is to come on the 29th, and of whom nothing else is wanted."""
    return wanted(hospital)


def wanted(hospital, *keys):
    """Only the revisit's contacts (those with these keys, if any are named)."""
    (plan,) = (one for one in hospital.practice.protocols if one.id == "revisit_reminder")
    points = tuple(point for point in plan.touchpoints if not keys or point.key in keys)
    hospital.practice = replace(hospital.practice, protocols=(plan.model_copy(update={"touchpoints": points}),))
    hospital.scan("o1", hospital.discharge(procedure="", revisit_on=DAY))
    hospital.sent()
    return hospital


def meet(hospital):
    """They answer the invitation and say who they are."""
    hospital.say("o1", "你好")
    hospital.say("o1", "8月")
    return hospital.say("o1", "1")


def until(hospital, day, hour=10, minute=10):
    at = datetime(2026, day.month, day.day, hour - 8, minute, tzinfo=UTC)
    return hospital.pass_time(seconds=int((at - hospital.now).total_seconds()))


def state(hospital):
    return hospital.query(select(patients.Episode.revisit_state))[0]


def known(hospital):
    return {one.day: (one.state, one.why, one.source) for one in hospital.query(select(revisits.Revisit))}


def test_reminded_three_days_and_a_day_before_and_asked_the_day_after(expected):
    until(expected, DAY - timedelta(days=3))
    (first,) = expected.sent()
    assert first["template"] == "revisit"
    assert "3天后（11月29日）" in meet(expected)
    assert "到时候见" in expected.say("o1", "会来")
    assert state(expected) == "coming"
    until(expected, DAY - timedelta(days=1))
    assert "明天（11月29日）" in "".join(str(one) for one in expected.sent())
    expected.say("o1", "能来")
    until(expected, DAY + timedelta(days=1))
    assert "来了吗" in "".join(str(one) for one in expected.sent())
    assert "辛苦您" in expected.say("o1", "去过了")
    assert known(expected)[DAY] == ("came", "", "list")
    tally = expected.database.read_now(revisits.tally, DAY, DAY)
    assert (tally.due, tally.came, tally.no_show) == (1, 1, 0.0)


def test_another_day_is_confirmed_and_everything_follows_it(expected):
    until(expected, DAY - timedelta(days=3))
    meet(expected)
    expected.say("o1", "想改期")
    assert "12月3日，对吗" in expected.say("o1", "12月3号")
    assert "记下了" in expected.say("o1", "对")
    assert known(expected) == {
        DAY: ("moved", "", "list"),
        date(2026, 12, 3): ("planned", "", "patient"),
    }
    assert any("改到12月3日" in ticket.reason for ticket in expected.tickets())
    expected.discharge(procedure="", revisit_on=DAY, nurse="李样护")
    assert expected.query(select(patients.Episode.revisit_on)) == [date(2026, 12, 3)], "the old list brings nothing new"
    expected.sent()
    until(expected, DAY)
    assert expected.sent() == []
    until(expected, date(2026, 12, 2))
    assert "明天（12月3日）" in "".join(str(one) for one in expected.sent()) or expected.say("o1", "好").count("12月3日")
    expected.discharge(procedure="", revisit_on=date(2026, 12, 8))
    assert expected.query(select(patients.Episode.revisit_on)) == [date(2026, 12, 8)], "a new list wins"


def test_who_declines_is_asked_why_and_left_in_peace(expected):
    until(expected, DAY - timedelta(days=3))
    meet(expected)
    expected.say("o1", "不来了")
    expected.say("o1", "在当地医院看了")
    assert known(expected)[DAY] == ("declined", "elsewhere", "list")
    expected.sent()
    until(expected, DAY + timedelta(days=3))
    assert expected.sent() == []
    assert expected.database.read_now(revisits.tally, DAY, DAY).no_show == 1.0


def test_who_did_not_come_is_invited_again(hospital):
    expected = wanted(hospital, "R+1", "R-1")
    until(expected, DAY + timedelta(days=1))
    meet(expected)
    assert "再约一天吗" in expected.say("o1", "没去成，忘了")
    expected.say("o1", "想再约一天")
    expected.say("o1", "12月5号")
    expected.say("o1", "是")
    assert known(expected)[DAY][0] == "missed"
    assert known(expected)[date(2026, 12, 5)] == ("planned", "", "patient")
    assert state(expected) == ""
    expected.sent()
    until(expected, date(2026, 12, 4))
    assert expected.sent()


def test_who_never_answers_is_asked_twice_and_then_on_the_staffs_list(hospital):
    expected = wanted(hospital)
    until(expected, DAY + timedelta(days=6))
    told = [one for one in expected.sent() if isinstance(one, dict) and "打电话" not in str(one)]  # without the last word
    asked = [one for one in told if one["template"] == "follow_up"]
    assert len(asked) == 2
    assert [ticket.matter for ticket in expected.tickets() if "复诊第二天询问" in ticket.reason] == ["phone"]
    tally = expected.database.read_now(revisits.tally, DAY, DAY)
    assert (tally.unknown, tally.no_show) == (1, None)
