"""Runs of flows and the answers they brought."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Index, Text, bindparam, select, text, update
from sqlmodel import Field, SQLModel

from storage.columns import Json, key, link, one_of, table
from storage.hot import Hot, insert
from storage.transaction import Tx

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


class Open(NamedTuple):
    """A waiting session, as much of it as a turn needs."""

    id: int
    contact_id: int
    episode_id: int
    touchpoint_id: int | None
    revision_id: int
    flow: str
    purpose: str
    state: str
    patient: str


_session = table(Session).c
_answer = table(Answer).c
_open = tuple(_session[name] for name in Open._fields)
_WAITING = Hot(select(*_open).where(_session.contact_id == bindparam("contact_"), _session.status == "waiting"))
_DUE = Hot(
    select(*_open)
    .where(_session.status == "waiting", _session.due_at <= bindparam("now_"))
    .order_by(_session.due_at, _session.id)
    .limit(bindparam("limit_"))
)
_NEXT = Hot(
    select(_session.due_at).where(_session.status == "waiting", _session.due_at.is_not(None)).order_by(_session.due_at).limit(1)
)
_STEP = Hot(
    update(Session)
    .where(_session.id == bindparam("id_"), _session.status == "waiting")
    .values(
        state=bindparam("state_"),
        status=bindparam("status_"),
        due_at=bindparam("due_"),
        updated_at=bindparam("now_"),
        ended_at=bindparam("now_"),
    )
)
# Columns that do not change are left out: their indexes need not be written again.
_STEP_ON = Hot(
    update(Session)
    .where(_session.id == bindparam("id_"), _session.status == "waiting")
    .values(state=bindparam("state_"), due_at=bindparam("due_"), updated_at=bindparam("now_"))
)
_INTERRUPT = Hot(
    update(Session)
    .where(_session.episode_id == bindparam("episode_"), _session.status == "waiting")
    .values(status="interrupted", due_at=None, updated_at=bindparam("now_"), ended_at=bindparam("now_"))
)
_GET = Hot(select(*_open).where(_session.id == bindparam("id_")))
_GIVEN = Hot(select(_answer.inbound_id, _answer.node).where(_answer.session_id == bindparam("session_")).order_by(_answer.id))
_OPEN = insert(
    Session,
    "contact_id",
    "episode_id",
    "touchpoint_id",
    "revision_id",
    "flow",
    "purpose",
    "status",
    "state",
    "patient",
    "due_at",
    "started_at",
    "updated_at",
    "ended_at",
    returning=(_session.id,),
)
_ANSWERED = insert(Answer, "session_id", "episode_id", "inbound_id", "node", "name", "value", "quote", "sure", "corrects", "at")
_LATEST = Hot(
    select(_answer.id)
    .where(_answer.session_id == bindparam("session_"), _answer.name == bindparam("name_"))
    .order_by(_answer.id.desc())
    .limit(1)
)


def waiting(tx: Tx, contact_id: int) -> Open | None:
    """The one session that waits for this contact."""
    row = tx.one(_WAITING, contact_=contact_id)
    return Open(*row) if row else None


def get(tx: Tx, session_id: int) -> Open:
    """A session, whether it waits or has ended."""
    return Open(*tx.run(_GET, id_=session_id)[0])


def given(tx: Tx, session_id: int) -> list[tuple[int | None, str]]:
    """Which message gave an answer to which node, the oldest first."""
    return [(row[0], row[1]) for row in tx.run(_GIVEN, session_=session_id)]


def due(tx: Tx, now: datetime, limit: int) -> list[Open]:
    """Sessions in which silence has something to do. They are not locked: their contacts come first."""
    return [Open(*row) for row in tx.run(_DUE, now_=now, limit_=limit)]


def step(tx: Tx, session_id: int, state: str, status: str, due_at: datetime | None, now: datetime) -> None:
    """Keep a session after a turn; one that was ended meanwhile stays ended."""
    if status == "waiting":
        tx.run(_STEP_ON, id_=session_id, state_=state, due_=due_at, now_=now)
    else:
        tx.run(_STEP, id_=session_id, state_=state, status_=status, due_=due_at, now_=now)


def interrupt(tx: Tx, episode_id: int, now: datetime) -> None:
    """End what waits about this episode, whomever it waits for."""
    tx.run(_INTERRUPT, episode_=episode_id, now_=now)


def begin(
    tx: Tx,
    *,
    contact_id: int,
    episode_id: int,
    touchpoint_id: int | None,
    revision_id: int,
    flow: str,
    purpose: str,
    status: str,
    state: str,
    patient: str,
    due_at: datetime | None,
    now: datetime,
) -> int:
    """Keep a session that has just started. Raises IntegrityError when another one waits for the contact."""
    rows = tx.run(
        _OPEN,
        contact_id=contact_id,
        episode_id=episode_id,
        touchpoint_id=touchpoint_id,
        revision_id=revision_id,
        flow=flow,
        purpose=purpose,
        status=status,
        state=state,
        patient=patient,
        due_at=due_at,
        started_at=now,
        updated_at=now,
        ended_at=None if status == "waiting" else now,
    )
    return int(rows[0][0])


def answered(
    tx: Tx,
    session: Open,
    inbound_id: int | None,
    *,
    node: str,
    name: str,
    value: Any,
    quote: str,
    sure: bool,
    now: datetime,
    corrects: bool = False,
) -> None:
    """Add an answer; with `corrects` it names the row it replaces."""
    was = tx.one(_LATEST, session_=session.id, name_=name) if corrects else None
    tx.run(
        _ANSWERED,
        session_id=session.id,
        episode_id=session.episode_id,
        inbound_id=inbound_id,
        node=node,
        name=name,
        value=value,
        quote=quote,
        sure=sure,
        corrects=was[0] if was else None,
        at=now,
    )


def next_due(tx: Tx) -> datetime | None:
    """When the next silence has something to do."""
    row = tx.one(_NEXT)
    return row[0] if row else None
