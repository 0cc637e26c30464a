"""Things that a person must do, and complaints with their own duty to answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, text, update
from sqlmodel import Field, SQLModel, col, select

from storage.columns import Json, key, link, one_of
from storage.transaction import Tx

TICKET_STATES = ("open", "accepted", "waiting", "closed")
MATTERS = ("danger", "complaint", "question", "follow-up", "phone", "other")
REASON = 200  # characters
_OPEN = text("state <> 'closed'")
_NOBODY = text("state <> 'closed' AND contact_id IS NULL")  # nobody was bound: the stay makes it one


class Ticket(SQLModel, table=True):
    """`matter` and contact make it one: while one is open, more of the same is added to it. `due_at` is the deadline of a
    first human response, `why_due` explains it; `ladder` is the copy of the escalation ladder, `climb_at` its next rung."""

    __tablename__ = "ticket"
    __table_args__ = (
        one_of("state", TICKET_STATES),
        one_of("matter", MATTERS),
        one_of("level", ("L0", "L1", "L2", "L3")),
        Index("uq_ticket_open", "contact_id", "matter", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("uq_ticket_open_episode", "episode_id", "matter", unique=True, sqlite_where=_NOBODY, postgresql_where=_NOBODY),
        Index("ix_ticket_urgent", "level", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_ticket_climb", "climb_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: int | None = key()
    matter: str = Field(max_length=16)
    level: str = Field(max_length=4)
    reason: str = Field(max_length=REASON)
    contact_id: int | None = link("contact.id", nullable=True)
    episode_id: int | None = link("episode.id", nullable=True)
    session_id: int | None = link("session.id", nullable=True)
    ward: str = Field(default="", max_length=60, index=True)
    state: str = Field(default="open", max_length=12)
    raised_at: datetime
    due_at: datetime
    why_due: str = Field(default="", max_length=200)
    ladder: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    rung: int = 0
    climb_at: datetime | None = None
    owner_id: int | None = link("staff.id", nullable=True)
    accepted_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: int | None = link("staff.id", index=False, nullable=True)
    outcome: str | None = Field(default=None, max_length=40)
    closing_note: str = Field(default="", sa_type=Text)


class TicketEntry(SQLModel, table=True):
    """What happened to a ticket, one line each: raised, added, accepted, climbed, note, call, reply, handed back, closed."""

    __tablename__ = "ticket_entry"

    id: int | None = key()
    ticket_id: int = link("ticket.id")
    at: datetime
    staff_id: int | None = link("staff.id", index=False, nullable=True)
    kind: str = Field(max_length=16)
    text: str = Field(default="", sa_type=Text)


class Complaint(SQLModel, table=True):
    """A complaint's duty to answer. `due_on` is the last day for the answer to the patient."""

    __tablename__ = "complaint"

    id: int | None = key()
    record_id: int = Field(foreign_key="record.id", unique=True)
    ticket_id: int = link("ticket.id")
    episode_id: int | None = link("episode.id", nullable=True)
    code: str = Field(max_length=8)
    severity: int
    owner: str = Field(default="", max_length=60)
    state: str = Field(default="received", max_length=16)
    received_at: datetime
    due_at: datetime
    closed_at: datetime | None = None


def get(tx: Tx, ticket_id: int) -> Ticket | None:
    """A ticket, locked."""
    return tx.session.exec(select(Ticket).where(col(Ticket.id) == ticket_id).with_for_update()).first()


def open_for(tx: Tx, contact_id: int | None, episode_id: int | None, matter: str) -> Ticket | None:
    """The open ticket of this contact (or, without one, of this stay) and matter, locked."""
    whose = col(Ticket.contact_id) == contact_id
    if contact_id is None:
        whose = col(Ticket.contact_id).is_(None) & (col(Ticket.episode_id) == episode_id)
    wanted = (whose, col(Ticket.matter) == matter, col(Ticket.state) != "closed")
    return tx.session.exec(select(Ticket).where(*wanted).with_for_update()).first()


def open_of(tx: Tx, contact_id: int) -> list[Ticket]:
    """All open tickets of a contact, the most urgent first."""
    wanted = (col(Ticket.contact_id) == contact_id, col(Ticket.state) != "closed")
    return list(tx.session.exec(select(Ticket).where(*wanted).order_by(col(Ticket.level), col(Ticket.id))))


def climbing(tx: Tx, now: datetime, limit: int) -> list[Ticket]:
    """Open tickets whose next rung is due, locked."""
    # the words of the index as they stand, or the whole table is read at every tick
    wanted = (_OPEN, col(Ticket.state) == "open", col(Ticket.climb_at) <= now)
    statement = select(Ticket).where(*wanted).order_by(col(Ticket.climb_at)).limit(limit).with_for_update(skip_locked=True)
    return list(tx.session.exec(statement))


def save(tx: Tx, ticket: Ticket) -> int:
    """Write a ticket, new or changed, and return its id."""
    tx.session.add(ticket)
    tx.session.flush()
    assert ticket.id is not None
    return ticket.id


def answered(tx: Tx, ticket_id: int, now: datetime) -> None:
    """A person has seen to it for the first time."""
    wanted = (col(Ticket.id) == ticket_id, col(Ticket.answered_at).is_(None))
    tx.session.execute(update(Ticket).where(*wanted).values(answered_at=now))


def about(tx: Tx, ticket_id: int, episode_id: int, ward: str) -> None:
    """The ticket is about this stay, as the patient has said since."""
    tx.session.execute(update(Ticket).where(col(Ticket.id) == ticket_id).values(episode_id=episode_id, ward=ward))


def log(tx: Tx, ticket_id: int, kind: str, words: str, now: datetime, staff_id: int | None = None) -> int:
    """Add a line to a ticket's history and return its id."""
    entry = TicketEntry(ticket_id=ticket_id, at=now, staff_id=staff_id, kind=kind, text=words)
    tx.session.add(entry)
    tx.session.flush()
    assert entry.id is not None
    return entry.id


def complain(tx: Tx, complaint: Complaint) -> None:
    """Keep a complaint's duty to answer."""
    tx.session.add(complaint)
    tx.session.flush()


def fault_open(tx: Tx, reason: str) -> bool:
    """Whether a ticket about this fault of the system itself is open already."""
    wanted = (col(Ticket.matter) == "other", col(Ticket.reason) == reason, col(Ticket.state) != "closed")
    return tx.session.exec(select(Ticket.id).where(*wanted)).first() is not None
