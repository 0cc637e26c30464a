"""Which of several numbers of a reply holds now: today's, the corrected one, the one measured last."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.reading.numbers import Number

if TYPE_CHECKING:
    from bot.reading.answers import Reply

# 刚才量38度8, after a number of the morning.
_JUST = re.compile(r"(?:刚才|刚刚|这会儿?|刚又?(?=[量测]))(?:又)?[量测称]?(?:了|的|是)*$")
_BACK = re.compile(r"[,， ]?(?:马上|一会儿?|很快|立马|然后)?(?:就)?又")


def past_only(reply: Reply, number: Number) -> bool:
    """昨天37.8，今天没量: the number is of yesterday and today has none."""
    before, after = reply.text[: number.start], reply.text[number.end :]
    past, now = reply.tables.past, reply.tables.now
    return past.search(before) is not None and now.search(before) is None and now.search(after) is not None


def newest(reply: Reply, inside: list[tuple[Number, float]]) -> list[tuple[Number, float]]:
    """Today's number rather than yesterday's; the corrected rather than the wrong."""
    text = reply.text
    last = inside[-1][0]
    if _JUST.search(text, max(0, last.start - 6), last.start):
        return inside[-1:]
    kept = []
    for number, value in inside:
        begin = max((other.end for other, _ in inside if other.end <= number.start), default=0)
        before = text[begin : number.start]
        past, now = reply.tables.past.search(before), reply.tables.now.search(before)
        if (
            begin
            and re.search(r"(?:[掉降升涨减瘦胖退]到?了?|变成|到了?|成了?)$", before)
            and re.search(r"从|由|原来|[掉降升涨减]", text)
            and not _BACK.match(text, number.end)
        ):
            return [(number, value)]
        if re.search(r"(?:不对|错了|应该是|改成|改为|哦不|不是).{0,4}$", before) and begin:
            return [(number, value)]
        if past and not now:
            continue
        kept.append((number, value, bool(now)))
    current = [(number, value) for number, value, now in kept if now]
    return current or [(number, value) for number, value, _ in kept] or inside
