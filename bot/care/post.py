"""Putting texts for a contact into the outbox, by the way that is open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.care import ways
from bot.care.practice import Practice
from bot.rules import lane
from storage import calls, contacts, fates, messages
from storage.transaction import Tx

BUBBLE = 600  # characters; WeChat refuses replies of more than 2048 bytes, and an emoji has four
_SENTENCE = re.compile(r"(?<=[。！？!?\n；;])")


def bubbles(texts: Iterable[str]) -> list[str]:
    """The texts of a turn joined into as few bubbles as fit, cut at a line, then at a sentence."""
    joined: list[str] = []
    for text in texts:
        for piece in _pieces(text.strip()):
            if joined and size(joined[-1]) + size(piece) < BUBBLE:
                joined[-1] += "\n" + piece
            else:
                joined.append(piece)
    return joined


def size(text: str) -> int:
    """Characters, counted so that BUBBLE of them are never more than 1800 bytes."""
    return max(len(text), -(-len(text.encode()) // 3))


def _pieces(text: str) -> list[str]:
    if size(text) <= BUBBLE:
        return [text] if text else []
    pieces = [""]
    for sentence in _SENTENCE.split(text):
        step = BUBBLE if size(sentence) == len(sentence) else BUBBLE * 3 // 4
        for start in range(0, len(sentence), step):
            part = sentence[start : start + step]
            if size(pieces[-1]) + size(part) > BUBBLE:
                pieces.append("")
            pieces[-1] += part
    return [piece.strip() for piece in pieces if piece.strip()]


def say(
    tx: Tx,
    practice: Practice,
    contact: contacts.Held,
    texts: Iterable[str],
    now: datetime,
    *,
    key: str,
    purpose: lane.Purpose,
    **links: Any,
) -> lane.Lane:
    """Send texts as service messages if the window is open for this purpose; nothing is sent by any other lane. Returns the
    lane that was chosen; the caller decides what follows when it is not `service`. `links` are columns of Outbound."""
    chosen = lane.choose(ways.reach(practice.ways, contact, "", now), purpose, now)
    for number, text in enumerate(bubbles(texts), start=1):
        if lane.choose(ways.reach(practice.ways, contact, "", now), purpose, now).way == "service":
            values = messages.outgoing(
                key=key if number == 1 else f"{key}:{number}",
                contact_id=contact.id,
                lane="service",
                body={"text": text},
                now=now,
                safety=purpose == "safety",
                **links,
            )
            if messages.post(tx, values) is not None:
                contacts.spend(tx, contact.id)
                contact = contact._replace(quota_left=contact.quota_left - 1)
    return chosen


def notify(
    tx: Tx,
    practice: Practice,
    contact: contacts.Held,
    way: lane.Way,
    notice: str,
    now: datetime,
    *,
    key: str,
    episode_id: int,
    touchpoint_id: int,
    day: str,
) -> None:
    """Put a notice of short fields into the outbox, by the way that was chosen: who we are and how to begin, nothing about the
    illness. A text message goes to the telephone of the stay."""
    url = f"{practice.public_url}/t/{practice.seal.index(str(touchpoint_id), 'touchpoint')[:24]}"
    if way == "sms":
        to, body = calls.telephone(tx, episode_id, now).id, practice.words.notice(notice, way, day=day, url=url)
    else:
        to, body = contact.id, practice.words.notice(notice, way, day=day)
        body["url"] = url
        if way != "template":
            ways.used(tx, practice.ways, contact, way, body["template"])
    values = messages.outgoing(key=key, contact_id=to, touchpoint_id=touchpoint_id, lane=way, body=body, now=now)
    posted = messages.post(tx, values)
    if posted is not None and (cost := practice.ways.cost(way)):
        fates.cost(tx, posted, cost)
