"""The questionnaire filled in by who telephones: the same flow, read and watched over as in WeChat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.care import calls as desk
from bot.care import danger, facts, live, matters, talk
from bot.care.errors import Refused
from bot.care.inbound import Inbound
from bot.care.practice import Practice
from bot.care.visit import Visit
from bot.reading import read as reading
from bot.reading.reading import Question
from storage import calls, contacts, messages, sessions, staff
from storage.transaction import Tx

LONGEST = 500  # characters of one answer


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where a questionnaire stands. `turn` tells one question from the next; `asks` and `question` are the one that waits;
    `lines` is what was said both ways."""

    touchpoint_id: int
    title: str
    turn: int
    asks: str = ""
    question: Question | None = None
    lines: list[tuple[str, str]] = field(default_factory=list)


def begin(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, touchpoint_id: int, whose: str, now: datetime) -> None:
    """Open the questionnaire of a contact that waits for a call; `whose`: self or kin answers. One that is open already goes on.
    Raises Refused."""
    _, episode_id = desk.waiting(tx, ticket_id)
    point = next((one for one in calls.points(tx, episode_id) if one.id == touchpoint_id), None)
    if point is None:
        raise Refused("这次随访已不用再打电话")
    phone = calls.telephone(tx, episode_id, now)
    open_ = sessions.waiting(tx, phone.id)
    if open_ is not None and open_.touchpoint_id == touchpoint_id:
        return
    if open_ is not None:
        talk.interrupt(tx, open_, now)
    relation = "self" if whose == "self" else "family"
    known = facts.gather(tx, practice, episode_id, relation=relation, now=now)
    step = talk.begin(
        tx,
        practice,
        contact_id=phone.id,
        episode_id=episode_id,
        touchpoint_id=touchpoint_id,
        flow=point.flow,
        purpose="follow-up",
        facts=known,
        now=now,
    )
    row = sessions.waiting(tx, phone.id)
    staff.audit(tx, staff_id, "questionnaire", now, noun="ticket", noun_id=ticket_id)
    if row is None:  # a flow without a question has ended with its first words
        raise Refused("这份话术没有要问的问题，请直接登记电话结果")
    _speak(tx, phone.id, row.id, 0, step.texts, now)
    _untimed(tx, phone.id, now)


def said(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, turn: int, words: str, now: datetime) -> list[int]:
    """What was answered, in the patient's own words or by an option's. It is kept, read and judged like a message: danger signs
    and complaints become tickets at once. Returns the tickets. Raises Refused."""
    ticket, episode_id = desk.waiting(tx, ticket_id)
    phone = calls.telephone(tx, episode_id, now)
    words = words.strip()
    if not words:
        raise Refused("请先填写回答")
    if len(words) > LONGEST:
        raise Refused(f"一次最多{LONGEST}个字")
    try:
        talking = live.waiting(tx, practice, phone.id)
    except live.Spoiled as spoiled:
        talk.fail(tx, practice, spoiled, now)
        raise Refused("这份问卷打不开了，请直接登记电话结果") from None
    if talking is None or talking.session.turns != turn:
        raise Refused("这一题已经记下了，请看下一题")
    visit = _visit(tx, practice, phone, talking, words, now)
    step = None if visit.safety else _on(visit, talking, words)
    if step is not None and "L1" not in step.levels:
        visit.caution()
    matters.acknowledge(visit)
    calls.signed(tx, talking.row.id, staff_id)
    _speak(tx, phone.id, talking.row.id, turn + 1, [*visit.texts, *(step.texts if step else ())], now)
    _untimed(tx, phone.id, now)
    if step is not None and step.status == "completed" and not calls.points(tx, episode_id) and ticket.id is not None:
        whose = "self" if talking.facts.get("relation") == "self" else "kin"
        desk.reached(tx, practice, ticket.id, staff_id, whose, now)
    return visit.tickets


def broken_off(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, now: datetime) -> None:
    """The call ended before the questionnaire did: what was answered stays, the contact still waits for a call."""
    _, episode_id = desk.waiting(tx, ticket_id)
    row = sessions.waiting(tx, calls.telephone(tx, episode_id, now).id)
    if row is not None:
        talk.interrupt(tx, row, now)


def sheet(tx: Tx, practice: Practice, episode_id: int) -> Sheet | None:
    """The questionnaire that is open for a stay, if any."""
    contact_id = calls.phone_id(tx, episode_id)
    if contact_id is None:
        return None
    try:
        talking = live.waiting(tx, practice, contact_id)
    except live.Spoiled:
        return None
    if talking is None or talking.row.touchpoint_id is None:
        return None
    lines, asks = calls.lines(tx, talking.row.id), talking.again()
    if lines and lines[-1][1].endswith(asks):  # it stands at its field
        before = lines.pop()[1].removesuffix(asks).strip()
        lines += [("caller", before)] if before else []
    return Sheet(
        touchpoint_id=talking.row.touchpoint_id,
        title=talking.flow.title,
        turn=talking.session.turns,
        asks=asks,
        question=talking.asked,
        lines=lines,
    )


def _visit(tx: Tx, practice: Practice, phone: contacts.Held, talking: live.Live, words: str, now: datetime) -> Visit:
    key = f"call:{talking.row.id}:{talking.session.turns}"
    inbound = Inbound(key, "", "", "text", now, text=words)
    inbound_id = messages.record(
        tx,
        key=key,
        contact_id=phone.id,
        kind="text",
        event="",
        text=words,
        media_id="",
        detail={},
        at=now,
        now=now,
        session_id=talking.row.id,
    )
    if inbound_id is None:
        raise Refused("这一题已经记下了，请看下一题")
    visit = Visit(tx, practice, phone, inbound, inbound_id, now, talking)
    visit.reading = reading.read(
        words,
        talking.asked,
        practice.tables,
        proxy=visit.relation != "self",
        today=visit.today,
        population=visit.population,
    )
    if visit.reading.triage != "none":
        messages.urgent(tx, inbound_id, visit.reading.triage)
    danger.heed(visit)
    matters.keep(visit)
    return visit


def _on(visit: Visit, talking: live.Live, words: str) -> talk.Step:
    heard = visit.reading
    forgive = heard is not None and (heard.triage in ("L1", "L2") or bool(heard.records))
    return talk.resume(visit.tx, visit.practice, talking, words, visit.now, inbound_id=visit.inbound_id, forgive=forgive)


def _speak(tx: Tx, contact_id: int, session_id: int, turn: int, texts: list[str], now: datetime) -> None:
    """What the caller reads out is kept like a message that arrived."""
    if text := "\n".join(texts).strip():
        key = f"call:{session_id}:{turn}:say"
        values = messages.outgoing(
            key=key, contact_id=contact_id, lane="phone", body={"text": text}, now=now, state="sent", session_id=session_id
        )
        messages.post(tx, values)


def _untimed(tx: Tx, contact_id: int, now: datetime) -> None:
    """On the telephone silence has nothing to remind of and nothing to end."""
    row = sessions.waiting(tx, contact_id)
    if row is not None:
        sessions.step(tx, row.id, row.state, "waiting", None, now)
