"""A second opinion on what a reply wants and tells: a linear model over its characters and over the words that the rules found.

The rules speak first and are right more often than not; the model has heard many more wordings than the tables list. It adds
what it is sure of, takes away what it holds for impossible, and has no say about danger signs or answers. `weights.py` holds
what it learnt from the project's own cases; `python -m bench.weights` learns it anew."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import exp

from bot.reading.codes import MatterTables
from bot.reading.intents import ORDER
from bot.reading.matters import Matters
from bot.reading.normalise import Text
from bot.reading.reading import Record

PRAISE, PROPOSES = "praise", "proposes"
VIEWS = {"good": "satisfied", "middling": "neutral", "bad": "dissatisfied"}
# One step of a weight as written; longer replies than this are left to the rules.
STEP = 0.05
# Below so many steps a label has less than half a percent.
LEAST = -106
LONGEST = 160
# What is likelier than the first number is added, what is less likely than the second is taken away.
RECORDS = (0.4, 0.1)
WISHES = (0.45, 0.1)
# These end or hold up a follow-up: more is asked of them, and an answered question speaks against any wish.
_LEAST_WISH = WISHES[0]
GRAVE = {"stop": (0.6, 0.03), "deceased": (0.6, 0.03), "wrong_person": (0.6, 0.03)}
ANSWERED = 0.75
VIEW = (0.5, 0.2)
ILL = 0.75
# Of replies up to this length the rules leave nothing to take away.
SURE = 6
# Shorter ones say too little of themselves for the model to add a wish, and good manners are for the rules alone.
HEARD = 4
_POLITE = frozenset(("thanks", "greeting"))
_SIDES = {
    "very_satisfied": "good", "satisfied": "good", "neutral": "middling", "dissatisfied": "bad", "very_dissatisfied": "bad",
}  # fmt: skip
_EDGES = ",。!?;:、 \n"
_LANE = 32
_MIDDLE = 1 << _LANE - 1


def grams(text: str) -> set[str]:
    """The characters of a text and their neighbours, one to three at a time; `^` and `$` are its ends."""
    edged = f"^{text}$"
    length = len(edged)
    found = set(edged)
    found.update([edged[at : at + 2] for at in range(length - 1)])
    found.update([edged[at : at + 3] for at in range(length - 2)])
    return found


class Opinion:
    """The model: for each label the weight of every piece of evidence. The weights of a piece for all labels stand in one
    whole number, 32 bits for each, so that what speaks for every label is summed at once."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self.labels = tuple(table)
        self._unlikely = dict.fromkeys(self.labels, 0.0)
        self.rows: dict[str, int] = {}
        self._base = self._middle = 0
        self._lanes = struct.Struct(f"<{len(table)}I")
        for number, line in enumerate(table.values()):
            base, *pairs = line.split(" ")
            self._base += int(base) << _LANE * number
            self._middle += _MIDDLE << _LANE * number
            weights: dict[str, int] = {}  # most are alike: kept once, they take a quarter of the memory
            for gram, steps in zip(pairs[::2], pairs[1::2], strict=True):
                weight = weights.get(steps)
                if weight is None:
                    weight = weights[steps] = int(steps) << _LANE * number
                known = self.rows.get(gram)
                self.rows[gram] = weight if known is None else known + weight

    def _steps(self, evidence: Iterable[str], base: int) -> tuple[int, ...]:
        """The summed steps of each label, _MIDDLE above what they are."""
        total = sum(filter(None, map(self.rows.get, evidence)), base + self._middle)
        return self._lanes.unpack(total.to_bytes(self._lanes.size, "little"))

    def weigh(self, evidence: Iterable[str]) -> dict[str, float]:
        """How likely each label is, 0 to 1; 0 where it is hardly so."""
        least = _MIDDLE + LEAST
        likely = self._unlikely.copy()
        for label, steps in zip(self.labels, self._steps(evidence, self._base), strict=True):
            if steps > least:
                likely[label] = 1 / (1 + exp(-STEP * (steps - _MIDDLE)))
        return likely

    def speaks(self, label: str, text: str) -> tuple[int, int]:
        """The clause of a text that speaks most for a label."""
        number = self.labels.index(label)
        best, where, start = -99.0, (0, len(text)), 0
        for place, char in enumerate(text + "。"):
            if char not in _EDGES:
                continue
            if place - start > 1:
                told = self._steps(grams(text[start:place]), 0)[number] - _MIDDLE
                if told > best:
                    best, where = told, (start, place)
            start = place + 1
        return where


