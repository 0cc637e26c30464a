"""What staff do with a ticket, and what the patient sees of it."""

import pytest

from bot.care import delivery, escalation
from bot.care.errors import Refused
from bot.care.parcel import Receipt


@pytest.fixture
def fever(hospital):
    hospital.confirmed()
    hospital.say("o1", "烧到39度2")
    hospital.sent()
    (ticket,) = hospital.tickets()
    return ticket.id


def test_taking_over_silences_the_bot_until_the_talk_is_handed_back(hospital, fever):
    nurse = hospital.nurse()
    hospital.write(escalation.take_over, fever, nurse, hospital.now)
    hospital.tick()
    assert any("医护人员" in text for text in hospital.sent())
    assert hospital.say("o1", "护士你好，我还是很烫") is None
    hospital.write(escalation.reply, fever, nurse, "请您今天下午到急诊来。", hospital.now)
    hospital.tick()
    assert hospital.sent() == ["请您今天下午到急诊来。"]
    hospital.write(escalation.hand_back, fever, nurse, hospital.now)
    assert hospital.contact("o1").owner == "bot"


def test_a_danger_to_life_is_answered_even_while_a_person_has_the_talk(hospital, fever):
    hospital.write(escalation.take_over, fever, hospital.nurse(), hospital.now)
    assert "120" in hospital.say("o1", "我喘不上气了，嘴唇发紫")


def test_two_nurses_cannot_both_have_a_patient(hospital, fever):
    one, two = hospital.nurse("甲"), hospital.nurse("乙")
    hospital.write(escalation.take_over, fever, one, hospital.now)
    with pytest.raises(Refused, match="同事"):
        hospital.write(escalation.reply, fever, two, "您好", hospital.now)
    with pytest.raises(Refused, match="接手"):
        hospital.write(escalation.accept, fever, two, hospital.now)


def test_closing_a_danger_sign_needs_what_became_of_it(hospital, fever):
    nurse = hospital.nurse()
    with pytest.raises(Refused, match="处理结果"):
        hospital.write(escalation.close, fever, nurse, "随便", "", hospital.now)
    hospital.write(escalation.close, fever, nurse, "已就诊", "已到急诊", hospital.now)
    assert hospital.tickets() == []
    (closed,) = hospital.tickets("closed")
    assert (closed.outcome, closed.climb_at) == ("已就诊", None)
    with pytest.raises(Refused, match="已经关闭"):
        hospital.write(escalation.note, fever, nurse, "补充", hospital.now)


def test_a_shut_window_is_said_and_nothing_is_lost(hospital, fever):
    hospital.pass_time(hours=49)
    with pytest.raises(Refused, match="电话"):
        hospital.write(escalation.reply, fever, hospital.nurse(), "您好", hospital.now)


def test_a_ticket_nobody_accepts_climbs_its_ladder_until_somebody_does(hospital, fever):
    hospital.pass_time(minutes=70)
    (ticket,) = hospital.tickets()
    assert ticket.rung >= 2
    hospital.write(escalation.accept, fever, hospital.nurse(), hospital.now)
    rung = hospital.tickets()[0].rung
    hospital.pass_time(hours=3)
    assert hospital.tickets()[0].rung == rung


def test_the_last_message_of_the_quota_is_kept_for_safety(hospital, fever):
    nurse = hospital.nurse()
    for _ in range(4):
        hospital.write(escalation.reply, fever, nurse, "您好", hospital.now)
    with pytest.raises(Refused, match="安全提示"):
        hospital.write(escalation.reply, fever, nurse, "您好", hospital.now)
    assert hospital.contact("o1").quota_left == 1


def test_a_reply_too_late_for_its_response_leaves_by_the_outbox_once(hospital):
    hospital.confirmed()
    reply = hospital.say("o1", "36.8", key="late")
    row = next(one for one in hospital.outbox() if one.body.get("text") == reply and one.state == "handed")
    hospital.sent()
    hospital.write(delivery.requeue, row.id, hospital.now)
    hospital.write(delivery.requeue, row.id, hospital.now)
    assert hospital.say("o1", "36.8", key="late") is None
    hospital.tick()
    assert hospital.sent() == [reply]


@pytest.mark.parametrize(
    ("fates", "state", "tries"),
    [
        ([Receipt("retry", -1)] * 2, "sent", 3),
        ([Receipt("unknown", error="TimeoutError")], "unknown", 1),
        ([Receipt("retry", -1)] * 20, "failed", 12),
    ],
)
def test_what_becomes_of_a_staff_message(hospital, fever, fates, state, tries):
    hospital.fates = list(fates)
    hospital.write(escalation.reply, fever, hospital.nurse(), "请来急诊", hospital.now)
    hospital.pass_time(minutes=60)
    (row,) = [one for one in hospital.outbox() if one.author == "staff"]
    assert (row.state, row.attempts) == (state, tries)
