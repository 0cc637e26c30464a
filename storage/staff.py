"""Members of staff, their logins, and what they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Text, delete, func, update
from sqlmodel import Field, SQLModel, col, select

from storage.columns import key, link, one_of
from storage.transaction import Tx

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


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is behind a cookie."""

    login_id: int
    staff_id: int
    username: str
    name: str
    role: str
    ward: str
    csrf: str
    seen_at: datetime


def add(tx: Tx, username: str, name: str, password: str, role: str, now: datetime, *, ward: str = "") -> int:
    """A new member of staff; `password` is the argon2 hash. Raises IntegrityError for a user name that is taken."""
    member = Staff(username=username, name=name, role=role, ward=ward, password=password, created_at=now)
    tx.session.add(member)
    tx.session.flush()
    assert member.id is not None
    return member.id


def by_username(tx: Tx, username: str) -> Staff | None:
    """An active member of staff."""
    return tx.session.exec(select(Staff).where(Staff.username == username, col(Staff.active))).first()


def set_password(tx: Tx, staff_id: int, password: str) -> None:
    """Keep a new argon2 hash."""
    tx.connection.execute(update(Staff).where(col(Staff.id) == staff_id).values(password=password))


def try_login(tx: Tx, username: str, address: str, now: datetime, *, within: timedelta, of_user: int, of_address: int) -> bool:
    """Count an attempt before the password is looked at, so that many at once cannot slip through. False: too many
    already, and this one is not counted, so that a lock-out ends by itself."""
    since = now - within
    tried = select(func.count()).select_from(LoginFailure).where(LoginFailure.at > since)
    if tx.session.exec(tried.where(LoginFailure.username == username)).one() >= of_user:
        return False
    if tx.session.exec(tried.where(LoginFailure.address == address)).one() >= of_address:
        return False
    tx.session.add(LoginFailure(username=username, address=address, at=now))
    tx.session.flush()
    return True


def open_login(tx: Tx, member: Staff, token_hash: str, csrf: str, now: datetime) -> None:
    """The password was right: the attempts of this user are forgiven and a login begins."""
    assert member.id is not None
    forgive(tx, member.username)
    tx.session.add(Login(staff_id=member.id, token_hash=token_hash, csrf=csrf, made_at=now, seen_at=now))
    audit(tx, member.id, "login", now)


def forgive(tx: Tx, username: str) -> None:
    """Forget the attempts that were counted against a user."""
    tx.connection.execute(delete(LoginFailure).where(col(LoginFailure.username) == username))


def signed_in(tx: Tx, token_hash: str, now: datetime, *, idle: timedelta, absolute: timedelta) -> SignedIn | None:
    """Who holds this cookie, if the login is not ended, idle too long or too old, and the person still works here."""
    found = tx.session.exec(
        select(Login, Staff)
        .join(Staff, col(Staff.id) == col(Login.staff_id))
        .where(
            Login.token_hash == token_hash,
            col(Login.ended_at).is_(None),
            Login.seen_at > now - idle,
            Login.made_at > now - absolute,
            col(Staff.active),
        )
    ).first()
    if found is None:
        return None
    login, member = found
    assert login.id is not None
    assert member.id is not None
    return SignedIn(login.id, member.id, member.username, member.name, member.role, member.ward, login.csrf, login.seen_at)


def seen(tx: Tx, login_id: int, now: datetime) -> None:
    """The login is in use."""
    tx.connection.execute(update(Login).where(col(Login.id) == login_id).values(seen_at=now))


def end_login(tx: Tx, login_id: int, staff_id: int, now: datetime) -> None:
    """Signed out: the cookie is worth nothing from now on."""
    tx.connection.execute(update(Login).where(col(Login.id) == login_id, col(Login.ended_at).is_(None)).values(ended_at=now))
    audit(tx, staff_id, "logout", now)


def end_logins(tx: Tx, staff_id: int, now: datetime, *, but: int | None = None) -> int:
    """End every login of a person, except `but`; how many there were."""
    ended = tx.connection.execute(
        update(Login)
        .where(col(Login.staff_id) == staff_id, col(Login.ended_at).is_(None), col(Login.id) != (but or 0))
        .values(ended_at=now)
    )
    return ended.rowcount


def audit(
    tx: Tx, staff_id: int | None, act: str, now: datetime, *, noun: str = "", noun_id: int | None = None, detail: str = ""
) -> None:
    """Write down who did or looked at what. `detail` holds no patient words, names or numbers."""
    tx.session.add(AuditEntry(at=now, staff_id=staff_id, act=act, noun=noun, noun_id=noun_id, detail=detail))


def names(tx: Tx) -> dict[int, str]:
    """Every member of staff by id, those who left too."""
    return {member: name for member, name in tx.session.exec(select(Staff.id, Staff.name)) if member is not None}
