"""What staff do by telephone: outcomes, calls again, the questionnaire filled in by hand, numbers that go back to the ward."""

from datetime import timedelta

import pytest
from sqlmodel import select

from bot.care import byphone
from bot.care import calls as desk
from bot.care.calls import Told
from bot.care.errors import Refused
from bot.rules import calls as rules
from storage import calls, patients, plans, readings, sessions, tickets

FAULTS = [one.code for one in rules.OUTCOMES.values() if one.fault]


@pytest.fixture
def unreached(hospital):
    """A patient who never scanned, on the worklist."""
    hospital.discharge()
    hospital.pass_time(days=2, hours=2)
    hospital.caller = hospital.nurse()
    return hospital


def line(hospital):
    return next(one for one in hospital.tickets() if one.matter == "phone")


def call(hospital, outcome, **more):
    hospital.write(desk.record, line(hospital).id, hospital.caller, Told(outcome, **more), hospital.now)


def point(hospital):
    return hospital.query(select(plans.Touchpoint).where(plans.Touchpoint.flow == "knee_day3"))[0]


def worklist(hospital, *, later=False):
    return hospital.database.read_now(lambda tx: calls.waiting(tx, hospital.now, later=later))[0]


def test_nobody_answers_on_three_days_and_the_number_goes_back_to_the_ward(unreached):
    tried = []
    for _ in range(3):
        assert len(worklist(unreached)) == 1
        call(unreached, "no_answer")
        tried.append(unreached.now)
        if again := worklist(unreached, later=True):
            assert worklist(unreached) == []
            unreached.now = again[0].last.again_at
    local = [moment.astimezone(unreached.practice.zone) for moment in tried]
    assert len({moment.date() for moment in local}) == len({moment.time() for moment in local}) == 3
    assert (point(unreached).state, point(unreached).reason) == ("missed", "无人接听")
    (fault,) = unreached.database.read_now(calls.faults, FAULTS)
    assert (fault.episode.ward, fault.call.outcome, fault.caller) == ("骨科一病区", "no_answer", "护士甲")
    unreached.discharge(phone="13800000009")
    assert unreached.database.read_now(calls.faults, FAULTS) == [], "the next list brought another number"


def test_a_second_call_on_the_same_day_is_no_second_attempt(unreached):
    for _ in range(4):
        call(unreached, "off")
    assert line(unreached).state == "accepted"
    assert point(unreached).state == "phone"


def test_a_wrong_number_ends_it_at_once_and_is_on_the_list_of_the_ward(unreached):
    call(unreached, "wrong_number")
    assert point(unreached).state == "missed"
    assert unreached.tickets() == []
    (fault,) = unreached.database.read_now(calls.faults, FAULTS, ward="骨科一病区")
    assert rules.OUTCOMES[fault.call.outcome].fault == "号码错误或空号"
    assert unreached.database.read_now(calls.faults, FAULTS, ward="产科") == []


def test_who_has_no_number_at_all_is_on_that_list_without_a_call(hospital):
    hospital.discharge(phone="", kin_phone="13800000002")
    hospital.pass_time(days=2, hours=2)
    (fault,) = hospital.database.read_now(calls.faults, FAULTS)
    assert fault.call is None


def test_the_patient_names_a_time_and_is_called_then(unreached):
    wished = unreached.now + timedelta(days=2, hours=3)
    call(unreached, "busy", again_at=wished)
    assert worklist(unreached) == []
    unreached.now = wished
    assert [one.ticket.id for one in worklist(unreached)] == [line(unreached).id]


@pytest.mark.parametrize(
    ("outcome", "state", "stopped_for"), [("dead", "dead", "death_reported"), ("readmitted", "readmitted", "readmitted")]
)
def test_what_is_learnt_on_the_telephone_ends_the_follow_up(unreached, outcome, state, stopped_for):
    call(unreached, outcome)
    assert unreached.query(select(patients.Episode.state)) == [state]
    assert {plan.stopped_for for plan in unreached.query(select(plans.CarePlan))} == {stopped_for}
    assert unreached.tickets() == []


