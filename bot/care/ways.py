"""The ways to a contact: what the hospital has set up, and what is known of each contact's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.rules import lane
from storage import contacts, fates
from storage.contacts import Held
from storage.transaction import Tx

RECENT = timedelta(days=2)  # word on a subscription notice comes within


@dataclass(frozen=True, slots=True)
class Ways:
    """What the hospital has set up. `templates` and `medical` name the notices that have a template or a status there;
    `subscriptions` are the ids of subscription templates by notice, `long_term` those that one acceptance opens for ever;
    `sms_cost` in hundredths of a yuan a message."""

    templates: frozenset[str] = frozenset()
    subscriptions: Mapping[str, str] = field(default_factory=dict)
    long_term: frozenset[str] = frozenset()
    medical: frozenset[str] = frozenset()
    wecom: bool = False
    sms: bool = False
    sms_cost: int = 0

    def cost(self, way: str) -> int:
        """What a message costs, in hundredths of a yuan. WeChat's own are free."""
        return self.sms_cost if way == "sms" else 0

    def is_long_term(self, template_id: str) -> bool:
        """Whether one acceptance of this subscription template is good for ever."""
        return any(self.subscriptions.get(name) == template_id for name in self.long_term)


def reach(ways: Ways, contact: Held, notice: str, now: datetime) -> lane.Reach:
    """What the choice of a lane looks at. `notice` is the WeChat template that the words in hand would use, "" where nothing but
    a service message will do."""
    known, window = contact.ways, lane.Window(contact.window_until, contact.quota_left)
    open_, stopped = bool(contact.openid), contact.state == "stopped"
    templates, medical = notice in ways.templates, notice in ways.medical
    if not known:
        return lane.Reach(
            open_, contact.followed, stopped, window, False, 0, templates, medical, lane.SHUT, ways.sms and bool(notice)
        )
    return lane.Reach(
        openid=open_,
        followed=contact.followed,
        stopped=stopped,
        window=window,
        subscriptions=_left(ways, known, notice),
        templates=templates,
        medical=medical,
        wecom=_wecom(known) if ways.wecom and notice else lane.SHUT,
        sms=ways.sms and bool(notice),
        shut=_shut(known, now),
    )


def used(tx: Tx, ways: Ways, contact: Held, way: str, notice: str) -> None:
    """A notice has taken this way: an acceptance of a one-time subscription is used up, a message of WeCom's window too."""
    if way == "subscription":
        _change(tx, ways, contact, ways.subscriptions.get(notice, ""), -1)
    elif way == "wecom" and contact.ways:
        one = contact.ways["wecom"]
        contacts.know(tx, contact.id, {**contact.ways, "wecom": {**one, "left": max(0, one["left"] - 1)}})


def refused(tx: Tx, ways: Ways, contact_id: int, way: str, notice: str, now: datetime) -> None:
    """This way was found shut: it is left alone for some days, and what was thought to be accepted is not."""
    contact = contacts.hold_id(tx, contact_id)
    if contact is None:
        return
    known = dict(contact.ways or {})
    known["refused"] = {**known.get("refused", {}), way: now.isoformat()}
    if way == "subscription":
        accepted = dict(known.get("accepted", {}))
        accepted.pop(ways.subscriptions.get(notice, ""), None)
        known["accepted"] = accepted
        del known["refused"][way]  # the next acceptance opens it again at once
    contacts.know(tx, contact_id, known)


def heard(tx: Tx, ways: Ways, contact: Held, event: str, detail: Mapping[str, str], now: datetime) -> None:
    """WeChat's events about subscriptions: what the patient chose in the pop-up, changed since, and what became of a notice."""
    for one in _listed(detail):
        template_id, said = one.get("TemplateId", ""), one.get("SubscribeStatusString", "")
        if event == "subscribe_msg_sent_event":
            status = one.get("ErrorStatus", "") if one.get("ErrorCode", "0") == "0" else f"failed:{one.get('ErrorStatus', '')}"
            fates.subscription_delivered(tx, contact.id, one.get("MsgID", ""), status or "success", now - RECENT)
        elif event == "subscribe_msg_popup_event" and said == "accept":
            contact = _change(tx, ways, contact, template_id, 1)
        elif said == "reject":
            contact = _change(tx, ways, contact, template_id, 0)


def _change(tx: Tx, ways: Ways, contact: Held, template_id: str, by: int) -> Held:
    """Count acceptances; 0 takes them back."""
    known = dict(contact.ways or {})
    accepted = dict(known.get("accepted", {}))
    left = accepted.get(template_id, 0)
    if by == 0 or not template_id:
        accepted.pop(template_id, None)
    elif ways.is_long_term(template_id):
        accepted[template_id] = lane.FOREVER
    else:
        accepted[template_id] = max(0, left + by)
    known["accepted"] = accepted
    contacts.know(tx, contact.id, known)
    return contact._replace(ways=known)


def _left(ways: Ways, known: Mapping[str, Any], notice: str) -> int:
    template_id = ways.subscriptions.get(notice)
    return int(known.get("accepted", {}).get(template_id, 0)) if template_id else 0


def _shut(known: Mapping[str, Any], now: datetime) -> frozenset[str]:
    return lane.shut_now({way: datetime.fromisoformat(at) for way, at in known.get("refused", {}).items()}, now)


def _wecom(known: Mapping[str, Any]) -> lane.Window:
    one = known.get("wecom")
    return lane.Window(datetime.fromisoformat(one["until"]), one["left"]) if one else lane.SHUT


def _listed(detail: Mapping[str, str]) -> list[dict[str, str]]:
    """`List.1.TemplateId` … as one dictionary for each entry."""
    found: dict[str, dict[str, str]] = {}
    for name, value in detail.items():
        parts = name.split(".")
        if len(parts) == 3 and parts[0] == "List":
            found.setdefault(parts[1], {})[parts[2]] = value
    return [found[number] for number in sorted(found)]
