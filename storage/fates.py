"""What became of messages after they had left, as WeChat tells it later, and what never leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from storage.columns import table
from storage.hot import Hot, insert_once
from storage.messages import Outbound
from storage.transaction import Tx

KEPT = timedelta(days=1)  # of a word about a message that is not known


class EarlyWord(SQLModel, table=True):
    """WeChat's word on a message that came before the answer to the call that sent it."""

    __tablename__ = "early_word"

    remote_id: str = Field(max_length=64, primary_key=True)
    status: str = Field(max_length=40)
    at: datetime = Field(index=True)


_outbound = table(Outbound).c
_early = table(EarlyWord).c
_DELIVERED = Hot(
    update(Outbound)
    .where(_outbound.remote_id == bindparam("id_"), _outbound.remote_id != "")
    .values(delivered=bindparam("status_"))
    .returning(_outbound.id)
)
_EARLY = insert_once(EarlyWord, "remote_id", "status", "at", keys=("remote_id",))
_OLD = Hot(delete(EarlyWord).where(_early.at < bindparam("before_")))
_ANY = Hot(select(_early.remote_id, _early.status).order_by(_early.at).limit(200))
_HEARD = Hot(delete(EarlyWord).where(_early.remote_id == bindparam("id_")))
_sent_to = (
    select(_outbound.id)
    .where(
        _outbound.contact_id == bindparam("contact_"),
        _outbound.lane == "subscription",
        _outbound.state.in_(["leased", "sent"]),
        _outbound.delivered == "",
        _outbound.created_at > bindparam("since_"),
    )
    .order_by(_outbound.created_at.desc(), _outbound.id.desc())
    .limit(1)
    .scalar_subquery()
)
_SUBSCRIPTION = Hot(
    update(Outbound).where(_outbound.id == _sent_to).values(delivered=bindparam("status_"), remote_id=bindparam("remote_"))
)
_COST = Hot(update(Outbound).where(_outbound.id == bindparam("id_")).values(cost=bindparam("cost_")))
_CANCEL = Hot(
    update(Outbound)
    .where(_outbound.contact_id == bindparam("contact_"), _outbound.state == "pending")
    .values(state="cancelled", error=bindparam("reason_"))
)


def delivered(tx: Tx, remote_id: str, status: str, now: datetime) -> None:
    """WeChat's own word on a notice: success, or why not. One that comes before the message's id is known waits for it."""
    if remote_id and not tx.run(_DELIVERED, id_=remote_id[:64], status_=status[:40]):
        tx.run(_OLD, before_=now - KEPT)
        tx.run(_EARLY, remote_id=remote_id[:64], status=status[:40], at=now)


def catch_up(tx: Tx) -> None:
    """Words that came too early find their messages."""
    for remote_id, status in tx.run(_ANY):
        if tx.run(_DELIVERED, id_=remote_id, status_=status):
            tx.run(_HEARD, id_=remote_id)


def subscription_delivered(tx: Tx, contact_id: int, remote_id: str, status: str, since: datetime) -> None:
    """The same on a subscription notice, whose id the call does not tell: it is the last one that went to this contact."""
    tx.run(_SUBSCRIPTION, contact_=contact_id, remote_=remote_id[:64], status_=status[:40], since_=since)


def cancel(tx: Tx, contact_id: int, reason: str) -> None:
    """What has not left yet stays here."""
    tx.run(_CANCEL, contact_=contact_id, reason_=reason)


def cost(tx: Tx, outbound_id: int, hundredths: int) -> None:
    """What a message costs, in hundredths of a yuan."""
    tx.run(_COST, id_=outbound_id, cost_=hundredths)
