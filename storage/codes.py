"""The QR codes of patients at home: whose they are and whether they were used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, or_, select

from storage.columns import table
from storage.contacts import Binding, Contact, Enrolment
from storage.patients import Episode, Patient
from storage.plans import Touchpoint
from storage.transaction import Tx


class Code(NamedTuple):
    """A code with its patient, and the account that is bound to the stay, if one is."""

    token: str
    used_at: datetime | None
    name: str
    born_on: date | None
    ward: str
    openid: str | None
    followed: bool | None
    window_until: datetime | None
    quota_left: int | None


def listed(tx: Tx) -> list[Code]:
    """The codes of all who are followed or bound, in the order of their stays; one for each account where there are several."""
    code, episode, patient = table(Enrolment).c, table(Episode).c, table(Patient).c
    binding, contact = table(Binding).c, table(Contact).c
    account = (contact.openid, contact.followed, contact.window_until, contact.quota_left)
    statement = (
        select(code.token, code.used_at, patient.name, patient.born_on, episode.ward, *account)
        .join(Episode, episode.id == code.episode_id)
        .join(Patient, patient.id == episode.patient_id)
        .outerjoin(Binding, and_(binding.episode_id == episode.id, binding.ended_at.is_(None)))
        .outerjoin(Contact, contact.id == binding.contact_id)
        .where(or_(episode.state == "home", contact.openid.is_not(None)))
        .order_by(episode.id, code.id, contact.id)
    )
    return [Code(*row) for row in tx.connection.execute(statement)]


class Card(NamedTuple):
    """The last code of an episode and what is printed beside it."""

    episode_id: int
    patient_id: int
    name: str
    admission_no: str
    department: str
    ward: str
    discharged_at: datetime
    state: str
    token: str
    used_at: datetime | None


_code, _episode, _patient = table(Enrolment).c, table(Episode).c, table(Patient).c


def _cards() -> Select[Any]:
    last = select(func.max(_code.id)).where(_code.episode_id == _episode.id).correlate(Episode).scalar_subquery()
    return (
        select(
            _episode.id,
            _patient.id,
            _patient.name,
            _episode.admission_no,
            _episode.department,
            _episode.ward,
            _episode.discharged_at,
            _episode.state,
            _code.token,
            _code.used_at,
        )
        .join(Patient, _patient.id == _episode.patient_id)
        .join(Enrolment, _code.id == last)
    )


def of_episode(tx: Tx, episode_id: int) -> Card | None:
    """The last code of an episode, which was used or not."""
    row = tx.connection.execute(_cards().where(_episode.id == episode_id)).first()
    return Card(*row) if row else None


def unused(tx: Tx, ward: str, since: datetime, limit: int) -> list[Card]:
    """Unused codes of patients of a ward who went home since then, the latest first."""
    wanted = (_episode.ward == ward, _episode.state == "home", _episode.discharged_at >= since, _code.used_at.is_(None))
    rows = tx.connection.execute(_cards().where(*wanted).order_by(_episode.discharged_at.desc(), _episode.id).limit(limit))
    return [Card(*row) for row in rows]


def unused_by_ward(tx: Tx, since: datetime) -> dict[str, int]:
    """How many unused codes each ward has, of patients who went home since then."""
    listed = _cards().where(_episode.state == "home", _episode.discharged_at >= since, _code.used_at.is_(None)).subquery()
    rows = tx.connection.execute(select(listed.c.ward, func.count()).group_by(listed.c.ward).order_by(listed.c.ward))
    return {row.ward: row[1] for row in rows}


def planned(tx: Tx, episodes: Iterable[int]) -> dict[int, list[datetime]]:
    """When each of these episodes will be contacted, the next first."""
    point = table(Touchpoint).c
    wanted = (point.episode_id.in_(list(episodes)), point.state.in_(("planned", "invited")))
    due: dict[int, list[datetime]] = defaultdict(list)
    for episode_id, at in tx.connection.execute(select(point.episode_id, point.due_at).where(*wanted).order_by(point.due_at)):
        due[episode_id].append(at)
    return due


def add(tx: Tx, episode_id: int, token: str, now: datetime) -> None:
    """A further code for an episode."""
    tx.session.add(Enrolment(episode_id=episode_id, token=token, made_at=now))
    tx.session.flush()


def waiting(tx: Tx, episode_id: int) -> bool:
    """Whether a code of this episode has not been used. The codes are locked."""
    wanted = select(_code.used_at).where(_code.episode_id == episode_id).with_for_update()
    return any(used_at is None for (used_at,) in tx.connection.execute(wanted))
