from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.rules.lane import Lane, Reach, Window, choose, opened, spend

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
OPEN = Window(NOW + timedelta(hours=1), 5)
SHUT = Window()


@pytest.mark.parametrize(
    ("before", "action", "quota", "lasts"),
    [
        (SHUT, "message", 5, timedelta(hours=48)),
        (SHUT, "menu", 3, timedelta(minutes=1)),
        (SHUT, "follow", 3, timedelta(minutes=1)),
        (SHUT, "scan", 3, timedelta(minutes=1)),
        (SHUT, "tap", 3, timedelta(minutes=1)),
        (Window(NOW + timedelta(hours=40), 2), "message", 5, timedelta(hours=48)),  # renewed, not added up
        (Window(NOW + timedelta(hours=40), 1), "tap", 3, timedelta(hours=40)),  # the longer end stays
        (Window(NOW + timedelta(hours=40), 5), "menu", 3, timedelta(hours=40)),
        (Window(NOW - timedelta(hours=1), 4), "scan", 3, timedelta(minutes=1)),
    ],
)
def test_what_a_users_action_opens(before, action, quota, lasts):
    assert opened(before, action, NOW) == Window(NOW + lasts, quota)


@pytest.mark.parametrize("action", ["location", "view", "unsubscribe", "templatesendjobfinish"])
def test_other_events_open_nothing(action):
    assert opened(OPEN, action, NOW) == OPEN


def test_spending_ends_at_nothing():
    window = Window(NOW + timedelta(hours=1), 2)
    window = spend(spend(spend(window)))
    assert window.left(NOW) == 0
    assert window.quota == 0


def test_a_window_is_shut_at_its_last_moment():
    assert Window(NOW, 5).left(NOW) == 0
    assert Window(NOW + timedelta(seconds=1), 5).left(NOW) == 5


LAST = replace(OPEN, quota=1)


@pytest.mark.parametrize(
    ("reach", "purpose", "way"),
    [
        (Reach(reply=True, window=SHUT), "question", "reply"),
        (Reach(reply=True, stopped=True), "safety", "reply"),
        (Reach(window=OPEN), "question", "service"),
        (Reach(window=OPEN), "safety", "service"),
        (Reach(window=LAST), "question", "template"),  # never the last one on a question
        (Reach(window=LAST), "staff", "template"),
        (Reach(window=LAST), "safety", "service"),
        (Reach(window=SHUT, subscriptions=1), "question", "subscription"),
        (Reach(window=SHUT, subscriptions=1, followed=False), "question", "subscription"),
        (Reach(window=SHUT), "question", "template"),
        (Reach(window=SHUT), "notice", "template"),
        (Reach(window=SHUT, followed=False), "question", "phone"),
        (Reach(window=SHUT, templates=False), "question", "phone"),
        (Reach(window=SHUT), "safety", "phone"),  # twenty characters cannot carry it
        (Reach(openid=False, window=OPEN), "question", "phone"),
        (Reach(stopped=True, window=OPEN), "question", "phone"),
        (Reach(stopped=True, window=OPEN), "notice", "phone"),
        (Reach(stopped=True, window=OPEN), "staff", "service"),
        (Reach(stopped=True, window=OPEN), "safety", "service"),
        (Reach(stopped=True, window=SHUT), "staff", "phone"),
    ],
)
def test_the_way_to_a_contact(reach, purpose, way):
    assert choose(reach, purpose, NOW).way == way


def test_the_reason_is_said_in_chinese():
    assert choose(Reach(window=OPEN), "question", NOW) == Lane("service", "会话窗口开放，还可发5条")
    assert "公众号" in choose(Reach(followed=False), "question", NOW).reason
