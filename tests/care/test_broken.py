"""One row that cannot be worked on stops nobody else, and a person learns of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.care import delivery, escalation, publishing
from bot.care.parcel import Parcel, Receipt
from storage import contacts, messages, plans, revisions, sessions, tickets


def spoil(hospital, noun, where, **values):
    def act(tx):
        for row in tx.session.exec(select(noun).where(where)):
            for name, value in values.items():
                setattr(row, name, value)
            tx.session.add(row)

    hospital.database.write_now(act)


def unparsable(hospital):
    """The text of every revision is damaged, and nothing is compiled yet."""
    spoil(hospital, revisions.Revision, revisions.Revision.id > 0, text="nodes: [")
    hospital.practice = replace(hospital.practice, shelf=type(hospital.practice.shelf)())


def states(hospital, flow="knee_day3"):
    wanted = select(plans.Touchpoint.state).where(plans.Touchpoint.flow == flow).order_by(plans.Touchpoint.id)
    return hospital.query(wanted)


def test_a_contact_that_cannot_begin_goes_to_the_phone_and_the_others_begin(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.scan("o2", hospital.discharge(hospital_no="B002", admission_no="ZY20265678"))
    spoil(hospital, plans.Touchpoint, (plans.Touchpoint.flow == "knee_day3") & (plans.Touchpoint.episode_id == 1), notice="none")
    hospital.sent()
    hospital.pass_time(days=2, hours=1, minutes=10)
    assert states(hospital) == ["phone", "invited"]
    assert len(hospital.sent()) == 1
    (ticket,) = hospital.tickets()
    assert (ticket.matter, ticket.episode_id) == ("phone", 1)


def test_a_silent_talk_that_cannot_be_read_ends_and_the_others_are_reminded(hospital):
    hospital.scan("o2", hospital.discharge(hospital_no="B002", admission_no="ZY20265678"))
    hospital.confirmed("o1")
    for said in ("你好", "8", "1"):
        hospital.say("o2", said)
    hospital.sent()
    first = hospital.contact("o1").id
    spoil(hospital, sessions.Session, (sessions.Session.contact_id == first) & (sessions.Session.status == "waiting"), state="[]")
    hospital.pass_time(hours=5)
    assert hospital.query(select(sessions.Session.status).where(sessions.Session.status == "failed")) == ["failed"]
    assert sorted(states(hospital)) == ["begun", "missed"]
    assert [(ticket.matter, ticket.contact_id) for ticket in hospital.tickets()] == [("follow-up", first)]
    assert len(hospital.sent()) == 1


@pytest.mark.parametrize(("said", "told"), [("胸口疼得厉害，喘不上气，出冷汗", "120"), ("36.8", "回复您")])
def test_a_patient_in_a_talk_that_cannot_be_read_is_heard_and_answered(hospital, said, told):
    hospital.confirmed()
    unparsable(hospital)
    assert told in hospital.say("o1", said)
    assert "follow-up" in [ticket.matter for ticket in hospital.tickets()]
    assert states(hospital) == ["missed"]


def test_a_patient_invited_to_a_talk_that_cannot_begin_is_answered(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1, minutes=10)
    unparsable(hospital)
    assert "回复您" in hospital.say("o1", "你好")
    assert hospital.tickets()
    assert states(hospital) == ["missed"]


def test_a_person_can_end_a_talk_that_cannot_be_read(hospital):
    hospital.confirmed()
    hospital.say("o1", "烧到39度2")
    ticket, nurse = hospital.tickets()[0].id, hospital.nurse()
    hospital.write(escalation.take_over, ticket, nurse, hospital.now)
    unparsable(hospital)
    hospital.write(escalation.close, ticket, nurse, "已就诊", "", hospital.now)
    assert hospital.contact("o1").owner == "bot"


def test_the_last_word_of_a_notice_that_came_too_late_brings_no_stopped_contact_back(hospital):
    """The first question is on its way while the patient says stop; then WeChat refuses it."""
    hospital.confirmed()
    hospital.say("o1", "晚点再说")
    hospital.fates = [Receipt("retry", -1, retry_after=3600)]
    hospital.pass_time(hours=23)
    (row,) = [one for one in hospital.outbox() if one.state == "pending"]
    hospital.say("o1", "不要再给我发消息了")
    stopped = set(states(hospital))
    parcel = Parcel(row.id, row.key, row.contact_id, "o1", row.lane, row.body, 9)
    spoil(hospital, messages.Outbound, messages.Outbound.id == row.id, state="leased")
    hospital.write(delivery.settle, parcel, Receipt("lane_shut", 45015), hospital.now)
    assert set(states(hospital)) == stopped
    assert "planned" not in stopped


def test_a_question_refused_late_does_not_end_the_talk_that_went_on_meanwhile(hospital):
    hospital.confirmed()
    hospital.say("o1", "晚点再说")
    hospital.fates = [Receipt("retry", -1, retry_after=3600)]
    hospital.pass_time(hours=23)
    (row,) = [one for one in hospital.outbox() if one.state == "pending"]
    assert hospital.say("o1", "36.8")
    hospital.fates = [Receipt("lane_shut", 45015)]
    hospital.pass_time(hours=2)
    assert [one.state for one in hospital.outbox() if one.id == row.id] == ["failed"]
    assert hospital.query(select(sessions.Session.flow).where(sessions.Session.status == "waiting")) == ["knee_day3"]


def test_a_network_that_is_down_for_a_quarter_of_an_hour_costs_nobody_their_invitation(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, minutes=55)
    back = hospital.now + timedelta(minutes=20)
    hospital.sent()

    async def send(parcel):
        hospital.parcels.append(parcel)
        return Receipt("sent", 0) if hospital.now >= back else Receipt("retry", None)

    hospital._send = send
    hospital.pass_time(hours=1)
    assert states(hospital) == ["invited"]
    assert hospital.tickets() == []


def test_a_template_that_is_not_set_up_does_not_hold_back_what_a_nurse_writes(hospital):
    hospital.confirmed()
    hospital.say("o1", "烧到39度2")
    ticket, nurse = hospital.tickets()[0].id, hospital.nurse()

    def stuck(tx, practice, now):
        values = messages.outgoing(key="x", contact_id=1, lane="template", body={"template": "follow_up", "fields": {}}, now=now)
        messages.post(tx, values)

    hospital.write(stuck, hospital.now)
    hospital.fates = [Receipt("operator", 40037)]
    hospital.tick()
    hospital.sent()
    hospital.write(escalation.reply, ticket, nurse, "请您今天来急诊", hospital.now)
    hospital.tick()
    assert "请您今天来急诊" in hospital.sent()


def test_what_a_repair_at_night_sets_free_waits_for_the_morning_and_goes_once(hospital):
    """The template is wrong for two days; nobody gets three invitations at once, nor one at midnight."""
    hospital.scan("o1", hospital.discharge())
    hospital.sent()
    broken = True

    async def send(parcel):
        if broken and parcel.lane == "template":
            return Receipt("operator", 40037)
        hospital.parcels.append(parcel)
        return Receipt("sent", 0)

    hospital._send = send
    hospital.pass_time(days=3, hours=13)  # Thursday 22:00
    broken = False
    hospital.pass_time(hours=10)
    assert hospital.sent() == []
    hospital.pass_time(hours=2)
    assert len(hospital.sent()) == 1


def test_two_messages_of_one_contact_due_at_once_share_one_quota(hospital):
    """What one spends is not there for the other, and the last one stays for safety."""
    hospital.confirmed()
    hospital.say("o1", "这次不想说了，不用了")
    text = "id: note\ntitle: 提醒\nnodes:\n  - id: only\n    say: 请按时吃药。\n"
    hospital.database.write_now(publishing.publish, publishing.inspect({"note": text})[0][0], text, hospital.now)
    spoil(hospital, contacts.Contact, contacts.Contact.openid == "o1", quota_left=3)
    due = hospital.now + timedelta(minutes=5)
    spoil(hospital, plans.Touchpoint, plans.Touchpoint.state == "planned", due_at=due, flow="note")
    hospital.sent()
    hospital.pass_time(minutes=10)
    sent = hospital.sent()
    assert sent.count("请按时吃药。") == 2
    assert states(hospital, "note").count("done") == 2
    assert states(hospital, "note").count("invited") == len(sent) - 2 == 3
    assert hospital.contact("o1").quota_left == 1


def test_the_same_reply_is_not_given_twice_when_the_response_was_late(hospital):
    """WeChat asks again while the first answer is late; the retry carries it, so the outbox does not."""
    hospital.confirmed()
    reply = hospital.say("o1", "36.8", key="late")
    row = next(one for one in hospital.outbox() if one.body.get("text") == reply and one.state == "handed")
    hospital.sent()
    assert hospital.say("o1", "36.8", key="late") == reply
    hospital.write(delivery.requeue, row.id, hospital.now)
    hospital.tick()
    assert hospital.sent() == []


def test_a_message_that_could_not_go_is_said_on_the_ticket(hospital):
    hospital.confirmed()
    hospital.say("o1", "烧到39度2")
    ticket, nurse = hospital.tickets()[0].id, hospital.nurse()
    hospital.fates = [Receipt("contact_gone", 43004)]
    hospital.write(escalation.reply, ticket, nurse, "请您今天来急诊", hospital.now)
    hospital.tick()
    kinds = hospital.query(select(tickets.TicketEntry.kind).where(tickets.TicketEntry.ticket_id == ticket))
    assert "not sent" in kinds
