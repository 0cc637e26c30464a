"""What a contact does without writing: scans, follows, leaves, taps."""

from __future__ import annotations

from datetime import datetime

from bot.care.visit import Visit
from storage import contacts, messages, plans, sessions
from storage.transaction import Tx


def event(visit: Visit) -> None:
    """Apply an event of WeChat's. Those that say nothing to us are kept and left unanswered."""
    match visit.inbound.event:
        case "subscribe":
            contacts.follow(visit.tx, visit.contact.id, followed=True)
            _scanned(visit) if visit.inbound.event_key else _welcome(visit)
        case "scan":
            _scanned(visit)
        case "unsubscribe":
            left(visit.tx, visit.contact.id, visit.now)
        case "click":
            _welcome(visit)
        case "templatesendjobfinish":
            detail = visit.inbound.detail
            messages.delivered(visit.tx, detail.get("MsgID", ""), detail.get("Status", "")[:40])
        case _:
            pass


def _scanned(visit: Visit) -> None:
    """A QR code of ours: bind the account to the episode. The code works once, for one account."""
    enrolment = contacts.enrolment(visit.tx, visit.inbound.event_key)
    if enrolment is None:
        visit.say("unknown_code")
        return
    bound = any(one.episode_id == enrolment.episode_id for one in contacts.bound(visit.tx, visit.contact.id))
    if not bound and enrolment.used_at is not None:
        visit.say("used_code")
        return
    if not bound:
        contacts.bind(visit.tx, visit.contact.id, enrolment, visit.now)
    if visit.contact.state == "stopped":
        contacts.set_state(visit.tx, visit.contact.id, "active")
    visit.say("welcome")


def _welcome(visit: Visit) -> None:
    visit.say("welcome" if contacts.bound(visit.tx, visit.contact.id) else "stranger")


def left(tx: Tx, contact_id: int, now: datetime) -> None:
    """Unfollowed: WeChat wants the openid deleted. The clinical record stays; follow-up goes on by phone."""
    row = sessions.waiting(tx, contact_id)
    if row is not None:
        sessions.step(tx, row.id, row.state, "interrupted", None, now)
    for bound in contacts.bound(tx, contact_id):
        contacts.unbind(tx, bound.id, "unfollowed", now)
        plans.to_phone(tx, bound.episode_id, "患者取消关注", now)
    messages.cancel(tx, contact_id, "患者取消关注")
    contacts.forget(tx, contact_id)
