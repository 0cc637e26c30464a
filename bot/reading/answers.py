"""The answer to one question, out of a normalised text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bot.reading import assent, days, numbers, quantities, repair
from bot.reading.mention import Mention
from bot.reading.normalise import Text
from bot.reading.numbers import Number
from bot.reading.reading import Answer, Question

if TYPE_CHECKING:
    from bot.reading.mentioned import Chosen
    from bot.reading.tables import Tables

_CLAUSE = re.compile(r"[,。!?;\n]")
_EDGES = " ,，。.!！?？;；、~\n"

_THANKED = re.compile(r"(?:谢谢|多谢|谢了|感谢|辛苦了?)(?:你们?|您|医生|护士|大夫|关心)*(?:了|啦)?$")


class Reply:
    """One reply and what was already found in it; answers any question about it."""

    def __init__(
        self,
        text: Text,
        numbers: list[Number],
        tables: Tables,
        mentions: list[Mention] | None = None,
        today: date | None = None,
    ) -> None:
        self.source = text
        self.text = text.text
        self.numbers = numbers
        self.tables = tables
        self.today = today
        self.mentions = mentions

    def answer(self, question: Question, *, unasked: bool = False) -> Answer:
        """Read the reply as an answer. Status is ok, unclear or out_of_range; off_topic is decided with the intents. An unclear
        answer with a quote spoke to the question all the same (a range, 都可以)."""
        if not unasked and question.kind not in ("text", "feedback", "image"):
            for start, end in repair.pieces(self.text, self.source.breaks):
                again = self._part(start, end).answer(question, unasked=unasked)
                if again.status == "ok":
                    return again
        return self._plain(question, unasked)

    def _part(self, start: int, end: int) -> Reply:
        source = self.source.part(start, end)
        within = None
        if self.mentions is not None:
            within = [
                replace(one, start=one.start - start, end=min(one.end, end) - start)
                for one in self.mentions
                if start <= one.start < end
            ]
        return Reply(source, numbers.find(source.text), self.tables, within, self.today)

    def _plain(self, question: Question, unasked: bool) -> Answer:
        kind = question.kind
        if not self.text.strip(_EDGES) and kind not in ("text", "feedback", "image"):
            return Answer("unclear")
        if kind in ("number", "scale"):
            return quantities.read(self, question, unasked)
        if kind == "choice":
            return self._choice(question, unasked)
        if kind == "multichoice":
            return self._choices(question, unasked)
        if kind == "yesno":
            return assent.read(self, question, unasked)
        if kind == "date":
            return days.read(self, question, unasked)
        return self._free(unasked)

    def ok(self, value: Any, start: int, end: int, *, sure: bool = True) -> Answer:
        """An answer with the words it came from and what is left."""
        return Answer("ok", value, self.source.quote(start, end), self.source.outside(start, end), sure)

    def _free(self, unasked: bool) -> Answer:
        said = self.source.raw.strip()
        if unasked or not said:
            return Answer("unclear")
        return Answer("ok", said, said, "")

    def clause_of(self, start: int) -> tuple[int, int]:
        begin, end = 0, len(self.text)
        for mark in _CLAUSE.finditer(self.text):
            if mark.end() <= start:
                begin = mark.end()
            elif mark.start() >= start:
                end = mark.start()
                break
        places = [place for place in self.source.breaks if begin < place]
        for place in sorted(places):
            if place <= start:
                begin = place
            elif place < end:
                end = place
                break
        return begin, end

    def speaks(self, question: Question, start: int) -> bool:
        """Whether the clause round a place names what the question is about."""
        begin, end = self.clause_of(start)
        clause = self.text[begin:end]
        return any(word in clause for word in question.about)

    # --- options

    def _choice(self, question: Question, unasked: bool) -> Answer:
        choices = self.tables.options(question.options)
        if unasked:
            return self._unasked(question, choices.one)
        chosen = self._settled(question, choices.one(self.text, self.source.breaks))
        return self._chosen(question, chosen, several=False)

    def _settled(self, question: Question, chosen: Chosen) -> Chosen:
        """Whether the words leave it open after all."""
        text = self.text
        if chosen.picks and not chosen.clash and not text.isdigit():
            said = [clause.strip(_EDGES) for clause in self.parts()]
            said = [clause for clause in said if clause and _THANKED.fullmatch(clause) is None]
            vague = all(_THANKED.sub("", clause) in self.tables.vague for clause in said)
            if vague and not any(clause in option.labels for option in question.options for clause in said):
                return type(chosen)(start=0, end=len(text))
        return chosen

    def parts(self) -> list[str]:
        """The reply cut at its marks and spaces."""
        places = sorted({mark.start() for mark in _CLAUSE.finditer(self.text)} | set(self.source.breaks) | {0, len(self.text)})
        return [self.text[start:end] for start, end in pairwise(places)]

    def _chosen(self, question: Question, chosen: Chosen, *, several: bool) -> Answer:
        if chosen.beyond:
            return Answer("out_of_range")
        if chosen.clash or not chosen.picks or (not several and len(chosen.picks) > 1):
            return Answer("unclear", quote=self.source.quote(chosen.start, chosen.end))
        values = [question.options[index].value for index in sorted(chosen.picks)]
        if several:
            if len(values) > 1:
                empty = self._empty(question)
                values = [value for value in values if value != empty] or values
            return self.ok(values, chosen.start, chosen.end, sure=chosen.sure)
        return self.ok(values[0], chosen.start, chosen.end, sure=chosen.sure)

    def _empty(self, question: Question) -> str | None:
        for option in question.options:
            if any(label.startswith(("没有", "都没有", "以上都没有", "无", "以上都不")) for label in option.labels):
                return option.value
        return None

    def _choices(self, question: Question, unasked: bool) -> Answer:
        choices = self.tables.options(question.options)
        if unasked:
            return self._unasked(question, choices.several)
        return self._chosen(question, choices.several(self.text, self.source.breaks), several=True)

    def _unasked(self, question: Question, read: Any) -> Answer:
        """An option counts unasked only where its clause names the matter or a label of two characters stands in full."""
        choices = self.tables.options(question.options)
        begin = 0
        for place in [*sorted({mark.end() for mark in _CLAUSE.finditer(self.text)} | set(self.source.breaks)), len(self.text)]:
            clause = self.text[begin:place].strip(_EDGES)
            start = self.text.find(clause, begin) if clause else begin
            begin = place
            if not clause or len(clause) < 2 or clause[0].isdigit():
                continue
            about = any(word in clause for word in question.about)
            stripped = clause
            for word in sorted(question.about, key=len, reverse=True):
                stripped = stripped.replace(word, "")
            if not about and not any(form in clause for form in choices.whole):
                continue  # nothing that would count
            chosen = read(stripped if about and stripped.strip(_EDGES) else clause)
            if not chosen.picks or chosen.clash or chosen.beyond:
                if about:
                    chosen = read(clause)
                if not chosen.picks or chosen.clash or chosen.beyond:
                    continue
            if (
                not chosen.sure
                or any(rank > 1 for rank in chosen.ranks)
                or (not about and not self._full_label(choices, clause, chosen.picks))
            ):
                continue  # other words for a label are for who was asked
            values = [question.options[index].value for index in sorted(chosen.picks)]
            if question.kind == "multichoice":
                return self.ok(values, start, start + len(clause), sure=True)
            if len(values) == 1:
                return self.ok(values[0], start, start + len(clause), sure=True)
        return Answer("unclear")

    def _full_label(self, choices: Any, clause: str, picks: tuple[int, ...]) -> bool:
        return any(form in clause and choices.exact[form] in picks for form in choices.whole)
