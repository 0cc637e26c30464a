"""What a contact does without writing: scans, follows, leaves, taps. And the codes that are scanned."""

from __future__ import annotations

import secrets
from datetime import datetime

from bot.care import escalation
from bot.care.enrolment import take_in
from bot.care.errors import Refused
from bot.care.practice import Practice
from bot.care.visit import Visit
from storage import codes, contacts, messages, patients, plans, sessions, staff
from storage.transaction import Tx


def event(visit: Visit) -> None:
    """Apply an event of WeChat's. Those that say nothing to us are kept and left unanswered."""
    match visit.inbound.event:
        case "subscribe":
            _scanned(visit) if visit.inbound.event_key else _welcome(visit)
        case "scan":
            _scanned(visit)
        case "unsubscribe":
            left(visit.tx, visit.practice, visit.contact.id, visit.now)
        case "click":
            _welcome(visit)
        case "templatesendjobfinish":
            detail = visit.inbound.detail
            messages.delivered(visit.tx, detail.get("MsgID", ""), detail.get("Status", "")[:40])
        case _:
            pass


def _scanned(visit: Visit) -> None:
    """A QR code of ours: bind the account to the episode. The code works for one account, and again when that one has left or
    was the wrong one: who is there must be proved anyway."""
    enrolment = contacts.enrolment(visit.tx, visit.inbound.event_key)
    if enrolment is None:
        visit.say("unknown_code")
        return
    bound = any(one.episode_id == enrolment.episode_id for one in contacts.bound(visit.tx, visit.contact.id))
    if not bound and enrolment.used_at is not None and contacts.others(visit.tx, enrolment.episode_id, visit.contact.id):
        visit.say("used_code")
        return
    if not bound:
        contacts.bind(visit.tx, visit.contact.id, enrolment, visit.now)
        take_in(visit.tx, visit.practice, enrolment.episode_id, visit.now)
    if visit.contact.state == "stopped":
        contacts.set_state(visit.tx, visit.contact.id, "active")
    visit.say("welcome")


def _welcome(visit: Visit) -> None:
    visit.say("welcome" if contacts.bound(visit.tx, visit.contact.id) else "stranger")


def left(tx: Tx, practice: Practice, contact_id: int, now: datetime) -> None:
    """Unfollowed: WeChat wants the openid deleted. The clinical record stays; follow-up goes on by phone."""
    row = sessions.waiting(tx, contact_id)
    if row is not None:
        sessions.step(tx, row.id, row.state, "interrupted", None, now)
    for bound in contacts.bound(tx, contact_id):
        contacts.unbind(tx, bound.id, "unfollowed", now)
        if plans.to_phone(tx, bound.episode_id, "患者取消关注", now):
            subject = escalation.Matter("phone", "L3", "患者取消关注，请电话随访", None, bound.episode_id)
            escalation.raise_(tx, practice, subject, now)
    messages.cancel(tx, contact_id, "患者取消关注")
    contacts.forget(tx, contact_id)


def another_code(tx: Tx, practice: Practice, episode_id: int, staff_id: int, now: datetime) -> None:
    """A further code for an episode, for another phone: each code binds one account. Raises Refused while one is unused, or
    when the patient is not followed; LookupError when there is no such episode."""
    if patients.stay(tx, episode_id).state != "home":
        raise Refused("这位患者现在不随访，不能再生成绑定码")
    if codes.waiting(tx, episode_id):
        raise Refused("还有一张绑定码没有用过，请先用那一张")
    codes.add(tx, episode_id, secrets.token_urlsafe(16), now)
    staff.audit(tx, staff_id, "new code", now, noun="episode", noun_id=episode_id)
