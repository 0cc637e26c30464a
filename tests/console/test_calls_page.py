"""The phone worklist and the caller's page, as a nurse meets them."""

import csv
import io
import re
from datetime import timedelta

import hospital
import pytest
from hospital import NOW, SEAL
from sqlmodel import select

from storage.calls import Call
from storage.plans import CarePlan, Touchpoint
from storage.sessions import Answer
from storage.staff import AuditEntry
from storage.tickets import Ticket


def waiting(tx, number=1, *, ward=None, phone=True):
    """A patient whom nobody reached by WeChat, with a contact that waits for a call."""
    hospital.published(tx)
    more = {"ward": ward} if ward else {}
    patient, episode = hospital.person(tx, number, seal=SEAL if phone else None, **more)
    if not phone:
        patient.phone_tail = None
    plan = hospital.add(tx, CarePlan(episode_id=episode.id, protocol="knee", made_at=NOW - timedelta(days=3)))
    title = "术后第3天随访"
    due = {"due_at": NOW - timedelta(hours=1), "state": "phone", "title": title}
    hospital.add(tx, Touchpoint(plan_id=plan.id, episode_id=episode.id, flow="knee_day3", day="d3", **due))
    made = hospital.ticket(tx, None, episode, "L3", "phone", f"{title}：没有绑定微信，请电话随访")
    return patient.name, made.id


async def test_the_list_says_whom_to_call_and_why(anywhere, database):
    name, _ = database.write_now(waiting)
    _, text = await anywhere.get("/console/calls")
    assert name in text
    assert "没有绑定微信" in text
    assert "13800000001" not in text
    _, text = await anywhere.get("/console/calls?later")
    assert "没有约好以后再打的" in text


async def test_the_callers_page_holds_all_that_a_caller_needs(nurse, sqlite_database):
    name, ticket = sqlite_database.write_now(waiting)
    response, text = await nurse.get(f"/console/calls/{ticket}")
    assert response.status == 200
    for words in (name, "全膝关节置换术", "利伐沙班", "照着说", f"请问是{name}本人", "刘护士", "术后第3天随访", "号码错误或空号"):
        assert words in text
    assert "13800000001" not in text
    _, number = await nurse.post("/console/patients/1/phone", headers={"HX-Request": "true"})
    assert "13800000001" in number


async def test_an_outcome_is_kept_and_the_line_moves_to_another_day(anywhere, database):
    _, ticket = database.write_now(waiting)
    response, _ = await anywhere.post(f"/console/calls/{ticket}/outcome", {"outcome": "no_answer", "whose": "self"})
    assert (response.status, response.headers["Location"]) == (303, "/console/calls")
    (call,) = database.read_now(lambda tx: list(tx.session.exec(select(Call))))
    assert call.again_at > NOW
    assert "无人接听" in (await anywhere.get("/console/calls?later"))[1]
    assert "现在没有要打的电话" in (await anywhere.get("/console/calls"))[1]
    acts = database.read_now(lambda tx: list(tx.session.exec(select(AuditEntry.act))))
    assert "call" in acts


async def test_without_an_outcome_nothing_is_kept_and_the_nurse_is_told(nurse, sqlite_database):
    _, ticket = sqlite_database.write_now(waiting)
    response, text = await nurse.post(f"/console/calls/{ticket}/outcome", {"outcome": ""})
    assert response.status == 409
    assert "请选择" in text


async def test_the_questionnaire_goes_question_by_question_and_an_alarm_is_shown(anywhere, database):
    _, ticket = database.write_now(waiting)
    page = f"/console/calls/{ticket}"
    _, text = await anywhere.get(page)
    point = re.search(r'name="point" value="(\d+)"', text)[1]
    await anywhere.post(f"{page}/begin", {"point": point, "whose": "kin"})
    for words in ({"words": "39度1"}, {"choice": "渗血或流脓"}, {"words": "没有"}):
        _, text = await anywhere.get(page)
        turn = re.search(r'name="turn" value="(\d+)"', text)[1]
        await anywhere.post(f"{page}/answer", {"turn": turn, **words})
    _, text = await anywhere.get(page)
    assert "这个电话任务已经结束" in text
    assert "有危险征象" in text
    kept = database.read_now(lambda tx: {one.name: (one.value, one.staff_id) for one in tx.session.exec(select(Answer))})
    assert kept["temperature"] == (39.1, 1)
    assert kept["wound"] == ("leak", 1)
    open_ = database.read_now(lambda tx: list(tx.session.exec(select(Ticket.matter).where(Ticket.state != "closed"))))
    assert "danger" in open_
    assert "phone" not in open_


async def test_numbers_that_are_no_good_go_to_their_ward_as_a_page_and_a_table(anywhere, database):
    name, ticket = database.write_now(waiting)
    nameless, _ = database.write_now(waiting, 2, phone=False)
    note = "=HYPERLINK(1)"
    await anywhere.post(f"/console/calls/{ticket}/outcome", {"outcome": "wrong_number", "note": note})
    _, text = await anywhere.get("/console/calls/numbers")
    assert name in text
    assert nameless in text
    response = await anywhere.client.get("/console/calls/numbers.csv")
    body = await response.read()
    assert body.startswith(b"\xef\xbb\xbf"), "Excel reads it as UTF-8"
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert rows[0][0] == "病区"
    assert {row[2] for row in rows[1:]} == {name, nameless}
    assert "'" + note in {row[-1] for row in rows}
    assert "13800000001" not in body.decode()


@pytest.mark.parametrize("path", ["/console/calls/999", "/console/calls/999/kin"])
async def test_what_is_not_there_is_not_found(nurse, path):
    response, _ = await (nurse.post(path) if path.endswith("kin") else nurse.get(path))
    assert response.status == 404
