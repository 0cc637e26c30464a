"""Plans as patients and staff live through them: who is followed, when, how often, and what moves a contact."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from bot.care import almanac, moving
from bot.rules.protocol import Protocol, TouchpointPlan
from bot.rules.sending import Sending
from storage import calendar, patients, plans
from storage.plans import CarePlan, Touchpoint

HOME = datetime(2026, 11, 15, 4, 0, tzinfo=UTC)


def follow(hospital, *points, **fields):
    """Let one plan alone stand for all patients."""
    listed = [{"title": "随访", "flow": "general_day3"} | point for point in points]
    own = Protocol.model_validate({"id": "own", "title": "方案", "touchpoints": listed} | fields)
    hospital.practice = replace(hospital.practice, protocols=(own,))


def points(hospital):
    return hospital.query(select(Touchpoint).order_by(Touchpoint.due_at, Touchpoint.id))


def states(hospital):
    return [(point.day, point.state) for point in points(hospital)]


def local(hospital, moment):
    return f"{moment.astimezone(hospital.practice.zone):%m-%d %H:%M}"


def stay(hospital):
    return hospital.query(select(patients.Episode))[0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"outcome": "5"}, "dead"),
        ({"outcome": "4"}, "against_advice"),
        ({"private": True}, "private"),
        ({"department": "精神科", "ward": "精神二病区"}, "opt_in"),
        ({"phone": ""}, "no_contact"),
        ({"discharged_at": HOME - timedelta(days=200), "procedure_on": None, "revisit_on": None}, "too_late"),
    ],
)
def test_why_a_stay_is_not_followed_is_kept_and_told_to_who_imports(hospital, changes, reason):
    hospital.discharge(**changes)
    assert stay(hospital).excluded_for == reason
    assert not [point for point in points(hospital) if point.state == "planned"]
    (told,) = [issue for issue in hospital.imported().issues if issue["row"] == 0]
    assert "1 次住院不随访" in told["message"]
    assert hospital.database.read_now(patients.exclusions) == {reason: 1}


def test_who_has_no_number_is_followed_once_they_scan(hospital):
    token = hospital.discharge(phone="")
    hospital.scan("o1", token)
    assert stay(hospital).excluded_for is None
    assert ("D3", "planned") in states(hospital)


def test_a_stop_is_kept_with_the_stay(hospital):
    hospital.confirmed()
    hospital.say("o1", "停")
    assert stay(hospital).excluded_for == "withdrawn"


def test_days_weeks_and_months_from_three_dates(hospital):
    follow(
        hospital,
        {"week": "2"},
        {"month": "1"},
        {"week_after_procedure": "3"},
        {"week_before_revisit": "1"},
        {"after_revisit": "1"},
    )
    hospital.discharge(
        discharged_at=datetime(2027, 1, 31, 4, tzinfo=UTC), procedure_on=date(2027, 1, 20), revisit_on=date(2027, 3, 1)
    )
    days = {point.day: local(hospital, point.due_at) for point in points(hospital)}
    assert days == {
        "W2": "02-14 10:00",
        "M1": "02-28 10:00",
        "PW3": "02-10 10:00",
        "RW-1@0301": "02-22 10:00",
        "R+1@0301": "03-02 10:00",
    }


def test_a_late_list_begins_what_its_plan_still_wants_and_marks_the_rest(hospital):
    follow(hospital, {"day": "1"}, {"day": "8", "title": "第8天"}, {"day": "9", "late": "miss", "title": "第9天"}, {"day": "12"})
    hospital.now += timedelta(days=8, hours=2)  # the ninth day, an hour after ten
    hospital.discharge()
    assert states(hospital) == [("D1", "missed"), ("D8", "planned"), ("D9", "missed"), ("D12", "planned")]
    assert [point.reason for point in points(hospital)] == ["late", "", "late", ""]
    assert any("2 次联系在导入前已过期" in issue["message"] for issue in hospital.imported().issues)


def test_a_day_before_going_home_is_marked_and_comes_to_life_when_the_date_is_mended(hospital):
    follow(hospital, {"day_after_procedure": "5"}, {"day": "30"})
    hospital.discharge()
    assert states(hospital)[0] == ("P5", "stopped")
    hospital.discharge(procedure_on=date(2026, 11, 13))
    assert states(hospital)[0] == ("P5", "planned")


def test_a_changed_protocol_leaves_running_plans_alone_until_they_are_moved(hospital):
    follow(hospital, {"day": "3"}, {"day": "10"})
    hospital.discharge()
    follow(hospital, {"day": "5"}, {"day": "10"}, version="2")
    hospital.discharge(nurse="李样护")
    assert states(hospital) == [("D3", "planned"), ("D10", "planned")]
    assert len(hospital.database.read_now(moving.preview, hospital.practice, "own", hospital.now)) == 1
    assert states(hospital) == [("D3", "planned"), ("D10", "planned")]
    assert hospital.write(moving.move, "own", None, hospital.now) == 1
    assert hospital.write(moving.move, "own", None, hospital.now) == 0
    assert sorted(states(hospital)) == [("D10", "planned"), ("D3", "stopped"), ("D5", "planned")]


def test_a_share_is_drawn_once_and_kept(hospital):
    follow(hospital, {"day": "3"}, coverage="40", seed="2026")
    for number in range(30):
        hospital.discharge(hospital_no=f"B{number:03}", admission_no=f"ZY{number:04}", phone="13800000001")
    drawn = hospital.query(select(CarePlan.drawn, CarePlan.state, CarePlan.stopped_for))
    assert all(state == ("running" if number < 40 else "stopped") for number, state, _ in drawn)
    assert 4 <= sum(state == "running" for _, state, _ in drawn) <= 20
    assert {why for _, state, why in drawn if state == "stopped"} == {"not_drawn"}
    hospital.discharge(hospital_no="B000", admission_no="ZY0000", nurse="另一位")
    assert hospital.query(select(CarePlan.drawn, CarePlan.state, CarePlan.stopped_for)) == drawn


def test_a_plan_has_its_own_windows(hospital):
    follow(hospital, {"day": "3"}, windows="18:00-20:00")
    hospital.scan("o1", hospital.discharge())
    hospital.sent()
    hospital.pass_time(days=2, hours=8, minutes=50)
    assert hospital.sent() == []
    hospital.pass_time(minutes=15)
    assert len(hospital.sent()) == 1


def test_only_whom_the_plan_names_is_spoken_to(hospital):
    follow(hospital, {"day": "3"}, who=["self"])
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1, minutes=10)
    hospital.say("o1", "你好")
    hospital.say("o1", "8月")
    told = hospital.say("o1", "2")
    assert "总的感觉" not in told
    assert states(hospital) == [("D3", "phone")]
    assert "phone" in [ticket.matter for ticket in hospital.tickets()]


def test_nobody_hears_from_us_more_often_than_the_cap_allows(hospital):
    hospital.practice = replace(hospital.practice, almanac=almanac.Almanac(hospital.practice.zone, {}, Sending(most=2, days=30)))
    follow(
        hospital,
        {"day": "3", "attempts": "1"},
        {"day": "5", "attempts": "1"},
        {"day": "7", "attempts": "1"},
        {"day": "8", "attempts": "1", "beyond_cap": "true"},
    )
    hospital.scan("o1", hospital.discharge())
    hospital.sent()
    hospital.pass_time(days=14)
    invited = [one for one in hospital.sent() if isinstance(one, dict) and "打电话" not in str(one)]  # without last words
    assert len(invited) == 3
    by_day = {point.day: point for point in points(hospital)}
    assert by_day["D7"].state == "missed"
    assert "频次上限" in by_day["D7"].reason


def test_a_plan_ends_with_its_last_contact(hospital):
    follow(hospital, {"day": "3"})
    hospital.confirmed()
    for said in ("1", "36.5", "0", "1", "1", "1", "1"):
        hospital.say("o1", said)
    assert states(hospital) == [("D3", "done")]
    (plan,) = hospital.query(select(CarePlan))
    assert (plan.state, plan.ended_at) == ("completed", hospital.now)


def test_who_does_not_answer_again_and_again_is_left_in_peace(hospital):
    follow(hospital, {"day": "3"}, {"day": "6"}, {"day": "9"}, stop_after_missed="2")
    hospital.discharge()

    def miss(tx, number):
        point = tx.session.get(Touchpoint, number)
        point.contacted_at = hospital.now
        tx.session.add(point)
        tx.session.flush()
        plans.ended(tx, number, "missed", "患者未回复", hospital.now)

    hospital.database.write_now(miss, 1)
    assert hospital.query(select(CarePlan.state)) == ["running"]
    hospital.database.write_now(miss, 2)
    assert states(hospital) == [("D3", "missed"), ("D6", "missed"), ("D9", "stopped")]
    assert hospital.query(select(CarePlan.state, CarePlan.stopped_for)) == [("stopped", "lost")]


def test_a_holiday_pauses_only_where_the_setting_says_so(hospital):
    for pause, day in ((True, "11-20"), (False, "11-18")):
        days = {date(2026, 11, 18): False, date(2026, 11, 19): False}
        sending = Sending(pause_on_holidays=pause)
        hospital.practice = replace(hospital.practice, almanac=almanac.Almanac(hospital.practice.zone, days, sending))
        follow(hospital, {"day": "3"})
        hospital.now = datetime(2026, 11, 16, 1, tzinfo=UTC)
        hospital.scan(f"o{pause}", hospital.discharge(hospital_no=f"B{pause}", admission_no=f"ZY{pause}"))
        hospital.pass_time(days=5)
        assert local(hospital, max(points(hospital), key=lambda point: point.id).contacted_at).startswith(day)


def test_another_process_follows_what_the_console_changed(hospital):
    mine = replace(hospital.practice, almanac=almanac.Almanac(hospital.practice.zone))
    hospital.database.write_now(almanac.set_sending, mine, Sending(most=9), None, hospital.now)
    hospital.database.write_now(
        almanac.set_days, mine, date(2026, 12, 1), date(2026, 12, 2), "holiday", "院庆", None, hospital.now
    )
    assert hospital.database.read_now(almanac.refresh, mine) is True
    assert hospital.database.read_now(almanac.refresh, mine) is False
    assert mine.almanac.sending.most == 9
    assert mine.calendar == hospital.database.read_now(calendar.days) == {date(2026, 12, 1): False, date(2026, 12, 2): False}


@pytest.mark.parametrize(
    ("said", "answer", "at"),
    [
        ("现在忙，晚上八点后再说", "今天20:00", "11-18 20:00"),
        ("下周三再联系", "11月25日10:00", "11-25 10:00"),
        ("晚上十点再说吧", "明天08:30", "11-19 08:30"),
        ("过两个小时再说", "今天12:11", "11-18 12:11"),
    ],
)
def test_a_patient_chooses_the_time_and_no_list_undoes_it(hospital, said, answer, at):
    follow(hospital, {"day": "3", "flow": "knee_day3"})
    hospital.confirmed()
    hospital.now += timedelta(minutes=1)
    reply = hospital.say("o1", said)
    assert answer in reply
    assert hospital.say("o1", "好的") is None
    hospital.discharge(nurse="李样护", discharged_at=HOME + timedelta(hours=1))
    chosen = next(point for point in points(hospital) if point.day == "D3")
    assert (local(hospital, chosen.due_at), chosen.wished_at) == (at, chosen.due_at)
    hospital.sent()
    hospital.pass_time(minutes=-1, seconds=int((chosen.due_at - hospital.now).total_seconds()))
    assert hospital.sent() == []
    hospital.pass_time(minutes=2)
    assert len(hospital.sent()) == 1
    assert next(point for point in points(hospital) if point.day == "D3").contacted_at is not None


def test_an_invitation_may_be_answered_with_another_time(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1, minutes=10)
    assert "今天20:00" in hospital.say("o1", "晚上八点后再说")
    hospital.sent()
    hospital.pass_time(hours=9, minutes=55)
    assert "住院号" in hospital.sent()[0]


def test_the_plans_of_a_touchpoint_are_read_as_they_are_written():
    assert TouchpointPlan(flow="a", title="t", week=2).key == "W2"


def test_a_talk_that_was_put_off_begins_again_with_words(hospital):
    """Each beginning is a message of its own, whatever its number of attempts."""
    follow(hospital, {"day": "3"})
    hospital.confirmed()
    hospital.say("o1", "过两个小时再说")
    hospital.pass_time(hours=2, minutes=5)
    hospital.say("o1", "过两个小时再说")
    hospital.sent()
    hospital.pass_time(hours=2, minutes=5)
    assert "总的感觉" in hospital.sent()[0]
