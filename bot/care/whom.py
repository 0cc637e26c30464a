"""One account that speaks for several patients, a mother for herself and her child: whom words are about, asked when unclear."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.care.visit import Visit
from storage import contacts, patients, readings, tickets

_CHILD = re.compile(r"宝宝|宝贝|孩子|娃|小孩|小朋友|婴儿|新生儿|囡|毛毛")
_SELF = re.compile(r"我(?!家|的?(?:孩子|宝|娃|儿|女|爸|妈|老|父|母|爷|奶|外))")
_GROWN = 14  # years; below it a patient is a child
_LIFE = timedelta(hours=24)  # of the question who was meant


def look(visit: Visit) -> None:
    """Before a message outside of any talk is worked on: see whether it names its patient."""
    several = _several(visit)
    if several:
        visit.about = _named(visit, several, visit.inbound.text)


def ask(visit: Visit) -> None:
    """After it was worked on: when a person has something to do about it and it may be one or the other, ask. A danger to life
    is not kept waiting by that; the person who sees to it is told."""
    if visit.about is not None or not visit.tickets or visit.live is not None:
        return
    several = _several(visit)
    if not several:
        return
    names = [patients.stay(visit.tx, one.episode_id).name for one in several]
    for ticket_id in dict.fromkeys(visit.tickets):
        tickets.log(visit.tx, ticket_id, "added", f"这个微信绑定了{'、'.join(names)}，说的是哪一位还不清楚", visit.now)
    if visit.safety:
        return
    asking = {
        "kind": "who",
        "until": (visit.now + _LIFE).isoformat(),
        "inbound": visit.inbound_id,
        "tickets": list(dict.fromkeys(visit.tickets)),
        "episodes": [one.episode_id for one in several],
    }
    contacts.ask(visit.tx, visit.contact.id, asking)
    visit.say("who_is_meant", names="\n".join(f"{number} {name}" for number, name in enumerate(names, 1)))


def told(visit: Visit) -> bool:
    """The answer to that question: put the tickets and what was read where they belong. Whether it was one."""
    asking = visit.contact.asking
    if not asking or asking["kind"] != "who":
        return False
    contacts.ask(visit.tx, visit.contact.id, None)
    if asking["until"] < visit.now.isoformat():
        return False
    live = [one for one in _several(visit) if one.episode_id in asking["episodes"]]
    chosen = _chosen(visit, asking["episodes"]) or _named(visit, live, visit.inbound.text)
    if chosen is None:
        return False
    stay = patients.stay(visit.tx, chosen)
    for ticket_id in asking["tickets"]:
        tickets.about(visit.tx, ticket_id, chosen, stay.ward)
        tickets.log(visit.tx, ticket_id, "added", f"说的是{stay.name}", visit.now)
    readings.about(visit.tx, asking["inbound"], chosen)
    visit.say("who_taken", name=stay.name)
    return True


def _several(visit: Visit) -> list[contacts.Bound]:
    """The newest confirmed binding to each of the patients at home, when there are more than one of them."""
    confirmed = [one for one in visit.bindings if one.confirmed_at is not None]
    if len(confirmed) < 2:
        return []
    found: dict[tuple[object, ...], contacts.Bound] = {}
    for one in confirmed:
        stay = patients.stay(visit.tx, one.episode_id)
        if stay.state == "home":
            found.setdefault((stay.name, stay.born_on), one)
    return sorted(found.values(), key=lambda one: one.episode_id) if len(found) > 1 else []


def _named(visit: Visit, several: list[contacts.Bound], words: str) -> int | None:
    """The one patient that words name: by name, as the child, or as the writer."""
    stays = {one.episode_id: patients.stay(visit.tx, one.episode_id) for one in several}
    called = [episode for episode, stay in stays.items() if stay.name in words or (len(stay.name) > 2 and stay.name[1:] in words)]
    if len(called) == 1:
        return called[0]
    ages = {episode: patients.age(stay.born_on, visit.today) for episode, stay in stays.items()}
    children = [episode for episode, age in ages.items() if age is not None and age < _GROWN]
    if _CHILD.search(words):
        return children[0] if len(children) == 1 else None
    own = [one.episode_id for one in several if one.relation == "self"]
    return own[0] if len(own) == 1 and _SELF.search(words) else None


def _chosen(visit: Visit, episodes: list[int]) -> int | None:
    """The one whose number was given: 1, 第2个."""
    given = re.fullmatch(r"\s*第?([1-9１-９])[个位]?[。.\s]*", visit.inbound.text)
    number = int(given[1]) if given else 0
    return episodes[number - 1] if 1 <= number <= len(episodes) else None
