"""A run of a flow inside an act: begin it, step it, and turn what it decided into rows and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

import orjson

from bot.care import escalation, revisits
from bot.care.live import Live, Spoiled
from bot.care.practice import Practice
from bot.engine import complete as completing
from bot.engine import events, run
from bot.engine.reader import Heard, Question, Reader
from bot.engine.session import Turn
from bot.reading import read as reading
from bot.reading.reading import Answer
from bot.reading.reading import Question as Asked
from storage import plans, revisions, sessions
from storage.transaction import Tx


@dataclass(slots=True)
class Step:
    """What a turn came to: texts for the patient, the levels of alarms that rose, and how the session stands."""

    status: str
    answers: dict[str, Any]
    texts: list[str] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    understood: bool = True


def begin(
    tx: Tx,
    practice: Practice,
    *,
    contact_id: int,
    episode_id: int,
    touchpoint_id: int | None,
    flow: str,
    purpose: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> Step:
    """Start a flow in its latest revision. Raises LookupError when the flow was never published."""
    found = revisions.latest(tx, flow)
    if found is None:
        raise LookupError(f"flow {flow} is not published")
    turn = run.start(practice.shelf.get(tx, found[0]), facts, now, _reader(practice, now))
    state = turn.session
    patient = orjson.dumps(facts).decode()
    session_id = sessions.begin(
        tx,
        contact_id=contact_id,
        episode_id=episode_id,
        touchpoint_id=touchpoint_id,
        revision_id=found[0],
        flow=flow,
        purpose=purpose,
        status=state.status,
        state=state.to_json().decode(),
        patient=patient,
        due_at=state.wait.due_at if state.wait else None,
        now=now,
    )
    row = sessions.Open(session_id, contact_id, episode_id, touchpoint_id, found[0], flow, purpose, "", patient)
    return _apply(tx, practice, row, turn, None, now)


def resume(
    tx: Tx,
    practice: Practice,
    live: Live,
    said: str | None,
    now: datetime,
    *,
    inbound_id: int | None = None,
    answer: Answer | None = None,
    forgive: bool = False,
) -> Step:
    """Go on with a waiting session after a reply, or (None) because time has passed. `answer` spares reading the reply to
    the waiting question a second time. With `forgive` a reply that did not answer is no miss: it said something else that
    was heard, and the question is put again as it stood."""
    row, reader = live.row, _reader(practice, now, live.flow.waiting(live.session), answer)
    session, wait = live.session, live.session.wait
    if forgive and wait is not None:
        session = replace(session, wait=replace(wait, tries=0))
    turn = run.resume(live.flow, session, said, live.facts, now, reader)
    state = turn.session
    missed = any(isinstance(event, events.NotUnderstood) for event in turn.events)
    if forgive and missed and wait is not None and state.wait is not None and state.wait.node == wait.node:
        state.wait = replace(state.wait, tries=wait.tries)
        turn = Turn(state, (events.Said(wait.node, live.again()),))
    sessions.step(tx, row.id, state.to_json().decode(), state.status, state.wait.due_at if state.wait else None, now)
    return _apply(tx, practice, row, turn, inbound_id, now)


def complete(tx: Tx, practice: Practice, live: Live, node: str, said: str, now: datetime, inbound_id: int) -> Step:
    """Take the answer of `node` anew from all that was said to it in pieces. The talk may have ended meanwhile."""
    turn = completing.complete(live.flow, live.session, node, said, live.facts, now, _reader(practice, now))
    state = turn.session
    if turn.events and live.session.status == "waiting":
        sessions.step(tx, live.row.id, state.to_json().decode(), state.status, state.wait.due_at if state.wait else None, now)
    return _apply(tx, practice, live.row, turn, inbound_id, now)


def interrupt(tx: Tx, row: sessions.Open, now: datetime) -> None:
    """End a session from outside; its answers stay."""
    sessions.step(tx, row.id, row.state, "interrupted", None, now)


def fail(tx: Tx, practice: Practice, spoiled: Spoiled, now: datetime) -> None:
    """End a session that nobody can read; a person goes on with it."""
    row = spoiled.row
    sessions.step(tx, row.id, row.state, "failed", None, now)
    if row.touchpoint_id is not None:
        plans.ended(tx, row.touchpoint_id, *_ENDS["failed"], now)
    escalation.raise_(tx, practice, _matter("follow-up", "L3", f"话术运行出错（{spoiled}），请人工联系", row), now)


def _reader(practice: Practice, now: datetime, waiting: Question | None = None, answer: Answer | None = None) -> Reader:
    today = practice.today(now)

    def read(said: str, question: Question, *, unasked: bool = False) -> Heard:
        if answer is not None and not unasked and question is waiting:
            return answer  # an earlier question, for a correction, is read anew
        # the engine's Question and the reading's have the same fields on purpose; the grounds do not know each other
        return reading.answer(said, cast(Asked, question), practice.tables, unasked=unasked, today=today)

    return read


def _apply(tx: Tx, practice: Practice, row: sessions.Open, turn: Turn, inbound_id: int | None, now: datetime) -> Step:
    step = Step(turn.session.status, turn.session.answers)
    for event in turn.events:
        match event:
            case events.Said(text=text):
                step.texts.append(text)
            case events.Answered() | events.Corrected():
                sessions.answered(
                    tx,
                    row,
                    inbound_id,
                    node=event.node,
                    name=event.name,
                    value=event.value,
                    quote=event.quote,
                    sure=getattr(event, "sure", True),
                    corrects=isinstance(event, events.Corrected),
                    now=now,
                )
            case events.AlarmRaised(level=level, reason=reason):
                step.levels.append(level)
                escalation.raise_(tx, practice, _matter("danger", level, reason, row), now)
            case events.TicketRaised(level=level, reason=reason):
                escalation.raise_(tx, practice, _matter("follow-up", level, reason, row), now)
            case events.Failed(reason=reason):
                escalation.raise_(tx, practice, _matter("follow-up", "L3", f"话术运行出错：{reason}", row), now)
            case events.NotUnderstood():
                step.understood = False
            case events.Finished(status=status) if row.touchpoint_id is not None and row.purpose == "follow-up":
                plans.ended(tx, row.touchpoint_id, *_ENDS[status], now)
                if revisits.told(step.answers):
                    revisits.heard(tx, practice, row.episode_id, step.answers, now)
            case _:
                pass
    return step


_ENDS = {"completed": ("done", ""), "expired": ("missed", "患者未回复"), "failed": ("missed", "话术运行出错")}


def _matter(matter: str, level: str, reason: str, row: sessions.Open) -> escalation.Matter:
    return escalation.Matter(matter, level, reason, row.contact_id, row.episode_id, row.id)
