"""How often a contact was tried, by which ways, and what came of each attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlmodel import col
from sqlmodel import select as orm_select

from storage.columns import table
from storage.hot import Hot
from storage.messages import Outbound
from storage.plans import Touchpoint
from storage.transaction import Tx


class Tried(NamedTuple):
    """What was tried for a touchpoint, and what holds for another attempt."""

    attempts: int
    most: int
    drop_silent: bool
    on_holidays: bool
    windows: str
    title: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One message of an attempt, and for which contact it was. `answered`: the talk began after it and before the next one."""

    message: Outbound
    title: str
    answered: bool


_touchpoint = table(Touchpoint).c
_TRIED = Hot(
    select(
        _touchpoint.attempts,
        _touchpoint.most_attempts,
        _touchpoint.drop_silent,
        _touchpoint.on_holidays,
        _touchpoint.windows,
        _touchpoint.title,
    ).where(_touchpoint.id == bindparam("id_"))
)
_REFUSED = Hot(
    update(Touchpoint)
    .where(_touchpoint.id == bindparam("id_"), _touchpoint.state == "invited")
    .values(due_at=bindparam("due_"), reason=bindparam("reason_"), attempts=_touchpoint.attempts - 1)
)


def tried(tx: Tx, touchpoint_id: int) -> Tried:
    """What was tried for a touchpoint. Raises LookupError."""
    row = tx.one(_TRIED, id_=touchpoint_id)
    if row is None:
        raise LookupError(f"no touchpoint {touchpoint_id}")
    return Tried(*row)


def refused(tx: Tx, touchpoint_id: int, due_at: datetime, reason: str) -> None:
    """The invitation could not be delivered: it is no attempt, and another way is tried."""
    tx.run(_REFUSED, id_=touchpoint_id, due_=due_at, reason_=reason)


def of_episode(tx: Tx, episode_id: int) -> list[Attempt]:
    """All that was sent for the contacts of a stay, the oldest first."""
    query = (
        orm_select(Outbound, Touchpoint)
        .join(Touchpoint, col(Touchpoint.id) == col(Outbound.touchpoint_id))
        .where(Touchpoint.episode_id == episode_id)
        .order_by(col(Outbound.id))
    )
    rows = list(tx.session.exec(query))
    found = []
    for number, (message, point) in enumerate(rows):
        later = [other.created_at for other, its in rows[number + 1 :] if its.id == point.id and other.lane != "service"]
        until = min(later, default=None)
        begun = point.begun_at
        answered = begun is not None and begun > message.created_at and (until is None or begun <= until)
        found.append(Attempt(message, point.title, answered and message.lane != "service"))
    return found
