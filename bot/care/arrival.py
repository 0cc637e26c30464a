"""Binding by the code that hangs in a ward: the patient gives admission number and birth month in the chat."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta

from bot.care import post
from bot.care.enrolment import take_in
from bot.care.practice import Practice
from bot.care.visit import Visit
from storage import contacts, patients, wards
from storage.transaction import Tx

SINCE = timedelta(days=60)  # a stay that ended longer ago is not bound by a ward's code
WAIT = timedelta(days=14)  # for a list that has not come yet
_MONTHS = {name: number for number, name in enumerate("一 二 三 四 五 六 七 八 九 十 十一 十二".split(), 1)} | {"正": 1, "腊": 12}  # noqa: SIM905
_NUMBER = re.compile(r"[A-Za-z]{0,6}-?[0-9]{5,20}(?![0-9]*年)")
_MONTH = re.compile(
    r"(?:^|[^0-9])(1[0-2]|0?[1-9])月|(?:19|20)[0-9]{2}[年./-](1[0-2]|0?[1-9])(?![0-9])"
    r"|(十[一二]|[一二三四五六七八九十正腊])月"
)
_BORN = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{6})?(?:19|20)[0-9]{2}(0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-9]{3}[0-9Xx])?(?![0-9])"
)
_ALONE = re.compile(r"(?:^|[^0-9])(1[0-2]|0?[1-9])(?:$|[^0-9])")


def scanned(visit: Visit, code: wards.WardCode) -> None:
    """The code of a ward was scanned: say who we are, and ask for the number."""
    contacts.ask(visit.tx, visit.contact.id, {"kind": "ward", "ward": code.ward})
    visit.say("ward_welcome", ward=code.ward)


def given(visit: Visit) -> bool:
    """A reply to that: bind, or ask for what is missing. Whether the message was one."""
    asking = visit.contact.asking
    if not asking or asking["kind"] != "ward":
        return False
    number, month = parts(visit.inbound.text)
    if number is None and month is None:
        return False
    number, month = number or asking.get("number"), month or asking.get("month")
    tx, contact_id = visit.tx, visit.contact.id
    if number is None or month is None:
        contacts.ask(tx, contact_id, {**asking, "number": number, "month": month})
        visit.say("ward_number" if number is None else "ward_month")
        return True
    if wards.claims_since(tx, contact_id, visit.now, timedelta(days=1)) >= visit.practice.consent.proof.claims_a_day:
        visit.say("ward_too_often")
        return True
    made = wards.Claim(
        contact_id=contact_id, ward=asking["ward"], number=wards.digits(number)[:40], month=month, made_at=visit.now
    )
    found = [stay for stay in wards.stays(tx, made.ward, visit.now - SINCE) if wards.digits(stay.admission_no) == made.number]
    right = next((stay for stay in reversed(found) if stay.birth_month == month), None)
    if right is not None:
        made.episode_id, made.settled_at = right.episode_id, visit.now
        _bind(tx, visit.practice, contact_id, right.episode_id, visit.now)
        visit.say("ward_bound")
    else:
        made.settled_at = visit.now if found else None  # a number that is known was given with a wrong month: nothing to wait for
        visit.say("ward_unmatched")
    contacts.ask(tx, contact_id, None if right is not None else {"kind": "ward", "ward": asking["ward"]})
    wards.claim(tx, made)
    return True


def listed(tx: Tx, practice: Practice, episode: patients.Episode, birth_month: int | None, now: datetime) -> None:
    """A list brought this stay: whoever gave its number before is bound now."""
    assert episode.id is not None
    for made in wards.waiting(tx, wards.digits(episode.admission_no), now - WAIT):
        if made.ward != episode.ward:
            continue
        made.settled_at = now
        contact = contacts.hold_id(tx, made.contact_id)
        if made.month == birth_month and contact is not None and contact.openid is not None:
            made.episode_id = episode.id
            _bind(tx, practice, contact.id, episode.id, now)
            texts = [practice.words.say("ward_bound")]
            post.say(tx, practice, contact, texts, now, key=f"claim:{made.id}", purpose="notice")
        wards.claim(tx, made)


def parts(words: str) -> tuple[str | None, int | None]:
    """The admission number and the birth month in a reply, as far as they are there. A birthday or an ID number in digits tells
    the month."""
    text = unicodedata.normalize("NFKC", words)
    born = _BORN.search(text)
    if born:
        return parts(text.replace(born[0], " ", 1))[0], int(born[1])
    found = _NUMBER.search(text)
    number = found[0] if found else None
    rest = text.replace(number, " ", 1) if number else text
    said = _MONTH.search(rest)
    if said:
        return number, int(said[1] or said[2] or 0) or _MONTHS[said[3]]
    alone = _ALONE.search(rest)
    return number, int(alone[1]) if alone else None


def _bind(tx: Tx, practice: Practice, contact_id: int, episode_id: int, now: datetime) -> None:
    """Number and month together are the proof; who it is they say with the consent."""
    contacts.attach(tx, contact_id, episode_id, now)
    contacts.confirm(tx, contact_id, episode_id, "unknown", now)
    contacts.ask(tx, contact_id, None)
    take_in(tx, practice, episode_id, now)
