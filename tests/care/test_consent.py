"""Consent to the use of health data: asked once, before anything about health; refused, taken back, asked anew."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from storage import consents, contacts, plans, sessions


def invited(hospital, openid="o1", **changes):
    hospital.scan(openid, hospital.discharge(**changes))
    hospital.pass_time(days=2, hours=1, minutes=10)
    hospital.sent()


def proved(hospital, openid="o1", **changes):
    invited(hospital, openid, **changes)
    hospital.say(openid, "你好")
    return hospital.say(openid, "8月")


def kept(hospital):
    return hospital.query(select(consents.Consent).order_by(consents.Consent.id))


def point(hospital, flow="knee_day3"):
    return hospital.query(select(plans.Touchpoint).where(plans.Touchpoint.flow == flow))[0]


def bound(hospital):
    return hospital.query(select(contacts.Binding))[0]


def test_two_replies_lead_from_the_invitation_to_the_first_question(hospital):
    asked = proved(hospital)
    assert hospital.practice.consent.text.strip() in asked
    assert all(words in asked for words in ("不影响看病", "“停”", "您同意吗"))
    assert "体温" not in asked.replace(hospital.practice.consent.text.strip(), "")
    assert "今天体温多少度" in hospital.say("o1", "1")
    (consent,) = kept(hospital)
    assert (consent.answer, consent.capacity, consent.words, consent.version) == ("agreed", "self", "1", "2026.11.1")
    assert consent.at == hospital.now


@pytest.mark.parametrize(
    ("said", "answer", "capacity"),
    [
        ("同意", "agreed", "self"),
        ("好的，同意，我是他女儿", "agreed", "family"),
        ("2", "agreed", "family"),
        ("我不同意", "refused", "self"),
        ("3", "refused", "self"),
    ],
)
def test_the_words_of_the_answer_are_kept(hospital, said, answer, capacity):
    proved(hospital)
    hospital.say("o1", said)
    (consent,) = kept(hospital)
    assert (consent.answer, consent.capacity, consent.words) == (answer, capacity, said)


def test_to_say_who_one_is_is_not_to_agree(hospital):
    proved(hospital)
    assert "同意不同意" in hospital.say("o1", "我是他女儿")
    assert kept(hospital) == []
    assert "今天体温多少度" in hospital.say("o1", "2")
    assert (bound(hospital).relation, kept(hospital)[0].capacity) == ("family", "family")


def test_which_relative_writes_is_known_from_what_was_said_with_the_proof(hospital):
    invited(hospital)
    hospital.say("o1", "你好")
    hospital.say("o1", "我是他女儿，他8月生的")
    hospital.say("o1", "2")
    assert (bound(hospital).relation, bound(hospital).kin) == ("family", "子女")


@pytest.mark.parametrize("said", ["1958年8月2日", "八月", "19580802", "110101195808020011", "住院号ZY20261234", "1234"])
def test_a_proof_may_be_given_in_many_ways(hospital, said):
    invited(hospital)
    hospital.say("o1", "你好")
    assert "您同意吗" in hospital.say("o1", said)


def test_who_refuses_is_asked_nothing_about_health_and_a_person_decides(hospital):
    proved(hospital)
    assert "尊重" in hospital.say("o1", "3")
    assert [(ticket.matter, ticket.level) for ticket in hospital.tickets()] == [("follow-up", "L3")]
    assert "不同意" in hospital.tickets()[0].reason
    assert (point(hospital).state, point(hospital).reason) == ("stopped", "没有同意使用健康信息")
    hospital.sent()
    hospital.pass_time(days=7)
    assert hospital.sent() == []
    assert point(hospital, "general_day7").state == "stopped"


def test_who_refused_is_still_reminded_of_the_revisit(hospital):
    """It is the patient's own appointment and asks nothing about health."""
    proved(hospital)
    hospital.say("o1", "3")
    hospital.sent()
    hospital.pass_time(days=10)
    assert {notice["template"] for notice in hospital.sent()} == {"revisit"}
    assert "复诊" in hospital.say("o1", "你好")


def test_a_danger_sign_is_seen_to_whatever_was_refused(hospital):
    proved(hospital)
    hospital.say("o1", "3")
    assert "120" in hospital.say("o1", "我喘不上气，嘴唇发紫")
    assert "L0" in {ticket.level for ticket in hospital.tickets()}


def test_who_refused_is_not_asked_again_for_ninety_days_and_then_once(hospital):
    invited(hospital, revisit_on=None)
    hospital.say("o1", "你好")

    def later(tx):
        plan = tx.session.exec(select(plans.CarePlan)).first()
        for days in (80, 95):
            due = hospital.now + timedelta(days=days)
            tx.session.add(plans.Touchpoint(plan_id=plan.id, episode_id=1, flow="general_day7", day=f"D{days}", due_at=due))

    hospital.database.write_now(later)
    hospital.say("o1", "8月")
    hospital.say("o1", "3")
    hospital.sent()
    hospital.pass_time(days=89)
    assert hospital.sent() == []
    hospital.pass_time(days=9)
    assert hospital.sent()
    assert "您同意吗" in hospital.say("o1", "你好")
    assert "恢复得怎么样" in hospital.say("o1", "同意，我是本人")
    assert [one.answer for one in kept(hospital)] == ["refused", "agreed"]
    assert kept(hospital)[0].ended_for == "replaced"


