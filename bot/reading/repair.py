"""What somebody takes back within one reply: 2 不不 打错了 是1; 8分吧 不 6分; 不是2是4, 手滑了."""

from __future__ import annotations

import re
from itertools import pairwise

_HINT = re.compile(r"错|改|滑|误|不对|不不|哦不|啊不|算了|应该|更正|不是|收回|重[新选填]")
_BACK = re.compile(
    r"不不+|(?:哦|啊|呃|噢|哎|唉)?不对+|[打说写选按点填输发记看弄]错(?:了|字了?)?|错了|手[滑误抖]了?|口误|笔误|哦不是?"
    r"|啊不是?|更正|改[成为选]|改一?下|应该?[是为选]"
    r"|重新?[选填]|收回|算了|不是.{1,6}?[,，]?(?:而|应该)?是(?=[0-9一二三四五六七八九十a-h第])"
)
_EDGES = " ,，。.!！?？;；、~:\n"


def pieces(text: str, breaks: frozenset[int]) -> list[tuple[int, int]]:
    """The parts of a reply to believe before the whole: what stands behind the last word that takes something back, or what
    stands before it when nothing comes after. Empty when nothing is taken back."""
    if len(text) < 3 or len(text) > 80:
        return []
    marks = [match.span() for match in _BACK.finditer(text)] if _HINT.search(text) else []
    edges = sorted(breaks | {0, len(text)} | {at for at, char in enumerate(text) if char in ",。"})
    for start, end in pairwise(edges):
        if text[start:end].strip(_EDGES) in ("不", "不是") and start > 0 and end < len(text):
            marks.append((start, end))
    marks.sort()
    while marks and not text[marks[-1][1] :].strip(_EDGES + "了吧的啊"):
        last = marks.pop()
        if not marks and text[: last[0]].strip(_EDGES):
            return [(0, last[0])]
        text = text[: last[0]]
    return [(marks[-1][1], len(text))] if marks else []
