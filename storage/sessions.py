"""Runs of flows and the answers they brought."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from storage.columns import Json, key, link, one_of

SESSION_STATES = ("waiting", "completed", "expired", "failed", "interrupted")


class Session(SQLModel, table=True):
    """`state` is the engine's session as JSON, `patient` the facts that its texts may use, as they were at the start.
    `due_at` is when silence has something to do. `purpose` is identity or follow-up. One waiting session a contact."""

    __tablename__ = "session"
    __table_args__ = (
        one_of("status", SESSION_STATES),
        Index(
            "uq_session_waiting",
            "contact_id",
            unique=True,
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(
            "ix_session_due",
            "due_at",
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
    )

    id: int | None = key()
    contact_id: int = link("contact.id")
    episode_id: int = link("episode.id")
    touchpoint_id: int | None = link("touchpoint.id", nullable=True)
    revision_id: int = link("revision.id", index=False)
    flow: str = Field(max_length=80)
    purpose: str = Field(default="follow-up", max_length=16)
    status: str = Field(default="waiting", max_length=12)
    state: str = Field(sa_type=Text)
    patient: str = Field(default="{}", sa_type=Text)
    due_at: datetime | None = None
    lease_until: datetime | None = None
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None


class Answer(SQLModel, table=True):
    """A value read from a reply, with its words. Append-only: a correction is a new row that names the old one."""

    __tablename__ = "answer"

    id: int | None = key()
    session_id: int = link("session.id")
    episode_id: int = link("episode.id")
    inbound_id: int | None = link("inbound.id", index=False, nullable=True)
    node: str = Field(max_length=80)
    name: str = Field(max_length=80)
    value: Any = Field(default=None, sa_type=Json)
    quote: str = Field(default="", sa_type=Text)
    sure: bool = True
    corrects: int | None = Field(default=None, foreign_key="answer.id")
    staff_id: int | None = link("staff.id", index=False, nullable=True)
    at: datetime
