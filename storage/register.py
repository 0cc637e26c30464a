"""The register of patients as the console shows it: the list, the search, and all that is known of one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import col, select

from storage.consents import Consent
from storage.contacts import Binding, Contact
from storage.patients import Episode, Patient
from storage.plans import CarePlan, Touchpoint
from storage.readings import Record
from storage.tickets import Complaint, Ticket, TicketEntry
from storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Line:
    """A stay in the list. `next_due` is the next planned contact; `tickets` counts the open ones."""

    patient: Patient
    episode: Episode
    next_due: datetime | None
    bound: bool
    tickets: int


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay with its plans, contacts and tickets."""

    episode: Episode
    plans: list[tuple[CarePlan, list[Touchpoint]]]
    contacts: list[tuple[Binding, Contact, Consent | None]]
    tickets: list[Ticket]


def lines(
    tx: Tx, *, words: str = "", phone_index: str | None = None, limit: int = 50, offset: int = 0
) -> tuple[list[Line], bool]:
    """Stays, the latest discharge first, and whether there are more. `words` is a part of a name, an admission or hospital
    number from its start, or the last four digits of a phone; `phone_index` finds a whole phone number."""
    due = (
        select(func.min(Touchpoint.due_at))
        .where(Touchpoint.episode_id == Episode.id, col(Touchpoint.state).in_(("planned", "invited")))
        .correlate(Episode)
        .scalar_subquery()
    )
    bound = (
        select(func.count())
        .select_from(Binding)
        .where(Binding.episode_id == Episode.id, col(Binding.ended_at).is_(None))
        .correlate(Episode)
        .scalar_subquery()
    )
    waiting = (
        select(func.count())
        .select_from(Ticket)
        .where(Ticket.episode_id == Episode.id, Ticket.state != "closed")
        .correlate(Episode)
        .scalar_subquery()
    )
    query = (
        select(Patient, Episode, due, bound, waiting)  # type: ignore[call-overload]
        .join(Episode, col(Episode.patient_id) == col(Patient.id))
        .order_by(col(Episode.discharged_at).desc(), col(Episode.id).desc())
        .limit(limit + 1)
        .offset(offset)
    )
    if words:
        query = query.where(_match(words, phone_index))
    found = [
        Line(patient, episode, at, bool(bindings), tickets)
        for patient, episode, at, bindings, tickets in tx.session.exec(query).all()
    ]
    return found[:limit], len(found) > limit


def _match(words: str, phone_index: str | None) -> ColumnElement[bool]:
    tests = [
        # a name on paper is spaced out as it likes: 王 示安
        func.replace(func.replace(col(Patient.name), " ", ""), "\u3000", "").contains("".join(words.split()), autoescape=True),
        col(Patient.hospital_no).startswith(words, autoescape=True),
        col(Episode.admission_no).startswith(words, autoescape=True),
    ]
    if len(words) == 4 and words.isdigit():
        tests.append(col(Patient.phone_tail) == words)
    if phone_index:
        tests.append(col(Patient.phone_index) == phone_index)
    return or_(*tests)


def patient(tx: Tx, patient_id: int) -> Patient | None:
    return tx.session.get(Patient, patient_id)


def stays(tx: Tx, patient_id: int) -> list[Stay]:
    """The stays of a person, the latest first."""
    episodes = tx.session.exec(
        select(Episode).where(Episode.patient_id == patient_id).order_by(col(Episode.discharged_at).desc())
    ).all()
    return [_stay(tx, episode) for episode in episodes]


def _stay(tx: Tx, episode: Episode) -> Stay:
    points: dict[int, list[Touchpoint]] = {}
    for point in tx.session.exec(
        select(Touchpoint).where(Touchpoint.episode_id == episode.id).order_by(col(Touchpoint.due_at), col(Touchpoint.id))
    ):
        points.setdefault(point.plan_id, []).append(point)
    plans = tx.session.exec(select(CarePlan).where(CarePlan.episode_id == episode.id).order_by(col(CarePlan.id))).all()
    contacts = tx.session.exec(
        select(Binding, Contact, Consent)
        .join(Contact, col(Contact.id) == col(Binding.contact_id))
        .outerjoin(
            Consent,
            (col(Consent.contact_id) == col(Contact.id))
            & (col(Consent.episode_id) == col(Binding.episode_id))
            & col(Consent.ended_at).is_(None),
        )
        .where(Binding.episode_id == episode.id)
        .order_by(col(Binding.id))
    ).all()
    tickets = tx.session.exec(select(Ticket).where(Ticket.episode_id == episode.id).order_by(col(Ticket.raised_at).desc())).all()
    return Stay(
        episode=episode,
        plans=[(plan, points.get(plan.id or 0, [])) for plan in plans],
        contacts=[(binding, contact, consent) for binding, contact, consent in contacts],
        tickets=list(tickets),
    )


