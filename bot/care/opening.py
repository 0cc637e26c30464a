"""How a talk opens: who is there, then consent, then what the contact was invited to."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from bot.care import answering, arrival, calls, consent, facts, live, matters, pieces, talk, whom
from bot.care.practice import Practice
from bot.care.visit import Visit
from storage import bindings, contacts, plans
from storage.transaction import Tx

IDENTITY, AGREEMENT = "identity", "agreement"
NOT_THEIRS = "方案规定的联系人不是这个微信账号"
# a digit or a mark that answers nothing, since nothing was asked
_BARE = re.compile(r"[\W\d_]{1,4}")

Purpose = Literal["identity", "consent", "follow-up"]


def purpose(practice: Practice, bound: contacts.Bound, flow: str, now: datetime) -> Purpose:
    """What a talk of this flow has to begin with. A refusal is for the callers to mind (consent.refused)."""
    if bound.confirmed_at is None:
        return "identity"
    asks = flow not in practice.consent.without and practice.consent.standing(bound.agreed, bound.refused_at, now) == "ask"
    return "consent" if asks else "follow-up"


def begin(
    tx: Tx,
    practice: Practice,
    *,
    contact_id: int,
    bound: contacts.Bound,
    touchpoint_id: int | None,
    flow: str,
    now: datetime,
    several: bool = False,
    unasked: bool = False,
) -> list[str]:
    """Begin a talk, with the question who is there before anything clinical, and the consent before anything about health.
    `several`: the contact speaks for more than one stay, and is told whom this is about; `unasked`: an attempt of ours.
    Returns its first texts."""
    known = facts.gather(tx, practice, bound.episode_id, relation=bound.relation, now=now)
    first = purpose(practice, bound, flow, now)
    if first != "follow-up":
        known |= {"consent": practice.consent.text, "guardian_consent": practice.consent.guardian_text}
    if first == "identity":
        _harder(tx, practice, bound.episode_id, known)
    step = talk.begin(
        tx,
        practice,
        contact_id=contact_id,
        episode_id=bound.episode_id,
        touchpoint_id=touchpoint_id,
        flow={"identity": IDENTITY, "consent": AGREEMENT, "follow-up": flow}[first],
        purpose=first,
        facts=known,
        now=now,
    )
    if first == "follow-up" and touchpoint_id is not None:
        plans.begun(tx, touchpoint_id, now, attempt=unasked)
        if not unasked:
            calls.overtaken(tx, bound.episode_id, now)
    if several and first != "identity":
        return [practice.words.say("about_whom", name=known["name"]), *step.texts]
    return step.texts


def greet(visit: Visit) -> None:
    """Nothing waits: begin what the contact was invited to; else see to what was written, without talking in circles."""
    bound = contacts.bound(visit.tx, visit.contact.id)
    visit.caution()
    matters.acknowledge(visit)
    if arrival.given(visit) or whom.told(visit) or consent.changed_mind(visit, bound):
        return
    if not bound:
        visit.say("stranger")
        answering.given(visit)
        return
    small = bool(visit.texts) or _small_talk(visit)
    invited = _invited(visit, bound)
    if invited is not None and small and not visit.texts and plans.is_wished(visit.tx, invited[1], visit.now):
        return  # 好的谢谢, after they have chosen a time
    if invited is not None:
        if not _take_up(visit, bound, *invited, small=small):
            return
        if visit.reading is not None and set(visit.reading.intents) & {"question", "greeting"} == {"question"}:
            _ask_staff(visit)
    elif small:
        return
    elif _BARE.fullmatch(visit.inbound.text.strip()) or (visit.reading is not None and visit.reading.intents == ("greeting",)):
        if not visit.said_last("nothing_open"):  # once is enough
            visit.say("nothing_open")
    else:
        _ask_staff(visit)


def answered(visit: Visit) -> None:
    """What was sent is no text, and nothing waits: an invitation is answered by it all the same."""
    bound = contacts.bound(visit.tx, visit.contact.id)
    invited = _invited(visit, bound)
    if invited is not None:
        _take_up(visit, bound, *invited, small=False)


def heard(visit: Visit, step: talk.Step) -> None:
    """A turn of the talk about identity and consent: keep what it brought, and when it has ended go on with the follow-up, or
    with what the answer asks for."""
    assert visit.live is not None
    tx, row = visit.tx, visit.live.row
    if row.purpose == "identity":
        _proved(visit, step)
    said = consent.heard(visit, step)
    if step.status == "waiting":
        return
    if row.purpose == "identity" and not step.answers.get("confirmed"):
        _unproved(visit)
    elif said == "agreed":
        _go_on(visit)
    elif said == "refused" and row.touchpoint_id is not None:
        flow, _ = plans.flow_of(tx, row.touchpoint_id)
        if flow in visit.practice.consent.without:
            _go_on(visit)


def _invited(visit: Visit, bound: list[contacts.Bound]) -> tuple[contacts.Bound, int, str] | None:
    """What the contact was invited to, unless it is about health and the use of that was refused."""
    found = plans.invited(visit.tx, visit.contact.id)
    if found is None:
        return None
    touchpoint_id, episode_id, flow = found
    own = next(one for one in bound if one.episode_id == episode_id)
    if consent.refused(visit.practice, own.agreed, own.refused_at, flow, visit.now):
        plans.ended(visit.tx, touchpoint_id, "missed", consent.REFUSED, visit.now)
        return None
    return own, touchpoint_id, flow


def _take_up(
    visit: Visit, bound: list[contacts.Bound], own: contacts.Bound, touchpoint_id: int, flow: str, *, small: bool
) -> bool:
    if own.confirmed_at is None and not _may_prove(visit, own, small=small):
        return False
    if not _begin(visit, own, touchpoint_id, flow, several=len(bound) > 1):
        return False
    visit.live = live.waiting(visit.tx, visit.practice, visit.contact.id)
    return True


def _begin(visit: Visit, bound: contacts.Bound, touchpoint_id: int, flow: str, *, several: bool) -> bool:
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
            several=several,
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
    if answering.given(visit) or pieces.added(visit):
        return
    if visit.reading is not None and visit.reading.triage == "L2":
        visit.say("question_taken", when=visit.promise("danger", "L2"))  # its ticket is there
        return
    visit.raise_("question", "L3", f"患者留言：“{visit.inbound.text[:60]}”")
    visit.say("question_taken", when=visit.promise("question", "L3"))


def _harder(tx: Tx, practice: Practice, episode_id: int, known: dict[str, object]) -> None:
    """After wrong tries the month, one of twelve, is no proof any more where the admission number is known."""
    misses, _ = bindings.misses(tx, episode_id)
    if misses >= practice.consent.proof.easy and known["admission_tail"] is not None:
        known["birth_month"] = None


def _may_prove(visit: Visit, own: contacts.Bound, *, small: bool) -> bool:
    """Whether the question who is there may be put (again) now; if not, that is said, once."""
    misses, missed_at = bindings.misses(visit.tx, own.episode_id)
    may = visit.practice.consent.may_prove(misses, missed_at, visit.now)
    if misses and small:
        return False  # 好的 after a check that failed is no wish to be asked again
    if may == "yes":
        return True
    key = "prove_later" if may == "later" else "prove_never"
    if not visit.said_last(key):
        visit.say(key)
    return False


def _proved(visit: Visit, step: talk.Step) -> None:
    """Count a wrong proof as soon as it is given, and keep a right one whatever becomes of the rest of the talk."""
    assert visit.live is not None
    row, before = visit.live.row, visit.live.session.answers
    if all(step.answers.get(name) == before.get(name) for name in ("proof", "proof_again", "tail")):
        return
    if step.answers.get("confirmed"):
        contacts.confirm(visit.tx, visit.contact.id, row.episode_id, "unknown", visit.now)
        bindings.related(visit.tx, visit.contact.id, row.episode_id, "unknown", consent.kin_of(visit.inbound.text))
    else:
        bindings.missed(visit.tx, visit.contact.id, row.episode_id, visit.now)


def _unproved(visit: Visit) -> None:
    """A nurse calls; meanwhile the patient may try again by writing, within limits."""
    assert visit.row is not None
    visit.to_phone("身份没有核对上")


def _go_on(visit: Visit) -> None:
    assert visit.row is not None
    if visit.row.touchpoint_id is None:
        return
    flow, only = plans.flow_of(visit.tx, visit.row.touchpoint_id)
    every = contacts.bound(visit.tx, visit.contact.id)
    own = next(one for one in every if one.episode_id == visit.row.episode_id)
    if only and own.relation != only:
        plans.ended(visit.tx, visit.row.touchpoint_id, "phone", NOT_THEIRS, visit.now)
        visit.raise_("phone", "L3", f"{NOT_THEIRS}，请电话随访")
        visit.say("question_taken", when=visit.promise("phone", "L3"))
        return
    _begin(visit, own, visit.row.touchpoint_id, flow, several=len(every) > 1)


def _small_talk(visit: Visit) -> bool:
    """Thanks and goodbyes want no answer: nothing is said after the patient's last word."""
    assert visit.reading is not None
    meant = set(visit.reading.intents)
    thanked = "thanks" in meant and not meant & {"question", "ask_human"}
    return thanked or visit.inbound.text.strip() in visit.practice.words.nods
