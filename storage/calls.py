"""Telephone calls: what staff rang up for, what came of it, and numbers that are no good."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import Field, SQLModel, col, select

from storage import contacts
from storage.columns import key, link, one_of
from storage.contacts import Contact
from storage.messages import Inbound, Outbound
from storage.patients import Episode, Patient
from storage.plans import Touchpoint
from storage.sessions import Answer
from storage.staff import Staff
from storage.tickets import Ticket
from storage.transaction import Tx

WHOSE = ("self", "kin")


class Call(SQLModel, table=True):
    """One attempt by telephone. `outcome` is a code of `bot.rules.calls`, `whose` number was rung, `number_index` which one it
    was (as at the patient). `again_at`: when to call next, if at all. `final`: it was the last one for this ticket."""

    __tablename__ = "call"
    __table_args__ = (one_of("whose", WHOSE),)

    id: int | None = key()
    ticket_id: int = link("ticket.id")
    episode_id: int = link("episode.id")
    touchpoint_id: int | None = link("touchpoint.id", nullable=True)
    staff_id: int = link("staff.id", index=False)
    whose: str = Field(default="self", max_length=4)
    number_index: str | None = Field(default=None, max_length=64)
    outcome: str = Field(max_length=16)
    note: str = Field(default="", max_length=2000)
    again_at: datetime | None = None
    final: bool = False
    at: datetime = Field(index=True)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of the worklist: whom to call and why, what was tried, and when to call."""

    ticket: Ticket
    patient: Patient
    episode: Episode
    title: str
    calls: int
    last: Call | None
    owner: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A number that is no good: whose, and what came of the call; None for one that was never given."""

    patient: Patient
    episode: Episode
    call: Call | None
    caller: str


def telephone(tx: Tx, episode_id: int, now: datetime) -> contacts.Held:
    """The contact that stands for the telephone of a stay, locked; made when there is none yet."""
    known = phone_id(tx, episode_id)
    if known is None:
        made = Contact(state="telephone", phone_of=episode_id, created_at=now)
        tx.session.add(made)
        tx.session.flush()
        known = made.id
    assert known is not None
    held = contacts.hold_id(tx, known)
    assert held is not None
    return held


def phone_id(tx: Tx, episode_id: int) -> int | None:
    """The contact that stands for the telephone of a stay, if there is one."""
    return tx.session.exec(select(Contact.id).where(col(Contact.phone_of) == episode_id)).first()


def record(tx: Tx, call: Call) -> None:
    """Keep a call."""
    tx.session.add(call)
    tx.session.flush()


def of_ticket(tx: Tx, ticket_id: int) -> list[Call]:
    """The calls for a ticket, the oldest first."""
    return list(tx.session.exec(select(Call).where(Call.ticket_id == ticket_id).order_by(col(Call.id))))


def of_episode(tx: Tx, episode_id: int) -> list[tuple[Call, str]]:
    """All calls about a stay with who made them, the oldest first."""
    query = select(Call, Staff.name).join(Staff, col(Staff.id) == col(Call.staff_id)).where(Call.episode_id == episode_id)
    return [(call, name) for call, name in tx.session.exec(query.order_by(col(Call.id)))]


def lines(tx: Tx, session_id: int) -> list[tuple[str, str]]:
    """What was said on the telephone in a run of a flow, in order: (caller or patient, words)."""
    heard = tx.session.exec(select(Inbound).where(Inbound.session_id == session_id, Inbound.kind == "text")).all()
    spoken = tx.session.exec(select(Outbound).where(Outbound.session_id == session_id, Outbound.lane == "phone")).all()
    said = [(_turn(one.key), 1, "patient", one.text) for one in heard]
    said += [(_turn(one.key), 0, "caller", str(one.body.get("text", ""))) for one in spoken]
    return [(who, words) for _, _, who, words in sorted(said, key=lambda line: line[:2])]


def _turn(key: str) -> int:
    """`call:17:3:say` belongs to the third turn."""
    return int(key.split(":")[2])


def signed(tx: Tx, session_id: int, staff_id: int) -> None:
    """These answers were written down by a person."""
    wanted = (col(Answer.session_id) == session_id, col(Answer.staff_id).is_(None))
    tx.session.execute(update(Answer).where(*wanted).values(staff_id=staff_id))


def points(tx: Tx, episode_id: int) -> list[Touchpoint]:
    """The contacts of a stay that wait for a call, the newest first."""
    query = select(Touchpoint).where(Touchpoint.episode_id == episode_id, Touchpoint.state == "phone")
    return list(tx.session.exec(query.order_by(col(Touchpoint.due_at).desc())))


def waiting(
    tx: Tx, now: datetime, *, later: bool, ward: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[Waiting], bool]:
    """Whom to call, what is due first at the top, and whether there are more; `later`: who is to be called another time."""
    last = select(func.max(Call.id)).where(Call.ticket_id == Ticket.id).correlate(Ticket).scalar_subquery()
    tried = select(func.count()).select_from(Call).where(Call.ticket_id == Ticket.id).correlate(Ticket).scalar_subquery()
    title = (
        select(func.max(Touchpoint.title))
        .where(Touchpoint.episode_id == Ticket.episode_id, Touchpoint.state == "phone")
        .correlate(Ticket)
        .scalar_subquery()
    )
    put_off = col(Call.again_at) > now
    query = (
        select(Ticket, Patient, Episode, title, tried, Call, Staff.name)  # type: ignore[call-overload]
        .join(Episode, col(Episode.id) == col(Ticket.episode_id))
        .join(Patient, col(Patient.id) == col(Episode.patient_id))
        .outerjoin(Call, col(Call.id) == last)
        .outerjoin(Staff, col(Staff.id) == col(Ticket.owner_id))
        .where(Ticket.matter == "phone", Ticket.state != "closed")
        .where(put_off if later else or_(col(Call.id).is_(None), col(Call.again_at).is_(None), ~put_off))
        .order_by(func.coalesce(col(Call.again_at), col(Ticket.due_at)), col(Ticket.id))
        .limit(limit + 1)
        .offset(offset)
    )
    if ward:
        query = query.where(Ticket.ward == ward)
    found = [
        Waiting(ticket, patient, episode, point or "", calls, call, owner or "")
        for ticket, patient, episode, point, calls, call, owner in tx.session.exec(query)
    ]
    return found[:limit], len(found) > limit


def counts(tx: Tx, now: datetime) -> tuple[int, int]:
    """How many are to be called now, and another time."""
    last = select(func.max(Call.id)).where(Call.ticket_id == Ticket.id).correlate(Ticket).scalar_subquery()
    base = (
        select(func.count())
        .select_from(Ticket)
        .outerjoin(Call, col(Call.id) == last)
        .where(Ticket.matter == "phone", Ticket.state != "closed", col(Ticket.episode_id).is_not(None))
    )
    later = tx.session.exec(base.where(col(Call.again_at) > now)).one()
    return tx.session.exec(base).one() - later, later


def wards(tx: Tx) -> list[str]:
    """The wards whose patients are to be called."""
    wanted = (Ticket.matter == "phone", Ticket.state != "closed", Ticket.ward != "")
    return list(tx.session.exec(select(Ticket.ward).where(*wanted).distinct().order_by(Ticket.ward)))


def faults(tx: Tx, codes: Collection[str], *, ward: str = "", limit: int = 1000) -> list[Fault]:
    """Numbers that are no good and have not been replaced since, by ward: those on which a last call came to one of `codes`, and
    those of patients who are to be called and have none."""
    newest = select(func.max(Call.id)).where(Call.episode_id == Episode.id).correlate(Episode).scalar_subquery()
    calls = (
        select(Patient, Episode, Call, Staff.name)
        .join(Episode, col(Episode.patient_id) == col(Patient.id))
        .join(Call, col(Call.id) == newest)
        .join(Staff, col(Staff.id) == col(Call.staff_id))
        .where(col(Call.outcome).in_(codes), col(Call.final), col(Episode.state) == "home", _same_number())
    )
    none = (
        select(Patient, Episode)
        .join(Episode, col(Episode.patient_id) == col(Patient.id))
        .join(Ticket, col(Ticket.episode_id) == col(Episode.id))
        .where(col(Patient.phone_sealed).is_(None), Ticket.matter == "phone", Ticket.state != "closed", Episode.state == "home")
    )
    if ward:
        calls, none = calls.where(Episode.ward == ward), none.where(Episode.ward == ward)
    found = [Fault(*row) for row in tx.session.exec(calls.order_by(col(Call.id).desc()).limit(limit))]
    known = {one.episode.id for one in found}
    missing = tx.session.exec(none.order_by(col(Ticket.id).desc()).limit(limit))
    found += [Fault(patient, episode, None, "") for patient, episode in missing if episode.id not in known]
    return sorted(found, key=lambda one: (one.episode.ward, one.episode.discharged_at))


def _same_number() -> ColumnElement[bool]:
    now = func.coalesce(col(Patient.phone_index), "")
    kin = func.coalesce(col(Episode.kin_phone_index), "")
    rung = func.coalesce(col(Call.number_index), "")
    return ((col(Call.whose) == "self") & (rung == now)) | ((col(Call.whose) == "kin") & (rung == kin))
