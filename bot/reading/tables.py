"""The three tables of words, compiled once into what the reading uses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.reading.codes import MatterTables
from bot.reading.concepts import Concept, compile_concepts
from bot.reading.intents import Intents
from bot.reading.lexicon import Lexicon, expand
from bot.reading.meaning import Axis, compile_axes
from bot.reading.normalise import Normaliser, Text
from bot.reading.numbers import Number
from bot.reading.opinion import Opinion
from bot.reading.options import Choices, compile_synonyms
from bot.reading.reading import Option, Reading
from bot.reading.signs import RedFlags, compile_red_flags, lexicon, pattern, words
from bot.reading.units import unit_class
from bot.reading.weights import LEARNT

MANY = 2000


@dataclass(slots=True, repr=False)
class Tables:
    """Everything that is words. `choices` remembers the options of questions already met, `short` the readings of short
    replies, `heard` the plain form of others that may be asked again."""

    versions: tuple[str, str, str]
    approvers: tuple[str, str, str]
    normalise: Normaliser
    flags: RedFlags
    signs: Lexicon[tuple[str, Any]]
    intents: Intents
    matters: MatterTables
    synonyms: dict[str, tuple[str, ...]]
    positions: dict[str, tuple[str, ...]]
    concepts: tuple[Concept, ...]
    axes: tuple[Axis, ...]
    yes: dict[str, bool | None]
    yesno: Lexicon[str]
    vague: frozenset[str]
    past: re.Pattern[str]
    now: re.Pattern[str]
    zero: tuple[str, ...]
    full: tuple[str, ...]
    undecided: re.Pattern[str]
    opinion: Opinion
    choices: dict[tuple[Option, ...], Choices] = field(default_factory=dict)
    short: dict[tuple[Any, ...], Reading] = field(default_factory=dict)
    heard: dict[str, tuple[Text, list[Number]]] = field(default_factory=dict)

    def name(self, code: str) -> str:
        """The Chinese name of a red flag or a complaint code; the code itself where there is none."""
        known = self.matters.codes.get(code)
        return known.name if known is not None else self.flags.titles.get(code, code)

    def owner(self, code: str) -> str:
        """The department that answers for a complaint code; empty for an unknown one."""
        known = self.matters.codes.get(code)
        return known.owner if known is not None else ""

    def unit(self, unit: str) -> str:
        """The class of a unit as written in a question, '' when it is none that is known."""
        return unit_class(unit)

    def options(self, options: tuple[Option, ...]) -> Choices:
        """The compiled options of a question."""
        known = self.choices.get(options)
        if known is None:
            if len(self.choices) >= MANY:
                self.choices.clear()
            known = Choices(
                options,
                self.synonyms,
                self.positions,
                self.concepts,
                self.axes,
                lambda label: self.normalise(label).text,
                self.yesno,
            )
            self.choices[options] = known
        return known


def _forms(data: Mapping[str, Any], name: str) -> re.Pattern[str]:
    found = pattern(data.get(name))
    return found if found is not None else re.compile("(?!)")


def compile_tables(red_flags: Any, complaints: Any, words_: Any) -> Tables:
    """The tables from the plain data of red_flags.yaml, complaints.yaml and words.yaml (all scalars may be strings). Raises
    ValueError with Chinese words where one is wrong."""
    try:
        return _compile(red_flags, complaints, words_)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"读解用词表缺少内容或写法不对：{error}") from error


def _compile(red_flags: Any, complaints: Any, data: Any) -> Tables:
    flags = compile_red_flags(red_flags)
    surnames = str(data.get("surnames") or "")
    entries: list[tuple[str, str]] = []
    known: dict[str, bool | None] = {}
    for name, value in (("unsure", None), ("no", False), ("yes", True)):
        for form in words((data.get("yesno") or {}).get(name)):
            if not form.isascii():
                entries.append((form, name))
            if not set(form) & set("()[]?~#|"):
                known.setdefault(form, value)
    tables = (red_flags, complaints, data)
    return Tables(
        tuple(str(table.get("version") or "") for table in tables),  # type: ignore[arg-type]
        tuple(str(table.get("approver") or "") for table in tables),  # type: ignore[arg-type]
        Normaliser(
            {str(old): str(new) for old, new in (data.get("rewrite") or {}).items()},
            tuple(words(data.get("fillers"))),
            data.get("pinyin"),
        ),
        flags,
        lexicon(flags, data.get("scope") or {}, data.get("gone") or {}),
        Intents(data.get("intents") or {}, data.get("question") or {}, surnames),
        MatterTables(complaints, data.get("moods") or {}, surnames),
        compile_synonyms(data.get("labels") or {}),
        {str(place): tuple(words(forms)) for place, forms in (data.get("positions") or {}).items()},
        compile_concepts(data.get("concepts") or ()),
        compile_axes(data.get("axes") or ()),
        known,
        Lexicon(entries),
        frozenset(form for word in words(data.get("vague")) for form in expand(word)),
        _forms(data, "past_number"),
        _forms(data, "now_number"),
        tuple(words(data.get("zero"))),
        tuple(words(data.get("full"))),
        _forms(data, "undecided"),
        Opinion(LEARNT),
    )
