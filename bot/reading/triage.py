"""Danger signs in a reply: the walk's mentions, weighed by degree, combination and population. What a rule lowered is kept
with the reason, so that people can sample it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any

from bot.reading import composed, frames
from bot.reading.clauses import Walk
from bot.reading.lexicon import Lexicon
from bot.reading.measures import asked, measured
from bot.reading.mention import Clause, Mention
from bot.reading.normalise import Text
from bot.reading.numbers import Number
from bot.reading.reading import Finding, Question
from bot.reading.signs import LEVELS, Combination, Population, RedFlags

_CHILDREN = frozenset(("infant", "child", "postpartum"))
_SAYS = frozenset(("sign", "phenomenon", "measure", "gone"))
_MEAL = re.compile("[喝吃饭汤粥]")


_NEVER = re.compile(r"[没不未别停](?:有|再|在)?$")
_AGO = re.compile(r"[之以]?[前后]|还?没(?!几天|多久)|不(?!久)")


def _told(text: str, flags: RedFlags) -> set[str]:
    """The populations that the reply itself puts the patient in."""
    return {
        name
        for name, said in flags.said
        for match in said.finditer(text)
        if not _NEVER.search(text, 0, match.start()) and not (name == "infant" and _AGO.match(text, match.end()))
    }


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
        hits = flags.scenes.join(text.text, lexicon.scan(text.text))
        self.hits = hits
        measures = measured(text.text, numbers, flags, asked(question, flags)) if numbers else []
        if measures:
            taken = {place for hit in measures for place in range(hit.start, hit.end)}
            hits = [hit for hit in hits if taken.isdisjoint(range(hit.start, hit.end))]
            hits = sorted([*hits, *measures], key=lambda hit: hit.start)
        self.notes: list[str] = []
        self.findings: tuple[Finding, ...] = ()
        self.level = "none"
        if not any(hit.what[0] in _SAYS for hit in hits):
            self.mentions: list[Mention] = []
            self.clauses: list[Clause] = [Clause(0, 0, 0)]
            return
        population = population | _told(text.text, flags)
        child = bool(population & _CHILDREN)
        walk = Walk(text.text, hits, flags.made_of, text.breaks, proxy=proxy, child=child)
        self.mentions, self.clauses = walk.mentions, walk.clauses
        frames.lower(text.text, self.mentions, self.clauses, proxy=walk.proxy)
        self._amounts()
        self._results()
        self._temperatures()
        self._nothing()
        for mention in self.mentions:
            if mention.measure is None:
                mention.level = _degreed(mention)
        self._weigh(population)

    def _amounts(self) -> None:
        """Blood by the bowl, or mouthful after mouthful."""
        much = self.flags.much
        if much is None:
            return
        for mention in self.mentions:
            if mention.sign.ends != "blood" or mention.degree:
                continue
            found = much.search(self.text.text, max(0, mention.start - 4), mention.end + 9)
            if found and not _MEAL.search(self.text.text, mention.end, found.end() + 1):
                mention.degree = "severe"

    def _results(self) -> None:
        """疼得直不起腰, 喘得话都说不出, 胀得像鼓: what comes of it tells how bad it is."""
        extreme = self.flags.extreme
        if extreme is None:
            return
        for mention in self.mentions:
            if mention.sign.severe < mention.sign.level and composed.result(self.text.text, mention.end, extreme):
                mention.degree = "severe"

    def _nothing(self) -> None:
        """疼痛0分: a score of nothing denies the word beside it."""
        for zero in self.mentions:
            if zero.measure is None or zero.level is not None or zero.status != "present":
                continue
            for mention in self.mentions:
                if mention.measure is None and mention.sign.ends == zero.sign.ends == "pain" and mention.clause == zero.clause:
                    mention.lower("negated", f"说的是{zero.value:g}")

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
            if mention.measure is not None or "fever" not in (mention.sign.name, mention.sign.kind):
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
            if mention.sign.cue:
                continue
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
        live: dict[str, list[Mention]] = {}
        for mention in self.mentions:
            if mention.status in ("present", "uncertain"):
                live.setdefault(mention.sign.name, []).append(mention)
                if mention.sign.kind:
                    live.setdefault(mention.sign.kind, []).append(mention)
                if mention.measure is not None:
                    live.setdefault(mention.measure.name, []).append(mention)
        for combination in self.flags.combinations if live else ():
            if not combination.begins.isdisjoint(live):
                self._combine(combination, live, findings)
        self.findings = tuple(findings.values())
        self.mentions = [mention for mention in self.mentions if not mention.sign.cue]

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
        names = {condition.name for condition in rule.signs}
        for mention in self.mentions:
            if mention.sign.name not in names and mention.sign.kind not in names:
                continue
            if rule.severe_only and mention.degree != "severe":
                continue
            known = (mention.sign.name, mention.sign.kind)
            if any(condition.name in known and condition.holds(mention.value) for condition in rule.signs):
                mention.level = min(mention.level or rule.level, rule.level)

    def _combine(self, rule: Combination, live: dict[str, list[Mention]], findings: dict[tuple[str, str, str], Finding]) -> None:
        chosen = _together(rule, live, ())
        if not chosen or rule.without in live:
            return
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


def _together(rule: Combination, live: dict[str, list[Mention]], chosen: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """A mention for each group of a combination, () where there is none."""
    if len(chosen) == len(rule.groups):
        return chosen
    for condition in rule.groups[len(chosen)]:
        for mention in live.get(condition.name, ()):
            if not condition.holds(mention.value) or any(mention is other for other in chosen):
                continue
            if rule.near and chosen and mention.sentence != chosen[0].sentence:
                continue
            found = _together(rule, live, (*chosen, mention))
            if found:
                return found
    return ()


def _later(first: str, second: str) -> str:
    return max(first, second)


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
