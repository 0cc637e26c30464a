"""A follow-up from discharge to the last answer, and the ways it can go otherwise."""

from datetime import timedelta

import pytest
from sqlmodel import select

from bot.care import escalation
from bot.care.parcel import Receipt
from storage import consents, contacts, patients, plans, readings, sessions


def states(hospital):
    return {
        (point.flow, point.day): point.state for point in hospital.query(select(plans.Touchpoint).order_by(plans.Touchpoint.id))
    }


def test_a_notice_goes_out_on_day_three_inside_the_window_and_says_nothing_clinical(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.sent()
    hospital.pass_time(days=2, minutes=50)  # Wednesday 09:50
    assert hospital.sent() == []
    hospital.pass_time(minutes=10)
    (notice,) = hospital.sent()
    assert notice["template"] == "follow_up"
    words = "".join(notice["fields"].values())
    assert not any(word in words for word in ("赵", "膝", "骨", "置换"))
    assert notice["url"].startswith("https://suifang.example/t/")
    assert states(hospital)["knee_day3", "D3"] == "invited"


def test_identity_comes_before_anything_clinical_and_then_the_talk_begins(hospital):
    welcome = hospital.scan("o1", hospital.discharge())
    assert "示例医院" in welcome
    assert "停" in welcome
    hospital.pass_time(days=2, hours=1)
    who = hospital.say("o1", "你好")
    assert "月份" in who
    assert "小样" not in who
    assert "膝" not in who
    assert "您同意吗" in hospital.say("o1", "8")
    talk = hospital.say("o1", "1")
    assert "度" in talk or "感觉" in talk
    bound = hospital.query(select(contacts.Binding))[0]
    assert (bound.relation, bound.confirmed_at is not None) == ("self", True)
    (consent,) = hospital.query(select(consents.Consent))
    assert (consent.version, consent.answer, consent.capacity) == (hospital.practice.consent.version, "agreed", "self")


def test_a_wrong_proof_twice_goes_to_a_nurse_and_shows_nothing(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1)
    hospital.say("o1", "你好")
    hospital.say("o1", "3")
    hospital.say("o1", "4")
    assert [ticket.matter for ticket in hospital.tickets()] == ["phone"]
    assert hospital.query(select(contacts.Binding))[0].confirmed_at is None


def test_the_whole_knee_talk_is_kept_as_answers(hospital):
    hospital.confirmed()
    for said in ("36.8", "2", "干的", "不肿不疼", "1", "没有", "按时在用", "能", "1"):
        reply = hospital.say("o1", said)
        if states(hospital)["knee_day3", "D3"] == "done":
            break
    assert "早日康复" in reply
    assert states(hospital)["knee_day3", "D3"] == "done"
    kept = {answer.name: answer.value for answer in hospital.query(select(sessions.Answer))}
    assert kept["temperature"] == 36.8
    assert hospital.query(select(sessions.Session).where(sessions.Session.status == "waiting")) == []


def test_a_fever_raises_an_l1_ticket_at_once(hospital):
    hospital.confirmed()
    reply = hospital.say("o1", "烧到39度2")
    assert "今天就到医院" in reply
    (ticket,) = hospital.tickets()
    assert (ticket.matter, ticket.level, ticket.ward) == ("danger", "L1", "骨科一病区")
    assert timedelta(0) < ticket.due_at - hospital.now <= timedelta(hours=1)
    assert ticket.climb_at is not None


def test_a_danger_to_life_ends_the_questionnaire_and_says_120(hospital):
    hospital.confirmed()
    reply = hospital.say("o1", "胸口疼得厉害，喘不上气，出冷汗")
    assert "120" in reply
    assert "请回复" not in reply
    assert [(ticket.matter, ticket.level) for ticket in hospital.tickets()] == [("danger", "L0")]
    assert hospital.query(select(sessions.Session).where(sessions.Session.status == "waiting")) == []


def test_a_danger_sign_beats_a_wish_to_stop(hospital):
    hospital.confirmed()
    assert "120" in hospital.say("o1", "别再发了，我现在喘不上气，嘴唇发紫")
    assert hospital.tickets()[0].level == "L0"


def test_a_complaint_in_free_text_becomes_a_record_a_ticket_and_a_promise(hospital):
    hospital.confirmed()
    reply = hospital.say("o1", "我要投诉，护士扎针扎了三次还骂人")
    assert "前" in reply
    records = hospital.query(select(readings.Record).order_by(readings.Record.id))
    assert {"CS01", "RR02"} <= {record.code for record in records}
    assert all(record.quote in "我要投诉，护士扎针扎了三次还骂人" for record in records)
    assert "complaint" in {ticket.matter for ticket in hospital.tickets()}


def test_the_same_message_twice_gets_the_same_reply_and_counts_once(hospital):
    hospital.confirmed()
    first = hospital.say("o1", "36.8", key="m-twice")
    assert hospital.say("o1", "36.8", key="m-twice") == first
    assert [answer.name for answer in hospital.query(select(sessions.Answer))].count("temperature") == 1


def test_silence_amid_the_questions_is_reminded_once_and_then_goes_to_a_person(hospital):
    hospital.confirmed()
    hospital.say("o1", "36.8")
    hospital.sent()
    hospital.pass_time(hours=5)
    (reminder,) = hospital.sent()
    assert reminder.startswith("提醒") or "？" in reminder
    hospital.pass_time(hours=24)
    assert states(hospital)["knee_day3", "D3"] == "missed"
    assert "follow-up" in [ticket.matter for ticket in hospital.tickets()]


def test_a_first_question_that_had_no_answer_is_asked_again_the_next_day(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=1, hours=23)
    hospital.say("o1", "谢谢")  # so that service messages may be sent
    hospital.pass_time(hours=3)
    first = hospital.sent()
    hospital.pass_time(days=1)
    second = hospital.sent()
    asked = hospital.say("o1", "8")

    assert "月份" in first[0]
    assert second == first
    assert "您同意吗" in asked


def test_three_invitations_on_three_days_and_then_the_phone(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=6)
    invitations = [notice for notice in hospital.sent() if isinstance(notice, dict)]
    assert len([notice for notice in invitations if "护士会打电话" not in notice["fields"]["thing4"]]) == 3
    assert states(hospital)["knee_day3", "D3"] == "phone"
    assert "phone" in [ticket.matter for ticket in hospital.tickets()]


def test_who_never_scanned_is_on_the_phone_worklist(hospital):
    hospital.discharge()
    hospital.pass_time(days=2, hours=2)
    (ticket,) = hospital.tickets()
    assert ticket.matter == "phone"
    hospital.pass_time(days=5)
    assert [one.id for one in hospital.tickets()] == [ticket.id], "one line in the worklist for a patient nobody reached"
    hospital.write(escalation.close, ticket.id, hospital.nurse(), "已联系家属", "", hospital.now)
    assert states(hospital)["knee_day3", "D3"] == "done"


def test_the_revisit_reminder_comes_the_day_before(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1)
    hospital.say("o1", "你好")
    hospital.say("o1", "8")
    hospital.say("o1", "1")
    hospital.say("o1", "停一下，晚点再说")
    reminders = hospital.query(select(plans.Touchpoint).where(plans.Touchpoint.flow == "revisit_reminder"))
    days = [reminder.due_at.astimezone(hospital.practice.zone).date().isoformat() for reminder in reminders]
    assert sorted(days) == ["2026-11-26", "2026-11-28"]


@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        ("停", "stopped", "withdrawn"),
        ("我爸上周去世了", "stopped", "death_reported"),
        ("我又住院了，在你们医院", "stopped", "readmitted"),
    ],
)
def test_a_wish_or_fate_that_ends_follow_up(hospital, said, state, reason):
    hospital.confirmed()
    assert hospital.say("o1", said)
    assert set(states(hospital).values()) <= {state, "done"}
    assert {plan.stopped_for for plan in hospital.query(select(plans.CarePlan))} == {reason}
    hospital.sent()
    hospital.pass_time(days=30)
    assert hospital.sent() == []