def of_ticket(tx: Tx, ticket_id: int) -> tuple[Ticket, Patient | None, Episode | None, Contact | None] | None:
    """A ticket with whom it is about and whom it can be answered to."""
    found = tx.session.exec(
        select(Ticket, Patient, Episode, Contact)
        .outerjoin(Episode, col(Episode.id) == col(Ticket.episode_id))
        .outerjoin(Patient, col(Patient.id) == col(Episode.patient_id))
        .outerjoin(Contact, col(Contact.id) == col(Ticket.contact_id))
        .where(Ticket.id == ticket_id)
    ).first()
    return (found[0], found[1], found[2], found[3]) if found else None


def of_binding(tx: Tx, binding_id: int) -> int | None:
    """Whose stay a binding is to."""
    query = select(Episode.patient_id).join(Binding, col(Binding.episode_id) == col(Episode.id)).where(Binding.id == binding_id)
    return tx.session.exec(query).first()


def entries(tx: Tx, ticket_id: int) -> list[TicketEntry]:
    """What happened to a ticket, in order."""
    return list(tx.session.exec(select(TicketEntry).where(TicketEntry.ticket_id == ticket_id).order_by(col(TicketEntry.id))))


def complaints(tx: Tx, ticket_id: int) -> list[tuple[Complaint, Record]]:
    """The complaints of a ticket, each with the words it was read from."""
    query = select(Complaint, Record).join(Record, col(Record.id) == col(Complaint.record_id))
    return [
        (one, record)
        for one, record in tx.session.exec(query.where(Complaint.ticket_id == ticket_id).order_by(col(Complaint.id)))
    ]


def other_tickets(tx: Tx, ticket: Ticket, *, limit: int = 10) -> list[Ticket]:
    """Further tickets of the same stay or contact, the latest first."""
    about = [
        column == value
        for column, value in ((col(Ticket.episode_id), ticket.episode_id), (col(Ticket.contact_id), ticket.contact_id))
        if value is not None
    ]
    if not about:
        return []
    query = select(Ticket).where(or_(*about), Ticket.id != ticket.id).order_by(col(Ticket.raised_at).desc()).limit(limit)
    return list(tx.session.exec(query))


def relation(tx: Tx, contact_id: int | None, episode_id: int | None) -> str:
    """How a contact stands to a stay: self or family once that is confirmed, else unknown; "" when not bound (any more)."""
    query = select(Binding).where(
        Binding.contact_id == contact_id, Binding.episode_id == episode_id, col(Binding.ended_at).is_(None)
    )
    bound = tx.session.exec(query).first()
    if bound is None:
        return ""
    return bound.relation if bound.confirmed_at else "unknown"


def number_index(tx: Tx, episode_id: int, whose: str) -> str | None:
    """Which number is the patient's (self) or the family's (kin) now, as the index that finds it."""
    query = select(Patient.phone_index, Episode.kin_phone_index).join(Episode, col(Episode.patient_id) == col(Patient.id))
    found = tx.session.exec(query.where(Episode.id == episode_id)).first()
    return (found[0] if whose == "self" else found[1]) if found else None


def number_of(tx: Tx, contact_id: int) -> tuple[int, bytes | None]:
    """The patient behind a telephone or an account, and the sealed number."""
    of_stay = select(Patient.id, Patient.phone_sealed).join(Episode, col(Episode.patient_id) == col(Patient.id))
    found = tx.session.exec(
        of_stay.join(Contact, col(Contact.phone_of) == col(Episode.id)).where(Contact.id == contact_id)
    ).first()
    return (found[0] or 0, found[1]) if found else (0, None)
