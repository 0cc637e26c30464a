"""What came in and what goes out. Outbound is the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from storage.columns import Json, key, link, one_of

LANES = ("reply", "service", "subscription", "template", "phone")
# handed: given to WeChat in the HTTP response; unknown: the call's fate is not known and it is not sent again blindly
OUTBOUND_STATES = ("pending", "leased", "handed", "sent", "failed", "unknown", "cancelled")
AUTHORS = ("bot", "staff", "system")


class Inbound(SQLModel, table=True):
    """A message or event. `key` is unique, so a retry changes nothing."""

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
    session_id: int | None = link("session.id", nullable=True)
    triage: str = Field(default="none", max_length=4)
    at: datetime
    received_at: datetime


class Outbound(SQLModel, table=True):
    """A message to a contact. `key` makes it once only; `reply_to` is the inbound whose HTTP response carries it; `body` is
    `{"text": …}` or `{"template": key, "fields": {…}, "url": …}`. Sent in the order of `id` for each contact.
    `safety` marks the danger text, which no quota and no opt-out holds back."""

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
        Index("ix_outbound_contact_at", "contact_id", "created_at"),
    )

    id: int | None = key()
    key: str = Field(max_length=200, unique=True)
    contact_id: int = link("contact.id", index=False)
    session_id: int | None = link("session.id", nullable=True)
    ticket_id: int | None = link("ticket.id", nullable=True)
    touchpoint_id: int | None = link("touchpoint.id", nullable=True)
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
    errcode: int | None = None
    error: str = Field(default="", max_length=300)
    remote_id: str = Field(default="", max_length=64, index=True)
    delivered: str = Field(default="", max_length=40)
    sent_at: datetime | None = None
    created_at: datetime
