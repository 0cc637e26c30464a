"""Danger signs told as a scene, none of whose words is a sign by itself: 坐在窗口想着一脚跨出去. A scene is one word of a first
group and one of every other group near it, in any order."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from bot.reading.lexicon import Hit, expand
from bot.reading.wordlist import pattern, words

if TYPE_CHECKING:
    from bot.reading.mention import Word
    from bot.reading.signs import Sign

_START, _END = attrgetter("start"), attrgetter("end")
_DENIED = re.compile(r"(?:[没不无未别]|没有|不是|没怎么|不怎么)$")


@dataclass(frozen=True, slots=True)
class Scene:
    sign: Sign
    first: re.Pattern[str]
    others: tuple[re.Pattern[str], ...]
    strange: re.Pattern[str] | None
    within: int

    def at(self, text: str) -> re.Match[str] | None:
        """Where it is told, None where it is not."""
        for match in self.first.finditer(text):
            begin, end = max(0, match.start() - self.within), match.end() + self.within
            strange = self.strange is not None and self.strange.search(text, begin, end)
            if not strange and all(_said(other, text, begin, end) for other in self.others):
                return match
        return None


def _said(group: re.Pattern[str], text: str, begin: int, end: int) -> bool:
    return any(
        _DENIED.search(text, max(0, match.start() - 3), match.start()) is None for match in group.finditer(text, begin, end)
    )


class Scenes:
    """All scenes of the table, by the character that their first group may begin with."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], names: Mapping[str, Sign]) -> None:
        self._by: dict[str, list[Scene]] = {}
        for row in rows:
            if str(row["sign"]) not in names:
                raise ValueError(f"情景里没有这个征象：{row['sign']}")
            first = pattern(row["words"])
            others = tuple(found for group in row["with"] if (found := pattern(group)) is not None)
            if first is None or not others:
                raise ValueError(f"情景至少要有两组词：{row['sign']}")
            scene = Scene(names[str(row["sign"])], first, others, pattern(row.get("not")), int(row.get("within") or 20))
            for begin in {head[0] for form in words(row["words"]) for head in expand(form, 1)}:
                self._by.setdefault(begin, []).append(scene)
        self._begins = frozenset(self._by)

    def join(self, text: str, hits: list[Word]) -> list[Word]:
        """The hits of the lexicon with the scenes among them; a sign as urgent at its place stays."""
        begins = self._begins.intersection(text)
        if not begins:
            return hits
        tried: set[int] = set()
        for char in sorted(begins, key=text.index):
            for scene in self._by[char]:
                if id(scene) not in tried:
                    tried.add(id(scene))
                    match = scene.at(text)
                    if match is not None:
                        hits = _put(hits, match, scene.sign)
        return hits


def _put(hits: list[Word], match: re.Match[str], sign: Sign) -> list[Word]:
    start, end = match.span()
    first, last = bisect_left(hits, start, key=_END), bisect_left(hits, end, key=_START)
    while first < last and hits[first].end <= start:
        first += 1
    crossed = hits[first:last]
    if any(hit.what[0] == "sign" and hit.what[1].level <= sign.level and not hit.what[1].cue for hit in crossed):
        return hits
    return [*hits[:first], Hit(start, end, ("sign", sign)), *hits[last:]]
