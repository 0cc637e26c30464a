"""Attempts that nobody answers: three on three days at different hours, a last word, the phone; and ways that are found shut."""

from dataclasses import replace

from sqlmodel import select

from bot.care.parcel import Receipt
from bot.care.ways import Ways
from storage import attempts, plans
from storage.messages import Outbound


def point(hospital, flow="knee_day3"):
    return hospital.query(select(plans.Touchpoint).where(plans.Touchpoint.flow == flow))[0]


def notices(hospital):
    return [row for row in hospital.outbox() if row.lane not in ("reply", "service")]


def local(hospital, moment):
    return moment.astimezone(hospital.practice.zone)


def test_three_notices_on_three_days_at_three_hours_then_a_last_word_and_the_phone(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=6)
    *invitations, last = notices(hospital)
    when = [local(hospital, row.created_at) for row in invitations]
    assert len({moment.date() for moment in when}) == len({moment.time() for moment in when}) == 3
    assert last.body["template"] == "follow_up"
    assert "护士会打电话" in last.body["fields"]["thing4"]
    assert last.state == "sent"
    assert point(hospital).state == "phone"
    (ticket,) = hospital.tickets()
    assert (ticket.matter, ticket.contact_id) == ("phone", None)


def test_an_answer_to_the_last_word_begins_the_talk_and_spares_the_call(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=6)
    assert "月份" in hospital.say("o1", "在的")
    assert [ticket.matter for ticket in hospital.tickets()] == ["phone"]  # who they are is not known yet, and they may stop here
    hospital.say("o1", "8")
    hospital.say("o1", "1")
    assert hospital.tickets() == []
    (closed,) = hospital.tickets("closed")
    assert "微信" in closed.outcome


def test_a_talk_without_any_answer_is_tried_again_at_another_hour_and_then_by_phone(hospital):
    hospital.confirmed()
    asked = hospital.now
    hospital.sent()
    hospital.pass_time(days=7)
    told = hospital.sent()
    assert point(hospital).state == "phone"
    assert any("护士会打电话" in str(words) or "由护士打电话" in str(words) for words in told)
    assert [ticket.matter for ticket in hospital.tickets()] == ["phone"], "nobody is asked twice to see to it"
    tried = [row.created_at for row in hospital.outbox() if row.touchpoint_id == point(hospital).id and row.created_at > asked]
    assert len({local(hospital, moment).date() for moment in tried}) >= 2


def test_another_time_that_the_patient_chose_counts_anew_and_the_notice_goes_out(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1)
    hospital.say("o1", "你好")
    hospital.say("o1", "8")
    hospital.say("o1", "1")
    hospital.say("o1", "下周三下午3点再联系")
    hospital.sent()
    hospital.pass_time(days=8)
    assert any(isinstance(words, dict) and words["template"] == "follow_up" for words in hospital.sent())
    keys = [row.key for row in notices(hospital)]
    assert len(keys) == len(set(keys)) >= 2


def test_a_refused_way_is_no_attempt_and_the_phone_is_the_last_way(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.fates = [Receipt("lane_shut", 43019)]
    hospital.pass_time(days=2, hours=2)
    assert point(hospital).state == "phone"
    assert point(hospital).attempts == 0
    (row,) = notices(hospital)
    assert (row.state, row.errcode) == ("failed", 43019)
    hospital.sent()
    hospital.pass_time(days=3)
    assert [words for words in hospital.sent() if isinstance(words, dict)] == [], "the same way is left alone for some days"


def test_without_a_template_there_is_only_the_phone(hospital):
    hospital.practice = replace(hospital.practice, ways=Ways())
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=2)
    assert point(hospital).state == "phone"
    assert notices(hospital) == []


def test_each_attempt_says_what_came_of_it(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1)
    hospital.pass_time(days=1, hours=6)
    hospital.say("o1", "你好")
    hospital.say("o1", "8")
    hospital.say("o1", "1")
    made = hospital.database.read_now(attempts.of_episode, point(hospital).episode_id)
    invited = [one for one in made if one.message.lane == "template"]
    assert [one.answered for one in invited] == [False, True]
    assert {one.message.state for one in invited} == {"sent"}


def test_delivered_is_what_wechat_says_also_before_the_call_was_answered(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.event("o1", "templatesendjobfinish", MsgID="r1", Status="success")
    rows = hospital.query(select(Outbound).where(Outbound.lane == "template"))
    assert rows == []

    hospital.pass_time(days=2, minutes=59)
    hospital.fates = [Receipt("sent", 0, remote_id="r1")]
    hospital.pass_time(hours=1)
    hospital.tick()
    (row,) = notices(hospital)
    assert (row.remote_id, row.delivered) == ("r1", "success")
