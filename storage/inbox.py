"""The ticket list of the console: who is waiting for a person, the most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_
from sqlmodel import col, select

from storage.messages import Inbound
from storage.patients import Episode, Patient
from storage.staff import Staff
from storage.tickets import Ticket
from storage.transaction import Tx

QUEUES = ("todo", "mine", "overdue", "all", "closed")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list. `said` is the last thing the patient wrote, or "" and its kind."""

    ticket: Ticket
    name: str
    patient_id: int | None
    sex: str
    born_on: Any
    private: bool
    owner: str
    said: str
    said_kind: str


def _wanted(queue: str, staff_id: int, now: datetime) -> ColumnElement[bool]:
    is_open = col(Ticket.state) != "closed"
    match queue:
        case "todo":
            return col(Ticket.state) == "open"
        case "mine":
            return and_(is_open, col(Ticket.owner_id) == staff_id)
        case "overdue":
            return and_(is_open, col(Ticket.answered_at).is_(None), col(Ticket.due_at) <= now)
        case "closed":
            return col(Ticket.state) == "closed"
        case _:
            return is_open


def rows(
    tx: Tx, queue: str, staff_id: int, now: datetime, *, ward: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[Row], bool]:
    """One page of a queue, and whether there is more. By level, then what has had no answer yet by its deadline;
    the closed ones by when they were closed, the last first."""
    last = (
        select(func.max(Inbound.id))
        .where(Inbound.contact_id == Ticket.contact_id, Inbound.kind != "event")
        .correlate(Ticket)
        .scalar_subquery()
    )
    answered = case((col(Ticket.answered_at).is_(None), 0), else_=1)
    order = (
        (col(Ticket.closed_at).desc(), col(Ticket.id).desc())
        if queue == "closed"
        else (col(Ticket.level), answered, col(Ticket.due_at), col(Ticket.id))
    )
    query = (
        select(Ticket, Patient, Episode.private, Staff.name, Inbound.text, Inbound.kind)  # type: ignore[call-overload]
        .outerjoin(Episode, col(Episode.id) == col(Ticket.episode_id))
        .outerjoin(Patient, col(Patient.id) == col(Episode.patient_id))
        .outerjoin(Staff, col(Staff.id) == col(Ticket.owner_id))
        .outerjoin(Inbound, col(Inbound.id) == last)
        .where(_wanted(queue, staff_id, now))
        .order_by(*order)
        .limit(limit + 1)
        .offset(offset)
    )
    if ward:
        query = query.where(Ticket.ward == ward)
    found = [
        Row(
            ticket=ticket,
            name=patient.name if patient else "",
            patient_id=patient.id if patient else None,
            sex=patient.sex if patient else "",
            born_on=patient.born_on if patient else None,
            private=bool(private),
            owner=owner or "",
            said=said or "",
            said_kind=kind or "",
        )
        for ticket, patient, private, owner, said, kind in tx.session.exec(query).all()
    ]
    return found[:limit], len(found) > limit


def counts(tx: Tx, staff_id: int, now: datetime) -> dict[str, int]:
    """How many tickets wait in each open queue, and `alarms`: open ones of level L0 and L1 that nobody took."""
    wanted = {queue: _wanted(queue, staff_id, now) for queue in ("todo", "mine", "overdue", "all")}
    wanted["alarms"] = and_(wanted["todo"], or_(col(Ticket.level) == "L0", col(Ticket.level) == "L1"))
    sums = [func.coalesce(func.sum(case((test, 1), else_=0)), 0) for test in wanted.values()]
    found = tx.session.exec(select(*sums).select_from(Ticket).where(Ticket.state != "closed")).one()
    return dict(zip(wanted, (int(number) for number in found), strict=True))


def wards(tx: Tx) -> list[str]:
    """The wards that have open tickets."""
    query = select(Ticket.ward).where(Ticket.state != "closed", Ticket.ward != "").distinct().order_by(Ticket.ward)
    return list(tx.session.exec(query))
