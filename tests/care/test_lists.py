"""A later discharge list corrects an earlier one, and nobody is followed twice, lost, or written to in vain."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from storage import contacts, patients, plans, sessions

HOME = datetime(2026, 11, 15, 4, 0, tzinfo=UTC)


def points(hospital, *wanted):
    found = hospital.query(select(plans.Touchpoint).order_by(plans.Touchpoint.id))
    return {(point.episode_id, point.flow, point.day): point.state for point in found if not wanted or point.state in wanted}


def episodes(hospital):
    return hospital.query(select(patients.Episode).order_by(patients.Episode.id))


def test_a_changed_row_of_a_patient_who_said_stop_is_taken_and_they_stay_stopped(hospital):
    hospital.confirmed()
    hospital.say("o1", "不要再给我发消息了")
    assert not points(hospital, "planned")
    hospital.discharge(nurse="李样护")
    assert episodes(hospital)[0].nurse == "李样护"
    assert not points(hospital, "planned")


def test_a_death_that_was_a_slip_of_the_pen_is_taken_back(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.discharge(outcome="5")
    assert not points(hospital, "planned")
    hospital.discharge(outcome="1")
    assert episodes(hospital)[0].state == "home"
    assert episodes(hospital)[0].excluded_for is None
    hospital.sent()
    hospital.pass_time(days=2, hours=1, minutes=10)
    assert len(hospital.sent()) == 1


def test_a_stay_first_listed_as_death_is_followed_once_that_is_corrected(hospital):
    hospital.discharge(outcome="5")
    hospital.discharge(outcome="1")
    assert points(hospital, "planned")


def test_a_death_told_by_family_is_not_undone_by_a_list(hospital):
    hospital.confirmed()
    hospital.say("o1", "我爸上周去世了")
    hospital.discharge(nurse="李样护")
    assert episodes(hospital)[0].state == "dead"
    assert not points(hospital, "planned")


def test_a_dead_patients_talk_ends_at_once(hospital):
    hospital.confirmed()
    hospital.sent()
    hospital.discharge(outcome="5")
    assert hospital.query(select(sessions.Session.id).where(sessions.Session.status == "waiting")) == []
    hospital.pass_time(days=10)
    assert hospital.sent() == []


def test_who_is_in_hospital_again_is_asked_nothing_more_of_the_stay_before(hospital):
    hospital.confirmed()
    hospital.sent()
    hospital.discharge(admission_no="ZY20269999", times=2, discharged_at=HOME + timedelta(days=2, hours=1))
    hospital.pass_time(hours=6)
    assert hospital.sent() == []
    assert [episode.state for episode in episodes(hospital)] == ["readmitted", "home"]


def test_a_stay_before_the_last_one_that_arrives_late_is_not_followed(hospital):
    hospital.discharge()
    hospital.discharge(admission_no="ZY20260001", discharged_at=HOME - timedelta(days=5))
    assert [episode.state for episode in episodes(hospital)] == ["home", "readmitted"]
    assert {episode for episode, _, _ in points(hospital, "planned")} == {1}


@pytest.mark.parametrize(
    ("field", "empty"),
    [("sex", "未知"), ("born_on", None)],
)
def test_what_a_later_list_does_not_know_stays_known_of_the_patient(hospital, field, empty):
    hospital.discharge()
    before = getattr(hospital.query(select(patients.Patient))[0], field)
    hospital.discharge(**{field: empty})
    assert getattr(hospital.query(select(patients.Patient))[0], field) == before


@pytest.mark.parametrize(
    ("field", "empty"),
    [("revisit_on", None), ("procedure", ""), ("doctor", ""), ("admitted_on", None), ("icd10", "")],
)
def test_what_a_later_list_does_not_know_stays_known_of_the_stay(hospital, field, empty):
    hospital.discharge()
    before = getattr(episodes(hospital)[0], field)
    hospital.discharge(**{field: empty})
    assert getattr(episodes(hospital)[0], field) == before


def test_another_department_keeps_the_plan_that_runs(hospital):
    hospital.discharge()
    before = points(hospital)
    hospital.discharge(department="康复科", ward="康复病区")
    assert points(hospital) == before
    assert episodes(hospital)[0].ward == "康复病区"


def test_another_day_of_discharge_moves_what_is_planned(hospital):
    hospital.discharge()
    hospital.discharge(discharged_at=HOME + timedelta(days=1))
    first = hospital.query(select(plans.Touchpoint.due_at).where(plans.Touchpoint.flow == "knee_day3"))[0]
    assert first.date() == date(2026, 11, 19)


def test_a_plan_whose_protocol_is_gone_goes_on_alone(hospital):
    hospital.discharge()
    before = points(hospital)
    protocols = tuple(one for one in hospital.practice.protocols if one.id != "knee")
    hospital.practice = replace(hospital.practice, protocols=protocols)
    hospital.discharge(nurse="李样护")
    assert points(hospital) == before


def test_a_stay_under_another_record_number_is_not_taken_and_is_said(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.discharge(hospital_no="B777", name="钱不是", doctor="张另医")
    (episode,) = episodes(hospital)
    assert episode.doctor == "林示医"
    assert [one.name for one in hospital.query(select(patients.Patient))] == ["赵小样"]
    assert hospital.imported().refused == 1
    assert "病案号" in hospital.imported().issues[-1]["message"]


def test_who_leaves_and_scans_their_own_code_again_is_bound_again(hospital):
    token = hospital.discharge()
    hospital.scan("o1", token)
    hospital.event("o1", "unsubscribe")
    assert "示例医院" in hospital.scan("o1", token)
    assert "用过" not in hospital.say("o1", "你好")
    bound = hospital.query(select(contacts.Binding).where(contacts.Binding.ended_at.is_(None)))
    assert [one.confirmed_at for one in bound] == [None]
