"""What a contact does without writing: scans, follows, leaves, taps. And the codes that are scanned."""

from __future__ import annotations

import secrets
from datetime import datetime

from bot.care import arrival, escalation, ways
from bot.care.enrolment import take_in
from bot.care.errors import Refused
from bot.care.practice import Practice
from bot.care.visit import Visit
from storage import bindings, codes, consents, contacts, fates, outbox, patients, planning, plans, sessions, staff, wards
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
            fates.delivered(visit.tx, detail.get("MsgID", ""), detail.get("Status", ""), visit.now)
        case "subscribe_msg_popup_event" | "subscribe_msg_change_event" | "subscribe_msg_sent_event":
            ways.heard(visit.tx, visit.practice.ways, visit.contact, visit.inbound.event, visit.inbound.detail, visit.now)
        case _:
            pass


def _scanned(visit: Visit) -> None:
    """A QR code of ours: bind the account to the episode. The code works for one account, and again when that one has left or
    was the wrong one: who is there must be proved anyway."""
    tx, contact = visit.tx, visit.contact
    enrolment = contacts.enrolment(tx, visit.inbound.event_key)
    if enrolment is None:
        _of_ward(visit)
        return
    own = next((one for one in contacts.bound(tx, contact.id) if one.episode_id == enrolment.episode_id), None)
    if own is None and enrolment.used_at is not None and contacts.others(tx, enrolment.episode_id, contact.id):
        visit.say("used_code")
        return
    if own is None:
        contacts.bind(tx, contact.id, enrolment, visit.now)
        take_in(tx, visit.practice, enrolment.episode_id, visit.now)
    elif contact.state == "stopped":  # who said stop scans again of their own accord
        bindings.willing_again(tx, own.id)
    if contact.state == "stopped":
        contacts.set_state(tx, contact.id, "active")
        planning.resume(tx, enrolment.episode_id, ["withdrawn"])
    visit.say("welcome")


def _of_ward(visit: Visit) -> None:
    code = wards.by_token(visit.tx, visit.inbound.event_key)
    if code is None:
        visit.say("unknown_code")
        return
    if visit.contact.state == "stopped":
        contacts.set_state(visit.tx, visit.contact.id, "active")
    arrival.scanned(visit, code)


def _welcome(visit: Visit) -> None:
    visit.say("welcome" if contacts.bound(visit.tx, visit.contact.id) else "stranger")


def left(tx: Tx, practice: Practice, contact_id: int, now: datetime) -> None:
    """Unfollowed: WeChat wants the openid deleted. The clinical record stays; follow-up goes on by phone."""
    row = sessions.waiting(tx, contact_id)
    if row is not None:
        sessions.step(tx, row.id, row.state, "interrupted", None, now)
    for bound in contacts.bound(tx, contact_id):
        contacts.unbind(tx, bound.id, "unfollowed", now)
        consents.end(tx, contact_id, bound.episode_id, "unbound", now)
        if plans.to_phone(tx, bound.episode_id, "患者取消关注", now):
            subject = escalation.Matter("phone", "L3", "患者取消关注，请电话随访", None, bound.episode_id)
            escalation.raise_(tx, practice, subject, now)
    fates.cancel(tx, contact_id, "患者取消关注")
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


def ward_code(tx: Tx, practice: Practice, ward: str, staff_id: int, now: datetime) -> wards.WardCode:
    """The code of a ward, made when it is asked for the first time."""
    code = wards.code_of(tx, ward)
    if code is None:
        code = wards.add(tx, ward, secrets.token_urlsafe(16), now)
        staff.audit(tx, staff_id, "new ward code", now, noun="ward_code", noun_id=code.id)
    return code


def release(tx: Tx, practice: Practice, binding_id: int, staff_id: int, now: datetime) -> None:
    """End a binding: a wrong account, an old phone. What it was asked goes on with another contact, or by phone. Raises Refused
    when it has ended, LookupError when there is none."""
    found = bindings.get(tx, binding_id)
    if found.ended_at is not None:
        raise Refused("这个绑定已经解除")
    contact = contacts.hold_id(tx, found.contact_id)
    row = sessions.waiting(tx, found.contact_id)
    if row is not None and row.episode_id == found.episode_id:
        sessions.step(tx, row.id, row.state, "interrupted", None, now)
    contacts.unbind(tx, binding_id, "staff", now)
    consents.end(tx, found.contact_id, found.episode_id, "unbound", now)
    if contact is not None and not contacts.others(tx, found.episode_id, found.contact_id):
        outbox.drop(tx, found.episode_id, "绑定已解除")
        if plans.to_phone(tx, found.episode_id, "绑定已解除", now):
            subject = escalation.Matter("phone", "L3", "微信绑定已解除，请电话随访", None, found.episode_id)
            escalation.raise_(tx, practice, subject, now)
    staff.audit(tx, staff_id, "unbind", now, noun="binding", noun_id=binding_id)
