"""The ways to a contact that a hospital has set up: subscriptions that were accepted, 就医助手, text messages, then the phone."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.care.parcel import Parcel, Receipt
from bot.care.ways import Ways
from bot.sms.folder import Folder
from storage import contacts, plans
from storage.messages import Outbound

ALL = Ways(
    templates=frozenset({"follow_up", "revisit"}),
    subscriptions={"follow_up": "S1"},
    medical=frozenset({"follow_up"}),
    sms=True,
    sms_cost=5,
)


@pytest.fixture
def several(hospital):
    """A hospital with every way set up."""
    hospital.practice = replace(hospital.practice, ways=ALL)
    return hospital


def subscribe(hospital, said="accept", event="subscribe_msg_popup_event"):
    hospital.event("o1", event, **{"List.1.TemplateId": "S1", "List.1.SubscribeStatusString": said})


def notices(hospital):
    return hospital.query(select(Outbound).where(Outbound.lane.not_in(("reply", "service"))).order_by(Outbound.id))


def test_an_accepted_subscription_goes_first_and_is_used_up(several):
    several.scan("o1", several.discharge())
    subscribe(several)
    several.pass_time(days=4)
    assert [row.lane for row in notices(several)] == ["subscription", "template"]
    assert several.contact("o1").ways["accepted"]["S1"] == 0


def test_a_long_term_subscription_lasts(several):
    several.practice = replace(several.practice, ways=replace(ALL, long_term=frozenset({"follow_up"})))
    several.scan("o1", several.discharge())
    subscribe(several)
    several.pass_time(days=4)
    assert [row.lane for row in notices(several)] == ["subscription", "subscription"]


@pytest.mark.parametrize("event", ["subscribe_msg_popup_event", "subscribe_msg_change_event"])
def test_a_subscription_taken_back_is_none(several, event):
    several.scan("o1", several.discharge())
    subscribe(several)
    subscribe(several, "reject", event)
    several.pass_time(days=2, hours=2)
    assert [row.lane for row in notices(several)] == ["template"]


def test_what_wechat_says_of_a_subscription_notice_stands_at_it(several):
    several.scan("o1", several.discharge())
    subscribe(several)
    several.pass_time(days=2, hours=2)
    told = {"List.1.TemplateId": "S1", "List.1.MsgID": "17", "List.1.ErrorCode": "43107", "List.1.ErrorStatus": "user refused"}
    several.event("o1", "subscribe_msg_sent_event", **told)
    (row,) = notices(several)
    assert (row.remote_id, row.delivered) == ("17", "failed:user refused")


def test_ways_that_are_refused_one_after_another_end_at_the_phone(several):
    several.scan("o1", several.discharge())
    subscribe(several)
    several.fates = [Receipt("lane_shut", 43101), Receipt("lane_shut", 43019), Receipt("lane_shut", 40003), Receipt("lane_shut")]
    several.pass_time(days=2, hours=3)
    rows = notices(several)
    assert [row.lane for row in rows] == ["subscription", "template", "medical", "sms"]
    assert {row.state for row in rows} == {"failed"}
    assert [row.cost for row in rows] == [0, 0, 0, 5]
    point = several.query(select(plans.Touchpoint).where(plans.Touchpoint.flow == "knee_day3"))[0]
    assert (point.state, point.attempts) == ("phone", 0)


def test_who_never_scanned_gets_text_messages_without_a_name_or_an_illness(several):
    several.discharge()
    several.pass_time(days=6)
    rows = notices(several)
    assert [row.lane for row in rows] == ["sms"] * 4
    words = "".join(row.body["text"] for row in rows)
    assert "示例医院" in words
    assert not any(word in words for word in ("赵", "小样", "膝", "骨", "置换"))
    assert {parcel.number for parcel in several.parcels} == {"13800000001"}
    assert all("13800000001" not in repr(parcel) for parcel in several.parcels)
    assert [one.matter for one in several.tickets()] == ["phone"]


def test_a_text_message_is_one_file_once(tmp_path, several):
    several.discharge()
    folder = Folder(tmp_path / "out", lambda: several.now)
    parcel = Parcel(7, "invite:1:1:1", 3, "", "sms", {"text": "【示例医院】您好"}, 1, "13800000001")
    first = asyncio.run(folder.send(parcel))
    (file,) = (tmp_path / "out").glob("*.json")
    assert json.loads(file.read_text("utf-8"))["number"] == "13800000001"
    assert "138" not in file.name
    file.unlink()  # the gateway took it
    assert asyncio.run(folder.send(parcel)) == first
    assert list((tmp_path / "out").glob("*.json")) == []
    assert asyncio.run(folder.send(replace(parcel, number=""))).outcome == "lane_shut"


def test_a_notice_whose_fate_is_in_doubt_is_repeated_only_while_wechat_knows_its_key(hospital):
    hospital.scan("o1", hospital.discharge())
    # then WeChat is out of reach for longer than it remembers
    hospital.fates = [Receipt("retry", retry_after=60, doubtful=True), Receipt("retry", retry_after=1200)]
    hospital.pass_time(days=2, hours=2)
    (row,) = notices(hospital)
    assert row.state == "unknown"


def test_a_stop_reaches_the_telephone_too(several):
    several.scan("o1", several.discharge())
    several.say("o1", "停")
    several.sent()
    several.pass_time(days=30)
    assert several.sent() == []
    assert several.query(select(contacts.Contact).where(contacts.Contact.state == "telephone")) == []
    assert several.now > several.contact("o1").created_at + timedelta(days=29)