@pytest.mark.parametrize(("outcome", "state"), [("self", "done"), ("family", "done"), ("recovered", "missed")])
def test_what_becomes_of_the_contact(unreached, outcome, state):
    call(unreached, outcome)
    assert point(unreached).state == state


def test_some_outcomes_want_a_word_and_an_unknown_one_is_refused(unreached):
    with pytest.raises(Refused, match="写明"):
        call(unreached, "brushed_off")
    with pytest.raises(Refused, match="选择"):
        call(unreached, "nonsense")


def begin(hospital, whose="self"):
    hospital.write(byphone.begin, line(hospital).id, hospital.caller, point(hospital).id, whose, hospital.now)


def sheet(hospital):
    return hospital.database.read_now(byphone.sheet, hospital.practice, point(hospital).episode_id)


def said(hospital, words):
    turn = sheet(hospital).turn
    return hospital.write(byphone.said, line(hospital).id, hospital.caller, turn, words, hospital.now)


def test_the_same_questionnaire_by_telephone_is_kept_as_given_by_telephone(unreached):
    begin(unreached)
    assert "体温" in sheet(unreached).asks
    for words in ("36度8", "2", "干燥", "没有", "能", "没有", "按时在用", "能", "1", "没有"):
        if sheet(unreached) is None:
            break
        said(unreached, words)
    assert sheet(unreached) is None
    assert point(unreached).state == "done"
    kept = unreached.query(select(sessions.Answer).order_by(sessions.Answer.id))
    assert kept[0].value == 36.8
    assert {answer.staff_id for answer in kept} == {unreached.caller}
    (closed,) = unreached.query(select(tickets.Ticket).where(tickets.Ticket.matter == "phone"))
    assert (closed.state, closed.outcome) == ("closed", "已联系本人")
    unreached.sent()
    unreached.pass_time(days=3)
    assert unreached.sent() == [], "nothing of it ever leaves for WeChat"


def test_a_danger_sign_on_the_telephone_is_an_alarm_at_once(unreached):
    begin(unreached)
    raised = said(unreached, "胸口疼得厉害，喘不上气，出冷汗")
    (danger,) = [one for one in unreached.tickets() if one.matter == "danger"]
    assert raised == [danger.id]
    assert danger.level == "L0"
    lines = unreached.query(select(sessions.Session))
    spoken = unreached.database.read_now(calls.lines, lines[-1].id)
    assert "120" in spoken[-1][1], "and the caller has the words to say"
    assert line(unreached).state != "closed"


def test_an_alarm_of_the_questionnaire_rises_by_telephone_too(unreached):
    begin(unreached)
    said(unreached, "39度2")
    assert [one.level for one in unreached.tickets() if one.matter == "danger"] == ["L1"]


def test_a_complaint_on_the_telephone_is_a_complaint(unreached):
    begin(unreached)
    said(unreached, "我要投诉，护士扎针扎了三次还骂人")
    assert "complaint" in {one.matter for one in unreached.tickets()}
    assert {"CS01", "RR02"} <= {record.code for record in unreached.query(select(readings.Record))}


def test_an_answer_sent_twice_counts_once(unreached):
    begin(unreached)
    turn = sheet(unreached).turn
    said(unreached, "36.8")
    with pytest.raises(Refused, match="已经记下"):
        unreached.write(byphone.said, line(unreached).id, unreached.caller, turn, "36.8", unreached.now)


def test_a_call_that_breaks_off_leaves_the_contact_on_the_list_and_is_never_reminded(unreached):
    begin(unreached)
    said(unreached, "36.8")
    unreached.pass_time(days=2)
    assert point(unreached).state == "phone"
    unreached.write(byphone.broken_off, line(unreached).id, unreached.caller, unreached.now)
    assert sheet(unreached) is None
    assert point(unreached).state == "phone"
