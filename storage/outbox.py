"""Claiming what is due from the outbox, and keeping what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, exists, func, or_, select, text, update

from storage.columns import table
from storage.contacts import Contact
from storage.hot import Hot
from storage.messages import Outbound
from storage.plans import Touchpoint
from storage.sessions import Session
from storage.transaction import Tx


class Claimed(NamedTuple):
    """A message that is ours to send until the lease runs out. `openid` is None when the account is gone, `touchpoint_state`
    when it belongs to no touchpoint."""

    id: int
    key: str
    contact_id: int
    lane: str
    body: dict[str, Any]
    attempts: int
    openid: str | None
    contact_state: str
    touchpoint_state: str | None
    doubtful_at: datetime | None


class Links(NamedTuple):
    """What a message belongs to."""

    ticket_id: int | None
    touchpoint_id: int | None
    touchpoint_state: str | None
    episode_id: int | None
    answered: bool  # the contact has acted since the message was made
    attempts: int  # of the touchpoint


_outbound = table(Outbound).c
_touchpoint = table(Touchpoint).c
_contact = table(Contact).c
_session = table(Session).c
_earlier = table(Outbound).alias().c
_waits = text("outbound.state IN ('pending', 'leased')")
_lost_hold = case(
    (_outbound.state == "leased", func.coalesce(_outbound.doubtful_at, _outbound.lease_until)), else_=_outbound.doubtful_at
)
# A lease that ran out may hide a message that arrived. Only where WeChat drops a second one with the same key (within ten
# minutes) can it be sent again without harm.
_REPEATABLE = ("template", "medical")
_lost = or_(
    _outbound.lane.not_in(_REPEATABLE), func.coalesce(_outbound.doubtful_at, _outbound.lease_until) < bindparam("repeatable_")
)
_LOST = Hot(
    update(Outbound)
    .where(_outbound.state == "leased", _outbound.lease_until < bindparam("now_"), _lost)
    .values(state="unknown", error="发送途中程序中断，不确定是否送达")
    .returning(_outbound.id)
)
_picked = (
    select(_outbound.id)
    .where(
        _waits,
        _outbound.due_at <= bindparam("now_"),
        or_(_outbound.state == "pending", and_(_outbound.state == "leased", _outbound.lease_until < bindparam("now_"))),
        # a contact's messages leave one after another; a notice that waits for a repair holds no nurse's words back
        ~exists().where(
            _earlier.contact_id == _outbound.contact_id,
            _earlier.lane == _outbound.lane,
            _earlier.id < _outbound.id,
            _earlier.state.in_(["pending", "leased"]),
        ),
    )
    .order_by(_outbound.due_at, _outbound.id)
    .limit(bindparam("limit_"))
    .with_for_update(skip_locked=True)
    .cte("picked")
)
_CLAIM = Hot(
    update(Outbound)
    .where(_outbound.id == _picked.c.id)
    .values(
        state="leased",
        lease_until=bindparam("lease_"),
        attempts=_outbound.attempts + 1,
        doubtful_at=_lost_hold,
    )
    .returning(_outbound.id)
)
_CLAIMED = Hot(
    select(
        _outbound.id,
        _outbound.key,
        _outbound.contact_id,
        _outbound.lane,
        _outbound.body,
        _outbound.attempts,
        _contact.openid,
        _contact.state,
        _touchpoint.state,
        _outbound.doubtful_at,
    )
    .join(Contact, _contact.id == _outbound.contact_id)
    .outerjoin(Touchpoint, _touchpoint.id == _outbound.touchpoint_id)
    .where(_outbound.id == bindparam("id_"))
)
_SETTLE = Hot(
    update(Outbound)
    .where(_outbound.id == bindparam("id_"), _outbound.state == "leased")
    .values(
        state=bindparam("state_"),
        due_at=bindparam("due_"),
        errcode=bindparam("errcode_"),
        error=bindparam("error_"),
        remote_id=bindparam("remote_"),
        sent_at=bindparam("sent_"),
        lease_until=None,
    )
)
_DOUBT = Hot(
    update(Outbound)
    .where(_outbound.id == bindparam("id_"))
    .values(doubtful_at=func.coalesce(_outbound.doubtful_at, bindparam("now_")))
)
_LESS = Hot(
    update(Outbound)
    .where(_outbound.id == bindparam("id_"), _outbound.state == "handed", _outbound.attempts > 0)
    .values(attempts=_outbound.attempts - 1)
    .returning(_outbound.id)
)
_REQUEUE = Hot(
    update(Outbound)
    .where(_outbound.id == bindparam("id_"), _outbound.state == "handed")
    .values(state="pending", lane="service", due_at=bindparam("now_"))
    .returning(_outbound.contact_id)
)
_LINKS = Hot(
    select(
        _outbound.ticket_id,
        _outbound.touchpoint_id,
        _touchpoint.state,
        _touchpoint.episode_id,
        func.coalesce(_contact.last_inbound_at > _outbound.created_at, False),
        func.coalesce(_touchpoint.attempts, 0),
    )
    .join(Contact, _contact.id == _outbound.contact_id)
    .outerjoin(Touchpoint, _touchpoint.id == _outbound.touchpoint_id)
    .where(_outbound.id == bindparam("id_"))
)
_touchpoints = select(_touchpoint.id).where(_touchpoint.episode_id == bindparam("episode_"))
_sessions = select(_session.id).where(_session.episode_id == bindparam("episode_"))
_DROP = Hot(
    update(Outbound)
    .where(
        _waits,
        _outbound.state == "pending",
        _outbound.author == "bot",
        _outbound.reply_to.is_(None),
        or_(_outbound.touchpoint_id.in_(_touchpoints), _outbound.session_id.in_(_sessions)),
    )
    .values(state="cancelled", error=bindparam("reason_"))
)
_SUPERSEDE = Hot(
    update(Outbound)
    .where(
        _waits,
        _outbound.contact_id == bindparam("contact_"),
        _outbound.touchpoint_id == bindparam("touchpoint_"),
        _outbound.state == "pending",
    )
    .values(state="cancelled", error="改发下一次邀请")
)
_NEXT = Hot(select(_outbound.due_at).where(_waits).order_by(_outbound.due_at, _outbound.id).limit(1))


def lost(tx: Tx, now: datetime, repeatable_since: datetime) -> int:
    """Mark what was in the hands of a process that died and cannot be repeated safely."""
    return len(tx.run(_LOST, now_=now, repeatable_=repeatable_since))


def claim(tx: Tx, now: datetime, lease_until: datetime, limit: int) -> list[Claimed]:
    """Take what is due, at most one message of a contact, in order."""
    ids = sorted(row[0] for row in tx.run(_CLAIM, now_=now, lease_=lease_until, limit_=limit))
    return [Claimed(*tx.run(_CLAIMED, id_=one)[0]) for one in ids]


def settle(
    tx: Tx,
    outbound_id: int,
    state: str,
    *,
    due_at: datetime,
    errcode: int | None = None,
    error: str = "",
    remote_id: str = "",
    sent_at: datetime | None = None,
) -> None:
    """Keep what became of a claimed message. One whose lease was taken away meanwhile is left as it is."""
    tx.run(
        _SETTLE,
        id_=outbound_id,
        state_=state,
        due_=due_at,
        errcode_=errcode,
        error_=error[:300],
        remote_=remote_id[:64],
        sent_=sent_at,
    )


def doubt(tx: Tx, outbound_id: int, now: datetime) -> None:
    """It may have arrived, although the call failed."""
    tx.run(_DOUBT, id_=outbound_id, now_=now)


def links(tx: Tx, outbound_id: int) -> Links:
    """What a message belongs to."""
    return Links(*tx.run(_LINKS, id_=outbound_id)[0])


def requeue(tx: Tx, outbound_id: int, now: datetime) -> int | None:
    """A passive reply that came too late for its HTTP response goes as a service message, unless the response to a retry still
    carries it. Returns its contact."""
    if tx.run(_LESS, id_=outbound_id):
        return None
    row = tx.one(_REQUEUE, id_=outbound_id, now_=now)
    return row[0] if row else None


def drop(tx: Tx, episode_id: int, reason: str) -> None:
    """What the machine was to say unasked about this episode is not said any more."""
    tx.run(_DROP, episode_=episode_id, reason_=reason)


def supersede(tx: Tx, contact_id: int, touchpoint_id: int) -> None:
    """An invitation that has not left yet makes room for the next."""
    tx.run(_SUPERSEDE, contact_=contact_id, touchpoint_=touchpoint_id)


def next_due(tx: Tx) -> datetime | None:
    """When the next message wants to leave."""
    row = tx.one(_NEXT)
    return row[0] if row else None
