"""What patients answer about the use of their health data, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from bot.care import arrival, talk
from bot.care.practice import Practice
from bot.care.visit import Visit
from bot.reading import kin
from bot.reading.reading import Answer
from bot.rules import schedule
from storage import bindings, consents, contacts, plans, wards
from storage.transaction import Tx

REFUSED = "没有同意使用健康信息"
_ASKED = ("consent", "consent_known", "guardian")
_PROOFS = ("proof", "proof_again", "tail")
_AGREEING = {"self", "family", "yes"}


def refused(practice: Practice, agreed: str, refused_at: datetime | None, flow: str, now: datetime) -> bool:
    """Whether a flow must not begin, since the use of health data was refused not long ago."""
    return flow not in practice.consent.without and practice.consent.standing(agreed, refused_at, now) == "refused"


def explicit(visit: Visit) -> Answer | None:
    """The answer to the waiting question, as it was read; but who agrees must have said so (我是他女儿 is not a yes), and who
    gives the whole birthday or number has given the month or the last digits."""
    answer = visit.reading.answer if visit.reading is not None else None
    if answer is None or visit.live is None or visit.live.row.purpose not in ("identity", "consent"):
        return answer
    wait = visit.live.session.wait
    if wait is not None and wait.node in _PROOFS:
        return _proof(visit.inbound.text, answer)
    if wait is None or wait.node not in _ASKED or answer.status != "ok" or answer.value not in _AGREEING:
        return answer
    said = visit.inbound.text
    if visit.practice.consent.agrees(said) or visit.inbound.tapped:
        return answer
    return replace(answer, status="unclear")


def heard(visit: Visit, step: talk.Step) -> Literal["agreed", "refused", ""]:
    """Keep who is there and what they answered to the consent in this turn, with the words."""
    assert visit.live is not None
    row, before = visit.live.row, visit.live.session.answers
    name = next((name for name in _ASKED if name in step.answers and step.answers[name] != before.get(name)), None)
    if name is None:
        return ""
    value, said = step.answers[name], visit.inbound.text
    relation = {"self": "self", "family": "family"}.get(value, "family" if name == "guardian" else visit.relation)
    bindings.related(visit.tx, visit.contact.id, row.episode_id, relation, kin_of(said) if relation == "family" else "")
    capacity = "guardian" if value == "yes" and name == "guardian" else "family" if relation == "family" else "self"
    agreed = value in _AGREEING
    _keep(visit, row.episode_id, capacity, agreed=agreed)
    if (
        not agreed
        and capacity != "self"
        and row.touchpoint_id is not None
        and contacts.others(visit.tx, row.episode_id, visit.contact.id)
    ):
        soon = schedule.next_open(visit.now, visit.practice.windows, visit.practice.calendar)
        plans.again(visit.tx, row.touchpoint_id, soon or visit.now, "家属没有同意，改联系其他人")
    if value == "other":
        visit.raise_("follow-up", "L3", "孩子不满14岁，回复的不是监护人，请联系监护人并给他一张二维码")
    elif not agreed:
        visit.raise_("follow-up", "L3", "不同意使用健康信息，请决定以后怎样联系（不问健康情况的提醒照常）")
    return "agreed" if agreed else "refused"


def changed_mind(visit: Visit, bound: list[contacts.Bound]) -> bool:
    """Who had refused writes 同意 by themselves: that is taken at its word, and kept. Whether it was so."""
    said = visit.inbound.text.strip(" 。！!，,")
    waiting = [
        one
        for one in bound
        if one.confirmed_at is not None and visit.practice.consent.standing(one.agreed, one.refused_at, visit.now) == "refused"
    ]
    if not waiting or visit.contact.state == "stopped" or not said.endswith("同意") or "不" in said or len(said) > _SHORT:
        return False
    for one in waiting:
        _keep(visit, one.episode_id, "family" if one.relation == "family" else "self", agreed=True)
    visit.say("agreed")
    return True


def withdraw(tx: Tx, contact_id: int, episode_id: int, words: str, now: datetime) -> None:
    """The contact takes back what was agreed to, and is not asked again for a while."""
    consents.withdraw(tx, contact_id, episode_id, words, now)


def publish(tx: Tx, practice: Practice, now: datetime) -> bool:
    """Keep the text in force. False when its version is known with other words."""
    given = practice.consent
    row = consents.ConsentText(
        version=given.version,
        text=given.text,
        guardian_text=given.guardian_text,
        approver=given.approver,
        dated=given.date,
        known_at=now,
    )
    return consents.put_text(tx, row)


_SHORT = 8  # characters of a message that says 同意 and nothing else
_KIN = {
    kin.SPOUSE: "配偶",
    kin.CHILD: "子女",
    kin.PARENT: "父母",
    kin.SIBLING: "兄弟姐妹",
    kin.GRANDCHILD: "孙辈",
    kin.GRANDPARENT: "祖辈",
}


def _keep(visit: Visit, episode_id: int, capacity: str, *, agreed: bool) -> None:
    tx, given = visit.tx, visit.practice.consent
    if agreed:
        consents.unpause(tx, episode_id, REFUSED)
    elif capacity == "self" or not contacts.others(tx, episode_id, visit.contact.id):
        again = visit.now + timedelta(days=given.ask_again_days)
        consents.pause(tx, episode_id, REFUSED, given.without, again, visit.now)
    consents.keep(
        tx,
        visit.contact.id,
        episode_id,
        version=given.version,
        agreed=agreed,
        capacity=capacity,
        words=visit.inbound.text[:200],
        now=visit.now,
    )


def _proof(said: str, answer: Answer) -> Answer:
    if answer.status == "ok":
        return answer
    number, month = arrival.parts(said)
    value = int(wards.digits(number)[-4:] or 0) if number else month
    return answer if value is None else replace(answer, status="ok", value=value, quote=said[:40], rest="")


def kin_of(said: str) -> str:
    """Which relative says to be writing, in the words of the pages; "" where that was not said."""
    who = kin.writer(said)
    return _KIN.get(who[0], "") if who else ""