def test_who_thinks_better_of_it_says_so_and_is_followed(hospital):
    proved(hospital)
    hospital.say("o1", "3")
    hospital.pass_time(minutes=1)
    assert "谢谢您的同意" in hospital.say("o1", "我同意")
    hospital.sent()
    hospital.pass_time(days=5)
    assert hospital.sent()
    assert "恢复得怎么样" in hospital.say("o1", "你好")


@pytest.mark.parametrize("said", ["停", "撤回同意", "我不同意了，别再发了", "取消授权"])
def test_a_word_takes_it_back_and_everything_stops_in_the_same_act(hospital, said):
    hospital.confirmed()
    assert "停下" in hospital.say("o1", said)
    (consent,) = kept(hospital)
    assert (consent.ended_for, consent.ended_words, consent.ended_at) == ("withdrawn", said, hospital.now)
    assert bound(hospital).agreed == ""
    assert {one.state for one in hospital.query(select(plans.Touchpoint))} == {"stopped"}
    assert hospital.query(select(sessions.Session).where(sessions.Session.status == "waiting")) == []
    hospital.sent()
    hospital.pass_time(days=60)
    assert hospital.sent() == []


def test_it_can_be_taken_back_while_a_nurse_has_the_talk(hospital):
    from bot.care import escalation

    hospital.confirmed()
    hospital.say("o1", "烧到39度2")
    hospital.write(escalation.take_over, hospital.tickets()[0].id, hospital.nurse(), hospital.now)
    assert "停下" in hospital.say("o1", "别再给我发消息了")
    assert kept(hospital)[0].ended_for == "withdrawn"


def test_who_said_stop_and_scans_again_is_followed_again_and_asked_anew(hospital):
    token = hospital.discharge()
    hospital.scan("o1", token)
    hospital.pass_time(days=2, hours=2)
    for said in ("你好", "8", "1", "停"):
        hospital.say("o1", said)
    hospital.pass_time(days=1)
    assert "示例医院" in hospital.event("o1", "scan", token)
    hospital.sent()
    hospital.pass_time(days=4)
    assert hospital.sent()
    assert "您同意吗" in hospital.say("o1", "你好")
    assert "恢复得怎么样" in hospital.say("o1", "1")


def test_a_new_text_is_put_at_the_next_follow_up(hospital):
    hospital.confirmed()
    hospital.say("o1", "这次不想说了，不用了")
    newer = hospital.practice.consent.model_copy(update={"version": "2027.1", "text": "新的同意书。\n"})
    hospital.practice = replace(hospital.practice, consent=newer)
    hospital.sent()
    hospital.pass_time(days=5)
    assert hospital.sent()
    asked = hospital.say("o1", "你好")
    assert "新的同意书" in asked
    assert "月份" not in asked
    assert "家属" not in asked, "who it is is known"
    assert "恢复得怎么样" in hospital.say("o1", "同意")
    assert [(one.version, one.ended_for) for one in kept(hospital)] == [("2026.11.1", "replaced"), ("2027.1", None)]


CHILD = {"name": "赵小宝", "sex": "男", "born_on": date(2020, 8, 2), "procedure": "", "procedure_on": None}


def test_for_a_child_the_guardian_is_asked(hospital):
    asked = proved(hospital, **CHILD)
    assert "监护人" in asked
    hospital.say("o1", "我是孩子妈妈，同意")
    (consent,) = kept(hospital)
    assert (consent.answer, consent.capacity) == ("agreed", "guardian")
    assert bound(hospital).relation == "family"


def test_who_is_no_guardian_cannot_agree_for_a_child(hospital):
    proved(hospital, **CHILD)
    assert "监护人" in hospital.say("o1", "2")
    assert kept(hospital)[0].answer == "refused"
    assert "监护人" in hospital.tickets()[0].reason


def test_silence_is_no_consent(hospital):
    proved(hospital)
    hospital.pass_time(days=8)
    assert kept(hospital) == []
    assert bound(hospital).confirmed_at is not None
    assert hospital.query(select(sessions.Session).where(sessions.Session.purpose == "follow-up")) == []
    assert "phone" in {ticket.matter for ticket in hospital.tickets()}


@pytest.mark.parametrize(("said", "words"), [("请删除我的个人信息", "删除"), ("我要查询我的信息", "查阅")])
def test_rights_over_ones_own_data_reach_a_person(hospital, said, words):
    hospital.confirmed()
    hospital.pass_time(minutes=1)
    reply = hospital.say("o1", said)
    assert "个人信息的请求" in reply
    assert "体温" in reply, "and the question that waits is put again"
    assert [ticket.matter for ticket in hospital.tickets() if words in ticket.reason] == ["other"]


def test_a_version_keeps_its_words(hospital):
    from bot.care import consent

    assert hospital.write(consent.publish, hospital.now)
    assert hospital.write(consent.publish, hospital.now)
    changed = hospital.practice.consent.model_copy(update={"text": "偷偷改了一个字"})
    hospital.practice = replace(hospital.practice, consent=changed)
    assert not hospital.write(consent.publish, hospital.now)
