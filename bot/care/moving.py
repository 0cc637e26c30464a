"""Taking running plans over to a protocol that was changed: first shown, who changes how; then done, if an admin says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.care import enrolment
from bot.care.errors import Refused
from bot.care.practice import Practice
from bot.rules.protocol import Protocol
from storage import editions, patients, planning, plans, staff
from storage.transaction import Tx

CHUNK = 100  # plans in one act


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one contact: `before` None is a new one, `after` None one that is dropped."""

    title: str
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one patient's plan; no steps: only its texts and windows change."""

    plan_id: int
    patient_id: int
    name: str
    ward: str
    version: str
    steps: tuple[Step, ...]


@dataclass(slots=True)
class _Work:
    """One plan being compared: rows to add, rows to change with what they become, rows to drop."""

    plan: plans.CarePlan
    episode: patients.Episode
    patient: patients.Patient
    added: list[plans.Touchpoint]
    kept: list[tuple[plans.Touchpoint, plans.Touchpoint]]
    dropped: list[plans.Touchpoint]


def find(practice: Practice, protocol_id: str) -> Protocol:
    """The protocol as it stands in the files. Raises Refused."""
    for protocol in practice.protocols:
        if protocol.id == protocol_id:
            return protocol
    raise Refused(f"没有这个方案：{protocol_id}")


def behind(tx: Tx, practice: Practice) -> dict[str, int]:
    """How many running plans follow an earlier edition, by protocol."""
    current = {one.id: editions.find(tx, one.id, enrolment.checksum(one)) for one in practice.protocols}
    return {name: planning.count_behind(tx, name, edition) for name, edition in current.items()}


def preview(tx: Tx, practice: Practice, protocol_id: str, now: datetime, limit: int = 200) -> list[Change]:
    """What a move would change, plan by plan. Nothing is written."""
    protocol = find(practice, protocol_id)
    return [_change(practice, work) for work in _compared(tx, practice, protocol, now, limit)]


def move(tx: Tx, practice: Practice, protocol_id: str, staff_id: int | None, now: datetime, limit: int = CHUNK) -> int:
    """Take the next plans over to the protocol as it stands; how many were. Nothing that has begun or that a patient chose the
    time of is disturbed, and what is past in the new protocol is not made good."""
    protocol = find(practice, protocol_id)
    edition_id = enrolment.keep_edition(tx, protocol, now)
    works = list(_compared(tx, practice, protocol, now, limit))
    for work in works:
        for row in work.dropped:
            row.state, row.reason, row.ended_at = "stopped", "moved", now
        for row, becomes in work.kept:
            for name in _FOLLOWS:
                setattr(row, name, getattr(becomes, name))
            if row.wished_at is None:
                row.due_at = becomes.due_at
        plan = work.plan
        plan.edition_id, plan.version, plan.stop_after_missed = edition_id, protocol.version, protocol.stop_after_missed
        tx.session.add_all([plan, *work.added, *work.dropped, *(row for row, _ in work.kept)])
        tx.session.flush()
        assert plan.id is not None
        plans.settle(tx, plan.id, now)
    if works:
        staff.audit(tx, staff_id, "move plans", now, noun="protocol", detail=f"{protocol_id} {len(works)}")
    return len(works)


# what a planned contact takes from the new protocol beside its date
_FOLLOWS = (
    *("title", "late_hours", "on_holidays", "most_attempts", "notice"),
    *("windows", "who", "through", "unless", "beyond_cap", "drop_silent", "priority"),
)


def _compared(tx: Tx, practice: Practice, protocol: Protocol, now: datetime, limit: int) -> Iterator[_Work]:
    edition_id = editions.find(tx, protocol.id, enrolment.checksum(protocol))
    for plan, episode, patient in planning.behind(tx, protocol.id, edition_id, limit):
        yield _compare(tx, practice, protocol, plan, episode, patient, now)


def _compare(
    tx: Tx,
    practice: Practice,
    protocol: Protocol,
    plan: plans.CarePlan,
    episode: patients.Episode,
    patient: patients.Patient,
    now: datetime,
) -> _Work:
    assert plan.id is not None
    rows = {(row.flow, row.day): row for row in planning.touchpoints(tx, plan.id)}
    work = _Work(plan, episode, patient, [], [], [])
    home = episode.discharged_at.astimezone(practice.zone).date()
    wanted = set()
    for planned in protocol.touchpoints:
        day = planned.on(home, episode.procedure_on, episode.revisit_on)
        if day is None:
            continue
        becomes = enrolment.made(practice, protocol, planned, plan, day, episode.revisit_on)
        wanted.add((becomes.flow, becomes.day))
        row = rows.get((becomes.flow, becomes.day))
        if row is None:
            if becomes.due_at > now:
                work.added.append(becomes)
        elif row.state == "planned":
            work.kept.append((row, becomes))
    work.dropped = [row for name, row in rows.items() if row.state == "planned" and name not in wanted]
    return work


def _change(practice: Practice, work: _Work) -> Change:
    steps = [Step(row.title, None, row.due_at) for row in work.added]
    steps += [Step(row.title, row.due_at, None) for row in work.dropped]
    steps += [
        Step(becomes.title, row.due_at, becomes.due_at)
        for row, becomes in work.kept
        if row.wished_at is None and row.due_at != becomes.due_at
    ]
    steps.sort(key=lambda step: step.after or step.before or work.plan.made_at)
    plan, patient = work.plan, work.patient
    assert plan.id is not None
    assert patient.id is not None
    return Change(plan.id, patient.id, patient.name, work.episode.ward, plan.version, tuple(steps))
