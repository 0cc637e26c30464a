"""Facts that are complaints without a word of judgement: things and mishaps named near each other, in any order.

"按铃按了二十来分钟没个人过来" says nothing bad of anybody; that a bell and an absence stand together does. An idea is a class
of words; a fact is a set of ideas that must meet within two neighbouring clauses, of which the last is the mishap."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.reading.lexicon import Lexicon, expand, few
from bot.reading.signs import words

# Ideas stand in the same or the next clause, and never further apart than this many characters.
APART = 14
_DENIED = re.compile(
    r"(?<![有能])(?:没有?|不|未|从不|从没|从来不|从来没有?|无|没再|不曾|不会|不算|不太|没怎么|没被|没人|没有人)$"
)
_MARK = re.compile(r"[,:。!?;\n]")
_OPEN = frozenset("没不未无")


class Fact(NamedTuple):
    """`code` is reported by the words from `start` to `end`; the mishap itself stands from `at` to `to`."""

    start: int
    end: int
    code: str
    at: int
    to: int
    ideas: int
    denied: bool = False


class _Met(NamedTuple):
    start: int
    end: int
    clause: int


class Facts:
    """The ideas and facts of complaints.yaml, compiled."""

    def __init__(self, ideas: Mapping[str, Any], facts: Mapping[str, Any], masks: Any, codes: Mapping[str, Any]) -> None:
        forms: dict[str, list[str]] = {}
        for name, row in ideas.items():
            for pattern in words(row):
                for form in few(pattern) or [pattern]:
                    forms.setdefault(form, []).append(str(name))
        for pattern in words(masks):
            for form in expand(pattern):
                forms.setdefault(form, []).append("")
        self.lexicon: Lexicon[tuple[str, ...]] = Lexicon((form, tuple(names)) for form, names in forms.items())
        # by the mishap: the place in the table, the code, the ideas that must be met, those that must not
        self.facts: dict[str, list[tuple[int, str, tuple[str, ...], tuple[str, ...]]]] = {}
        count = itertools.count()
        for code, row in facts.items():
            if code not in codes:
                raise ValueError(f"事实表里的编号不存在：{code}")
            for fact in words(row):
                needed, *barred = fact.split("-")
                ideas_needed = tuple(needed.split("+"))
                for idea in (*ideas_needed, *barred):
                    if idea not in ideas:
                        raise ValueError(f"事实表里没有这一类词：{idea}")
                self.facts.setdefault(ideas_needed[-1], []).append((next(count), code, ideas_needed, tuple(barred)))

    def find(self, text: str, breaks: frozenset[int], seen: set[str] | None = None) -> list[Fact]:
        """Every fact of a text; of facts that share a mishap, the one that rests on more ideas, then the shorter. `seen`
        takes the ideas that were met."""
        met: dict[str, list[_Met]] = {}
        masked: list[tuple[int, int]] = []
        edges, numbers = _clauses(text, breaks)
        for hit in self.lexicon.every(text):
            clause = numbers[bisect_right(edges, hit.start)]
            for name in hit.what:
                if name:
                    met.setdefault(name, []).append(_Met(hit.start, hit.end, clause))
                else:
                    masked.append((hit.start, hit.end))
        if not met:
            return []
        if seen is not None:
            seen.update(f"W:{name}" for name in met)
        for name, places in met.items() if masked else ():
            met[name] = [
                place
                for place in places
                if not any(
                    start <= place.start and place.end <= end and end - start > place.end - place.start for start, end in masked
                )
            ]
        found = [fact for fact in self._each(text, met) if fact is not None]
        found.sort(key=lambda fact: (-fact.ideas, fact.end - fact.start))
        kept: list[Fact] = []
        for fact in found:
            if not any(other.at < fact.to and fact.at < other.to for other in kept):
                kept.append(fact)
        return sorted(kept)

    def _each(self, text: str, met: Mapping[str, list[_Met]]) -> list[Fact]:
        found: list[Fact] = []
        told = {idea for idea, places in met.items() if places}
        rows = sorted(row for idea in told for row in self.facts.get(idea, ()) if told.issuperset(row[2]))
        for _, code, needed, barred in rows:
            for last in met[needed[-1]]:
                chosen = _meet(last, needed[:-1], met)
                if chosen is None:
                    continue
                start, end = min(place.start for place in chosen), max(place.end for place in chosen)
                near = (last.clause - 1, last.clause, last.clause + 1)
                if any(place.clause in near for idea in barred for place in met.get(idea, ())):
                    continue
                denied = text[last.start] not in _OPEN and _DENIED.search(text, max(0, last.start - 4), last.start) is not None
                found.append(Fact(start, end, code, last.start, last.end, len(needed), denied))
        return found


def _meet(last: _Met, others: tuple[str, ...], met: Mapping[str, list[_Met]]) -> list[_Met] | None:
    """The nearest place of each other idea to the mishap, none overlapping another; None where one is missing."""
    chosen = [last]
    for idea in others:
        near = [
            place
            for place in met[idea]
            if abs(place.clause - last.clause) <= 1
            and not any(place.start < other.end and other.start < place.end for other in chosen)
            and min(max(place.start - other.end, other.start - place.end) for other in chosen) <= APART
        ]
        if not near:
            return None
        chosen.append(
            min(near, key=lambda place: max(place.start - last.end, last.start - place.end) - (place.end - place.start))
        )
    return chosen


def _clauses(text: str, breaks: frozenset[int]) -> tuple[list[int], list[int]]:
    """Where clauses begin after the first, and the number of each; sentences are two apart, so that nothing meets across
    them."""
    marks = [(match.end(), 1 if match[0] in ",:" else 2) for match in _MARK.finditer(text)]
    edges = sorted([*marks, *((place, 1) for place in breaks)])
    return [place for place, _ in edges], [*itertools.accumulate((step for _, step in edges), initial=0)]
