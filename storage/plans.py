"""Care plans and their dated contacts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Index, UniqueConstraint, bindparam, select, text, update
from sqlmodel import Field, SQLModel
from sqlmodel import select as orm_select

from storage.columns import key, link, one_of, table
from storage.contacts import Binding, Contact
from storage.hot import Hot
from storage.patients import Episode
from storage.transaction import Tx

PLAN_STATES = ("running", "completed", "stopped")
# invited: a notice was sent and the talk begins when the contact answers
# phone: a person must call
TOUCHPOINT_STATES = ("planned", "invited", "begun", "done", "missed", "stopped", "phone")
_WAITS = text("state IN ('planned', 'invited')")


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
    """One dated contact. `attempts` counts invitations sent, of `most_attempts`; more than `late_hours` after the first moment
    at which it could be sent it is missed; `reason` says why it ended as it did."""

    __tablename__ = "touchpoint"
    __table_args__ = (
        UniqueConstraint("plan_id", "flow", "day"),
        one_of("state", TOUCHPOINT_STATES),
        Index(
            "ix_touchpoint_due",
            "due_at",
            "id",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
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
    late_hours: int = 72
    on_holidays: bool = False
    attempts: int = 0
    most_attempts: int = 3
    notice: str = Field(default="follow_up", max_length=40)
    reason: str = Field(default="", max_length=120)
    begun_at: datetime | None = None
    ended_at: datetime | None = None


class Due(NamedTuple):
    """A touchpoint whose time has come, with one of the contacts that may speak for its episode (or none)."""

    id: int
    episode_id: int
    flow: str
    title: str
    due_at: datetime
    state: str
    attempts: int
    most_attempts: int
    notice: str
    late_hours: int
    on_holidays: bool
    episode_state: str
    contact_id: int | None


_touchpoint = table(Touchpoint).c
_plan = table(CarePlan).c
_episode = table(Episode).c
_contact = table(Contact).c
_binding = table(Binding).c
_picked = (
    select(_touchpoint.id)
    .where(_WAITS, _touchpoint.due_at <= bindparam("now_"))
    .order_by(_touchpoint.due_at, _touchpoint.id)
    .limit(bindparam("limit_"))
    .with_for_update(skip_locked=True)
    .cte("picked")
)
_DUE = Hot(
    select(
        _touchpoint.id,
        _touchpoint.episode_id,
        _touchpoint.flow,
        _touchpoint.title,
        _touchpoint.due_at,
        _touchpoint.state,
        _touchpoint.attempts,
        _touchpoint.most_attempts,
        _touchpoint.notice,
        _touchpoint.late_hours,
        _touchpoint.on_holidays,
        _episode.state,
        _contact.id,
    )
    .select_from(_picked)
    .join(Touchpoint, _touchpoint.id == _picked.c.id)
    .join(Episode, _episode.id == _touchpoint.episode_id)
    .outerjoin(Binding, (_binding.episode_id == _episode.id) & _binding.ended_at.is_(None))
    .outerjoin(Contact, (_contact.id == _binding.contact_id) & (_contact.state == "active"))
    .order_by(_touchpoint.due_at, _touchpoint.id, _binding.confirmed_at.is_(None), _binding.relation.desc(), _binding.id.desc())
)
_MOVE = Hot(
    update(Touchpoint)
    .where(_touchpoint.id == bindparam("id_"))
    .values(
        state=bindparam("state_"),
        due_at=bindparam("due_"),
        attempts=bindparam("attempts_"),
        reason=bindparam("reason_"),
    )
)
_BEGUN = Hot(
    update(Touchpoint)
    .where(_touchpoint.id == bindparam("id_"), _touchpoint.state.in_(["planned", "invited", "phone"]))
    .values(state="begun", begun_at=bindparam("now_"), reason="")
    .returning(_touchpoint.id)
)
_ENDED = Hot(
    update(Touchpoint)
    .where(_touchpoint.id == bindparam("id_"), _touchpoint.state.in_(["planned", "invited", "begun", "phone"]))
    .values(state=bindparam("state_"), reason=bindparam("reason_"), ended_at=bindparam("now_"))
)
_INVITED = Hot(
    select(_touchpoint.id, _touchpoint.episode_id, _touchpoint.flow)
    .join(Binding, _binding.episode_id == _touchpoint.episode_id)
    .join(Episode, _episode.id == _touchpoint.episode_id)
    .where(
        _binding.contact_id == bindparam("contact_"),
        _binding.ended_at.is_(None),
        _touchpoint.state.in_(["invited", "phone"]),
        _episode.state == "home",
    )
    .order_by(_touchpoint.id.desc())
    .limit(1)
)
_STOP = Hot(
    update(Touchpoint)
    .where(_touchpoint.episode_id == bindparam("episode_"), _touchpoint.state.in_(["planned", "invited", "begun"]))
    .values(state="stopped", reason=bindparam("reason_"), ended_at=bindparam("now_"))
)
_STOP_PLANS = Hot(
    update(CarePlan)
    .where(_plan.episode_id == bindparam("episode_"), _plan.state == "running")
    .values(state="stopped", stopped_for=bindparam("reason_"))
)
_RESUME = Hot(
    update(Touchpoint)
    .where(
        _touchpoint.episode_id == bindparam("episode_"),
        _touchpoint.state == "stopped",
        _touchpoint.reason == bindparam("reason_"),
    )
    .values(state="planned", reason="", ended_at=None)
)
_RESUME_PLANS = Hot(
    update(CarePlan)
    .where(_plan.episode_id == bindparam("episode_"), _plan.state == "stopped", _plan.stopped_for == bindparam("reason_"))
    .values(state="running", stopped_for=None)
)
_TO_PHONE = Hot(
    update(Touchpoint)
    .where(_touchpoint.episode_id == bindparam("episode_"), _touchpoint.state.in_(["invited", "begun"]))
    .values(state="phone", reason=bindparam("reason_"), ended_at=bindparam("now_"))
    .returning(_touchpoint.id)
)
_CALLED = Hot(
    update(Touchpoint)
    .where(_touchpoint.episode_id == bindparam("episode_"), _touchpoint.state == "phone")
    .values(state=bindparam("state_"), reason=bindparam("reason_"), ended_at=bindparam("now_"))
)
_AGAIN = Hot(
    update(Touchpoint)
    .where(_touchpoint.id == bindparam("id_"), _touchpoint.state.in_(["planned", "invited", "begun"]))
    .values(state=bindparam("state_"), due_at=bindparam("due_"), reason=bindparam("reason_"), begun_at=None, ended_at=None)
)
_FLOW = Hot(select(_touchpoint.flow).where(_touchpoint.id == bindparam("id_")))
_NEXT = Hot(select(_touchpoint.due_at).where(_WAITS).order_by(_touchpoint.due_at, _touchpoint.id).limit(1))


def due(tx: Tx, now: datetime, limit: int) -> list[Due]:
    """The next touchpoints whose time has come, locked, each with the contact that is best spoken to first: a confirmed
    one before others, the patient before family, the newest."""
    best: dict[int, Due] = {}
    for row in tx.run(_DUE, now_=now, limit_=limit):
        found = Due(*row)
        known = best.get(found.id)
        if known is None or (known.contact_id is None and found.contact_id is not None):
            best[found.id] = found
    return list(best.values())


def begun(tx: Tx, touchpoint_id: int, now: datetime) -> bool:
    """Mark as begun; false when it was begun or stopped already."""
    return bool(tx.run(_BEGUN, id_=touchpoint_id, now_=now))


def ended(tx: Tx, touchpoint_id: int, state: str, reason: str, now: datetime) -> None:
    """How a touchpoint ended: done, missed, stopped or phone."""
    tx.run(_ENDED, id_=touchpoint_id, state_=state, reason_=reason, now_=now)


def invited(tx: Tx, contact_id: int) -> tuple[int, int, str] | None:
    """The latest talk this contact was invited to and has not begun: touchpoint, episode, flow."""
    row = tx.one(_INVITED, contact_=contact_id)
    return (row[0], row[1], row[2]) if row else None


def stop(tx: Tx, episode_id: int, reason: str, now: datetime) -> None:
    """Stop all that is still planned for an episode."""
    tx.run(_STOP, episode_=episode_id, reason_=reason, now_=now)
    tx.run(_STOP_PLANS, episode_=episode_id, reason_=reason)


def resume(tx: Tx, episode_id: int, reasons: Iterable[str]) -> None:
    """Plan again what a discharge list had stopped for one of these reasons."""
    for reason in reasons:
        tx.run(_RESUME, episode_=episode_id, reason_=reason)
        tx.run(_RESUME_PLANS, episode_=episode_id, reason_=reason)


def to_phone(tx: Tx, episode_id: int, reason: str, now: datetime) -> bool:
    """What runs by WeChat now must go on by phone; what is planned finds its way when its time comes. Whether any did run."""
    return bool(tx.run(_TO_PHONE, episode_=episode_id, reason_=reason, now_=now))


def called(tx: Tx, episode_id: int, state: str, reason: str, now: datetime) -> None:
    """What staff reached by phone: the touchpoints that waited for a call are done, or missed."""
    tx.run(_CALLED, episode_=episode_id, state_=state, reason_=reason, now_=now)


def again(tx: Tx, touchpoint_id: int, due_at: datetime, reason: str, state: str = "planned") -> None:
    """Plan a touchpoint anew (`invited`: it begins as soon as the contact writes); one that has ended stays so."""
    tx.run(_AGAIN, id_=touchpoint_id, state_=state, due_=due_at, reason_=reason)


def flow_of(tx: Tx, touchpoint_id: int) -> str:
    """Which talk a touchpoint holds."""
    row = tx.one(_FLOW, id_=touchpoint_id)
    assert row is not None
    return str(row[0])


def move(tx: Tx, found: Due, *, state: str, due_at: datetime, attempts: int, reason: str) -> None:
    """What a look at a due touchpoint came to."""
    tx.run(_MOVE, id_=found.id, state_=state, due_=due_at, attempts_=attempts, reason_=reason)


def next_due(tx: Tx) -> datetime | None:
    """When the next touchpoint has something to do."""
    row = tx.one(_NEXT)
    return row[0] if row else None


def of(tx: Tx, episode_id: int) -> list[CarePlan]:
    """The plans of an episode, those that were stopped too."""
    return list(tx.session.exec(orm_select(CarePlan).where(CarePlan.episode_id == episode_id)))


def put(tx: Tx, touchpoint: Touchpoint) -> None:
    """Add a touchpoint of a plan; one that is there and still planned takes the new date, any other is left alone."""
    wanted = (
        Touchpoint.plan_id == touchpoint.plan_id,
        Touchpoint.flow == touchpoint.flow,
        Touchpoint.day == touchpoint.day,
    )
    known = tx.session.exec(orm_select(Touchpoint).where(*wanted)).first()
    if known is None:
        tx.session.add(touchpoint)
    elif known.state == "planned" and known.due_at != touchpoint.due_at:
        known.due_at = touchpoint.due_at
        tx.session.add(known)
    tx.session.flush()
