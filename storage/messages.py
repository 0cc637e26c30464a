"""What came in and what goes out. Outbound is the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Index, Text, bindparam, select, text, update
from sqlmodel import Field, SQLModel

from storage.columns import Json, key, link, one_of, table
from storage.hot import Hot, insert, insert_once
from storage.transaction import Tx

LANES = ("reply", "service", "subscription", "template", "medical", "wecom", "sms", "phone")
# handed: given to WeChat in the HTTP response; unknown: the call's fate is not known and it is not sent again blindly
OUTBOUND_STATES = ("pending", "leased", "handed", "sent", "failed", "unknown", "cancelled")
AUTHORS = ("bot", "staff", "system")


class Inbound(SQLModel, table=True):
    """A message or event. `key` is unique, so a retry changes nothing. `joins`: the message just before, that it goes on with."""

    __tablename__ = "inbound"
    __table_args__ = (Index("ix_inbound_contact_at", "contact_id", "at"),)

    id: int | None = key()
    key: str = Field(max_length=200, unique=True)
    contact_id: int = link("contact.id", index=False)
    kind: str = Field(max_length=16)
    event: str = Field(default="", max_length=60)
    text: str = Field(default="", sa_type=Text)
    media_id: str = Field(default="", max_length=200)
    detail: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    session_id: int | None = link("session.id", index=False, nullable=True)
    triage: str = Field(default="none", max_length=4)
    joins: int | None = Field(default=None, foreign_key="inbound.id")
    at: datetime
    received_at: datetime


class Before(NamedTuple):
    """A message that came just before another of the same contact."""

    id: int
    kind: str
    text: str
    session_id: int | None
    joins: int | None
    at: datetime


class Outbound(SQLModel, table=True):
    """A message to a contact. `key` makes it once only; `reply_to` is the inbound whose HTTP response carries it; `body` is
    `{"text": …}` or `{"template": key, "fields": {…}, "url": …}`. Sent in the order of `id` for each contact.
    `safety` marks the danger text, which no quota and no opt-out holds back. `doubtful_at`: since when it may have arrived
    although nobody said so; `delivered` is WeChat's last word on it; `cost` in hundredths of a yuan."""

    __tablename__ = "outbound"
    __table_args__ = (
        one_of("lane", LANES),
        one_of("state", OUTBOUND_STATES),
        one_of("author", AUTHORS),
        Index(
            "ix_outbound_due",
            "due_at",
            "id",
            sqlite_where=text("state IN ('pending', 'leased')"),
            postgresql_where=text("state IN ('pending', 'leased')"),
        ),
        Index(
            "ix_outbound_waiting",
            "contact_id",
            "id",
            sqlite_where=text("state IN ('pending', 'leased')"),
            postgresql_where=text("state IN ('pending', 'leased')"),
        ),
        Index(
            "ix_outbound_leased",
            "lease_until",
            sqlite_where=text("state = 'leased'"),
            postgresql_where=text("state = 'leased'"),
        ),
        Index(
            "ix_outbound_remote_id",
            "remote_id",
            sqlite_where=text("remote_id <> ''"),
            postgresql_where=text("remote_id <> ''"),
        ),
        Index("ix_outbound_contact_at", "contact_id", "created_at"),
    )

    id: int | None = key()
    key: str = Field(max_length=200, unique=True)
    contact_id: int = link("contact.id", index=False)
    session_id: int | None = link("session.id", index=False, nullable=True)
    ticket_id: int | None = link("ticket.id", index=False, nullable=True)
    touchpoint_id: int | None = link("touchpoint.id", index=False, nullable=True)
    reply_to: int | None = Field(default=None, foreign_key="inbound.id", unique=True)
    author: str = Field(default="bot", max_length=8)
    staff_id: int | None = link("staff.id", index=False, nullable=True)
    lane: str = Field(max_length=16)
    body: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    safety: bool = False
    state: str = Field(default="pending", max_length=12)
    due_at: datetime
    lease_until: datetime | None = None
    attempts: int = 0
    doubtful_at: datetime | None = None
    cost: int = 0
    errcode: int | None = None
    error: str = Field(default="", max_length=300)
    remote_id: str = Field(default="", max_length=64)
    delivered: str = Field(default="", max_length=40)
    sent_at: datetime | None = None
    created_at: datetime


