"""What was read in replies beside answers: symptoms and matters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Text, update
from sqlmodel import Field, SQLModel, col
from sqlmodel import select as orm_select

from storage.columns import key, link, one_of, table
from storage.hot import insert
from storage.transaction import Tx

LEVELS = ("L0", "L1", "L2", "L3")
RECORD_TYPES = ("complaint", "dissatisfaction", "suggestion", "praise")


class Finding(SQLModel, table=True):
    """A symptom that was mentioned. Suppressed candidates are kept with the reason, so that staff can sample them."""

    __tablename__ = "finding"
    __table_args__ = (one_of("level", LEVELS),)

    id: int | None = key()
    episode_id: int | None = link("episode.id", nullable=True)
    inbound_id: int = link("inbound.id")
    flag: str = Field(max_length=12)
    level: str = Field(max_length=4)
    status: str = Field(max_length=16)
    value: float | None = None
    quote: str = Field(default="", sa_type=Text)
    suppressed: str | None = Field(default=None, max_length=80)
    at: datetime


class Record(SQLModel, table=True):
    """One matter out of a reply. `code` and `severity` are the machine's proposal; `confirmed_*` what a person made of it."""

    __tablename__ = "record"
    __table_args__ = (one_of("type", RECORD_TYPES),)

    id: int | None = key()
    episode_id: int | None = link("episode.id", nullable=True)
    contact_id: int = link("contact.id")
    inbound_id: int = link("inbound.id")
    ticket_id: int | None = link("ticket.id", nullable=True)
    type: str = Field(max_length=16)
    code: str | None = Field(default=None, max_length=8)
    severity: int | None = None
    staff_group: str | None = Field(default=None, max_length=16)
    person: str | None = Field(default=None, max_length=60)
    quote: str = Field(default="", sa_type=Text)
    confirmed_code: str | None = Field(default=None, max_length=8)
    confirmed_severity: int | None = None
    confirmed_by: int | None = link("staff.id", index=False, nullable=True)
    confirmed_at: datetime | None = None
    at: datetime


_FOUND = insert(
    Finding, "episode_id", "inbound_id", "flag", "level", "status", "value", "quote", "suppressed", "at",
)  # fmt: skip
_TOLD = insert(
    Record, "episode_id", "contact_id", "inbound_id", "ticket_id", "type", "code", "severity", "staff_group", "person", "quote",
    "at", returning=(table(Record).c.id,),
)  # fmt: skip


def found(tx: Tx, **values: Any) -> None:
    """Keep a finding (the fields of `Finding`)."""
    tx.run(_FOUND, **values)


def of_messages(tx: Tx, inbound_ids: Iterable[int]) -> list[Record]:
    """The matters of these messages, the oldest first."""
    return list(tx.session.exec(orm_select(Record).where(col(Record.inbound_id).in_(list(inbound_ids))).order_by(col(Record.id))))


def save(tx: Tx, record: Record) -> None:
    """Keep what was changed in a matter."""
    tx.session.add(record)
    tx.session.flush()


def told(tx: Tx, **values: Any) -> int:
    """Keep a matter (the fields of `Record` up to `quote`, and `at`); its id."""
    return int(tx.run(_TOLD, **values)[0][0])


def about(tx: Tx, inbound_id: int, episode_id: int) -> None:
    """What was read in this message is about this stay, as the patient has said since."""
    for model in (Finding, Record):
        tx.session.execute(update(model).where(col(model.inbound_id) == inbound_id).values(episode_id=episode_id))
