"""Members of staff, their logins, and what they did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from storage.columns import key, link, one_of

ROLES = ("nurse", "ward", "department", "supervisor", "doctor", "editor", "approver", "admin", "auditor", "director")


class Staff(SQLModel, table=True):
    __tablename__ = "staff"
    __table_args__ = (one_of("role", ROLES),)

    id: int | None = key()
    username: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=60)
    role: str = Field(default="nurse", max_length=16)
    ward: str = Field(default="", max_length=60)
    password: str = Field(max_length=200)
    active: bool = True
    created_at: datetime


class Login(SQLModel, table=True):
    """A signed-in browser. `token_hash` is the SHA-256 of the cookie; ending it ends the login at once."""

    __tablename__ = "login"

    id: int | None = key()
    staff_id: int = link("staff.id")
    token_hash: str = Field(max_length=64, unique=True)
    csrf: str = Field(max_length=64)
    made_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


class LoginFailure(SQLModel, table=True):
    """A refused login, counted for lock-out by user name and by address."""

    __tablename__ = "login_failure"

    id: int | None = key()
    username: str = Field(max_length=40, index=True)
    address: str = Field(default="", max_length=64, index=True)
    at: datetime


class AuditEntry(SQLModel, table=True):
    """Who did or looked at what. Append-only."""

    __tablename__ = "audit_entry"

    id: int | None = key()
    at: datetime = Field(index=True)
    staff_id: int | None = link("staff.id", nullable=True)
    act: str = Field(max_length=40)
    noun: str = Field(default="", max_length=24)
    noun_id: int | None = Field(default=None)
    detail: str = Field(default="", sa_type=Text)
