"""Photos and voices that patients sent: which are to be fetched from WeChat, and where those that were are kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Index, bindparam, select, text, update
from sqlmodel import Field, SQLModel, col
from sqlmodel import select as orm_select

from storage.columns import key, link, one_of, table
from storage.hot import Hot, insert
from storage.transaction import Tx

# refused: it is not what it says it is, or too large; lost: WeChat no longer has it
MEDIA_STATES = ("waiting", "kept", "refused", "lost")
_WAITING = text("state = 'waiting'")


class Media(SQLModel, table=True):
    """A photo or voice of a message. `media_id` is WeChat's, good for three days; `name` and `small` are the sealed
    files (`storage.files`) of the whole and of its thumbnail. `due_at` is when it is tried again; it serves as the lease too."""

    __tablename__ = "media"
    __table_args__ = (
        one_of("state", MEDIA_STATES),
        Index("ix_media_due", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: int | None = key()
    inbound_id: int = Field(foreign_key="inbound.id", unique=True)
    contact_id: int = link("contact.id")
    kind: str = Field(max_length=16)
    media_id: str = Field(max_length=200)
    state: str = Field(default="waiting", max_length=12)
    due_at: datetime
    attempts: int = 0
    error: str = Field(default="", max_length=120)
    name: str = Field(default="", max_length=40)
    small: str = Field(default="", max_length=40)
    content_type: str = Field(default="", max_length=40)
    width: int = 0
    height: int = 0
    seconds: int = 0
    at: datetime
    settled_at: datetime | None = None


class Wanted(NamedTuple):
    """A photo or voice that is ours to fetch until the lease runs out."""

    id: int
    contact_id: int
    kind: str
    media_id: str
    attempts: int
    at: datetime


_media = table(Media).c
_WANT = insert(Media, "inbound_id", "contact_id", "kind", "media_id", "due_at", "at")
_picked = (
    select(_media.id)
    .where(_media.state == "waiting", _media.due_at <= bindparam("now_"))
    .order_by(_media.due_at, _media.id)
    .limit(bindparam("limit_"))
    .with_for_update(skip_locked=True)
    .cte("picked")
)
_CLAIM = Hot(
    update(Media)
    .where(_media.id == _picked.c.id)
    .values(due_at=bindparam("lease_"), attempts=_media.attempts + 1)
    .returning(*(_media[name] for name in Wanted._fields))
)
_AGAIN = Hot(
    update(Media)
    .where(_media.id == bindparam("id_"), _media.state == "waiting")
    .values(due_at=bindparam("due_"), error=bindparam("error_"))
)
_END = Hot(
    update(Media)
    .where(_media.id == bindparam("id_"), _media.state == "waiting")
    .values(state=bindparam("state_"), error=bindparam("error_"), settled_at=bindparam("now_"))
    .returning(_media.id)
)
_KEPT = Hot(
    update(Media)
    .where(_media.id == bindparam("id_"), _media.state == "waiting")
    .values(
        state="kept",
        error="",
        name=bindparam("name_"),
        small=bindparam("small_"),
        content_type=bindparam("type_"),
        width=bindparam("width_"),
        height=bindparam("height_"),
        seconds=bindparam("seconds_"),
        settled_at=bindparam("now_"),
    )
    .returning(_media.id)
)


def want(tx: Tx, *, inbound_id: int, contact_id: int, kind: str, media_id: str, now: datetime) -> None:
    """A new message has a photo or voice: it is to be fetched at once."""
    tx.run(_WANT, inbound_id=inbound_id, contact_id=contact_id, kind=kind, media_id=media_id, due_at=now, at=now)


def claim(tx: Tx, now: datetime, lease_until: datetime, limit: int) -> list[Wanted]:
    """Take what is to be fetched now."""
    return [Wanted(*row) for row in tx.run(_CLAIM, now_=now, lease_=lease_until, limit_=limit)]


def again(tx: Tx, media_id: int, due_at: datetime, error: str) -> None:
    """It did not work; it is tried once more."""
    tx.run(_AGAIN, id_=media_id, due_=due_at, error_=error[:120])


def end(tx: Tx, media_id: int, state: str, error: str, now: datetime) -> bool:
    """It is not to be had: `refused` or `lost`. False when it was settled meanwhile."""
    return bool(tx.run(_END, id_=media_id, state_=state, error_=error[:120], now_=now))


def kept(
    tx: Tx, media_id: int, *, name: str, small: str, content_type: str, width: int, height: int, seconds: int, now: datetime
) -> bool:
    """It is kept under these names. False when it was settled meanwhile."""
    sizes = {"width_": width, "height_": height, "seconds_": seconds}
    return bool(tx.run(_KEPT, id_=media_id, name_=name, small_=small, type_=content_type, now_=now, **sizes))


def get(tx: Tx, media_id: int) -> Media | None:
    return tx.session.get(Media, media_id)


def of_messages(tx: Tx, inbound_ids: Iterable[int]) -> dict[int, Media]:
    """The photos and voices of these messages, by message."""
    found = tx.session.exec(orm_select(Media).where(col(Media.inbound_id).in_(list(inbound_ids))))
    return {one.inbound_id: one for one in found}


def of_contact(tx: Tx, contact_id: int) -> list[Media]:
    """All that a contact sent, for who exports or erases it; their files are `name` and `small`."""
    return list(tx.session.exec(orm_select(Media).where(Media.contact_id == contact_id)))
