"""What the law wants kept of erased persons: sealed, shown nowhere, used for nothing, deleted when its time is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, bindparam, delete
from sqlmodel import Field, SQLModel, col, select

from storage.columns import key, link, table
from storage.hot import Hot
from storage.transaction import Tx


class Kept(SQLModel, table=True):
    """One kind of records of one person. `subject` finds them by the hospital's number (HMAC), `place` is what they are sealed
    to."""

    __tablename__ = "kept"
    __table_args__ = (Index("ix_kept_until", "until"),)

    id: int | None = key()
    subject: str = Field(max_length=64, index=True)
    kind: str = Field(max_length=20)
    title: str = Field(max_length=80)
    law: str = Field(default="", max_length=200)
    until: datetime
    place: str = Field(max_length=80, unique=True)
    sealed: bytes = Field(sa_type=LargeBinary)
    erased_at: datetime
    staff_id: int | None = link("staff.id", index=False, nullable=True)


class ErasedStay(SQLModel, table=True):
    """A stay that was erased (HMAC of its number): a list that is read once more does not bring it back."""

    __tablename__ = "erased_stay"

    stay: str = Field(max_length=64, primary_key=True)
    erased_at: datetime


_EXPIRE = Hot(delete(Kept).where(table(Kept).c.until <= bindparam("now_")).returning(table(Kept).c.id))


def expire(tx: Tx, now: datetime) -> int:
    """Delete what need not be kept any longer; how many."""
    return len(tx.run(_EXPIRE, now_=now))


def of(tx: Tx, subject: str | None = None) -> list[Kept]:
    """What is kept of one person, or of all."""
    wanted = select(Kept).order_by(col(Kept.id))
    return list(tx.session.exec(wanted if subject is None else wanted.where(Kept.subject == subject)))


def erased(tx: Tx, stay: str) -> bool:
    """Whether this stay was erased."""
    return tx.session.get(ErasedStay, stay) is not None
