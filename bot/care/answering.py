"""Answering a patient's question from the approved answers; what is not sure is left to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.care.approved import Given
from bot.care.visit import Visit
from storage import approved

# beside these a question is not alone, or the message is no question at all
_ALONE = frozenset({"question", "greeting", "thanks"})
AGAIN = timedelta(hours=2)  # who asks the same again so soon was not helped by the answer


def given(visit: Visit) -> bool:
    """Whether the message was a question that an approved answer settles; the answer is then the first of the visit's texts, and
    the use is recorded. Danger signs, symptoms, complaints and whatever concerns this one person never are."""
    found = _found(visit)
    if found is None or approved.used(visit.tx, visit.contact.id, found.id, visit.now - AGAIN):
        return False
    visit.texts[:0] = [found.text, visit.practice.words.say("approved_more")]
    approved.use(
        visit.tx,
        inbound_id=visit.inbound_id,
        contact_id=visit.contact.id,
        answer=found.id,
        title=found.title,
        version=found.version,
        approver=found.approver,
        at=visit.now,
    )
    return True


def plain(visit: Visit) -> None:
    """A question in which every word is accounted for holds no displeasure, whatever it looks like: 取药窗口几点下班."""
    heard = visit.reading
    assert heard is not None
    if any(record.type == "dissatisfaction" for record in heard.records) and _found(visit) is not None:
        kept = tuple(record for record in heard.records if record.type != "dissatisfaction")
        visit.reading = replace(heard, records=kept, intents=tuple(dict.fromkeys((*heard.intents, "question"))))


def _found(visit: Visit) -> Given | None:
    heard = visit.reading
    if heard is None or heard.triage != "none" or not _ALONE.issuperset(heard.intents):
        return None
    asked = "question" in heard.intents
    if any(record.type == "complaint" or (record.type != "dissatisfaction" and not asked) for record in heard.records):
        return None
    if any(finding.suppressed is None and finding.status != "denied" for finding in heard.findings):
        return None
    answered = heard.answer is not None and heard.answer.status == "ok" and heard.answer.rest
    return visit.practice.approved.give(answered or visit.inbound.text, visit.today, asked=asked)