def wishes(likely: Mapping[str, float], meant: dict[str, tuple[int, int]], length: int, *, answered: bool) -> None:
    """Intents after the second opinion, changed in place."""
    for name in ORDER:
        chance = likely.get(name)
        if chance is None or (chance <= _LEAST_WISH and name not in meant):
            continue
        most, least = GRAVE.get(name, WISHES)
        if name not in meant and chance > (max(most, ANSWERED) if answered else most):
            if length >= HEARD and name not in _POLITE and not (answered and name in GRAVE):
                meant[name] = (0, length)
        elif name in meant and chance < least and length > SURE and name not in _POLITE | ({"correction"} if answered else set()):
            del meant[name]


def matters(
    opinion: Opinion, likely: Mapping[str, float], source: Text, found: Matters, tables: MatterTables, *, excepted: bool
) -> Matters:
    """The records after the second opinion. `excepted`: the text says 除了, 就是 or the like."""
    most, least = RECORDS
    notes = list(found.notes)
    kept = []
    for record in found.records:
        if likely.get(record.code or PRAISE, 1) < least and len(source.text) > SURE:
            notes.append(f"“{record.quote}”：整句看不像{record.code or '表扬'}，不记")
        else:
            kept.append(record)
    proposes = likely.get(PROPOSES, 0) > 0.5
    happy = likely.get("good", 0) > 0.6 and likely.get("bad", 0) < 0.3
    known = {record.code or PRAISE for record in kept}
    for label, chance in sorted(
        ((label, chance) for label, chance in likely.items() if chance > most), key=lambda pair: -pair[1]
    ):
        if label in known or not (label == PRAISE or label in tables.codes):
            continue
        if label != PRAISE and happy:
            continue
        quote = source.quote(*opinion.speaks(label, source.text)) or source.raw.strip()
        if not quote:
            continue
        code = tables.codes.get(label)
        group = next((hit.what[1] for hit in tables.lexicon.scan(source.text) if hit.what[0] == "staff"), None)
        if code is None:
            kept.append(Record("praise", None, None, group, None, quote))
        else:
            kind = "suggestion" if proposes and code.type != "complaint" else code.type
            kept.append(Record(kind, code.code, code.severity, group or code.group or None, None, quote))
        notes.append(f"“{quote}” → {label}（整句看，{chance:.0%}）")
    if kept == list(found.records):
        return found
    return replace(found, records=tuple(kept), notes=tuple(notes), excepted=found.excepted and excepted)


def view(likely: Mapping[str, float], said: str | None, *, short: bool, ill: bool) -> str | None:
    """The view of the whole after the second opinion; `said`: what the rules make of it. `ill`: the reply tells of symptoms,
    which a word of blame may be about."""
    most, least = VIEW
    most = ILL if ill else most
    if said == "neutral" and min(likely.get("good", 0), likely.get("bad", 0)) > least:
        return said
    label = max(VIEWS, key=lambda name: likely.get(name, 0.0))
    if said is not None and (likely.get(_SIDES[said], 1) >= least or short):
        return said
    return VIEWS[label] if likely.get(label, 0) > most else None


def evidence(
    source: Text, seen: set[str], meant: Iterable[str], found: Matters, said: str | None, marks: Iterable[str]
) -> set[str]:
    """What the model looks at: characters, the words of the tables in `seen`, and what the rules made of them."""
    seen |= grams(source.text)
    seen.update(f"I:{name}" for name in meant)
    for record in found.records:
        seen.update((f"R:{record.code or PRAISE}", f"R:{record.type}"))
    seen.add(f"S:{said}")
    seen.update(marks)
    seen.add(f"L:{min(6, len(source.text) // 6)}")
    return seen
