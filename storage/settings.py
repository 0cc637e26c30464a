"""What the hospital and its processes share: access tokens, the calendar, imports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date
from sqlmodel import Field, SQLModel

from storage.columns import Json, key, link


class AccessToken(SQLModel, table=True):
    """WeChat's access token for an appid, shared by all processes."""

    __tablename__ = "access_token"

    appid: str = Field(max_length=40, primary_key=True)
    token: str = Field(max_length=600)
    expires_at: datetime


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
