"""How a talk opens: identity first, then what the contact was invited to."""

from __future__ import annotations

import re
from datetime import datetime

from bot.care import answering, facts, live, matters, talk, wishes
from bot.care.practice import Practice
from bot.care.visit import Visit
from storage import contacts, plans
from storage.transaction import Tx

IDENTITY = "identity"
NOT_THEIRS = "方案规定的联系人不是这个微信账号"
# a digit or a mark that answers nothing, since nothing was asked
_BARE = re.compile(r"[\W\d_]{1,4}")


def begin(
    tx: Tx,
    practice: Practice,
    *,
    contact_id: int,
    bound: contacts.Bound,
    touchpoint_id: int | None,
    flow: str,
    now: datetime,
) -> list[str]:
    """Begin a talk, with the question who is there before anything clinical. Returns its first texts."""
    known = facts.gather(tx, practice, bound.episode_id, relation=bound.relation, now=now)
    confirmed = bound.confirmed_at is not None
    step = talk.begin(
        tx,
        practice,
        contact_id=contact_id,
        episode_id=bound.episode_id,
        touchpoint_id=touchpoint_id,
        flow=flow if confirmed else IDENTITY,
        purpose="follow-up" if confirmed else "identity",
        facts=known,
        now=now,
    )
    if confirmed and touchpoint_id is not None:
        plans.begun(tx, touchpoint_id, now)
    return step.texts


def greet(visit: Visit) -> None:
    """Nothing waits: begin what the contact was invited to; else see to what was written, without talking in circles."""
    bound = contacts.bound(visit.tx, visit.contact.id)
    visit.caution()
    matters.acknowledge(visit)
    if not bound:
        visit.say("stranger")
        answering.given(visit)
        return
    invited = plans.invited(visit.tx, visit.contact.id)
    if invited is not None:
        if not _take_up(visit, bound, *invited):
            return
        if visit.reading is not None and set(visit.reading.intents) & {"question", "greeting"} == {"question"}:
            _ask_staff(visit)
    elif visit.texts or (visit.reading is not None and _small_talk(visit)):
        return
    elif _BARE.fullmatch(visit.inbound.text.strip()) or (visit.reading is not None and visit.reading.intents == ("greeting",)):
        if not visit.said_last("nothing_open"):  # once is enough
            visit.say("nothing_open")
    else:
        _ask_staff(visit)


def answered(visit: Visit) -> None:
    """What was sent is no text, and nothing waits: an invitation is answered by it all the same."""
    invited = plans.invited(visit.tx, visit.contact.id)
    if invited is not None:
        _take_up(visit, contacts.bound(visit.tx, visit.contact.id), *invited)


def _take_up(visit: Visit, bound: list[contacts.Bound], touchpoint_id: int, episode_id: int, flow: str) -> bool:
    own = next(one for one in bound if one.episode_id == episode_id)
    if not _begin(visit, own, touchpoint_id, flow):
        return False
    visit.live = live.waiting(visit.tx, visit.practice, visit.contact.id)
    return True


def _begin(visit: Visit, bound: contacts.Bound, touchpoint_id: int, flow: str) -> bool:
    """Begin a talk in answer to what was written; a person takes over where it cannot begin."""

    def part() -> list[str]:
        return begin(
            visit.tx,
            visit.practice,
            contact_id=visit.contact.id,
            bound=bound,
            touchpoint_id=touchpoint_id,
            flow=flow,
            now=visit.now,
        )

    begun = visit.tx.attempt(part)
    if not isinstance(begun, Exception):
        visit.texts += begun
        return True
    plans.ended(visit.tx, touchpoint_id, "missed", "话术运行出错", visit.now)
    visit.raise_("follow-up", "L3", f"话术打不开（{type(begun).__name__}），请人工联系")
    visit.say("question_taken", when=visit.promise("follow-up", "L3"))
    return False


def _ask_staff(visit: Visit) -> None:
    if answering.given(visit):
        return
    if visit.reading is not None and visit.reading.triage == "L2":
        visit.say("question_taken", when=visit.promise("danger", "L2"))  # its ticket is there
        return
    visit.raise_("question", "L3", f"患者留言：“{visit.inbound.text[:60]}”")
    visit.say("question_taken", when=visit.promise("question", "L3"))


def identified(visit: Visit, step: talk.Step) -> None:
    """The identity talk has ended: go on with the follow-up, or with what the answer asks for."""
    assert visit.row is not None
    who = step.answers.get("identity")
    if who == "wrong":
        wishes.unbind(visit)
    elif who == "stop":
        wishes.silence(visit)
    elif step.answers.get("confirmed"):
        contacts.confirm(visit.tx, visit.contact.id, visit.row.episode_id, "family" if who == "family" else "self", visit.now)
        contacts.agree(visit.tx, visit.contact.id, visit.row.episode_id, visit.practice.consent_version, visit.now)
        _go_on(visit)
    elif visit.row.touchpoint_id is not None:
        plans.ended(visit.tx, visit.row.touchpoint_id, "missed", "身份没有核对上", visit.now)


def _go_on(visit: Visit) -> None:
    assert visit.row is not None
    if visit.row.touchpoint_id is None:
        return
    flow, only = plans.flow_of(visit.tx, visit.row.touchpoint_id)
    own = next(one for one in contacts.bound(visit.tx, visit.contact.id) if one.episode_id == visit.row.episode_id)
    if only and own.relation != only:
        plans.ended(visit.tx, visit.row.touchpoint_id, "phone", NOT_THEIRS, visit.now)
        visit.raise_("phone", "L3", f"{NOT_THEIRS}，请电话随访")
        visit.say("question_taken", when=visit.promise("phone", "L3"))
        return
    _begin(visit, own, visit.row.touchpoint_id, flow)


def _small_talk(visit: Visit) -> bool:
    """Thanks and goodbyes want no answer: nothing is said after the patient's last word."""
    assert visit.reading is not None
    meant = set(visit.reading.intents)
    thanked = "thanks" in meant and not meant & {"question", "ask_human"}
    return thanked or visit.inbound.text.strip() in visit.practice.words.nods
