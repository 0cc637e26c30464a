"""Care plans and their dated contacts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, bindparam, exists, func, or_, select, text, update
from sqlmodel import Field, SQLModel

from storage.columns import key, link, one_of, table
from storage.contacts import Binding
from storage.hot import Hot
from storage.patients import Episode
from storage.transaction import Tx

PLAN_STATES = ("running", "completed", "stopped")
# invited: a notice was sent and the talk begins when the contact answers
# phone: a person must call
TOUCHPOINT_STATES = ("planned", "invited", "begun", "done", "missed", "stopped", "phone")
WAITS = text("state IN ('planned', 'invited')")


class CarePlan(SQLModel, table=True):
    """An episode's copy of a protocol, in the edition that it was made from. `drawn` is the number that a share of the cohort
    is chosen by; who was not drawn has a stopped plan without touchpoints."""

    __tablename__ = "care_plan"
    __table_args__ = (UniqueConstraint("episode_id", "protocol"), one_of("state", PLAN_STATES))

    id: int | None = key()
    episode_id: int = link("episode.id")
    protocol: str = Field(max_length=80, index=True)
    version: str = Field(default="", max_length=64)
    edition_id: int | None = link("protocol_edition.id", nullable=True)
    drawn: int | None = None
    stop_after_missed: int | None = None
    state: str = Field(default="running", max_length=12)
    stopped_for: str | None = Field(default=None, max_length=60)
    made_at: datetime
    ended_at: datetime | None = None


class Touchpoint(SQLModel, table=True):
    """One dated contact. `attempts` counts invitations sent, of `most_attempts`; more than `late_hours` after the first moment
    at which it could be sent it is missed; `reason` says why it ended as it did. `windows` and `who` are the plan's own where it
    has them; `through` and `unless` are states of the stay in which it goes on, of the revisit in which it does not.
    `wished_at`: the patient asked for this time. `contacted_at`: when the patient first heard of it, for the cap."""

    __tablename__ = "touchpoint"
    __table_args__ = (
        UniqueConstraint("plan_id", "flow", "day"),
        one_of("state", TOUCHPOINT_STATES),
        Index(
            "ix_touchpoint_due",
            "due_at",
            "id",
            sqlite_where=WAITS,
            postgresql_where=WAITS,
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
    windows: str = Field(default="", max_length=80)
    who: str = Field(default="", max_length=16)
    through: str = Field(default="", max_length=40)
    unless: str = Field(default="", max_length=60)
    beyond_cap: bool = False
    drop_silent: bool = False
    priority: int = 0
    reason: str = Field(default="", max_length=120)
    wished_at: datetime | None = None
    contacted_at: datetime | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None


_touchpoint = table(Touchpoint).c
_plan = table(CarePlan).c
_episode = table(Episode).c
_binding = table(Binding).c
_BEGUN = Hot(
    update(Touchpoint)
    .where(_touchpoint.id == bindparam("id_"), _touchpoint.state.in_(["planned", "invited", "phone"]))
    .values(
        state="begun",
        attempts=_touchpoint.attempts + bindparam("more_", type_=_touchpoint.attempts.type),
        begun_at=bindparam("now_"),
        contacted_at=func.coalesce(_touchpoint.contacted_at, bindparam("now_")),
        reason="",
    )
    .returning(_touchpoint.id)
)
_ENDED = Hot(
    update(Touchpoint)
    .where(_touchpoint.id == bindparam("id_"), _touchpoint.state.in_(["planned", "invited", "begun", "phone"]))
    .values(state=bindparam("state_"), reason=bindparam("reason_"), ended_at=bindparam("now_"))
    .returning(_touchpoint.plan_id)
)
_open_left = (
    select(_touchpoint.id)
    .where(_touchpoint.plan_id == _plan.id, _touchpoint.state.in_(["planned", "invited", "begun", "phone"]))
    .correlate(table(CarePlan))
)
_asks_left = (
    select(_touchpoint.id)
    .where(_touchpoint.plan_id == _plan.id, _touchpoint.state.in_(["planned", "invited", "begun"]))
    .correlate(table(CarePlan))
)
_COMPLETE = Hot(
    update(CarePlan)
    .where(_plan.id == bindparam("plan_"), _plan.state == "running", ~exists(_open_left))
    .values(state="completed", ended_at=bindparam("now_"))
)
_STREAK = Hot(
    select(_plan.stop_after_missed, _touchpoint.state)
    .join(CarePlan, _plan.id == _touchpoint.plan_id)
    .where(
        _touchpoint.plan_id == bindparam("plan_"),
        _plan.stop_after_missed.is_not(None),
        _touchpoint.state.in_(["done", "missed"]),
        _touchpoint.contacted_at.is_not(None),
    )
    .order_by(_touchpoint.ended_at.desc(), _touchpoint.id.desc())
)
_STOP_PLAN = Hot(
    update(Touchpoint)
    .where(_touchpoint.plan_id == bindparam("plan_"), _touchpoint.state.in_(["planned", "invited"]))
    .values(state="stopped", reason="lost", ended_at=bindparam("now_"))
)
_LOST = Hot(
    update(CarePlan)
    .where(_plan.id == bindparam("plan_"), _plan.state == "running")
    .values(state="stopped", stopped_for="lost", ended_at=bindparam("now_"))
)
_INVITED = Hot(
    select(_touchpoint.id, _touchpoint.episode_id, _touchpoint.flow)
    .join(Binding, _binding.episode_id == _touchpoint.episode_id)
    .join(Episode, _episode.id == _touchpoint.episode_id)
    .where(
        _binding.contact_id == bindparam("contact_"),
        _binding.ended_at.is_(None),
        _touchpoint.state.in_(["invited", "phone"]),
        or_(_episode.state == "home", _touchpoint.through.contains(_episode.state)),
        or_(_touchpoint.who == "", _touchpoint.who == _binding.relation, _binding.relation == "unknown"),
    )
    .order_by(_touchpoint.id.desc())
    .limit(1)
)
_STOP = Hot(
    update(Touchpoint)
    .where(
        _touchpoint.episode_id == bindparam("episode_"),
        _touchpoint.state.in_(["planned", "invited", "begun"]),
        _touchpoint.through.not_like(bindparam("through_")),
    )
    .values(state="stopped", reason=bindparam("reason_"), ended_at=bindparam("now_"))
)
_STOP_PLANS = Hot(
    update(CarePlan)
    .where(_plan.episode_id == bindparam("episode_"), _plan.state == "running", ~exists(_asks_left))
    .values(state="stopped", stopped_for=bindparam("reason_"), ended_at=bindparam("now_"))
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
    .returning(_touchpoint.plan_id)
)
_AGAIN = Hot(
    update(Touchpoint)
    .where(_touchpoint.id == bindparam("id_"), _touchpoint.state.in_(["planned", "invited", "begun"]))
    .values(state=bindparam("state_"), due_at=bindparam("due_"), reason=bindparam("reason_"), begun_at=None, ended_at=None)
)
# What a patient asks for is a new beginning: three invitations more, and no list moves it.
_WISH = Hot(
    update(Touchpoint)
    .where(_touchpoint.id == bindparam("id_"), _touchpoint.state.in_(["planned", "invited", "begun", "phone"]))
    .values(
        state="invited",
        due_at=bindparam("due_"),
        wished_at=bindparam("due_"),
        most_attempts=_touchpoint.attempts + 3,
        reason=bindparam("reason_"),
        begun_at=None,
        ended_at=None,
    )
)
_WISHED = Hot(select(_touchpoint.wished_at).where(_touchpoint.id == bindparam("id_")))
_FLOW = Hot(select(_touchpoint.flow, _touchpoint.who).where(_touchpoint.id == bindparam("id_")))


def begun(tx: Tx, touchpoint_id: int, now: datetime, *, attempt: bool = False) -> bool:
    """Mark as begun, by an `attempt` of ours or by the patient; false when it was begun or stopped already."""
    return bool(tx.run(_BEGUN, id_=touchpoint_id, now_=now, more_=int(attempt)))


def ended(tx: Tx, touchpoint_id: int, state: str, reason: str, now: datetime) -> None:
    """How a touchpoint ended: done, missed, stopped or phone."""
    for (plan_id,) in tx.run(_ENDED, id_=touchpoint_id, state_=state, reason_=reason, now_=now):
        settle(tx, plan_id, now, missed=state == "missed")


def settle(tx: Tx, plan_id: int, now: datetime, *, missed: bool = False) -> None:
    """A touchpoint of the plan has ended: with the last one the plan is completed. After as many missed in a row as the plan
    allows, the rest is not tried any more."""
    if missed:
        rows = tx.run(_STREAK, plan_=plan_id)
        most = rows[0][0] if rows else 0
        if most and [state for _, state in rows[:most]] == ["missed"] * most:
            tx.run(_STOP_PLAN, plan_=plan_id, now_=now)
            tx.run(_LOST, plan_=plan_id, now_=now)
    tx.run(_COMPLETE, plan_=plan_id, now_=now)


def invited(tx: Tx, contact_id: int) -> tuple[int, int, str] | None:
    """The latest talk this contact was invited to and has not begun: touchpoint, episode, flow."""
    row = tx.one(_INVITED, contact_=contact_id)
    return (row[0], row[1], row[2]) if row else None


def stop(tx: Tx, episode_id: int, reason: str, now: datetime) -> None:
    """Stop what is still planned for an episode, but for plans that go on through this."""
    tx.run(_STOP, episode_=episode_id, reason_=reason, now_=now, through_=f"%{reason}%")
    tx.run(_STOP_PLANS, episode_=episode_id, reason_=reason, now_=now)


def to_phone(tx: Tx, episode_id: int, reason: str, now: datetime) -> bool:
    """What runs by WeChat now must go on by phone; what is planned finds its way when its time comes. Whether any did run."""
    return bool(tx.run(_TO_PHONE, episode_=episode_id, reason_=reason, now_=now))


def called(tx: Tx, episode_id: int, state: str, reason: str, now: datetime) -> None:
    """What staff reached by phone: the touchpoints that waited for a call are done, or missed."""
    called = tx.run(_CALLED, episode_=episode_id, state_=state, reason_=reason, now_=now)
    for plan_id in {plan_id for (plan_id,) in called}:
        settle(tx, plan_id, now, missed=state == "missed")


def again(tx: Tx, touchpoint_id: int, due_at: datetime, reason: str, state: str = "planned") -> None:
    """Plan a touchpoint anew (`invited`: it begins as soon as the contact writes); one that has ended stays so."""
    tx.run(_AGAIN, id_=touchpoint_id, state_=state, due_=due_at, reason_=reason)


def wish(tx: Tx, touchpoint_id: int, due_at: datetime, reason: str) -> None:
    """The patient asked to be written to at this time; it begins then, or as soon as the patient writes."""
    tx.run(_WISH, id_=touchpoint_id, due_=due_at, reason_=reason)


def is_wished(tx: Tx, touchpoint_id: int, now: datetime) -> bool:
    """Whether the patient has asked for a time that is still to come."""
    row = tx.one(_WISHED, id_=touchpoint_id)
    return row is not None and row[0] is not None and row[0] > now


def flow_of(tx: Tx, touchpoint_id: int) -> tuple[str, str]:
    """Which talk a touchpoint holds, and whom alone it may be held with (self, family; empty: anybody bound)."""
    row = tx.one(_FLOW, id_=touchpoint_id)
    assert row is not None
    return str(row[0]), str(row[1])
