"""Protocols in the console: what runs, who is not followed, and moving plans that run."""

from dataclasses import replace
from datetime import time

import hospital
import pytest
from hospital import NOW
from sqlmodel import select

from bot.care import enrolment
from bot.rules.protocol import TouchpointPlan
from storage import patients, planning, staff
from storage.plans import CarePlan, Touchpoint


def enrolled(database, practice, count=3):
    def fill(tx):
        for number in range(1, count + 1):
            patient, episode = hospital.person(tx, number, discharged_at=NOW, revisit_on=None, procedure="全膝关节置换术")
            episode.kin_phone_index = "k"
            tx.session.add(episode)
            tx.session.flush()
            enrolment.enrol(tx, practice, episode, patient, NOW)

    database.write_now(fill)


def earlier(practice):
    """As the knee plan was before: day 12 in place of day 14, day 3 in the afternoon, and one contact more."""
    knee = next(one for one in practice.protocols if one.id == "knee")
    points = [TouchpointPlan(flow="knee_day3", title="第45天", day=45)]
    for point in knee.touchpoints:
        changes = {14: {"day": 12}, 3: {"at": time(15, 0)}}.get(point.day, {})
        points.append(point.model_copy(update=changes))
    other = knee.model_copy(update={"version": "2026.10.1", "touchpoints": tuple(points)})
    return replace(practice, protocols=tuple(other if one.id == "knee" else one for one in practice.protocols))


@pytest.fixture
async def admin(nurse, sqlite_database):
    def promote(tx):
        member = staff.by_username(tx, "liu")
        member.role = "admin"
        tx.session.add(member)

    sqlite_database.write_now(promote)
    return nurse


async def test_who_is_not_followed_is_counted_by_reason(nurse, sqlite_database, practice):
    enrolled(sqlite_database, practice)

    def exclude(tx):
        for number, reason in ((1, "private"), (2, "private"), (3, "dead")):
            patients.exclude(tx, number, reason)

    sqlite_database.write_now(exclude)
    _, text = await nurse.get("/console/plans")
    assert '隐私病种，不主动联系</td><td class="num">2</td>' in text
    assert '离院方式为死亡</td><td class="num">1</td>' in text
    assert "膝关节置换术后随访" in text


async def test_a_changed_plan_shows_who_changes_how_and_moves_only_when_told(admin, sqlite_database, practice):
    enrolled(sqlite_database, earlier(practice))
    before = sqlite_database.read_now(lambda tx: tx.session.exec(select(Touchpoint.id, Touchpoint.due_at)).all())

    _, listed = await admin.get("/console/plans")
    _, shown = await admin.get("/console/plans/knee")

    assert '<a class="badge warn" href="/console/plans/knee">3</a>' in listed
    assert shown.count("第45天") == 3
    assert shown.count("取消") == 6
    assert shown.count("改期") == 3
    assert "移动这 3 个计划" in shown
    assert sqlite_database.read_now(lambda tx: tx.session.exec(select(Touchpoint.id, Touchpoint.due_at)).all()) == before

    response, _ = await admin.post("/console/plans/knee/move")
    assert response.status == 303
    days = sqlite_database.read_now(lambda tx: [(one.day, one.state) for one in planning.touchpoints(tx, 1)])
    assert {("D12", "stopped"), ("D45", "stopped"), ("D14", "planned"), ("D3", "planned")} <= set(days)
    assert "2026.10.1" not in sqlite_database.read_now(lambda tx: tx.session.exec(select(CarePlan.version)).all())
    assert "正在走的计划都是现在这个版本" in (await admin.get("/console/plans/knee"))[1]


async def test_a_nurse_may_look_but_not_move(nurse, sqlite_database, practice):
    enrolled(sqlite_database, earlier(practice), 1)
    _, shown = await nurse.get("/console/plans/knee")
    response, text = await nurse.post("/console/plans/knee/move")
    assert "移动由系统管理员或主管来做" in shown
    assert response.status == 409
    assert "只有系统管理员或主管" in text
    assert (await nurse.get("/console/plans/nothing"))[0].status == 404
