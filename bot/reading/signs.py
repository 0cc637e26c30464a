"""The red-flag table, compiled: signs, how they are made of body parts and phenomena, measures, combinations, populations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.reading.lexicon import Lexicon
from bot.reading.scenes import Scenes
from bot.reading.wordlist import pattern as pattern
from bot.reading.wordlist import words as words

LEVELS = ("L0", "L1", "L2", "L3")


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing a patient can report. `severe`, `mild`, `passed` replace `level` when it is said so; `ends` names the class
    of words that say it is over; `own`: about the patient unless somebody else is plainly its subject; `alike`: the phenomenon
    it is when it stands behind a body part; `chronic`: an old trouble without change is none; `cue`: counts only beside other
    signs; `strange`: words in the sentence that give it another meaning; `kind`: the sign that it
    is a case of (高烧 of 发烧)."""

    name: str
    flag: str
    level: str
    severe: str
    mild: str
    passed: str
    ends: str
    part: str
    own: bool
    alike: str = ""
    chronic: bool = False
    cue: bool = False
    strange: re.Pattern[str] | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with a meaning: which units or words show it, what is plausible, from where on it is of which level."""

    name: str
    sign: Sign
    units: frozenset[str]
    cues: re.Pattern[str]
    asked: tuple[str, ...]
    strange: re.Pattern[str] | None
    low: float
    high: float
    loose: tuple[float, float] | None
    normal: float
    bands: tuple[tuple[float, str], ...]
    lows: tuple[tuple[float, str], ...]

    def level(self, value: float) -> str | None:
        """The level of a value, None where it is normal."""
        for bound, level in self.bands:
            if value >= bound:
                return level
        for bound, level in self.lows:
            if value <= bound:
                return level
        return None


@dataclass(frozen=True, slots=True)
class Condition:
    """A sign (or measure) that must be there, perhaps with a value beyond `bound`."""

    name: str
    sense: str = ""
    bound: float = 0.0

    def holds(self, value: float | None) -> bool:
        """Whether a mention with this value satisfies it."""
        if not self.sense:
            return True
        return value is not None and (value >= self.bound if self.sense == ">=" else value <= self.bound)


@dataclass(frozen=True, slots=True)
class Combination:
    """Signs that mean more together, perhaps only on the `same_side` or `near` each other
    (in one sentence), and only `without` another sign. `begins`: the names in the first group."""

    groups: tuple[tuple[Condition, ...], ...]
    flag: str
    level: str
    same_side: bool
    near: bool
    without: str
    begins: frozenset[str]


@dataclass(frozen=True, slots=True)
class Population:
    """Signs that are of a higher level for patients of these populations, some only `along` with another sign."""

    populations: frozenset[str]
    signs: tuple[Condition, ...]
    level: str
    along: str
    severe_only: bool


@dataclass(frozen=True, slots=True)
class RedFlags:
    version: str
    approver: str
    titles: Mapping[str, str]
    names: Mapping[str, Sign]
    made_of: Mapping[tuple[str, str], Sign]
    measures: tuple[Measure, ...]
    combinations: tuple[Combination, ...]
    populations: tuple[Population, ...]
    said: tuple[tuple[str, re.Pattern[str]], ...]
    much: re.Pattern[str] | None
    extreme: re.Pattern[str] | None
    words: tuple[tuple[str, tuple[str, Any]], ...]
    scenes: Scenes


def _level(value: Any, where: str) -> str:
    if value not in LEVELS:
        raise ValueError(f"{where}：级别应为 L0 到 L3，写的是 {value!r}")
    return str(value)


def _number(value: Any, where: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{where}：应为数字，写的是 {value!r}") from None


def _sign(row: Mapping[str, Any]) -> Sign:
    name = str(row["sign"])
    level = _level(row["level"], name)
    passed = row.get("passed") or ("L3" if level == "L3" else "L2")
    parts = [pair.split("+")[0] for pair in words(row.get("made_of"))]
    return Sign(
        name,
        str(row["flag"]),
        level,
        _level(row.get("severe") or level, name),
        _level(row.get("mild") or level, name),
        _level(passed, name),
        str(row.get("ends") or "none"),
        str(row.get("part") or (parts[0] if parts else "")).strip("-"),
        row.get("self") == "yes",
        str(row.get("as") or ""),
        row.get("chronic") == "yes",
        False,
        pattern(row.get("not")),
        str(row.get("is") or ""),
    )


def _bands(value: Any, where: str, *, downwards: bool) -> tuple[tuple[float, str], ...]:
    pairs = (item.partition("=") for item in words(value))
    return tuple(sorted(((_number(bound, where), _level(level, where)) for bound, _, level in pairs), reverse=downwards))


def _measure(row: Mapping[str, Any], names: dict[str, Sign]) -> Measure:
    name = str(row["measure"])
    sign_name = str(row["sign"])
    sign = names.get(sign_name) or Sign(sign_name, str(row["flag"]), "L2", "L2", "L2", "L2", "none", "", False)
    names.setdefault(sign_name, sign)
    loose = [_number(item, name) for item in words(row.get("loose"))]
    cues = pattern(row["cues"])
    if cues is None:
        raise ValueError(f"{name}：cues 不能为空")
    return Measure(
        name,
        sign,
        frozenset(words(row.get("units"))),
        cues,
        tuple(words(row.get("asked"))),
        pattern(row.get("not")),
        _number(row["min"], name),
        _number(row["max"], name),
        (loose[0], loose[1]) if len(loose) == 2 else None,
        _number(row["normal"], name),
        _bands(row.get("bands"), name, downwards=True),
        _bands(row.get("low"), name, downwards=False),
    )


_CLASS = re.compile(r"<([a-z_]+)>")


def _unfold(data: Any, classes: Mapping[str, str]) -> Any:
    """The table with every `<name>` replaced by the class of words it stands for."""
    if isinstance(data, str):
        while (match := _CLASS.search(data)) is not None:
            data = data.replace(match[0], classes[match[1]])
        return data
    if isinstance(data, Mapping):
        return {key: _unfold(value, classes) for key, value in data.items()}
    return [_unfold(value, classes) for value in data] if isinstance(data, list | tuple) else data


_CONDITION = re.compile(r"([a-z_]+)(?:(>=|<=)([0-9.]+))?")


def _condition(text: str, known: Iterable[str]) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None or match[1] not in known:
        raise ValueError(f"组合里没有这个征象：{text}")
    return Condition(match[1], match[2] or "", float(match[3] or 0))


def compile_red_flags(data: Any) -> RedFlags:
    """The red-flag table from plain data. Raises ValueError (Chinese) where it is wrong."""
    try:
        return _compile(data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"红线表缺少内容：{error}") from error


def _compile(data: Any) -> RedFlags:
    classes = {str(name): f"({'|'.join(words(forms))})" for name, forms in (data.get("classes") or {}).items()}
    data = _unfold({key: value for key, value in data.items() if key != "classes"}, classes)
    names: dict[str, Sign] = {}
    made_of: dict[tuple[str, str], Sign] = {}
    entries: list[tuple[str, tuple[str, Any]]] = [(form, ("veto", "")) for form in words(data.get("vetoes"))]
    for row in data.get("signs") or ():
        sign = _sign(row)
        if sign.name in names:
            raise ValueError(f"征象重复：{sign.name}")
        names[sign.name] = sign
        for pair in words(row.get("made_of")):
            part, _, phenomenon = pair.partition("+")
            made_of.setdefault((part, phenomenon), sign)
        entries += [(form, ("sign", sign)) for form in words(row["words"])]
    for cue, forms in (data.get("cues") or {}).items():
        names[str(cue)] = Sign(str(cue), "", "L3", "L3", "L3", "L3", "none", "", False, cue=True)
        entries += [(form, ("sign", names[str(cue)])) for form in words(forms)]
    measures = tuple(_measure(row, names) for row in data.get("measures") or ())
    known = set(names) | {measure.name for measure in measures}
    combinations = tuple(
        Combination(
            tuple(tuple(_condition(item, known) for item in group.split("|")) for group in words(row["when"])),
            str(row["flag"]),
            _level(row["level"], str(row["flag"])),
            row.get("same_side") == "yes",
            row.get("near") == "yes",
            str(row.get("without") or ""),
            frozenset(_condition(item, known).name for item in words(row["when"])[0].split("|")),
        )
        for row in data.get("combine") or ()
    )
    populations = tuple(
        Population(
            frozenset(words(row["population"])),
            tuple(_condition(item, known) for item in str(row["sign"]).split("|")),
            _level(row["level"], str(row["population"])),
            str(row.get("with") or ""),
            row.get("severe_only") == "yes",
        )
        for row in data.get("populations") or ()
    )
    for kind, section in (("phenomenon", "phenomena"), ("part", "parts")):
        entries += [(form, (kind, name)) for name, forms in (data.get(section) or {}).items() for form in words(forms)]
    patterns = ((str(name), pattern(forms)) for name, forms in (data.get("said") or {}).items())
    said = tuple((name, found) for name, found in patterns if found is not None)
    heads = (str(data.get("version") or ""), str(data.get("approver") or ""))
    titles = {str(flag): str(name) for flag, name in (data.get("names") or {}).items()}
    much, extreme = pattern(data.get("much")), pattern(data.get("extreme"))
    scenes = Scenes(data.get("scenes") or (), names)
    return RedFlags(
        *heads, titles, names, made_of, measures, combinations, populations, said, much, extreme, tuple(entries), scenes
    )


def lexicon(flags: RedFlags, scope: Mapping[str, Any], gone: Mapping[str, Any]) -> Lexicon[tuple[str, Any]]:
    """Everything the reading of symptoms looks for, in one lexicon; a sign beats a scope word of the same form."""
    entries: list[tuple[str, tuple[str, Any]]] = list(flags.words)
    classes: dict[str, set[str]] = {}
    for name, forms in gone.items():
        for form in words(forms):
            classes.setdefault(form, set()).add(name)
    first = [(form, (name, None)) for name, forms in scope.items() for form in words(forms)]
    ends = [(form, ("gone", frozenset(kinds))) for form, kinds in classes.items()]
    marks = [(f"[{mark}]", ("stop", None)) for mark in "。!?;\n"] + [(f"[{mark}]", ("comma", None)) for mark in ",:"]
    vetoes = [entry for entry in entries if entry[1][0] == "veto"]
    signs = [entry for entry in entries if entry[1][0] == "sign"]
    rest = [entry for entry in entries if entry[1][0] not in ("veto", "sign")]
    return Lexicon([*vetoes, *signs, *first, *ends, *rest, *marks])
