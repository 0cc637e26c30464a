"""A parcel goes out, and its receipt says what became of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.care.parcel import Parcel
from bot.wechat.client import Client
from bot.wechat.sender import Account, Sender, message_id, short
from bot.wechat.tokens import Token
from tests.wechat.server import BAD_TOKEN, OK, OPENID, SEND, Shelf, hurry

NOW = datetime(2026, 11, 21, 15, 59, 0, tzinfo=UTC)  # one minute before midnight in Beijing
TEMPLATE = "/cgi-bin/message/template/send"
BIZ = "/cgi-bin/message/subscribe/bizsend"
PATHS = {"service": SEND, "template": TEMPLATE, "subscription": BIZ}


def parcel(lane, openid=OPENID, key="out:17", **body):
    body = body or ({"text": "您好"} if lane == "service" else {"template": "greeting", "fields": {"thing1": "随访"}, "url": "u"})
    return Parcel(17, key, 3, openid, lane, body, 1)


@pytest.fixture
def sender(wechat, session):
    shelf = Shelf()
    shelf.token = Token("T1", NOW + timedelta(hours=1))
    client = Client(wechat.url, "wx0000000000000001", "s", shelf, session, now=lambda: NOW)
    return Sender(client, Account({"greeting": "TPL1"}, {"greeting": "TPL1"}, {"greeting": 1505001}), lambda: NOW)


async def test_each_lane_has_its_own_call(sender, wechat):
    wechat.answers(TEMPLATE, OK | {"msgid": 200228332})
    receipts = {lane: await sender.send(parcel(lane)) for lane in PATHS}

    assert [call["path"] for call in wechat.calls] == list(PATHS.values())
    assert {receipt.outcome for receipt in receipts.values()} == {"sent"}
    assert receipts["template"].remote_id == "200228332"
    text, template, biz = (json.loads(call["raw"]) for call in wechat.calls)
    assert text["text"] == {"content": "您好"}
    assert (template["template_id"], template["client_msg_id"], template["url"]) == ("TPL1", "out:17", "u")
    assert (biz["template_id"], biz["page"], biz["data"]) == ("TPL1", "u", {"thing1": {"value": "随访"}})


@pytest.mark.parametrize("lane", PATHS)
@pytest.mark.parametrize(
    ("code", "outcome", "after"),
    [
        (-1, "retry", None),
        (45011, "retry", 60),
        (45015, "lane_shut", None),
        (45047, "lane_shut", None),
        (43101, "lane_shut", None),
        (47003, "lane_shut", None),
        (99999, "lane_shut", None),
        (43004, "contact_gone", None),
        (40003, "contact_gone", None),
        (40037, "operator", None),
        (48004, "operator", None),
        (45009, "operator", 60),
        (45065, "sent", None),
    ],
)
async def test_what_wechat_says_becomes_what_is_done(sender, wechat, lane, code, outcome, after):
    wechat.answers(PATHS[lane], {"errcode": code, "errmsg": f"words about {OPENID} rid: 651f-1b2c"})
    receipt = await sender.send(parcel(lane))

    assert (receipt.outcome, receipt.errcode, receipt.retry_after) == (outcome, code, after)
    assert OPENID not in receipt.error
    if outcome != "sent":
        assert receipt.error.endswith("rid 651f-1b2c")
    assert wechat.count(PATHS[lane]) == 1


@pytest.mark.parametrize("lane", PATHS)
async def test_a_token_that_is_never_taken_is_the_operators(sender, wechat, lane):
    wechat.answers(PATHS[lane], BAD_TOKEN)

    assert (await sender.send(parcel(lane))).outcome == "operator"
    assert wechat.count(PATHS[lane]) == 2


@pytest.mark.parametrize("answer", ["cut", "slow", 502, b"<html>", {}])
@pytest.mark.parametrize(("lane", "outcome"), [("service", "unknown"), ("subscription", "unknown"), ("template", "retry")])
async def test_what_may_have_arrived_is_sent_again_only_under_a_key(sender, wechat, lane, outcome, answer):
    wechat.answers(PATHS[lane], answer)
    hurry(sender._client, answer)

    assert (await sender.send(parcel(lane))).outcome == outcome


@pytest.mark.parametrize("lane", PATHS)
async def test_what_cannot_have_arrived_is_sent_again(sender, wechat, lane):
    wechat.answers(PATHS[lane], 503)

    assert (await sender.send(parcel(lane))).outcome == "retry"


@pytest.mark.parametrize("lane", PATHS)
async def test_a_wrong_address_of_the_api_is_the_operators(sender, wechat, lane):
    wechat.answers(PATHS[lane], 404)

    assert (await sender.send(parcel(lane))).outcome == "operator"


@pytest.mark.parametrize(
    ("parcel", "outcome"),
    [
        (parcel("service", openid=""), "contact_gone"),
        (parcel("phone"), "operator"),
        (parcel("reply"), "operator"),
        (parcel("service", other="x"), "operator"),
        (parcel("template", template="unheard of", fields={}), "operator"),
        (parcel("template", fields={}), "operator"),
    ],
)
async def test_what_cannot_be_sent_troubles_nobody(sender, wechat, parcel, outcome):
    receipt = await sender.send(parcel)

    assert receipt.outcome == outcome
    assert receipt.error
    assert wechat.calls == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("thing1", "出院随访", "出院随访"),
        ("thing1", " 两行\n文字 ", "两行 文字"),
        ("thing1", "", "无"),
        ("thing1", "一" * 20, "一" * 20),
        ("thing1", "一" * 21, "一" * 19 + "…"),
        ("thing12", "a\x00b", "ab"),
        ("name2", "欧阳" * 6, "欧阳" * 5),
        ("name2", "a" * 21, "a" * 20),
        ("phrase3", "已预约成功了", "已预约成功"),
        ("time4", "2026年11月28日 09:00~11:00 上午门诊", "2026年11月28日 09:00~11:00 上午门诊"),
        ("character_string5", "X" * 33, "X" * 33),
        ("phone_number6", "010-00000000", "010-00000000"),
        ("time4", "", ""),
        ("keyword1", "一" * 30, "一" * 19 + "…"),
        ("", "值", "值"),
    ],
)
def test_fields_fit_their_templates(name, value, expected):
    assert short(name, value) == expected


@pytest.mark.parametrize("key", ["", "out:17:" + "9" * 60, "复诊", "a b"])
def test_a_key_becomes_an_id_that_wechat_takes(key):
    assert len(message_id(key)) == 32
    assert message_id(key) == message_id(key) != message_id(key + "1")
    assert message_id("invite:42:1") == "invite:42:1"
