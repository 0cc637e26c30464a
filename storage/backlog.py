"""How much waits to be done: for health checks and metrics. No personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from storage.columns import table
from storage.hot import Hot
from storage.messages import Outbound
from storage.plans import Touchpoint
from storage.sessions import Session
from storage.tickets import Ticket
from storage.transaction import Tx

_outbound = table(Outbound).c
_touchpoint = table(Touchpoint).c
_session = table(Session).c
_ticket = table(Ticket).c


def _overdue(at: Any, *conditions: Any) -> Hot:
    return Hot(select(func.count(), func.min(at)).where(*conditions, at <= bindparam("now_")))


_OUTBOX = Hot(select(_outbound.state, func.count()).where(_outbound.state.in_(["pending", "leased"])).group_by(_outbound.state))
# each of these walks the partial index that its own queue is claimed by
_DUE = {
    "touchpoints": _overdue(_touchpoint.due_at, _touchpoint.state.in_(["planned", "invited"])),
    "talks": _overdue(_session.due_at, _session.status == "waiting"),
    "tickets": _overdue(_ticket.climb_at, _ticket.state != "closed"),
    "messages": _overdue(_outbound.due_at, _outbound.state.in_(["pending", "leased"])),
}


@dataclass(frozen=True, slots=True)
class Queue:
    """Things whose time has come, and since when the first of them waits."""

    waiting: int
    since: datetime | None


def outbox(tx: Tx) -> dict[str, int]:
    """Messages not yet gone, by state."""
    counts: dict[str, int] = {"pending": 0, "leased": 0}
    counts.update((row[0], row[1]) for row in tx.run(_OUTBOX))
    return counts


def due(tx: Tx, now: datetime) -> dict[str, Queue]:
    """What is due and not done, by queue."""
    return {name: Queue(*tx.run(hot, now_=now)[0]) for name, hot in _DUE.items()}
