"""What the hospital and its processes share: access tokens, the calendar, imports."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date
from sqlmodel import Field, SQLModel, select

from storage.columns import Json, key, link
from storage.transaction import Tx


class AccessToken(SQLModel, table=True):
    """WeChat's access token for an appid, shared by all processes."""

    __tablename__ = "access_token"

    appid: str = Field(max_length=40, primary_key=True)
    token: str = Field(max_length=600)
    expires_at: datetime


class Setting(SQLModel, table=True):
    """What staff have set in the console, by name. Every process follows `changed_at`."""

    __tablename__ = "setting"

    name: str = Field(max_length=40, primary_key=True)
    value: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    changed_at: datetime
    staff_id: int | None = link("staff.id", index=False, nullable=True)


class CalendarDay(SQLModel, table=True):
    """A day that differs from the ordinary week: a holiday, or a make-up working day."""

    __tablename__ = "calendar_day"

    day: date = Field(primary_key=True, sa_type=Date)
    working: bool
    name: str = Field(default="", max_length=60)


class Import(SQLModel, table=True):
    """One read of a discharge list and what came of it. `issues` are rows that were refused, without personal data."""

    __tablename__ = "import"

    id: int | None = key()
    name: str = Field(max_length=200)
    at: datetime
    staff_id: int | None = link("staff.id", index=False, nullable=True)
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    issues: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)


def value(tx: Tx, name: str) -> dict[str, Any]:
    """What is set; empty when nothing was."""
    row = tx.session.get(Setting, name)
    return dict(row.value) if row else {}


def changed_at(tx: Tx, name: str) -> datetime | None:
    """When it was last set."""
    return tx.session.exec(select(Setting.changed_at).where(Setting.name == name)).first()


def put(tx: Tx, name: str, value: dict[str, Any], staff_id: int | None, now: datetime) -> None:
    """Set it. Two changes never bear the same moment, so that whoever follows `changed_at` misses none."""
    row = tx.session.get(Setting, name, with_for_update=True)
    if row is None:
        row = Setting(name=name, changed_at=now)
    row.value, row.staff_id = value, staff_id
    row.changed_at = max(now, row.changed_at + timedelta(microseconds=1))
    tx.session.add(row)
    tx.session.flush()
