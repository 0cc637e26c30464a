"""Matters in a reply: each complaint, dissatisfaction, suggestion and praise as one record, and the view of the whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from bot.reading.codes import Code, MatterTables
from bot.reading.lexicon import Hit
from bot.reading.normalise import Text
from bot.reading.reading import Record

_PROPOSES = re.compile(r"有待|待提高|希望|建议|要改|需改|要加强|能改善|应该改")
_FLIPPED = re.compile(r"(?:不|没那么|不算|不太|不怎么)(?:差|贵|难吃|脏|吵|凶|慢|乱|麻烦|冷|挤|复杂|久|长|黑|坑)$")


@dataclass(slots=True)
class Mood:
    """An evaluation: `good` from -2 to 2; `about` what it is said of: '' for the whole, staff, an aspect, clinical."""

    start: int
    end: int
    good: int
    about: str
    clause: int
    group: str = ""
    sarcastic: bool = False
    staffed: tuple[int, int] | None = None


@dataclass(slots=True)
class _Part:
    number: int
    start: int
    hits: list[Hit[tuple[str, Any]]] = field(default_factory=list)
    exception: bool = False
    elsewhere: bool = False
    suggests: tuple[int, int] | None = None
    thanks: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Matters:
    """What was found: the records and the evaluations (for satisfaction). `excepted`: every matter stands behind 除了 or 就是."""

    records: tuple[Record, ...]
    moods: tuple[Mood, ...]
    nothing: bool
    excepted: bool
    notes: tuple[str, ...]


class _Reader:
    def __init__(self, text: Text, tables: MatterTables, staff_names: tuple[str, ...]) -> None:
        self.source = text
        self.text = text.text
        self.tables = tables
        self.names = staff_names
        self.records: list[Record] = []
        self.moods: list[Mood] = []
        self.notes: list[str] = []
        self.nothing = False
        self.mild = True
        self.hits = tables.lexicon.scan(self.text)
        self.parts = self._split()

    def _split(self) -> list[_Part]:
        parts = [_Part(0, 0)]
        elsewhere = False
        breaks = sorted(self.source.breaks)
        for hit in self.hits:
            kind = hit.what[0]
            while breaks and breaks[0] <= hit.start:
                place = breaks.pop(0)
                last = parts[-1].hits[-1] if parts[-1].hits else None
                if last is not None and last.end <= place and last.what[0] not in ("no", "very", "staff", "aspect"):
                    parts.append(_Part(len(parts), place))
            if kind in ("stop", "comma", "except"):
                parts.append(_Part(len(parts), hit.end, exception=kind == "except"))
                if kind == "stop":
                    elsewhere = False
                parts[-1].elsewhere = elsewhere
                continue
            part = parts[-1]
            if kind == "never":
                part.elsewhere = elsewhere = True
            elif kind == "staff" and self.text[hit.start : hit.end].startswith(("你们", "贵")):
                part.elsewhere = elsewhere = False
            elif kind == "suggest" and part.suggests is None:
                part.suggests = (hit.start, hit.end)
            elif kind == "thanks" and part.thanks is None:
                part.thanks = (hit.start, hit.end)
            part.hits.append(hit)
        return parts

    def read(self) -> Matters:
        self.parts = [part for part in self.parts if part.hits or part.number == 0]
        for number, part in enumerate(self.parts):
            part.number = number
            self._moods(part)
        sarcasm = any(hit.what[0] == "sarcasm" for hit in self.hits)
        demands = any(hit.what[0] == "demand" or (hit.what[0] == "code" and hit.what[1].code == "RR04") for hit in self.hits)
        raised = any(hit.what[0] == "raise" for hit in self.hits)
        for part in self.parts:
            if not part.elsewhere:
                self._matters(part, demands, raised)
        known = {record.code for record in self.records}
        gone = {less for more, less in self.tables.absorbs if more in known}
        self.records = [record for record in self.records if record.code not in gone]
        if len(self.records) > 1:
            self.records = [record for record in self.records if record.code != "OT00"]
        bad = [record for record in self.records if record.type in ("complaint", "dissatisfaction")]
        if sarcasm and (bad or any(mood.good < 0 for mood in self.moods)):
            for mood in self.moods:
                if mood.good > 0 and mood.about != "clinical" and not self._plain(mood):
                    mood.sarcastic = True
        for part in self.parts:
            if not part.elsewhere:
                self._praise(part)
        return Matters(tuple(self.records), tuple(self.moods), self.nothing, self.mild, tuple(self.notes))

    def _plain(self, mood: Mood) -> bool:
        return "满意" in self.text[mood.start : mood.end]

    def _moods(self, part: _Part) -> None:
        no: Hit[tuple[str, Any]] | None = None
        about, group = "", ""
        staffed: tuple[int, int] | None = None
        edge = -1
        for hit in part.hits:
            kind, what = hit.what
            if kind == "no":
                no, edge = hit, hit.end
            elif kind == "very":
                if edge == hit.start:
                    edge = hit.end
            elif kind == "staff":
                about, group, staffed = about if about == "aspect" else "staff", what, (hit.start, hit.end)
            elif kind == "aspect":
                about = "aspect"
            elif kind == "clinical":
                if about == "":
                    about = "clinical"
            elif kind == "none":
                self.nothing = True
            elif kind in ("mood", "sarcasm") or (kind == "code" and _FLIPPED.search(self.text[hit.start : hit.end])):
                good = what if kind == "mood" else 1
                if no is not None and edge == hit.start:
                    good = -1 if good > 0 else 1
                mood = Mood(hit.start, hit.end, good, about, part.number, group, kind == "sarcasm", staffed)
                if kind == "code":
                    mood.about = "aspect"
                if not part.elsewhere and kind != "sarcasm":
                    self.moods.append(mood)
                elif kind == "sarcasm" and not part.elsewhere:
                    mood.sarcastic = False
                    self.moods.append(mood)
                no = None

    def _matters(self, part: _Part, demands: bool, raised: bool) -> None:
        no: Hit[tuple[str, Any]] | None = None
        group = ""
        staff_end = -1
        aspects: list[Hit[tuple[str, Any]]] = []
        coded = False
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
                if (no is not None and hit.start - no.end <= 1) or _FLIPPED.search(said):
                    self.notes.append(f"“{said}”前有否定，不记")
                    coded = True
                    continue
                self._add(part, what, hit.start, hit.end, group or _named_group(said), demands, raised)
                coded = True
        if coded:
            return
        for mood in self.moods:
            if mood.clause != part.number or mood.good >= 0 or mood.sarcastic:
                continue
            near = next((hit for hit in reversed(aspects) if hit.start <= mood.start), aspects[0] if aspects else None)
            if near is not None:
                self._add(part, near.what[1], min(near.start, mood.start), max(near.end, mood.end), group, demands, raised)
                return
            if group and group != "other" and staff_end <= mood.start:
                code = self.tables.codes["CQ01" if group == "doctor" and "技术" in self.text else "RR01"]
                start = mood.staffed[0] if mood.staffed else mood.start
                self._add(part, code, start, mood.end, group, demands, raised)
                return
        if part.suggests is not None:
            end = max([part.suggests[1], *(hit.end for hit in part.hits)])
            meant: Code | None = aspects[0].what[1] if aspects else self._guess(part)
            meant = meant or self.tables.codes.get("OT00")
            if meant is not None:
                self._add(part, meant, part.suggests[0], end, group, demands, raised)

    def _guess(self, part: _Part) -> Code | None:
        for earlier in self.parts[: part.number]:
            for hit in earlier.hits:
                if hit.what[0] == "aspect":
                    return hit.what[1]  # type: ignore[no-any-return]
        return None

    def _add(self, part: _Part, code: Code, start: int, end: int, group: str, demands: bool, raised: bool) -> None:
        if group == "doctor" and code.code in self.tables.doctor:
            code = self.tables.codes[self.tables.doctor[code.code]]
        if any(record.code == code.code for record in self.records):
            return
        self.mild = self.mild and part.exception
        kind = code.type
        proposes = part.suggests is not None or _PROPOSES.search(self.text, start, end) is not None
        if proposes and kind != "complaint":
            kind = "suggestion"
            start = min(start, part.suggests[0]) if part.suggests is not None else start
        elif demands:
            kind = "complaint"
        severity = min(3, code.severity + 1) if raised and code.code != "RR04" else code.severity
        severity = max(severity, code.severity)
        self.records.append(
            Record(kind, code.code, severity, group or code.group or None, self._person(part), self.source.quote(start, end))
        )
        self.notes.append(f"“{self.source.quote(start, end)}” → {code.code} {code.name}")

    def _person(self, part: _Part) -> str | None:
        start = part.start
        following = self.parts[part.number + 1].start if part.number + 1 < len(self.parts) else len(self.text)
        for name in self.names:
            if name and self.text.find(name, start, following) >= 0:
                return name
        match = self.tables.person.search(self.text, start, following)
        if match is None:
            return None
        name = "behind" if match["behind"] else "before"
        return self.source.quote(*match.span(name)) or None

    def _praise(self, part: _Part) -> None:
        """Praise thanks a person or a ward: staff with a good word, or thanks said to them."""
        staff = [hit for hit in part.hits if hit.what[0] == "staff"]
        person = self._person(part)
        good = [mood for mood in self.moods if mood.clause == part.number and mood.good > 0 and not mood.sarcastic]
        good = [mood for mood in good if mood.about in ("staff", "aspect") or person]
        if part.exception and not good:
            return
        thanked = part.thanks is not None and any(hit.end - hit.start >= 2 for hit in staff)
        polite = part.thanks is not None and self.text[part.thanks[0]] in "谢多感辛"
        if (
            thanked
            and polite
            and len(self.text) <= 8
            and not good
            and not any("全" in self.text[hit.start : hit.end] for hit in staff)
        ):
            thanked = bool(person) and len(self.text) > 6
        if part.thanks is not None and not staff and not person and part.number:
            before = self.parts[part.number - 1]
            if not any(hit.what[0] == "code" for hit in before.hits):
                staff = [hit for hit in before.hits if hit.what[0] == "staff"]
                person = self._person(before)
                thanked = bool(staff)
        if not staff and not person:
            return
        if not good and not thanked:
            return
        start = min([hit.start for hit in staff] + [part.thanks[0] if part.thanks else 10**6] + [mood.start for mood in good])
        end = max([hit.end for hit in staff] + [mood.end for mood in good] + [part.thanks[1] if part.thanks else 0])
        group = staff[0].what[1] if staff else None
        if any(record.type == "praise" and record.person == person for record in self.records):
            return
        self.records.append(Record("praise", None, None, group, person, self.source.quote(start, end)))
        self.notes.append(f"“{self.source.quote(start, end)}” → 表扬")


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


def _named_group(said: str) -> str:
    return next((group for word, group in _SAID if word in said), "")


def find(text: Text, tables: MatterTables, staff_names: tuple[str, ...] = ()) -> Matters:
    """Every matter of a text; `staff_names` are matched before names are guessed."""
    return _Reader(text, tables, staff_names).read()
