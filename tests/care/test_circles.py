"""Nobody is sent round in circles, asked what they have refused, or left with nobody."""

from datetime import timedelta

from sqlmodel import select

from bot.care import escalation
from storage import contacts, plans, sessions


def invited(hospital, openid="o1", **changes):
    hospital.scan(openid, hospital.discharge(**changes))
    hospital.pass_time(days=2, hours=1, minutes=10)
    hospital.sent()


def state(hospital, flow="knee_day3", episode=1):
    wanted = (plans.Touchpoint.flow == flow, plans.Touchpoint.episode_id == episode)
    return hospital.query(select(plans.Touchpoint.state).where(*wanted))[0]


def test_who_could_not_prove_who_they_are_is_not_asked_again_by_saying_well(hospital):
    invited(hospital)
    for said in ("你好", "3"):
        hospital.say("o1", said)
    assert "没有核对上" in hospital.say("o1", "4")
    assert hospital.say("o1", "好的") is None
    hospital.sent()
    hospital.pass_time(days=2)
    assert hospital.sent() == []


def test_who_asks_for_a_person_politely_gets_one(hospital):
    invited(hospital)
    assert "已转给医护人员" in hospital.say("o1", "你好，转人工")
    assert [ticket.level for ticket in hospital.tickets()] == ["L2"]


def test_who_declines_an_invitation_is_not_invited_again(hospital):
    invited(hospital)
    assert "不打扰" in hospital.say("o1", "不需要")
    assert state(hospital) == "missed"
    hospital.pass_time(days=3)
    assert hospital.sent() == []
    assert state(hospital, "general_day7") == "planned"


def test_who_unfollows_is_on_the_phone_worklist(hospital):
    hospital.confirmed()
    hospital.event("o1", "unsubscribe")
    assert [(ticket.matter, ticket.episode_id) for ticket in hospital.tickets()] == [("phone", 1)]


def test_leaving_twice_is_leaving_once_and_no_account_is_kept(hospital):
    hospital.confirmed()
    hospital.event("o1", "unsubscribe", retry="1")
    hospital.event("o1", "unsubscribe")
    assert set(hospital.query(select(contacts.Contact.openid))) == {None}


def test_a_daughter_of_two_patients_who_leaves_puts_both_on_the_worklist_and_each_is_closed_by_itself(hospital):
    invited(hospital)
    token = hospital.discharge(hospital_no="B002", name="钱样", admission_no="ZY20265678", discharged_at=hospital.now)
    hospital.event("o1", "scan", token)
    hospital.pass_time(days=3)
    hospital.event("o1", "unsubscribe")
    phones = [ticket for ticket in hospital.tickets() if ticket.matter == "phone"]
    assert sorted(ticket.episode_id for ticket in phones) == [1, 2]
    hospital.write(escalation.close, phones[0].id, hospital.nurse(), "已联系家属", "", hospital.now)
    assert state(hospital, episode=phones[0].episode_id) == "done"
    assert state(hospital, episode=phones[1].episode_id) == "phone"


def test_not_being_the_second_patient_does_not_unbind_the_first(hospital):
    hospital.confirmed()
    hospital.say("o1", "这次不想说了，不用了")
    token = hospital.discharge(hospital_no="B002", admission_no="ZY20265678", discharged_at=hospital.now - timedelta(days=2))
    hospital.event("o1", "scan", token)
    hospital.say("o1", "谢谢")
    hospital.pass_time(days=1)
    talk = hospital.query(select(sessions.Session).where(sessions.Session.status == "waiting"))
    assert [row.purpose for row in talk] == ["identity"]
    hospital.say("o1", "打错了")
    bound = hospital.query(select(contacts.Binding).where(contacts.Binding.ended_at.is_(None)))
    assert [one.episode_id for one in bound] == [1]


