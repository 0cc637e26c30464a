"""Answers and events in words: the question as this patient was asked it, and nothing that only a machine understands."""

import re
from datetime import timedelta

import hospital
import pytest
from hospital import NOW
from sqlmodel import select

from bot.web import phrases
from storage.revisions import Revision
from storage.sessions import Answer, Session

WHO = "{% if identity == 'family' %}患者{% else %}您{% endif %}"
ASK = f"为了保护隐私，请在{{{{ patient.hospital }}}}核对一下：回复{WHO}出生的月份（例如 8），或住院号最后4位"


def asked(tx, identity, ask=ASK):
    """A talk in which the month of birth was asked for, which depends on who answers."""
    patient, *_ = hospital.talk(tx, 1)
    run = tx.session.exec(select(Session)).one()
    revision = tx.session.exec(select(Revision)).one()
    proof = f'  - id: proof\n    ask: "{ask}"\n    answer: {{type: number, min: 1, max: 12}}\n'
    revision.text = revision.text.replace("nodes:\n", "nodes:\n" + proof)
    run.state = run.state.replace('"answers":{}', f'"answers":{{"identity":"{identity}"}}')
    run.patient, run.status, run.ended_at = '{"hospital": "示例医院"}', "completed", NOW
    of = {"session_id": run.id, "episode_id": run.episode_id, "inbound_id": None}
    tx.session.add_all([revision, run, Answer(node="proof", name="proof", value=7, quote="7月", at=NOW, **of)])
    return patient.id


@pytest.mark.parametrize(("identity", "whom"), [("family", "患者"), ("self", "您")])
async def test_a_question_stands_as_it_was_asked(nurse, sqlite_database, practice, identity, whom):
    patient = sqlite_database.write_now(asked, identity)
    practice.shelf._compiled.clear()  # the revision was changed under the shelf
    for page in ("tickets/1", f"patients/{patient}"):
        _, text = await nurse.get(f"/console/{page}")
        assert re.search(f">?回复{whom}出生的月份，或住院号最后4位 (<b>)?7", text), page
        assert "{%" not in text


async def test_a_question_that_cannot_be_filled_in_leaves_the_answer(nurse, sqlite_database, practice):
    sqlite_database.write_now(asked, "self", "{% if patient.none > 3 %}太多{% endif %}几月？")
    practice.shelf._compiled.clear()
    _, text = await nurse.get("/console/tickets/1")
    assert "proof <b>7</b>" in text


async def test_only_what_a_person_did_stands_in_the_talk(nurse, sqlite_database):
    def fill(tx):
        patient, _, contact, _ = hospital.talk(tx, 1)
        for number, name in enumerate(("templatesendjobfinish", "click", "something_new")):
            hospital.heard(tx, contact, "", NOW + timedelta(seconds=number), kind="event", event=name)
        return patient.id

    patient = sqlite_database.write_now(fill)
    for page in ("tickets/1", f"patients/{patient}"):
        _, text = await nurse.get(f"/console/{page}")
        assert "templatesendjobfinish" not in text, page
        assert "something_new" not in text, page
        assert "点了菜单" in text, page
    assert phrases.event("templatesendjobfinish") == ""
