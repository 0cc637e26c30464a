"""The phone worklist: what came of a call, when to call again, and how the follow-up ends by telephone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.care import ending, escalation
from bot.care.errors import Refused
from bot.care.practice import Practice
from bot.rules import calls as rules
from bot.rules import schedule
from storage import calls, patients, plans, register, staff, tickets
from storage.calls import Call
from storage.tickets import Ticket
from storage.transaction import Tx

FURTHEST = timedelta(days=60)  # that a patient may put a call off
# why the whole follow-up of a stay ends, by what was learnt on the telephone (codes of bot.rules.cohort.REASONS)
_ENDS = {"readmitted": "readmitted", "transferred": "transferred", "dead": "death_reported", "unwilling": "withdrawn"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the caller enters. `whose` number was rung: self or kin; `again_at` is the time the patient asked for."""

    outcome: str
    note: str = ""
    whose: str = "self"
    again_at: datetime | None = None


def record(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, told: Told, now: datetime) -> None:
    """Keep a call and do what follows from it: another one on another day at another hour, or the end. Raises Refused."""
    ticket, episode_id = waiting(tx, ticket_id)
    outcome = rules.OUTCOMES.get(told.outcome)
    note = told.note.strip()
    if outcome is None:
        raise Refused("请选择这次电话的结果")
    if outcome.code in rules.EXPLAINED and not note:
        raise Refused(f"选择“{outcome.name}”须写明情况")
    if told.again_at is not None and not now < told.again_at < now + FURTHEST:
        raise Refused("再打的时间须在今后60天以内")
    if ticket.state == "open":
        escalation.accept(tx, practice, ticket_id, staff_id, now)
    before = [call.at for call in calls.of_ticket(tx, ticket_id)]
    days = {practice.today(at) for at in (*before, now)}
    asked_for = told.again_at if outcome.then == "again" else None
    final = rules.ended(outcome, days) and asked_for is None
    again_at = None if final else asked_for or _again(practice, len(days), now, before)
    points = calls.points(tx, episode_id)
    number = register.number_index(tx, episode_id, told.whose)
    calls.record(
        tx,
        Call(
            ticket_id=ticket_id,
            episode_id=episode_id,
            touchpoint_id=points[0].id if points else None,
            staff_id=staff_id,
            whose=told.whose,
            number_index=number,
            outcome=outcome.code,
            note=note,
            again_at=again_at,
            final=final,
            at=now,
        ),
    )
    tickets.answered(tx, ticket_id, now)
    when = f"，{again_at.astimezone(practice.zone):%m月%d日 %H:%M}再打" if again_at else ""
    tickets.log(tx, ticket_id, "call", "：".join(filter(None, (f"{outcome.name}{when}", note))), now, staff_id)
    staff.audit(tx, staff_id, "call", now, noun="ticket", noun_id=ticket_id)
    if final:
        _end(tx, practice, ticket_id, episode_id, staff_id, outcome, note, now)


def reached(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, whose: str, now: datetime) -> None:
    """The questionnaire was filled in by telephone, and nothing else waits for a call: that was the call."""
    record(tx, practice, ticket_id, staff_id, Told("self" if whose == "self" else "family", "已填完问卷", whose), now)


def overtaken(tx: Tx, episode_id: int, now: datetime) -> None:
    """The patient answers in WeChat after all: nobody need call, unless a colleague is at it already, or something else waits
    for that call."""
    ticket = tickets.open_for(tx, None, episode_id, "phone")
    if ticket is None or ticket.id is None or calls.points(tx, episode_id):
        return
    tickets.log(tx, ticket.id, "added", "患者已在微信里回复，不用再打电话", now)
    if ticket.state == "open":
        ticket.state, ticket.outcome, ticket.closed_at, ticket.climb_at = "closed", "患者已在微信里回复", now, None
        ticket.answered_at = ticket.answered_at or now
        tickets.save(tx, ticket)


def waiting(tx: Tx, ticket_id: int) -> tuple[Ticket, int]:
    """An open line of the worklist and its stay. Raises Refused."""
    ticket = tickets.get(tx, ticket_id)
    if ticket is None or ticket.matter != "phone" or ticket.episode_id is None:
        raise Refused("没有这个电话任务")
    if ticket.state == "closed":
        raise Refused("这个电话任务已经结束")
    return ticket, ticket.episode_id


def _again(practice: Practice, tried: int, now: datetime, before: list[datetime]) -> datetime:
    """Another day, at another hour."""
    most = max(rules.MOST, tried + 1)
    again = schedule.next_attempt(tried, now, practice.windows, practice.calendar, most=most, before=before)
    return again or now + timedelta(days=1)


def _end(
    tx: Tx,
    practice: Practice,
    ticket_id: int,
    episode_id: int,
    staff_id: int,
    outcome: rules.Outcome,
    note: str,
    now: datetime,
) -> None:
    plans.called(tx, episode_id, rules.touchpoint(outcome), outcome.name, now)
    if outcome.state:
        patients.set_state(tx, episode_id, outcome.state, now)
    if outcome.code in _ENDS:
        ending.end(tx, episode_id, _ENDS[outcome.code], now)
    escalation.close(tx, practice, ticket_id, staff_id, outcome.name, note or "电话已登记", now)