def test_a_wrong_person_is_told_sorry_and_nothing_about_the_patient(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1)
    hospital.say("o1", "在吗")
    reply = hospital.say("o1", "打错了，不认识这个人")
    assert "打扰" in reply
    assert "赵" not in reply
    assert hospital.query(select(contacts.Binding))[0].ended_for == "wrong_person"
    assert "phone" in [ticket.matter for ticket in hospital.tickets()]


def test_unfollowing_deletes_the_openid_and_moves_to_the_phone(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1)
    hospital.event("o1", "unsubscribe")
    assert hospital.query(select(contacts.Contact.openid)) == [None]
    assert states(hospital)["knee_day3", "D3"] == "phone"


def test_a_dead_patient_in_a_later_list_is_left_alone(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.discharge(outcome="5")
    hospital.sent()
    hospital.pass_time(days=10)
    assert hospital.sent() == []
    assert hospital.query(select(patients.Episode.state)) == ["dead"]


def test_a_code_binds_one_account_only(hospital):
    token = hospital.discharge()
    hospital.scan("o1", token)
    assert "用过" in hospital.scan("o2", token)
    assert "示例医院" in hospital.scan("o1", token)


def test_a_stranger_is_told_who_we_are_and_gets_no_questions(hospital):
    reply = hospital.say("o9", "你好")
    assert "二维码" in reply
    assert hospital.tickets() == []


def test_a_shut_window_turns_the_talk_into_an_invitation(hospital):
    hospital.confirmed()
    hospital.say("o1", "晚点再说")
    hospital.fates = [Receipt("lane_shut", 45015)]
    hospital.pass_time(days=2)
    assert any(isinstance(notice, dict) for notice in hospital.sent())


def test_nothing_is_said_after_the_patients_goodbye(hospital):
    hospital.confirmed()
    hospital.say("o1", "停")
    assert hospital.say("o1", "谢谢") is None


def test_a_second_import_of_the_same_list_changes_nothing(hospital):
    hospital.discharge()
    before = hospital.query(select(plans.Touchpoint.id, plans.Touchpoint.due_at))
    hospital.discharge()
    assert hospital.query(select(plans.Touchpoint.id, plans.Touchpoint.due_at)) == before
    assert len(hospital.query(select(patients.Patient))) == 1


def test_a_moved_revisit_moves_its_reminder(hospital):
    hospital.discharge()
    hospital.discharge(revisit_on=hospital.practice.today(hospital.now) + timedelta(days=20))
    reminders = hospital.query(select(plans.Touchpoint).where(plans.Touchpoint.flow == "revisit_reminder"))
    days = [reminder.due_at.astimezone(hospital.practice.zone).date().isoformat() for reminder in reminders]
    assert sorted(days) == ["2026-12-03", "2026-12-05"]


def test_a_question_beside_an_answer_reaches_a_person(hospital):
    hospital.confirmed()
    reply = hospital.say("o1", "36度7，什么时候可以洗澡？")
    assert "前回复您" in reply
    assert "question" in [ticket.matter for ticket in hospital.tickets()]
    kept = {answer.name: answer.value for answer in hospital.query(select(sessions.Answer))}
    assert kept["temperature"] == 36.7
