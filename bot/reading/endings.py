"""What is over: 退了, 好了, 止住了 bind to the nearest earlier sign of their kind; in doubt the sign stays."""

from __future__ import annotations

import re

from bot.reading.mention import Clause, Mention, Word

_FILL = re.compile(
    "[几一二两三四五六七八九十0-9秒分钟过没多就才的人中吃打完药后就我它自己睡一觉下会儿歇休息早已经晚了点慢地,回来第周月号]"
)
# 自己给停了: somebody stopped it (a medicine), it is not over.
_MADE = re.compile(r"(?:给|把[^,。]{1,6}|自己|自个儿?|擅自)$")
_NOT_YET = frozenset(("以后", "之后", "又开", "又烧", "又疼"))


def over(mentions: list[Mention], mention: Mention) -> None:
    """不疼了 speaks for the same sign, or the same part, named before."""
    for earlier in mentions:
        alike = earlier.sign is mention.sign or not mention.part or earlier.part == mention.part
        if alike and earlier.sign.ends == mention.sign.ends and earlier.sign.ends != "none":
            earlier.lower("resolved", "后面说已经好了")


def gone(text: str, mentions: list[Mention], clause: Clause, hit: Word) -> None:
    """A word that says that something is over, in a clause."""
    kinds = hit.what[1]
    if clause.no is not None and clause.cursor == hit.start:
        return
    word = text[hit.start : hit.end]
    if word == "停了" and _MADE.search(text, 0, hit.start):
        return
    following = text[hit.end : hit.end + 2]
    if following[:1] in ("吗", "么", "没", "再") or following in _NOT_YET:
        return
    if _strangers(text, clause, hit):
        return
    same = [mention for mention in mentions if mention.sentence == clause.sentence]
    for mention in reversed(same or mentions[-2:]):
        elsewhere = mention.clause != clause.number or clause.part_end > mention.end
        if clause.part and elsewhere and mention.part != clause.part:
            continue
        if mention.status == "present" and mention.sign.ends != "none" and ("any" in kinds or mention.sign.ends in kinds):
            mention.lower("resolved", f"后面说“{word}”")
            if "any" not in kinds:
                break
    clause.cursor = hit.end


def _strangers(text: str, clause: Clause, hit: Word) -> bool:
    """Whether words that are not known stand before 好了: then something else got well."""
    begin = max([clause.start, *(mention.end for mention in clause.mentions)])
    known = sum(word.end - word.start for word in clause.words if begin <= word.start and word.end <= hit.start)
    lead = text[begin : hit.start]
    return len(lead) - known - len(_FILL.findall(lead)) >= 2
