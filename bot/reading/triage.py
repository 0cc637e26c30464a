"""Danger signs in a reply: the walk's mentions, weighed by degree, combination and population. What a rule lowered is kept
with the reason, so that people can sample it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any

from bot.reading.clauses import Walk
from bot.reading.lexicon import Hit, Lexicon
from bot.reading.mention import Clause, Mention, Word
from bot.reading.normalise import Text
from bot.reading.numbers import Number
from bot.reading.reading import Finding, Question
from bot.reading.signs import LEVELS, Combination, Condition, Measure, Population, RedFlags

_CHILDREN = frozenset(("infant", "child", "postpartum"))
_PAIR = re.compile(r"[/\\-]|(?:mmhg)?[、/,和比 ]?(?:低压|下压|舒张压|低的?|下面)?(?:是|为|到)?[:]?")
_CLAUSE = re.compile(r"[,。!?;\n]")
_RANGES = {"temperature": (34.0, 45.0)}


def asked(question: Question | None, flags: RedFlags) -> Measure | None:
    """Which measure a waiting question asks for, told by its unit, its words or its range."""
    if question is None or question.kind not in ("number", "scale"):
        return None
    about = "".join(question.about)
    for measure in flags.measures:
        if any(word in about for word in measure.asked):
            if measure.name == "systolic" and not ("高压" in about or "收缩" in about) and ("低压" in about or "舒张" in about):
                continue
            return measure
    unit = question.unit.lower()
    names = {"℃": "temperature", "度": "temperature", "°c": "temperature", "摄氏度": "temperature", "mmol/l": "sugar"}
    name = names.get(unit, "")
    if not name and question.kind == "number" and question.min is not None and question.max is not None:
        if question.min >= 30 and question.max <= 45:
            name = "temperature"
        elif "mmhg" in unit or "汞" in unit:
            name = "diastolic" if question.max <= 170 else "systolic"
        elif unit == "%" and question.min >= 40:
            name = "oxygen"
    return next((measure for measure in flags.measures if measure.name == name), None)


def measured(text: str, numbers: list[Number], flags: RedFlags, wanted: Measure | None) -> list[Word]:
    """The numbers of a text that have a clinical meaning, as words for the walk."""
    found: list[Word] = []
    systolic = next((measure for measure in flags.measures if measure.name == "systolic"), None)
    diastolic = next((measure for measure in flags.measures if measure.name == "diastolic"), None)
    last: tuple[Measure, Number] | None = None
    for number in numbers:
        measure = None
        if last is not None and last[0] is systolic and diastolic is not None and number.unit in ("", "pressure"):
            between = text[last[1].end : number.start]
            if _PAIR.fullmatch(between) and number.low < last[1].low:
                measure = diastolic
        if measure is None and wanted is not None and wanted in (systolic, diastolic) and _is_pair(text, number, numbers):
            measure = systolic
        if measure is None:
            measure = _meaning(text, number, flags, wanted)
        if measure is None:
            continue
        if number.vague == "under" and measure.name not in ("oxygen", "sugar"):
            continue
        value = number.high if measure.bands else number.low
        if measure.name == "temperature" and 340 <= value <= 430 and not number.unit:
            value = value / 10
        if not measure.low <= value <= measure.high:
            continue
        last = (measure, number)
        found.append(Hit(number.start, number.end, ("measure", (measure, value, measure.level(value)))))
    return found


def _is_pair(text: str, number: Number, numbers: list[Number]) -> bool:
    """140/85: the first of two, the higher before the lower."""
    after = next((other for other in numbers if other.start > number.start), None)
    return after is not None and after.low < number.low and text[number.end : after.start] in ("/", "-", " ")


def _meaning(text: str, number: Number, flags: RedFlags, wanted: Measure | None) -> Measure | None:
    begin = max(0, number.start - 14)
    for mark in _CLAUSE.finditer(text, begin, number.start):
        if text[mark.start()] != "," or mark.start() < number.start - 6:
            begin = mark.end()
    before = text[begin : number.start]
    best: tuple[int, Measure] | None = None
    for measure in flags.measures:
        if number.unit and number.unit not in measure.units:
            continue
        if not measure.low <= number.high <= measure.high and wanted is not measure:
            continue
        if measure.strange is not None and measure.strange.search(text, max(0, begin - 4), min(len(text), number.end + 4)):
            continue
        if number.unit and measure.name in ("temperature", "pressure", "sugar") and number.unit in measure.units:
            return measure
        place = -1
        for cue in measure.cues.finditer(before):
            place = cue.end()
        if place >= 0 and (best is None or place > best[0]):
            best = (place, measure)
    if best is not None:
        return best[1]
    if wanted is not None and (not number.unit or number.unit in wanted.units):
        return wanted
    if wanted is None and not number.unit and number.low != int(number.low):
        for measure in flags.measures:
            if (
                measure.loose
                and measure.loose[0] <= number.low <= measure.loose[1]
                and not (measure.strange and measure.strange.search(text))
            ):
                return measure
    return None


class Triage:
    """The findings of one text and the most urgent level."""

    def __init__(
        self,
        text: Text,
        numbers: list[Number],
        flags: RedFlags,
        lexicon: Lexicon[tuple[str, Any]],
        *,
        question: Question | None = None,
        proxy: bool = False,
        population: frozenset[str] = frozenset(),
    ) -> None:
        self.text = text
        self.flags = flags
        hits = lexicon.scan(text.text)
        self.hits = hits
        measures = measured(text.text, numbers, flags, asked(question, flags)) if numbers else []
        if measures:
            spans = [(hit.start, hit.end) for hit in measures]
            hits = [hit for hit in hits if not any(start < hit.end and hit.start < end for start, end in spans)]
            hits = sorted([*hits, *measures], key=lambda hit: hit.start)
        self.notes: list[str] = []
        self.findings: tuple[Finding, ...] = ()
        self.level = "none"
        if not any(hit.what[0] in ("sign", "phenomenon", "measure") for hit in hits):
            self.mentions: list[Mention] = []
            self.clauses: list[Clause] = [Clause(0, 0, 0)]
            return
        population = population | {name for name, said in flags.said if said.search(text.text)}
        child = bool(population & _CHILDREN)
        walk = Walk(text.text, hits, flags.made_of, text.breaks, proxy=proxy, child=child)
        self.mentions, self.clauses = walk.mentions, walk.clauses
        self._temperatures()
        for mention in self.mentions:
            if mention.measure is None:
                mention.level = _degreed(mention)
        self._weigh(population)

    def _temperatures(self) -> None:
        """A measured temperature speaks for the word 发烧 beside it; a later one for an earlier one."""
        measured = [mention for mention in self.mentions if mention.measure is not None and mention.measure.name == "temperature"]
        if not measured:
            return
        for earlier, later in itertools.pairwise(measured):
            if (later.now or later.clause > earlier.clause) and later.value is not None and earlier.value is not None:
                if later.value < earlier.value and later.value < 38 and later.status == "present":
                    earlier.lower("resolved", "后来量的体温降了")
                if later.value > earlier.value and later.status == "present" and not later.now:
                    continue
        lower = [
            mention.value for mention in measured if not mention.old and mention.value is not None and mention.status == "present"
        ]
        for mention in measured:
            if mention.old and mention.value is not None and any(value < 38 and value < mention.value for value in lower):
                mention.lower("resolved", "后来量的体温降了")
        last = measured[-1]
        for mention in self.mentions:
            if mention.measure is not None or mention.sign.name != "fever":
                continue
            if last.level is None and mention.end <= last.start and last.status == "present":
                mention.lower("resolved", "后来量的体温正常")
            elif last.level is not None and mention.status == last.status:
                mention.level = "drop"
        self.mentions[:] = [
            mention
            for mention in self.mentions
            if mention.level != "drop" and not (mention.measure is not None and mention.level is None)
        ]

    def _weigh(self, population: frozenset[str]) -> None:
        self.mentions[:] = [mention for mention in self.mentions if mention.level is not None]
        for rule in self.flags.populations:
            if rule.populations & population:
                self._populate(rule)
        findings: dict[tuple[str, str, str], Finding] = {}
        for mention in self.mentions:
            level, status = mention.level or "L3", mention.status
            finding = Finding(
                mention.sign.flag,
                LEVELS[min(3, LEVELS.index(level) + 1)] if status == "uncertain" else level,
                status,
                mention.value,
                self.text.quote(mention.start, mention.end),
                mention.why or None,
            )
            key = (mention.sign.name, status, "" if mention.value is None else "value")
            known = findings.get(key)
            if known is None or finding.level < known.level:
                findings[key] = finding
            self._count(mention, finding.level)
        for combination in self.flags.combinations:
            self._combine(combination, findings)
        self.findings = tuple(findings.values())

    def _count(self, mention: Mention, level: str) -> None:
        status = mention.status
        quote = self.text.quote(mention.start, mention.end)
        if status in ("present", "uncertain"):
            self._raise(level)
            self.notes.append(f"“{quote}” → {mention.sign.flag} {level}" + (f"（{mention.why}，降一级）" if mention.why else ""))
            return
        self.notes.append(f"“{quote}” → {mention.sign.flag} 不报警：{mention.why}")
        if status == "resolved":
            self._raise(_later(mention.sign.passed, level))

    def _raise(self, level: str) -> None:
        if self.level == "none" or level < self.level:
            self.level = level

    def _populate(self, rule: Population) -> None:
        if rule.along and not any(mention.sign.name == rule.along and mention.status == "present" for mention in self.mentions):
            return
        for mention in self.mentions:
            if rule.severe_only and mention.degree != "severe":
                continue
            if any(condition.name == mention.sign.name and condition.holds(mention.value) for condition in rule.signs):
                mention.level = min(mention.level or rule.level, rule.level)

    def _combine(self, rule: Combination, findings: dict[tuple[str, str, str], Finding]) -> None:
        live = [mention for mention in self.mentions if mention.status in ("present", "uncertain")]
        chosen: list[Mention] = []
        for group in rule.groups:
            met = [mention for mention in live if mention not in chosen and any(_met(condition, mention) for condition in group)]
            if not met:
                return
            chosen.append(met[0])
        if rule.same_side:
            sides = {mention.side for mention in chosen} - {""}
            if len(sides) > 1 or sides & {"双", "两"}:
                return
        level = rule.level
        if any(mention.status == "uncertain" for mention in chosen):
            level = LEVELS[min(3, LEVELS.index(level) + 1)]
        if not any(
            finding.level <= level and finding.flag == rule.flag and finding.status == "present" for finding in findings.values()
        ):
            quote = self.text.quote(chosen[0].start, chosen[0].end)
            findings["+" + rule.flag, "present", ""] = Finding(rule.flag, level, "present", chosen[0].value, quote)
            both = "、".join(self.text.quote(mention.start, mention.end) for mention in chosen)
            self.notes.append(f"同时有“{both}” → {rule.flag} {level}")
        self._raise(level)


def _later(first: str, second: str) -> str:
    return max(first, second)


def _met(condition: Condition, mention: Mention) -> bool:
    name = mention.measure.name if mention.measure is not None else ""
    return condition.name in (mention.sign.name, name) and condition.holds(mention.value)


def _degreed(mention: Mention) -> str:
    sign = mention.sign
    if mention.degree == "severe":
        return min(sign.severe, sign.level)
    if mention.degree == "mild":
        return max(sign.mild, sign.level)
    return sign.level


def suppressed(findings: Iterable[Finding]) -> list[Finding]:
    """The candidates that a rule lowered, for sampling by people."""
    return [finding for finding in findings if finding.suppressed]