def test_a_talk_goes_back_when_who_holds_it_has_closed_their_ticket(hospital):
    """A colleague's ticket of the same patient does not keep the talk in the hands of somebody who is done with it."""
    hospital.confirmed()
    hospital.say("o1", "烧到39度2")
    hospital.say("o1", "请转人工")
    danger, question = sorted(hospital.tickets(), key=lambda ticket: ticket.matter)
    one, two = hospital.nurse("甲"), hospital.nurse("乙")
    hospital.write(escalation.accept, question.id, two, hospital.now)
    hospital.write(escalation.take_over, danger.id, one, hospital.now)
    hospital.write(escalation.close, danger.id, one, "已就诊", "", hospital.now)
    assert hospital.contact("o1").owner == "bot"
    hospital.write(escalation.reply, question.id, two, "您好", hospital.now)


def test_one_of_two_accounts_that_says_stop_does_not_speak_for_the_other(hospital):
    hospital.confirmed()
    hospital.say("o1", "晚点再说")

    def another(tx):
        tx.session.add(contacts.Enrolment(episode_id=1, token="second", made_at=hospital.now))

    hospital.database.write_now(another)
    hospital.scan("o2", "second")
    hospital.say("o2", "不要再给我发消息了")
    assert state(hospital) == "invited"
    hospital.say("o1", "不要再给我发消息了")
    assert state(hospital) == "stopped"


def test_a_stranger_who_complains_is_told_it_was_written_down(hospital):
    reply = hospital.say("o9", "我要投诉，护士扎针扎了三次还骂人")
    assert "如实记下" in reply
    assert [ticket.matter for ticket in hospital.tickets()] == ["complaint"]


def test_who_writes_follows_us(hospital):
    """The event of following was lost, or came before we were there."""
    token = hospital.discharge()
    hospital.event("o1", "scan", token)
    hospital.say("o1", "你好")
    hospital.pass_time(days=2, hours=2)
    assert state(hospital) == "invited"


def test_words_with_nothing_in_them_are_answered_and_raise_nothing(hospital):
    hospital.confirmed()
    assert hospital.say("o1", "　 \n")
    assert hospital.tickets() == []


def test_three_hundred_messages_in_a_minute_are_three_hundred_answers_and_one_ticket(hospital):
    hospital.scan("o1", hospital.discharge())
    for number in range(100):
        hospital.now += timedelta(milliseconds=200)
        assert hospital.say("o1", f"请问第{number}件事怎么办？")
    assert len(hospital.tickets()) == 1


def test_a_slip_of_the_finger_does_not_unbind_who_has_proved_who_they_are(hospital):
    hospital.confirmed()
    assert "再回复" in hospital.say("o1", "打错了")
    assert hospital.query(select(contacts.Binding))[0].ended_at is None
    assert "打扰" in hospital.say("o1", "打错了")
    assert hospital.query(select(contacts.Binding))[0].ended_for == "wrong_person"


def test_a_complaint_instead_of_an_answer_is_no_miss(hospital):
    hospital.confirmed()
    for _ in range(3):
        hospital.now += timedelta(minutes=1)
        reply = hospital.say("o1", "我要投诉，护士扎针扎了三次还骂人")
        assert "没看明白" not in reply
        assert "体温" in reply
    assert hospital.say("o1", "36.8")
    assert "follow-up" not in [ticket.matter for ticket in hospital.tickets()]


def test_another_time_is_over_as_soon_as_the_patient_writes(hospital):
    hospital.confirmed()
    hospital.say("o1", "改天再说")
    assert "体温" in hospital.say("o1", "现在可以了")


def test_what_is_not_asked_is_said_once(hospital):
    hospital.confirmed()
    hospital.say("o1", "停")
    assert "没有等您回答" in hospital.say("o1", "1")
    assert hospital.say("o1", "2") is None


def test_a_child_with_a_fever_on_the_parents_phone_is_heard(hospital):
    hospital.confirmed()
    assert "就医" in hospital.say("o1", "我孩子39度5，一直抽")
    assert "danger" in [ticket.matter for ticket in hospital.tickets()]
