"""Making plans for a stay, and changing them when its dates change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, update
from sqlmodel import col, select

from storage import patients
from storage.columns import table
from storage.hot import Hot
from storage.patients import Episode, Patient
from storage.plans import CarePlan, Touchpoint
from storage.transaction import Tx

NEVER_SENT = ("late", "before_home")  # reasons of touchpoints that were past when they were planned


def of(tx: Tx, episode_id: int) -> list[CarePlan]:
    """The plans of an episode, those that were stopped too."""
    return list(tx.session.exec(select(CarePlan).where(CarePlan.episode_id == episode_id)))


def put(tx: Tx, touchpoint: Touchpoint, now: datetime) -> Touchpoint | None:
    """Add a touchpoint of a plan; one that is there and still planned takes the new date, unless the patient chose its time.
    What was never sent because it was past comes to life when its date is not past any more. Returns the new row, if any.
    A day that counts from the revisit has the revisit's date in it (R-1@1128): another revisit has touchpoints of its own."""
    wanted = (Touchpoint.plan_id == touchpoint.plan_id, Touchpoint.flow == touchpoint.flow)
    base, dated, _ = touchpoint.day.partition("@")
    same = col(Touchpoint.day).startswith(f"{base}@") if dated else Touchpoint.day == touchpoint.day
    rows = tx.session.exec(select(Touchpoint).where(*wanted, same)).all()
    known = next((row for row in rows if row.day == touchpoint.day), None)
    for other in rows:
        if other is not known and other.state in ("planned", "invited"):
            if known is None and other.state == "planned" and other.wished_at is None:
                known = other
                known.day = touchpoint.day
            else:
                other.state, other.reason, other.ended_at = "stopped", "moved", now
            tx.session.add(other)
    if known is None:
        tx.session.add(touchpoint)
    elif known.state == "planned" and known.wished_at is None and known.due_at != touchpoint.due_at:
        known.due_at = touchpoint.due_at
        tx.session.add(known)
    elif known.reason in NEVER_SENT and touchpoint.state == "planned" and touchpoint.due_at > now:
        known.state, known.reason, known.ended_at, known.due_at = "planned", "", None, touchpoint.due_at
        tx.session.add(known)
    tx.session.flush()
    return touchpoint if known is None else None


_touchpoint, _plan = table(Touchpoint).c, table(CarePlan).c
_open_left = (
    select(Touchpoint.id)
    .where(_touchpoint.plan_id == _plan.id, _touchpoint.state.in_(["planned", "invited", "begun", "phone"]))
    .correlate(table(CarePlan))
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
    .values(state="running", stopped_for=None, ended_at=None)
)
_REOPEN = Hot(
    update(CarePlan)
    .where(_plan.id == bindparam("plan_"), _plan.state == "completed", exists(_open_left))
    .values(state="running", ended_at=None)
)


def resume(tx: Tx, episode_id: int, reasons: Iterable[str]) -> None:
    """Plan again what a discharge list had stopped for one of these reasons."""
    patients.exclude(tx, episode_id, None)
    for reason in reasons:
        tx.run(_RESUME, episode_=episode_id, reason_=reason)
        tx.run(_RESUME_PLANS, episode_=episode_id, reason_=reason)


def reopen(tx: Tx, plan_id: int) -> None:
    """A plan that was completed runs again when something is to come (another revisit, say)."""
    tx.run(_REOPEN, plan_=plan_id)


def touchpoints(tx: Tx, plan_id: int) -> list[Touchpoint]:
    """All contacts of a plan."""
    return list(tx.session.exec(select(Touchpoint).where(Touchpoint.plan_id == plan_id)))


def behind(tx: Tx, protocol: str, edition_id: int | None, limit: int) -> list[tuple[CarePlan, Episode, Patient]]:
    """Running plans of a protocol that were made from another edition than this, the oldest first."""
    query = (
        select(CarePlan, Episode, Patient)
        .join(Episode, col(Episode.id) == col(CarePlan.episode_id))
        .join(Patient, col(Patient.id) == col(Episode.patient_id))
        .where(*_behind(protocol, edition_id))
        .order_by(col(CarePlan.id))
        .limit(limit)
    )
    return [(plan, episode, patient) for plan, episode, patient in tx.session.exec(query)]


def count_behind(tx: Tx, protocol: str, edition_id: int | None) -> int:
    """How many there are."""
    return tx.session.exec(select(func.count()).select_from(CarePlan).where(*_behind(protocol, edition_id))).one()


def counts(tx: Tx) -> dict[tuple[str, str], int]:
    """How many plans there are, by protocol and state; who was not drawn counts as `not_drawn`."""
    query = select(CarePlan.protocol, CarePlan.state, CarePlan.stopped_for, func.count())
    found: dict[tuple[str, str], int] = {}
    for protocol, state, why, count in tx.session.exec(
        query.group_by(CarePlan.protocol, CarePlan.state, col(CarePlan.stopped_for))
    ):
        key = (protocol, "not_drawn" if why == "not_drawn" else state)
        found[key] = found.get(key, 0) + count
    return found


def _behind(protocol: str, edition_id: int | None) -> tuple[ColumnElement[bool], ...]:
    other = or_(col(CarePlan.edition_id).is_(None), col(CarePlan.edition_id) != (edition_id or 0))
    return col(CarePlan.protocol) == protocol, col(CarePlan.state) == "running", other
