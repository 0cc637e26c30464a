"""The answer to one question, out of a normalised text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bot.reading import days, kin, numbers, quantities, repair, yesno
from bot.reading.mention import Mention
from bot.reading.normalise import Text
from bot.reading.numbers import Number
from bot.reading.reading import Answer, Question

if TYPE_CHECKING:
    from bot.reading.mentioned import Chosen
    from bot.reading.tables import Tables

_CLAUSE = re.compile(r"[,。!?;\n]")
_EDGES = " ,，。.!！?？;；、~\n"
_DENIED = re.compile(
    r"(?:不|没有?|无|未|没怎么|不怎么|从来没|没再|并没有?|不再|没有?再|不太)(?:有|再|什么|怎么|出现|任何|发生|感觉|觉得|按时)?$"
)
_TENTATIVE = re.compile(r"好像|可能|也许|大概|似乎|说不准|不确定|应该|估计")

_THANKED = re.compile(r"(?:谢谢|多谢|谢了|感谢|辛苦了?)(?:你们?|您|医生|护士|大夫|关心)*(?:了|啦)?$")


# 我是她妈, 替他打字: who writes; unless the reply goes on to agree.
_WRITES = re.compile(r"[我俺](?:就|才)?是|[替代帮]")
_FOR_ANOTHER = re.compile(r"[替代帮](?:他|她|老人家?|老爷子|老太太|孩子)(?:打字|填|回|写|发|答|弄)")
_NOT_ABLE = re.compile(r"不[了动着得起下]")
_WILLING = re.compile(r"方便|可以|你[说问讲]|行|愿意|好的?[,。吧]")


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
                replace(one, start=one.start - start, end=one.end - start) for one in self.mentions if start <= one.start < end
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
            return self._yesno(question, unasked)
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

    def _clause_of(self, start: int) -> tuple[int, int]:
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
        begin, end = self._clause_of(start)
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
        for form, index in choices.exact.items():
            if (
                index in picks
                and len(form) >= 3
                and choices.rank[form] <= 1
                and form in clause
                and not re.fullmatch(r"正常|满意|一般|没有|很好|不满意|没问题|不清楚|不知道", form)
            ):
                return True
        return False

    # --- yes and no, dates

    def _yesno(self, question: Question, unasked: bool) -> Answer:
        text = self.text
        bare = text.strip(_EDGES)
        turned = yesno.turned(text)
        about = self._about(question) if turned is None else turned
        if about is not None:
            value, start, end = about[:3]
            if value is not None:
                tentative = turned is None and value and _TENTATIVE.search(text) is not None
                return Answer("unclear") if tentative else self.ok(value, start, end)
        if unasked:
            return Answer("unclear")
        known = self.tables.yes
        trimmed = re.sub(r"(?:吧|了|的|呢|谢谢|医生|护士|您|嘛)+$", "", bare[:40])
        for form in (bare, trimmed):
            if form in known:
                value = known[form]
                return Answer("unclear") if value is None else self.ok(value, 0, len(text))
        return self._leaning(text)

    def _about(self, question: Question) -> tuple[bool | None, int, int] | None:
        text = self.text
        found: tuple[bool | None, int, int] | None = None
        for word in sorted(question.about, key=len, reverse=True):
            at = text.find(word)
            while at >= 0:
                before, after = text[max(0, at - 5) : at], text[at + len(word) : at + len(word) + 4]
                denied = _DENIED.search(before)
                if re.match(r"(?:倒|都|也|是|倒是)?(?:没有?|没得|无|不)(?:了|过|烧|发|疼|有)?", after) and not re.match(
                    r"不(?:止|停|好|舒)", after
                ):
                    return False, at, min(len(text), at + len(word) + 2)
                if denied:
                    found = (False, at - len(denied[0]), at + len(word))
                elif re.search(r"会不会|是不是|有没有|如果|万一", before):
                    found = found or (None, at, at + len(word))
                else:
                    return self._shown(text, at, len(word), after)
                at = text.find(word, at + 1)
        return found

    def _shown(self, text: str, at: int, size: int, after: str) -> tuple[bool | None, int, int]:
        """The matter is named without a denial before it: look at what is said of it."""
        begin, end = self._clause_of(at)
        clause = text[begin:end]
        hits = [hit for hit in self.tables.yesno.scan(clause) if not at - begin <= hit.start < at - begin + size]
        if any(hit.what == "unsure" for hit in hits):
            return None, begin, end
        if any(hit.what == "no" for hit in hits):
            return False, begin, end
        return True, begin, end

    def _leaning(self, text: str) -> Answer:
        said = yesno.lean(text, self.source.breaks, self.tables.yesno)
        who = None if _WILLING.search(text) else kin.writer(text)
        if who is None and (spoken := _FOR_ANOTHER.search(text)):
            return self.ok(False, spoken.start(), spoken.end())
        if who is not None and _WRITES.search(text):
            return self.ok(who[0] == kin.SELF, who[1], who[2])
        if said is not None and yesno.of_vice(text, said):
            return Answer("unclear", quote=text)
        if said is not None and said.value is None:
            return Answer("unclear", quote=self.source.quote(said.start, said.end))
        shown = [mention for mention in self.mentions or () if mention.status == "present"]
        if (
            said is not None
            and shown
            and not said.value
            and said.start >= shown[0].end > 4
            and _NOT_ABLE.search(text, said.start)
        ):
            return self.ok(True, shown[0].start, shown[0].end, sure=False)
        if said is not None and said.sure:
            return self.ok(said.value, said.start, said.end)
        if self.mentions:
            present = [mention for mention in self.mentions if mention.status in ("present", "resolved")]
            if present:
                return self.ok(True, present[0].start, present[0].end, sure=False)
            if all(mention.status == "negated" for mention in self.mentions):
                return self.ok(False, self.mentions[0].start, self.mentions[-1].end, sure=False)
        return self.ok(said.value, said.start, said.end, sure=False) if said is not None else Answer("unclear")
