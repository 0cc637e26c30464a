"""A danger sign reaches a person and is answered, whoever writes it and whatever else goes on."""

from datetime import timedelta

import pytest
from sqlmodel import select

from bot.care import escalation
from storage import contacts, plans, sessions


def dangers(hospital):
    return [ticket.level for ticket in hospital.tickets() if ticket.matter == "danger"]


def family(hospital):
    """A daughter who has said who she is; the talk is over."""
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1, minutes=10)
    hospital.say("o1", "你好")
    hospital.say("o1", "8")
    hospital.say("o1", "2")
    hospital.say("o1", "晚点再说")


def test_a_stranger_who_cannot_breathe_is_told_120_and_a_person_is_told(hospital):
    assert "120" in hospital.say("o9", "我喘不上气")
    assert dangers(hospital) == ["L0"]


def test_a_stranger_with_a_fever_is_told_to_see_a_doctor_today(hospital):
    reply = hospital.say("o9", "我烧到39度2")
    assert "今天就到医院" in reply
    assert "二维码" in reply
    assert dangers(hospital) == ["L1"]


def test_family_writing_of_the_patient_outside_a_talk_is_heard(hospital):
    family(hospital)
    assert "120" in hospital.say("o1", "我爸喘不上气，嘴唇发紫")
    assert dangers(hospital) == ["L0"]


def test_who_has_not_said_who_they_are_may_be_writing_of_the_patient(hospital):
    hospital.scan("o1", hospital.discharge())
    assert "120" in hospital.say("o1", "我妈喘不上气了")
    assert dangers(hospital) == ["L0"]


def test_a_danger_sign_with_a_wish_to_stop_gets_both(hospital):
    hospital.confirmed()
    reply = hospital.say("o1", "伤口流脓了，请转人工")
    assert "今天就到医院" in reply
    assert dangers(hospital) == ["L1"]


@pytest.mark.parametrize("said", ["伤口渗液，以后再说吧", "腿肿得厉害"])
def test_a_sign_to_be_seen_soon_becomes_a_ticket_though_the_talk_goes_on_or_ends(hospital, said):
    hospital.confirmed()
    assert hospital.say("o1", said)
    assert dangers(hospital) == ["L2"]


def test_a_sign_outside_a_talk_is_one_ticket_and_the_patient_is_told_when(hospital):
    hospital.scan("o1", hospital.discharge())
    reply = hospital.say("o1", "伤口有点红肿")
    assert "前回复您" in reply
    assert [(ticket.matter, ticket.level) for ticket in hospital.tickets()] == [("danger", "L2")]


def test_a_danger_to_life_leaves_no_contact_hanging(hospital):
    hospital.confirmed()
    hospital.say("o1", "胸口疼得厉害，喘不上气，出冷汗")
    points = hospital.query(select(plans.Touchpoint).where(plans.Touchpoint.state == "begun"))
    assert points == []
    assert hospital.say("o1", "谢谢") is None


def test_a_stopped_contact_is_still_heard(hospital):
    hospital.confirmed()
    hospital.database.write_now(contacts.set_state, hospital.contact("o1").id, "stopped")
    assert "120" in hospital.say("o1", "我喘不上气")
    assert dangers(hospital) == ["L0"]


def test_a_voice_is_put_before_a_person_even_where_a_photo_is_awaited(hospital):
    hospital.confirmed()
    reply = hospital.say("o1", "", kind="voice")
    assert "护士" in reply
    assert [ticket.matter for ticket in hospital.tickets()] == ["question"]


def test_another_sign_puts_a_ticket_that_waits_for_the_patient_back_to_the_nurse(hospital):
    hospital.confirmed()
    hospital.say("o1", "烧到39度2")
    ticket, nurse = hospital.tickets()[0].id, hospital.nurse()
    hospital.write(escalation.reply, ticket, nurse, "现在怎么样？", hospital.now)
    hospital.write(escalation.hand_back, ticket, nurse, hospital.now)
    assert hospital.tickets()[0].state == "waiting"
    hospital.say("o1", "又烧到39度5了")
    assert hospital.tickets()[0].state == "accepted"


def test_a_message_that_names_everything_is_kept(hospital):
    said = "喘不上气，胸口疼，吐血，伤口流脓裂开了，烧到40度，腿肿疼，大便发黑，晕倒，抽搐，血止不住，不想活了，说话不清"
    assert "120" in hospital.say("o9", said)
    assert all(len(ticket.reason) <= 200 for ticket in hospital.tickets())


def test_a_talk_whose_facts_are_missing_goes_on(hospital):
    hospital.confirmed()

    def spoil(tx):
        row = tx.session.exec(select(sessions.Session).where(sessions.Session.status == "waiting")).one()
        row.patient = "{}"
        tx.session.add(row)

    hospital.database.write_now(spoil)
    assert hospital.say("o1", "36.8")
    assert "120" in hospital.say("o1", "我喘不上气")


def test_silence_at_night_is_not_broken(hospital):
    hospital.confirmed()
    hospital.pass_time(hours=2)
    hospital.say("o1", "36.8")
    hospital.sent()
    hospital.pass_time(hours=7, minutes=40)  # 19:00
    hospital.say("o1", "2")
    hospital.sent()
    hospital.pass_time(hours=11)  # the reminder of four hours falls to 23:00
    assert hospital.sent() == []
    hospital.pass_time(hours=3)
    assert len(hospital.sent()) == 1
    assert hospital.now - hospital.contact("o1").last_inbound_at > timedelta(hours=13)
