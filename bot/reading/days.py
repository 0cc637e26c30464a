"""A day as the answer to a question."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.reading import dates
from bot.reading.reading import Answer, Question

if TYPE_CHECKING:
    from bot.reading.answers import Reply

_NOT_THEN = re.compile(r"(?:除了|除|不要|不能|别|不在|避开|不想|不是[^,。!?;是]{0,6})$")
# What was planned before it was changed, and what it was changed to.
_FIRST = re.compile(r"(?:本来|原来|原本|原先|原定|原计划|一开始|开始|起初|之前|先前|当时|最早|头先|说好)[^。!?;]{0,8}$")
_CHANGED = re.compile(
    r"(?:不对|错了|不不|[改挪推换调变](?:[成到在为约]|去了?)?了?|应该是|不是.{1,8}是|提前到|延到|推迟到|后来.{0,4})$"
)
# Bare digits to a question for a day: 1129, 251129.
_OTHER = re.compile(r"隔壁|邻床|邻居|别人|病友|人家|同病房|[他她]是")
_DIGITS = re.compile(r"(?:(?:20)?(?P<y>[0-9]{2}))?(?P<m>0[1-9]|1[0-2])(?P<d>[0-2][0-9]|3[01])")
_NOT_ON = re.compile(
    r"(?:那天|当天|上午|下午|早上|晚上|我|他|她|都|又|也|就|可能|肯定|是|要|得|有事|[,，])*"
    r"(?:不行|不可以|不能|不成|不中|没空|没时间|不得空|不得闲|去不了|来不了|去不成|来不成|约不上|约满|没号|走不开|不方便|不去|不来|有事|要上班|除外|以外|之外|没.{1,3}[成上到]|不[是算]|满了|停诊|(?:要|得|还要|还得)(?:接|带|送|上|开|办|值|加|喝|吃|走|搬|收|考|照|帮|陪|伺候)|那?(?:天)?有(?:会|课|班|喜|酒))"
)


def _ruled_out(text: str, day: dates.Day) -> bool:
    """周三不行，除了周五: a day that it shall not be."""
    before, after = text[max(0, day.start - 9) : day.start], text[day.end : day.end + 10]
    return _NOT_THEN.search(before) is not None or _NOT_ON.match(after) is not None


def _others(text: str, day: dates.Day) -> bool:
    """隔壁床是昨天拆的: somebody else's day."""
    begin = max(text.rfind(mark, 0, day.start) for mark in ",。;!? ") + 1
    return _OTHER.search(text, begin, day.start) is not None


def read(reply: Reply, question: Question, unasked: bool) -> Answer:
    """The one day that a reply names; a week, two days to choose from or 'some day' is unclear."""
    digits = _DIGITS.fullmatch(reply.text.strip(" ,。.!")) if not unasked and reply.today else None
    if digits:
        on = dates.of_digits(reply.today, digits["y"], digits["m"], digits["d"])  # type: ignore[arg-type]
        return reply.ok(on.isoformat(), 0, len(reply.text)) if on else Answer("out_of_range")
    if unasked and not any(word in reply.text for word in question.about):
        return Answer("unclear")
    found = dates.find(reply.text, reply.today)
    if unasked:
        found = [day for day in found if reply.speaks(question, day.start)]
    days = [day for day in found if not _ruled_out(reply.text, day)]
    if len(found) > len(days) > 1:
        without = {day.on for day in found if day not in days}
        days = [day for day in days if day.on not in without] or days
    if len(days) > 1:
        days = [day for day in days if not _others(reply.text, day)] or days
    if not days:
        return Answer("unclear", quote=reply.source.quote(found[0].start, found[0].end) if found else "")
    if all(day.impossible for day in days):
        return Answer("out_of_range")
    known = {day.on for day in days}
    if None in known and len(known) > 1:
        known.discard(None)
    if len(known) != 1 or None in known or reply.tables.undecided.search(reply.text):
        if len(days) > 1 and _FIRST.search(reply.text[: days[0].start]) and len({day.on for day in days[1:]}) == 1:
            corrected = days[1:2]
        else:
            corrected = [day for day in days[1:] if _CHANGED.search(reply.text[: day.start])]
        if len(corrected) == 1 and corrected[0].on is not None:
            return reply.ok(corrected[0].on.isoformat(), corrected[0].start, corrected[0].end)
        return Answer("unclear", quote=reply.source.quote(days[0].start, days[0].end))
    day = next(day for day in days if day.on is not None)
    assert day.on is not None
    return reply.ok(day.on.isoformat(), day.start, day.end)
