"""Who is behind an account: codes of patients and of wards, proofs tried again, several patients behind one account."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from bot.care import arrival, binding
from storage import contacts, plans, wards

WARD = "骨科一病区"


def ward_code(hospital):
    return hospital.write(binding.ward_code, WARD, hospital.nurse(), hospital.now).token


def bound(hospital, openid="o1"):
    contact = hospital.contact(openid).id
    wanted = (contacts.Binding.contact_id == contact, contacts.Binding.ended_at.is_(None))
    return hospital.query(select(contacts.Binding).where(*wanted).order_by(contacts.Binding.id))


def invited(hospital, **changes):
    hospital.scan("o1", hospital.discharge(**changes))
    hospital.pass_time(days=2, hours=1, minutes=10)
    hospital.sent()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("ZY20261234 8月", ("ZY20261234", 8)),
        ("住院号20261234，8月生的", ("20261234", 8)),
        ("２０２６１２３４　８", ("20261234", 8)),
        ("20261234\n1958年8月2日", ("20261234", 8)),
        ("八月", (None, 8)),
        ("十二月 20261234", ("20261234", 12)),
        ("20261234 19580802", ("20261234", 8)),
        ("20261234", ("20261234", None)),
        ("12", (None, 12)),
        ("13月", (None, None)),
        ("你好", (None, None)),
    ],
)
def test_number_and_month_are_read_as_people_write_them(said, found):
    assert arrival.parts(said) == found


def test_a_wards_code_binds_by_number_and_month_and_one_more_reply_leads_to_the_questions(hospital):
    hospital.discharge()
    welcome = hospital.scan("o1", ward_code(hospital))
    for words in ("示例医院", WARD, "自动", "“停”", "120", "住院号"):
        assert words in welcome
    assert "对上了" in hospital.say("o1", "20261234 8月")
    assert bound(hospital)[0].confirmed_at is not None
    hospital.sent()
    hospital.pass_time(days=2, hours=2)
    asked = hospital.say("o1", "你好")
    assert "您同意吗" in asked
    assert "月份" not in asked
    assert "今天体温多少度" in hospital.say("o1", "1")


def test_what_is_missing_is_asked_for(hospital):
    hospital.discharge()
    hospital.scan("o1", ward_code(hospital))
    assert "出生的月份" in hospital.say("o1", "ZY20261234")
    assert "对上了" in hospital.say("o1", "8")


def test_a_wrong_month_and_an_unknown_number_are_answered_alike(hospital):
    hospital.discharge()
    hospital.scan("o1", ward_code(hospital))
    wrong = hospital.say("o1", "20261234 3月")
    assert wrong == hospital.say("o1", "20269999 3月")
    assert bound(hospital) == []


def test_numbers_cannot_be_tried_all_day(hospital):
    hospital.discharge()
    hospital.scan("o1", ward_code(hospital))
    for month in range(1, 6):
        hospital.say("o1", f"20261234 {month}月")
    assert "找护士" in hospital.say("o1", "20261234 8月")
    assert bound(hospital) == []
    hospital.pass_time(days=1, hours=1)
    assert "对上了" in hospital.say("o1", "20261234 8月")


def test_a_number_of_a_list_that_is_yet_to_come_is_bound_when_it_comes(hospital):
    hospital.scan("o1", ward_code(hospital))
    assert "名单" in hospital.say("o1", "20261234 8月")
    hospital.pass_time(hours=3)
    hospital.sent()
    hospital.discharge()
    hospital.tick()
    assert [text for text in hospital.sent() if "对上了" in text]
    assert bound(hospital)[0].confirmed_at is not None
    assert hospital.query(select(wards.Claim))[0].episode_id == 1


def test_a_wards_code_says_nothing_of_the_ward_and_stays_the_same(hospital):
    token = ward_code(hospital)
    assert WARD not in token
    assert hospital.write(binding.ward_code, WARD, hospital.nurse("乙"), hospital.now).token == token


def test_who_fails_the_proof_may_try_again_after_a_while_with_the_number(hospital):
    invited(hospital)
    for said in ("你好", "3", "4"):
        reply = hospital.say("o1", said)
    assert "再试" in reply
    assert "一小时后" in hospital.say("o1", "我再试一次")
    hospital.pass_time(hours=2)
    asked = hospital.say("o1", "我再试一次")
    assert "住院号的最后4位" in asked
    assert "月份" not in asked, "a month is one of twelve"
    assert "您同意吗" in hospital.say("o1", "1234")
    assert "今天体温多少度" in hospital.say("o1", "1")
    assert hospital.query(select(plans.Touchpoint.state).where(plans.Touchpoint.flow == "knee_day3")) == ["begun"]


def test_nobody_guesses_for_ever_and_a_further_code_helps(hospital):
    invited(hospital)
    for said in ("你好", "3", "4"):
        hospital.say("o1", said)
    for number in range(1, 5):
        hospital.pass_time(hours=2)
        assert "最后4位" in hospital.say("o1", "再试一次")
        hospital.say("o1", f"999{number}")
    hospital.pass_time(hours=2)
    assert "先不再核对" in hospital.say("o1", "再试一次")
    assert hospital.say("o1", "再试一次") is None
    hospital.write(binding.another_code, 1, hospital.nurse(), hospital.now)
    hospital.pass_time(hours=2)
    assert "月份" in hospital.say("o1", "再试一次")


def test_leaving_and_coming_back_gives_no_new_tries(hospital):
    token = hospital.discharge()
    hospital.scan("o1", token)
    hospital.pass_time(days=2, hours=2)
    for said in ("你好", "3", "4"):
        hospital.say("o1", said)
    hospital.event("o1", "unsubscribe")
    hospital.scan("o2", token)
    assert "一小时后" in hospital.say("o2", "你好，我要核对")


def test_a_guess_counts_also_when_the_talk_is_left(hospital):
    invited(hospital)
    hospital.say("o1", "你好")
    hospital.say("o1", "3")
    hospital.say("o1", "晚点再说")
    assert bound(hospital)[0].misses == 1


BABY = {"hospital_no": "B002", "name": "赵小宝", "sex": "男", "born_on": date(2026, 11, 10), "admission_no": "ZY20265678"}


def mother_and_child(hospital):
    """A mother who has agreed for herself and, as guardian, for her child."""
    hospital.confirmed(procedure="", procedure_on=None, department="产科", ward="产科病区")
    hospital.pass_time(minutes=1)
    hospital.say("o1", "这次不想说了，不用了")
    plain = {"procedure": "", "procedure_on": None, "department": "新生儿科", "ward": "新生儿病区"}
    token = hospital.discharge(**BABY, **plain, discharged_at=hospital.now)
    hospital.event("o1", "scan", token)
    hospital.pass_time(days=3, hours=2)
    for said in ("你好", "11", "1", "这次不想说了，不用了"):
        hospital.pass_time(minutes=1)
        hospital.say("o1", said)
    hospital.pass_time(minutes=1)
    return {one.episode_id: one.relation for one in bound(hospital)}


def test_one_account_speaks_for_a_mother_and_her_child(hospital):
    assert mother_and_child(hospital) == {1: "self", 2: "family"}


def test_whose_fever_it_is_is_asked_when_it_is_unclear(hospital):
    mother_and_child(hospital)
    reply = hospital.say("o1", "发烧39度2怎么办")
    assert "哪一位" in reply
    assert "1 赵小样" in reply
    assert "2 赵小宝" in reply
    assert hospital.tickets(), "a person is told at once all the same"
    assert "赵小宝" in hospital.say("o1", "2")
    assert {(ticket.episode_id, ticket.ward) for ticket in hospital.tickets() if ticket.matter == "danger"} == {(2, "新生儿病区")}


def test_who_is_meant_is_taken_from_the_words_where_they_say_it(hospital):
    mother_and_child(hospital)
    reply = hospital.say("o1", "我烧到39度2了")
    assert "哪一位" not in reply
    assert {ticket.episode_id for ticket in hospital.tickets() if ticket.matter == "danger"} == {1}


def test_an_account_is_told_whom_the_questions_are_about(hospital):
    mother_and_child(hospital)
    hospital.sent()
    hospital.pass_time(days=4)
    told = [one if isinstance(one, str) else "" for one in hospital.sent()]
    assert any(text.startswith("下面问的是赵小") for text in told)


def test_a_binding_ended_by_staff_goes_on_by_phone(hospital):
    hospital.confirmed()
    hospital.write(binding.release, bound(hospital)[0].id, hospital.nurse(), hospital.now)
    assert bound(hospital) == []
    assert [ticket.matter for ticket in hospital.tickets()] == ["phone"]
    hospital.sent()
    hospital.pass_time(days=1)
    assert hospital.sent() == []


def test_a_new_phone_takes_the_place_of_one_that_left(hospital):
    token = hospital.discharge()
    hospital.scan("o1", token)
    hospital.pass_time(hours=1)
    hospital.event("o1", "unsubscribe")
    assert "示例医院" in hospital.scan("o2", token)
    hospital.pass_time(days=2, hours=2)
    assert "月份" in hospital.say("o2", "你好")


def test_the_first_message_says_who_why_that_it_is_automatic_and_how_to_stop(hospital):
    welcome = hospital.scan("o1", hospital.discharge())
    for words in ("示例医院", "自动服务", "问候恢复情况", "复诊", "“停”", "120"):
        assert words in welcome


def test_a_moment_before_the_limits_is_too_early(hospital):
    consent = hospital.practice.consent
    assert consent.may_prove(2, hospital.now, hospital.now + timedelta(minutes=59)) == "later"
    assert consent.may_prove(2, hospital.now, hospital.now + timedelta(minutes=60)) == "yes"
    assert consent.may_prove(6, hospital.now, hospital.now + timedelta(days=400)) == "never"
