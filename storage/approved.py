"""Which approved answers were given, when, in which version and on whose word."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, bindparam, select
from sqlmodel import Field, SQLModel

from storage.columns import key, link, table
from storage.hot import Hot, insert
from storage.transaction import Tx


class ApprovedUse(SQLModel, table=True):
    """An approved answer that was given to a message. `answer` is its id in the file, whose words may change later: what was said
    stands in the outbox."""

    __tablename__ = "approved_use"
    __table_args__ = (Index("ix_approved_use_contact", "contact_id", "answer", "at"),)

    id: int | None = key()
    inbound_id: int = Field(foreign_key="inbound.id", unique=True)
    contact_id: int = link("contact.id", index=False)
    answer: str = Field(max_length=60)
    title: str = Field(max_length=40)
    version: str = Field(max_length=40)
    approver: str = Field(max_length=60)
    at: datetime


_use = table(ApprovedUse).c
_USE = insert(ApprovedUse, "inbound_id", "contact_id", "answer", "title", "version", "approver", "at")
_USED = Hot(
    select(_use.id)
    .where(_use.contact_id == bindparam("contact_"), _use.answer == bindparam("answer_"), _use.at >= bindparam("since_"))
    .limit(1)
)


def use(tx: Tx, *, inbound_id: int, contact_id: int, answer: str, title: str, version: str, approver: str, at: datetime) -> None:
    """Record that an answer was given."""
    values = {"answer": answer, "title": title, "version": version[:40], "approver": approver[:60], "at": at}
    tx.run(_USE, inbound_id=inbound_id, contact_id=contact_id, **values)


def used(tx: Tx, contact_id: int, answer: str, since: datetime) -> bool:
    """Whether the contact was given this answer since then."""
    return tx.one(_USED, contact_=contact_id, answer_=answer, since_=since) is not None
