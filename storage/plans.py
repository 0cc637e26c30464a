"""Care plans and their dated contacts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.columns import key, link, one_of

PLAN_STATES = ("running", "completed", "stopped")
# invited: a notice was sent and the talk begins when the contact answers
TOUCHPOINT_STATES = ("planned", "leased", "invited", "begun", "done", "missed", "stopped", "phone")


class CarePlan(SQLModel, table=True):
    """An episode's copy of a protocol."""

    __tablename__ = "care_plan"
    __table_args__ = (UniqueConstraint("episode_id", "protocol"), one_of("state", PLAN_STATES))

    id: int | None = key()
    episode_id: int = link("episode.id")
    protocol: str = Field(max_length=80)
    version: str = Field(default="", max_length=64)
    state: str = Field(default="running", max_length=12)
    stopped_for: str | None = Field(default=None, max_length=60)
    made_at: datetime


class Touchpoint(SQLModel, table=True):
    """One dated contact. `attempts` counts invitations sent; `reason` says why it ended as it did."""

    __tablename__ = "touchpoint"
    __table_args__ = (
        UniqueConstraint("plan_id", "flow", "day"),
        one_of("state", TOUCHPOINT_STATES),
        Index(
            "ix_touchpoint_due",
            "due_at",
            "id",
            sqlite_where=text("state IN ('planned', 'leased', 'invited')"),
            postgresql_where=text("state IN ('planned', 'leased', 'invited')"),
        ),
    )

    id: int | None = key()
    plan_id: int = link("care_plan.id", index=False)
    episode_id: int = link("episode.id")
    flow: str = Field(max_length=80)
    day: str = Field(max_length=16)
    title: str = Field(default="", max_length=80)
    due_at: datetime
    state: str = Field(default="planned", max_length=12)
    lease_until: datetime | None = None
    attempts: int = 0
    reason: str = Field(default="", max_length=120)
    begun_at: datetime | None = None
    ended_at: datetime | None = None
