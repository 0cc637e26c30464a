"""Bound WeChat accounts, what they are bound to, and what they agreed to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.columns import key, link, one_of

CONTACT_STATES = ("active", "unfollowed", "stopped", "gone")
OWNERS = ("bot", "human")
RELATIONS = ("unknown", "self", "family")


class Contact(SQLModel, table=True):
    """A WeChat account. `openid` is removed on unfollow. `window_until` and `quota_left` are what WeChat still allows
    (service messages); `owner` says who has the talk, `held_by` which member of staff."""

    __tablename__ = "contact"
    __table_args__ = (one_of("state", CONTACT_STATES), one_of("owner", OWNERS))

    id: int | None = key()
    openid: str | None = Field(default=None, max_length=64, unique=True)
    state: str = Field(default="active", max_length=12)
    followed: bool = False
    window_until: datetime | None = None
    quota_left: int = 0
    owner: str = Field(default="bot", max_length=8)
    held_by: int | None = link("staff.id", index=False, nullable=True)
    last_inbound_at: datetime | None = None
    created_at: datetime


class Binding(SQLModel, table=True):
    """A contact speaks for an episode. Clinical words only after `confirmed_at`."""

    __tablename__ = "binding"
    __table_args__ = (UniqueConstraint("contact_id", "episode_id"), one_of("relation", RELATIONS))

    id: int | None = key()
    contact_id: int = link("contact.id")
    episode_id: int = link("episode.id")
    relation: str = Field(default="unknown", max_length=12)
    bound_at: datetime
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_for: str | None = Field(default=None, max_length=40)


class Enrolment(SQLModel, table=True):
    """The one-time token of an episode's QR code. It holds no name and no number."""

    __tablename__ = "enrolment"

    id: int | None = key()
    episode_id: int = link("episode.id")
    token: str = Field(max_length=64, unique=True)
    made_at: datetime
    used_at: datetime | None = None


class Consent(SQLModel, table=True):
    """Which text and version a contact agreed to, and when it was withdrawn."""

    __tablename__ = "consent"
    __table_args__ = (
        Index(
            "uq_consent_open",
            "contact_id",
            "episode_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: int | None = key()
    contact_id: int = link("contact.id")
    episode_id: int = link("episode.id")
    version: str = Field(max_length=40)
    agreed_at: datetime
    withdrawn_at: datetime | None = None
