"""Matters in a reply: each complaint, dissatisfaction, suggestion and praise as one record, and the view of the whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.reading import mood as evaluation
from bot.reading import praise as thanks
from bot.reading.codes import Code, MatterTables
from bot.reading.facts import Fact
from bot.reading.lexicon import Hit
from bot.reading.mood import FLIPPED, Mood
from bot.reading.normalise import Text
from bot.reading.parts import Part, split
from bot.reading.reading import Record

__all__ = ["Matters", "Mood", "find"]

_PROPOSES = re.compile(r"有待|待提高|希望|建议|要改|需改|要加强|能改善|应该改")
# What an ordinary question about the hospital's business may name without complaining of it.
_BUSINESS = ("MI", "ME", "MF01", "MF03", "MF04", "AF01", "RC")
# These are said of the body as well: words on which a symptom rests are no matter.
# To ask for an account of something is a matter by itself only where nothing else is told.
_ACCOUNT = re.compile(r"[^,。，]{0,6}(?:说法|交代|公道|解释|答复)")
_INJURY = frozenset(("CS01", "CS02", "CS03", "CS04", "CQ01", "CQ04"))
_STAINED = re.compile(r"换|渍|迹|印")
# Without one of these there is no matter and no view of anything.
_TELLING = frozenset(("code", "mood", "deed", "sarcasm", "thanks", "suggest"))
_SPOKEN = frozenset(("RR01", "RL01", "ME01", "AF02"))
_SAID = (
    ("护士", "nurse"),
    ("医生", "doctor"),
    ("大夫", "doctor"),
    ("主任", "doctor"),
    ("护工", "caregiver"),
    ("保安", "property"),
    ("收费的", "window"),
    ("窗口", "window"),
)


@dataclass(frozen=True, slots=True)
class Matters:
    """What was found: the records and the evaluations (for satisfaction). `excepted`: every matter stands behind 除了 or 就是."""

    records: tuple[Record, ...]
    moods: tuple[Mood, ...]
    excepted: bool
    notes: tuple[str, ...]


_NOTHING = Matters((), (), True, ())


class _Reader:
    def __init__(
        self,
        text: Text,
        tables: MatterTables,
        names: tuple[str, ...],
        signs: Sequence[tuple[int, int]],
        *,
        asked: bool,
        seen: set[str],
    ) -> None:
        self.source = text
        self.text = text.text
        self.tables = tables
        self.names = names
        self.signs = signs
        self.asked = asked
        self.placed: list[tuple[Record, int]] = []
        self.moods: list[Mood] = []
        self.notes: list[str] = []
        self.mild = True
        self.hits = tables.lexicon.scan(self.text)
        self.facts = tables.facts.find(self.text, text.breaks, seen) if len(self.text) > 3 else []
        seen.update(f"M:{hit.what[0]}:{getattr(hit.what[1], 'code', hit.what[1])}" for hit in self.hits)
        seen.update(f"F:{fact.code}:{fact.denied}" for fact in self.facts)
        self.silent = not self.facts and _TELLING.isdisjoint([hit.what[0] for hit in self.hits])
        if self.silent:
            return
        self.parts = split(self.text, self.hits, text.breaks, signs)
        self.demands = any(hit.what[0] == "demand" or (hit.what[0] == "code" and hit.what[1].code == "RR04") for hit in self.hits)
        self.raised = any(hit.what[0] == "raise" for hit in self.hits)

    def read(self) -> Matters:
        if self.silent:
            return _NOTHING
        facts = self._facts()
        kept = [part for part in self.parts if part.hits or part.number == 0 or any(fact[1] is part for fact in facts)]
        for number, part in enumerate(kept):
            part.number = number
        self.parts = kept
        for part in kept:
            self.moods += evaluation.moods(self.text, part, signs=bool(self.signs))
        for fact, part in facts:
            if fact.denied:
                self.moods.append(Mood(fact.at, fact.to, 1, "aspect", part.number, denied=True))
        for part in kept:
            if not part.elsewhere:
                self._matters(part, [fact for fact, place in facts if place is part and not fact.denied])
        self._tidy()
        bad = [(record, place) for record, place in self.placed if record.type != "suggestion"]
        marked = any(hit.what[0] == "sarcasm" for hit in self.hits)
        evaluation.mock(self.text, kept, self.moods, bad, marked=marked)
        praised = thanks.praise(self.source, self.tables, self.names, kept, self.moods)
        if any(mood.sarcastic for mood in self.moods) or self._mocking_thanks(bad):
            praised = [record for record in praised if record.person]
            for mood in self.moods:
                mood.sarcastic = mood.sarcastic or (mood.good > 0 and self._mocking_thanks(bad))
        self.notes += [f"“{record.quote}” → 表扬" for record in praised]
        records = (*(record for record, _ in self.placed), *praised)
        return Matters(records, tuple(self.moods), self.mild, tuple(self.notes))

    def _mocking_thanks(self, bad: Sequence[tuple[Record, int]]) -> bool:
        """谢谢你们让我在走廊睡了三天: thanked for what went wrong."""
        return bool(bad) and re.search(r"(?:谢|感激|多亏|感恩|托).{0,9}(?:让我|害|把我|叫我|给我整|一个)", self.text) is not None

    def _facts(self) -> list[tuple[Fact, Part]]:
        found = []
        for fact in self.facts:
            part = next(part for part in reversed(self.parts) if part.start <= fact.at)
            touched = any(start < fact.to and fact.at < end for start, end in self.signs)
            stained = fact.code == "ME01" and _STAINED.search(self.text, fact.start, fact.to + 3) is not None
            if (
                touched
                and not stained
                and fact.code not in ("ME02", "CQ05")
                and (fact.code not in _INJURY or fact.code == "CQ04")
                and fact.code != "RR04"
            ):
                self.notes.append(f"“{self.source.quote(fact.start, fact.end)}”说的是病情，不记")
            elif not part.elsewhere:
                praised = any(
                    hit.what[0] == "mood" and hit.what[1] > 0 and hit.start < fact.at and fact.to <= hit.end for hit in self.hits
                )
                found.append((fact._replace(denied=fact.denied or praised), part))
        return found

    def _matters(self, part: Part, facts: Sequence[Fact]) -> None:
        no: Hit[tuple[str, Any]] | None = None
        group = ""
        staff_end = -1
        aspects: list[Hit[tuple[str, Any]]] = []
        coded = False
        who = next((hit.what[1] for hit in part.hits if hit.what[0] == "staff" and hit.what[1] != "other"), "")
        for fact in facts:
            coded = self._coded(part, self.tables.codes[fact.code], fact.start, fact.end, who, told=fact.ideas > 1) or coded
        for hit in part.hits:
            kind, what = hit.what
            if kind == "no":
                no = hit
            elif kind == "staff":
                group, staff_end = what, hit.end
            elif kind == "aspect":
                aspects.append(hit)
            elif kind == "code":
                said = self.text[hit.start : hit.end]
                denied = (no is not None and hit.start - no.end <= 1) or FLIPPED.search(said) is not None
                if denied:
                    self.notes.append(f"“{said}”前有否定，不记")
                    if no is not None and not self.signs:
                        self.moods.append(Mood(hit.start, hit.end, 1, "aspect", part.number, denied=True))
                    coded = True
                elif not self._overruled(hit):
                    coded = self._coded(part, what, hit.start, hit.end, group or _named_group(said)) or coded
        if not coded:
            self._judged(part, aspects, group, staff_end)

    def _overruled(self, hit: Hit[tuple[str, Any]]) -> bool:
        """Whether a fact that says more about the same mishap, or a symptom, speaks against a listed wording."""
        if self.text.startswith("贵重", hit.end - 1):
            return True
        if self.text[hit.start] == "没" and self.text[hit.start - 1 : hit.start] == "有":
            return True
        for fact in self.facts:
            meets = fact.at < hit.end and hit.start < fact.to
            covers = hit.start <= fact.start and fact.end <= hit.end
            if meets and not covers and fact.code != hit.what[1].code and fact.ideas > 1:
                return True
        code = hit.what[1].code
        return code not in _INJURY and code != "RR04" and any(start < hit.end and hit.start < end for start, end in self.signs)

    def _coded(self, part: Part, code: Code, start: int, end: int, group: str, *, told: bool = False) -> bool:
        if part.asks and code.code.startswith(_BUSINESS) and (part.end >= len(self.text) - 1 or self.asked):
            self.notes.append(f"“{self.source.quote(start, end)}”是提问，不记")
            return False
        kinds = {hit.what[0] for hit in part.hits}
        ours = kinds & ({"staff", "here"} if part.signs else {"staff", "here", "aspect"})
        waits = part.signs and code.code == "MI01" and not kinds & {"staff", "here", "aspect"}
        if waits or (not told and code.code in _SPOKEN and (part.signs or "clinical" in kinds) and not ours):
            return False
        self._add(part, code, start, end, group)
        return True

    def _judged(self, part: Part, aspects: Sequence[Hit[tuple[str, Any]]], group: str, staff_end: int) -> None:
        """A bad word about an aspect or a person, or a proposal, with nothing more exact."""
        for mood in self.moods:
            if mood.clause != part.number or mood.good >= 0 or mood.sarcastic or mood.about == "clinical":
                continue
            near = next((hit for hit in reversed(aspects) if hit.start <= mood.start), aspects[0] if aspects else None)
            if near is not None:
                self._coded(part, near.what[1], min(near.start, mood.start), max(near.end, mood.end), group)
                return
            if group and group != "other" and staff_end <= mood.start:
                code = self.tables.codes["CQ01" if group == "doctor" and "技术" in self.text else "RR01"]
                self._add(part, code, mood.staffed[0] if mood.staffed else mood.start, mood.end, group)
                return
        if part.suggests is not None:
            end = max([part.suggests[1], *(hit.end for hit in part.hits)])
            meant: Code | None = aspects[-1].what[1] if aspects else self._guess(part)
            if meant is None and ("建议" in self.text or group):
                meant = self.tables.codes.get("OT00")
            if meant is not None:
                self._add(part, meant, part.suggests[0], end, group)

    def _guess(self, part: Part) -> Code | None:
        for other in (*self.parts[: part.number], *self.parts[part.number + 1 :]):
            for hit in other.hits:
                if hit.what[0] == "aspect" and other.sentence == part.sentence:
                    return hit.what[1]  # type: ignore[no-any-return]
        return None

    def _add(self, part: Part, code: Code, start: int, end: int, group: str) -> None:
        if group == "doctor" and code.code in self.tables.doctor:
            code = self.tables.codes[self.tables.doctor[code.code]]
        if any(record.code == code.code for record, _ in self.placed):
            return
        self.mild = self.mild and part.exception
        kind = code.type
        proposed = part.suggests
        if proposed is None and part.number and self.parts[part.number - 1].sentence == part.sentence:
            proposed = self.parts[part.number - 1].suggests
        proposes = proposed is not None or _PROPOSES.search(self.text, start, end) is not None
        if proposes and kind != "complaint":
            kind = "suggestion"
            start = min(start, proposed[0]) if proposed is not None else start
        elif self.demands:
            kind = "complaint"
        severity = min(3, code.severity + 1) if self.raised and code.code != "RR04" else code.severity
        name = thanks.person(self.source, self.tables, self.names, part.start, part.end)
        quote = self.source.quote(start, end)
        record = Record(kind, code.code, max(severity, code.severity), group or code.group or None, name, quote)
        self.placed.append((record, part.number))
        self.notes.append(f"“{quote}” → {code.code} {code.name}")

    def _tidy(self) -> None:
        """What one record says, another need not echo."""
        known = {record.code for record, _ in self.placed}
        gone = {less for more, less in self.tables.absorbs if more in known}
        self.placed = [(record, place) for record, place in self.placed if record.code not in gone]
        if len(self.placed) > 1:
            self.placed = [
                (record, place)
                for record, place in self.placed
                if record.code != "OT00" and not (record.code == "RR04" and _ACCOUNT.fullmatch(record.quote))
            ]


def _named_group(said: str) -> str:
    return next((group for word, group in _SAID if word in said), "")


def find(
    text: Text,
    tables: MatterTables,
    staff_names: tuple[str, ...] = (),
    signs: Sequence[tuple[int, int]] = (),
    *,
    asked: bool = False,
    seen: set[str] | None = None,
) -> Matters:
    """Every matter of a text; `staff_names` are matched before names are guessed. `signs`: where symptoms are told; `asked`:
    the reply asks something; `seen` takes what was found, for the second opinion."""
    return _Reader(text, tables, staff_names, signs, asked=asked, seen=set() if seen is None else seen).read()
