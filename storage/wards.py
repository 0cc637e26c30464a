"""Codes that hang in a ward, and what patients gave after scanning one: admission number and birth month."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Index, func, select, text, update
from sqlmodel import Field, SQLModel, col
from sqlmodel import select as orm_select

from storage.columns import key, link, table
from storage.patients import Episode, Patient
from storage.transaction import Tx

_OPEN = text("settled_at IS NULL")


class WardCode(SQLModel, table=True):
    """The code of a ward: one for ever, so that it can be framed. The token says nothing of the ward; `address` is
    what WeChat draws for it."""

    __tablename__ = "ward_code"

    id: int | None = key()
    ward: str = Field(max_length=60, unique=True)
    token: str = Field(max_length=64, unique=True)
    address: str = Field(default="", max_length=200)
    made_at: datetime


class Claim(SQLModel, table=True):
    """Somebody who scanned a ward's code says to belong to the stay with this number. `number` is its digits; the stay may not
    be known yet, since lists come a day late. `settled_at` when it was bound, or given up."""

    __tablename__ = "claim"
    __table_args__ = (Index("ix_claim_open", "number", sqlite_where=_OPEN, postgresql_where=_OPEN),)

    id: int | None = key()
    contact_id: int = link("contact.id")
    ward: str = Field(max_length=60)
    number: str = Field(max_length=40)
    month: int
    made_at: datetime
    episode_id: int | None = link("episode.id", nullable=True)
    settled_at: datetime | None = None


class Found(NamedTuple):
    """A stay that a number may mean."""

    episode_id: int
    admission_no: str
    birth_month: int | None


_episode, _patient = table(Episode).c, table(Patient).c


def code_of(tx: Tx, ward: str) -> WardCode | None:
    return tx.session.exec(orm_select(WardCode).where(WardCode.ward == ward)).first()


def add(tx: Tx, ward: str, token: str, now: datetime) -> WardCode:
    code = WardCode(ward=ward, token=token, made_at=now)
    tx.session.add(code)
    tx.session.flush()
    return code


def drawn(tx: Tx, code_id: int, address: str) -> None:
    """WeChat made the code."""
    tx.session.execute(update(WardCode).where(col(WardCode.id) == code_id).values(address=address))


def by_token(tx: Tx, token: str) -> WardCode | None:
    """The ward's code with this token."""
    return tx.session.exec(orm_select(WardCode).where(WardCode.token == token)).first()


def names(tx: Tx, since: datetime) -> list[str]:
    """Wards that patients went home from since then."""
    rows = tx.connection.execute(
        select(_episode.ward).where(_episode.discharged_at >= since, _episode.ward != "").distinct().order_by(_episode.ward)
    )
    return [row[0] for row in rows]


def stays(tx: Tx, ward: str, since: datetime) -> list[Found]:
    """The followed stays of a ward whose patients went home since then."""
    wanted = (_episode.ward == ward, _episode.state == "home", _episode.discharged_at >= since)
    rows = tx.connection.execute(
        select(_episode.id, _episode.admission_no, _patient.born_on)
        .join(Patient, _patient.id == _episode.patient_id)
        .where(*wanted)
    )
    return [Found(row[0], row[1], row[2].month if row[2] else None) for row in rows]


def claims_since(tx: Tx, contact_id: int, now: datetime, within: timedelta) -> int:
    """How many numbers this account has tried of late."""
    wanted = (Claim.contact_id == contact_id, col(Claim.made_at) > now - within)
    return tx.session.exec(orm_select(func.count()).select_from(Claim).where(*wanted)).one()


def claim(tx: Tx, made: Claim) -> None:
    tx.session.add(made)
    tx.session.flush()


def waiting(tx: Tx, number: str, since: datetime) -> list[Claim]:
    """Claims to this number that found no stay yet, the first first; those made before `since` are too old."""
    wanted = (_OPEN, Claim.number == number, col(Claim.made_at) >= since)
    return list(tx.session.exec(orm_select(Claim).where(*wanted).order_by(col(Claim.id))))


def digits(number: str) -> str:
    """The digits of an admission number, without those that only fill: ZY0020261234 and 20261234 are the same."""
    return "".join(letter for letter in number if letter in "0123456789").lstrip("0")
