"""Touchpoints whose time has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, func, or_, select, update

from storage.columns import table
from storage.contacts import Binding, Contact
from storage.hot import Hot
from storage.patients import Episode
from storage.plans import WAITS, Touchpoint
from storage.transaction import Tx


class Due(NamedTuple):
    """A touchpoint whose time has come, with one of the contacts that may speak for its episode (or none). `contacts` counts
    what the patient heard of lately, in all plans of all stays."""

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
    windows: str
    through: str
    unless: str
    beyond_cap: bool
    drop_silent: bool
    wished_at: datetime | None
    contacted_at: datetime | None
    patient_id: int
    episode_state: str
    revisit_state: str
    contacts: int
    contact_id: int | None


_touchpoint = table(Touchpoint).c
_episode = table(Episode).c
_contact = table(Contact).c
_binding = table(Binding).c
_picked = (
    select(_touchpoint.id)
    .where(WAITS, _touchpoint.due_at <= bindparam("now_"))
    .order_by(_touchpoint.due_at, _touchpoint.id)
    .limit(bindparam("limit_"))
    .with_for_update(skip_locked=True)
    .cte("picked")
)
_other_point, _other_stay = table(Touchpoint).alias("other_point"), table(Episode).alias("other_stay")
_contacts = (
    select(func.count())
    .select_from(_other_stay.join(_other_point, _other_point.c.episode_id == _other_stay.c.id))
    .where(_other_stay.c.patient_id == _episode.patient_id, _other_point.c.contacted_at > bindparam("since_"))
    .correlate(table(Episode))
    .scalar_subquery()
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
        _touchpoint.windows,
        _touchpoint.through,
        _touchpoint.unless,
        _touchpoint.beyond_cap,
        _touchpoint.drop_silent,
        _touchpoint.wished_at,
        _touchpoint.contacted_at,
        _episode.patient_id,
        _episode.state,
        _episode.revisit_state,
        _contacts,
        _contact.id,
    )
    .select_from(_picked)
    .join(Touchpoint, _touchpoint.id == _picked.c.id)
    .join(Episode, _episode.id == _touchpoint.episode_id)
    .outerjoin(
        Binding,
        (_binding.episode_id == _episode.id)
        & _binding.ended_at.is_(None)
        & or_(_touchpoint.who == "", _touchpoint.who == _binding.relation, _binding.relation == "unknown"),
    )
    .outerjoin(Contact, (_contact.id == _binding.contact_id) & (_contact.state == "active"))
    .order_by(
        _touchpoint.priority.desc(),
        _touchpoint.due_at,
        _touchpoint.id,
        _binding.confirmed_at.is_(None),
        _binding.relation.desc(),
        _binding.id.desc(),
    )
)
_MOVE = Hot(
    update(Touchpoint)
    .where(_touchpoint.id == bindparam("id_"))
    .values(
        state=bindparam("state_"),
        due_at=bindparam("due_"),
        attempts=bindparam("attempts_"),
        reason=bindparam("reason_"),
        contacted_at=bindparam("contacted_"),
    )
)
_CONTACTED = Hot(
    select(_other_point.c.contacted_at)
    .join(_other_stay, _other_stay.c.id == _other_point.c.episode_id)
    .where(_other_stay.c.patient_id == bindparam("patient_"), _other_point.c.contacted_at > bindparam("since_"))
    .order_by(_other_point.c.contacted_at.desc())
    .limit(bindparam("most_"))
)
_NEXT = Hot(select(_touchpoint.due_at).where(WAITS).order_by(_touchpoint.due_at, _touchpoint.id).limit(1))


def due(tx: Tx, now: datetime, limit: int, since: datetime | None = None) -> list[Due]:
    """The next touchpoints whose time has come, locked, those of plans with a higher priority first; each with the contact
    that is best spoken to: a confirmed one before others, the patient before family, the newest. Contacts with the patient
    are counted from `since` (30 days ago)."""
    best: dict[int, Due] = {}
    for row in tx.run(_DUE, now_=now, limit_=limit, since_=since or now - timedelta(days=30)):
        found = Due(*row)
        known = best.get(found.id)
        if known is None or (known.contact_id is None and found.contact_id is not None):
            best[found.id] = found
    return list(best.values())


def move(
    tx: Tx, found: Due, *, state: str, due_at: datetime, attempts: int, reason: str, contacted_at: datetime | None = None
) -> None:
    """What a look at a due touchpoint came to. `contacted_at`: the patient hears of it now."""
    known = found.contacted_at or contacted_at
    tx.run(_MOVE, id_=found.id, state_=state, due_=due_at, attempts_=attempts, reason_=reason, contacted_=known)


def contacted(tx: Tx, patient_id: int, since: datetime, most: int) -> datetime | None:
    """When the last but `most` contact since then was: once it is too old to count, there is room for another. None: there is."""
    rows = tx.run(_CONTACTED, patient_=patient_id, since_=since, most_=most)
    return rows[-1][0] if len(rows) == most else None


def next_due(tx: Tx) -> datetime | None:
    """When the next touchpoint has something to do."""
    row = tx.one(_NEXT)
    return row[0] if row else None
