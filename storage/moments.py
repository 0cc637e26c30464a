"""When something last happened: where a clock that is not the real one has to go on."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, func, select

from storage.contacts import Contact
from storage.messages import Inbound, Outbound
from storage.plans import CarePlan, Touchpoint
from storage.sessions import Session
from storage.tickets import TicketEntry
from storage.transaction import Tx

_PAST = (
    Inbound.received_at,
    Outbound.created_at,
    Outbound.sent_at,
    Session.updated_at,
    CarePlan.made_at,
    Touchpoint.begun_at,
    Touchpoint.ended_at,
    TicketEntry.at,
    Contact.created_at,
)


def latest(tx: Tx) -> datetime | None:
    """The latest moment at which anything was said, sent or decided; None for a new database. Logins do not count."""
    found = [tx.session.exec(select(func.max(col(column)))).one() for column in _PAST]
    return max((at for at in found if at is not None), default=None)
