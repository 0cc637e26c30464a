"""A phenomenon joined to the part of the body (or the medicine) that it is said of, and words for its course."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.reading.mention import Clause, Word
from bot.reading.signs import Sign

Made = tuple[Sign, str, str]

_WHERE = re.compile(r"了?(?:的(?:是|就是)?|,?(?:就|也|正|全|都)*[在是])(?:我|他|她|左边?|右边?|这边?|那边?|的|整个)*")
_SO = re.compile("[流淌冒渗出涌]?了?[得的到]|(?=不敢|不能|没法)")
_NOT_SO = re.compile("(?:也|都|并|倒|还)*(?:没有?|不)(?:那么|太|怎么|是|很|大|算|这么|再|特别)|少|轻|好|慢|可以|能忍|一般|还行")
_CLAUSE = re.compile("[,。!?;\n]")
_COURSE = re.compile(r"直不起|(?:越来越|愈来愈|一天比一天|更)(?![好少轻小舒淡])|受不了|不停|加重|要命|难忍|止不住|持续")


def drug(clauses: Sequence[Clause]) -> str:
    """The kind of medicine that is spoken of, '' for none."""
    return next((known.drug for known in reversed(clauses[-4:]) if known.drug), "")


def stopped(clauses: Sequence[Clause], made_of: Mapping[tuple[str, str], Sign], sign: Sign) -> Sign:
    """激素吃烦了，自己停了: what is stopped is the medicine spoken of before."""
    if sign is not made_of.get(("drug", "stop")):
        return sign
    return made_of.get((drug(clauses), "stop"), sign)


def sign_of(
    text: str,
    clauses: Sequence[Clause],
    following: Sequence[Word],
    made_of: Mapping[tuple[str, str], Sign],
    hit: Word,
    what: str,
) -> Made | None:
    """The sign that a phenomenon makes with the part it belongs to, its part and side. `following`: what comes behind."""
    clause = clauses[-1]
    if what == "stop":
        known = drug(clauses)
        stopped = made_of.get((known, what))
        return (stopped, known, "") if stopped is not None else None
    part, side = clause.part, clause.side
    if not part and clause.mentions and hit.start - clause.mentions[-1].end <= 2:
        part, side = clause.mentions[-1].part, clause.mentions[-1].side
    if not part:
        part = _behind(text, hit, following)
    if not part and clause.number and not clause.mentions:
        for earlier in reversed(clauses[:-1]):
            if (earlier.part or earlier.topic) and clause.number - earlier.number <= 3:
                part, side = earlier.part or earlier.topic, earlier.side
                break
    device = made_of.get((clause.device, what)) if clause.device else None
    sign = device or made_of.get((part, what)) or made_of.get(("", what))
    return (sign, part, side) if sign is not None else None


def _behind(text: str, hit: Word, following: Sequence[Word]) -> str:
    """流血的是刀口, 肿的腿, 剧痛，就在心口"""
    where = _WHERE.match(text, hit.end)
    if where is None:
        return ""
    return next((str(word.what[1]) for word in following if word.start == where.end() and word.what[0] == "part"), "")


def hurts(text: str, hit: Word) -> bool:
    """Whether a word for something strong speaks of pain: 疼得受不了, not 受不了."""
    return any(char in "疼痛绞" for char in text[hit.start : hit.end])


def result(text: str, end: int, extreme: re.Pattern[str]) -> bool:
    """Whether an extreme result follows a sign: (疼)得直不起腰, (疼)不敢沾地, not (疼)得不厉害."""
    so = _SO.match(text, end)
    if so is None or _NOT_SO.match(text, so.end()):
        return False
    stop = _CLAUSE.search(text, so.end(), so.end() + 10)
    return extreme.search(text, so.end(), stop.start() if stop else so.end() + 10) is not None


def worsens(text: str, clauses: Sequence[Clause], start: int) -> bool:
    """越来越重 behind a sign, in its clause or the next: the sign is severe. Whether these words say so."""
    if _COURSE.match(text, start) is None:
        return False
    clause = clauses[-1]
    earlier = clauses[-2] if len(clauses) > 1 and not clause.mentions else clause
    if not earlier.mentions or earlier.sentence != clause.sentence:
        return False
    earlier.mentions[-1].degree = "severe"
    return True
