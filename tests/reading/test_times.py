"""The time that a patient names, as somebody at the desk would note it down."""

from datetime import datetime

import pytest

from bot.reading import times

NOW = datetime(2026, 11, 21, 14, 5)  # a Saturday


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("晚上八点后再说", "11-21 20:00"),
        ("下周三再联系", "11-25 10:00"),
        ("明天下午三点再问我", "11-22 15:00"),
        ("现在忙，晚上8点", "11-21 20:00"),
        ("8点再说", "11-21 20:00"),
        ("中午再说吧", "11-22 12:30"),
        ("过两个小时再说", "11-21 16:05"),
        ("半小时后", "11-21 14:35"),
        ("一个半小时以后吧", "11-21 15:35"),
        ("40分钟后联系我", "11-21 14:45"),
        ("等我下班再说", "11-21 18:30"),
        ("后天上午联系我", "11-23 09:30"),
        ("我在开会，三点以后打给我", "11-21 15:00"),
        ("今天不方便，明天吧", "11-22 10:00"),
        ("明早9点", "11-22 09:00"),
        ("明晚再聊", "11-22 19:30"),
        ("晚上九点半再说吧", "11-21 21:30"),
        ("下午３：３０", "11-21 15:30"),
        ("周末再问", "11-28 10:00"),
        ("下周再说", "11-23 10:00"),
        ("下个月再说", "12-01 10:00"),
        ("周五上午十点一刻", "11-27 10:15"),
        ("12月3日下午", "12-03 15:00"),
        ("过两天再说", "11-23 10:00"),
    ],
)
def test_the_time_that_is_asked_for(said, at):
    assert times.when(said, NOW) == datetime.fromisoformat(f"2026-{at}")


@pytest.mark.parametrize(
    "said", ["晚点再说", "等会儿", "没空", "过几个小时", "昨天下午说过了", "明天或者后天", "明年12月3日", ""]
)
def test_no_time_is_made_up(said):
    assert times.when(said, NOW) is None


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("下周三再联系", True),
        ("半小时后打给我", True),
        ("我下周三复查", False),
        ("昨天晚上八点开始发烧，吃了退烧药以后好一点了，今天早上量体温又上去了", False),
    ],
)
def test_whether_a_contact_is_asked_for(said, asks):
    assert times.asks(said) is asks