_outbound = table(Outbound).c
_inbound = table(Inbound).c
_RECORD = insert_once(
    Inbound,
    "key",
    "contact_id",
    "kind",
    "event",
    "text",
    "media_id",
    "detail",
    "session_id",
    "at",
    "received_at",
    keys=("key",),
    returning=(_inbound.id,),
)
_STORED = Hot(
    select(_outbound.id, _outbound.body).join(Inbound, _inbound.id == _outbound.reply_to).where(_inbound.key == bindparam("key_"))
)
_AGAIN = Hot(
    update(Outbound)
    .where(_outbound.id == bindparam("id_"), _outbound.state == "handed")
    .values(attempts=_outbound.attempts + 1)
    .returning(_outbound.id)
)
_URGENT = Hot(update(Inbound).where(_inbound.id == bindparam("id_")).values(triage=bindparam("triage_")))
POST = insert_once(
    Outbound, "key", "contact_id", "session_id", "ticket_id", "touchpoint_id", "reply_to", "author", "staff_id", "lane", "body",
    "safety", "state", "due_at", "created_at", keys=("key",), returning=(_outbound.id,),
)  # fmt: skip
# A reply that goes with the HTTP response. Its inbound is new, and so is its key.
_REPLY = insert(
    Outbound, "key", "contact_id", "session_id", "reply_to", "lane", "body", "safety", "state", "due_at", "created_at",
    returning=(_outbound.id,),
)  # fmt: skip


def record(
    tx: Tx,
    *,
    key: str,
    contact_id: int,
    kind: str,
    event: str,
    text: str,
    media_id: str,
    detail: dict[str, str],
    at: datetime,
    now: datetime,
    session_id: int | None = None,
) -> int | None:
    """Keep what came in; None when it is known already."""
    rows = tx.run(
        _RECORD,
        key=key,
        contact_id=contact_id,
        kind=kind,
        event=event,
        text=text,
        media_id=media_id,
        detail=detail,
        session_id=session_id,
        at=at,
        received_at=now,
    )
    return rows[0][0] if rows else None


def stored_reply(tx: Tx, key: str) -> tuple[int, str] | None:
    """The passive reply that the first delivery of this message got, while it is still WeChat's to show. It is in hand once
    more then, which `storage.outbox.requeue` minds."""
    row = tx.one(_STORED, key_=key)
    return (row[0], row[1]["text"]) if row and tx.run(_AGAIN, id_=row[0]) else None


def urgent(tx: Tx, inbound_id: int, triage: str) -> None:
    """How urgent the message is, where it is."""
    tx.run(_URGENT, id_=inbound_id, triage_=triage)


def outgoing(
    *,
    key: str,
    contact_id: int,
    lane: str,
    body: dict[str, Any],
    now: datetime,
    state: str = "pending",
    session_id: int | None = None,
    ticket_id: int | None = None,
    touchpoint_id: int | None = None,
    reply_to: int | None = None,
    author: str = "bot",
    staff_id: int | None = None,
    safety: bool = False,
) -> dict[str, Any]:
    """The values of an outbox row."""
    return {
        "key": key,
        "contact_id": contact_id,
        "session_id": session_id,
        "ticket_id": ticket_id,
        "touchpoint_id": touchpoint_id,
        "reply_to": reply_to,
        "author": author,
        "staff_id": staff_id,
        "lane": lane,
        "body": body,
        "safety": safety,
        "state": state,
        "due_at": now,
        "created_at": now,
    }


def post(tx: Tx, values: dict[str, Any]) -> int | None:
    """Put a message (from `outgoing`) into the outbox; None when its key is there already."""
    rows = tx.run(POST, **values)
    return rows[0][0] if rows else None


def reply(tx: Tx, *, inbound_id: int, contact_id: int, session_id: int | None, text: str, safety: bool, now: datetime) -> int:
    """Keep the reply that the HTTP response to a message carries."""
    rows = tx.run(
        _REPLY,
        key=f"reply:{inbound_id}",
        contact_id=contact_id,
        session_id=session_id,
        reply_to=inbound_id,
        lane="reply",
        body={"text": text},
        safety=safety,
        state="handed",
        due_at=now,
        created_at=now,
    )
    return int(rows[0][0])


_BEFORE = Hot(
    select(*(_inbound[name] for name in Before._fields))
    .where(
        _inbound.contact_id == bindparam("contact_"),
        _inbound.id < bindparam("id_"),
        _inbound.at >= bindparam("since_"),
        _inbound.kind != "event",
    )
    .order_by(_inbound.at.desc(), _inbound.id.desc())
    .limit(8)
)
_JOIN = Hot(update(Inbound).where(_inbound.id == bindparam("id_")).values(joins=bindparam("joins_")))


def before(tx: Tx, contact_id: int, inbound_id: int, since: datetime) -> list[Before]:
    """The last messages of a contact before this one, the newest first."""
    return [Before(*row) for row in tx.run(_BEFORE, contact_=contact_id, id_=inbound_id, since_=since)]


def join(tx: Tx, inbound_id: int, joins: int) -> None:
    """This message goes on with that one."""
    tx.run(_JOIN, id_=inbound_id, joins_=joins)


_LAST = Hot(
    select(_outbound.body).where(_outbound.contact_id == bindparam("contact_")).order_by(_outbound.created_at.desc()).limit(1)
)


def last_text(tx: Tx, contact_id: int) -> str:
    """The last text a contact was told; "" for a notice or nothing."""
    row = tx.one(_LAST, contact_=contact_id)
    return str(row[0].get("text", "")) if row else ""
