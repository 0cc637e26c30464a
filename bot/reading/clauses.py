"""Whose, when, whether: the scopes of a reply. Walks through the words found in a text, clause by clause, and says of each
symptom whether it is there, denied, over, only thought of, asked about or somebody else's (ConText for Chinese)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from bot.reading.lexicon import Hit
from bot.reading.signs import Measure, Sign

Word = Hit[tuple[str, Any]]

_CARRIES = re.compile(r"如|要是|万一|假|倘|若|一旦")
_ASKS = re.compile(r"[吗么?]|怎么办|咋办|呢$")
_MAY = re.compile(r"(?<!不)会(?:有|再|出现|引起|导致|得)?$")
_BARE = frozenset(
    ("没有", "没", "无", "没得", "都没有", "也没有", "都没", "没有了", "也不", "不存在", "都不", "没有过", "再没有", "别的没")
)
_WIDE = frozenset(
    (
        "没有",
        "无",
        "未见",
        "没有什么",
        "没什么",
        "没有任何",
        "没任何",
        "并没有",
        "从没有",
        "从来没有",
        "没有出现",
        "没出现",
        "没有再",
        "没再",
    )
)
_AFTER_NO = re.compile(r"(?:了|过|出现|发生|什么|啥|有|的|任何|问题|情况|症状|感觉|异常)*(?=$|[,。!?;\n])")
_SIDE = re.compile(r"(左|右|双|两|一)(?:边|侧|条|只|个|根|边的|侧的)?$")


@dataclass(slots=True)
class Mention:
    """A sign at a place, with what the grammar says of it. `why` names the rule that lowered it."""

    start: int
    end: int
    sign: Sign
    clause: int
    sentence: int
    part: str = ""
    side: str = ""
    value: float | None = None
    measure: Measure | None = None
    level: str | None = None
    status: str = "present"
    why: str = ""
    degree: str = ""
    bare: bool = False
    now: bool = False

    def lower(self, status: str, why: str) -> None:
        """Take it down, once: the first rule that speaks wins."""
        if self.status == "present":
            self.status, self.why = status, why


@dataclass(slots=True)
class _Clause:
    number: int
    sentence: int
    start: int
    no: Word | None = None
    cursor: int = -1
    chained: bool = False
    condition: str = ""
    ask: str = ""
    unsure: str = ""
    past: str = ""
    now: bool = False
    again: bool = False
    part: str = ""
    side: str = ""
    part_end: int = -1
    mild: Word | None = None
    severe: Word | None = None
    mentions: list[Mention] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)


class Walk:
    """One pass over the words of one text. `mentions` in order of their places."""

    def __init__(
        self,
        text: str,
        hits: list[Word],
        made_of: Any,
        breaks: frozenset[int],
        *,
        proxy: bool,
        child: bool,
    ) -> None:
        self.text = text
        self.made_of = made_of
        self.proxy = proxy or any(hit.what[0] == "relation" for hit in hits)
        self.child = child
        self.mentions: list[Mention] = []
        self.clauses: list[_Clause] = []
        self.person = ""
        self.carried = ""
        self.past = ""
        self._sentence = 0
        self._hits = hits
        self._at = 0
        self._open(0)
        self._walk(sorted(breaks))
        self._settle()

    def _open(self, start: int, *, sentence: bool = False) -> None:
        if self.clauses:
            self._close(self.clauses[-1], start)
        if sentence:
            self._sentence += 1
            self.person = self.carried = self.past = ""
        self.clause = _Clause(len(self.clauses), self._sentence, start)
        self.clause.condition = self.carried
        self.clause.past = self.past
        self.clauses.append(self.clause)

    def _walk(self, breaks: list[int]) -> None:
        last: Word | None = None
        for place_of_hit, hit in enumerate(self._hits):
            self._at = place_of_hit
            while breaks and breaks[0] <= hit.start:
                place = breaks.pop(0)
                closed = last is not None and last.end <= place
                if (
                    closed
                    and last is not None
                    and (last.what[0] not in ("no", "fill", "if", "mild", "list", "part", "unsure") or last.end < place)
                ):
                    self._open(place)
            while breaks and breaks[0] < hit.end:
                breaks.pop(0)
            kind = hit.what[0]
            if kind == "stop":
                self._open(hit.end, sentence=True)
            elif kind in ("comma", "break"):
                self._open(hit.end if kind == "comma" else hit.start)
                if kind == "break":
                    self.clause.cursor = hit.end
                    if self.text[hit.start : hit.end].startswith("突然"):
                        self.clause.severe = hit
            else:
                self._word(hit)
            last = hit
        self._close(self.clause, len(self.text))

    def _word(self, hit: Word) -> None:
        kind, what = hit.what
        clause = self.clause
        clause.words.append(hit)
        near = clause.cursor == hit.start
        if kind in ("sign", "phenomenon", "measure"):
            self._mention(hit, near)
            return
        if kind == "part":
            side = _SIDE.search(self.text, max(0, hit.start - 3), hit.start)
            clause.part, clause.part_end = what, hit.end
            clause.side = (side[1] if side else "") or _own_side(self.text[hit.start : hit.end])
            if near or (side and clause.cursor == side.start()):
                clause.cursor = hit.end
                if clause.chained:
                    clause.no = None
            return
        if kind == "no":
            clause.no, clause.cursor, clause.chained = hit, hit.end, False
            return
        if kind in ("fill", "list", "both"):
            if near:
                clause.cursor = hit.end
                if kind == "list":
                    clause.chained = False
            return
        if kind == "veto":
            clause.no = None
            return
        if kind in ("mild", "severe"):
            setattr(clause, kind, hit)
            if near:
                clause.cursor = hit.end
            if clause.mentions:
                self._degree(clause.mentions[-1], hit)
            return
        self._scope(hit, kind)

    def _scope(self, hit: Word, kind: str) -> None:
        clause = self.clause
        word = self.text[hit.start : hit.end]
        if kind == "double":
            clause.no = None
        elif kind == "if":
            clause.condition = word
            self.carried = word if _CARRIES.match(word) else ""
        elif kind == "ask":
            clause.ask = word
        elif kind == "unsure":
            clause.unsure = word
        elif kind == "past":
            clause.past = self.past = word
        elif kind in ("now", "recent", "again"):
            if kind != "recent":
                clause.past = self.past = ""
                clause.now = True
            if kind == "again":
                clause.again = True
            if clause.no is not None and clause.cursor == hit.start:
                clause.cursor = hit.end
            self._present()
        elif kind == "other":
            self.person = word
        elif kind == "kin":
            self.person = "" if self.proxy else word
        elif kind == "child":
            self.person = "" if self.proxy or self.child else word
        elif kind == "self":
            self.person = ""
            self._present()
        elif kind == "gone":
            self._gone(hit)

    def _present(self) -> None:
        """Words for here and now end a condition of an earlier clause."""
        if self.carried and self.clause.condition == self.carried and not self._introduces():
            self.clause.condition = self.carried = ""

    def _introduces(self) -> bool:
        return any(word.what[0] == "if" for word in self.clause.words)

    def _mention(self, hit: Word, near: bool) -> None:
        clause = self.clause
        kind, what = hit.what
        value = None
        measure = None
        level = None
        part = side = ""
        if kind == "measure":
            measure, value, level = what
            sign = measure.sign
        elif kind == "sign":
            sign = what
            part, side = sign.part, clause.side if clause.part else ""
            if sign.name.startswith(("leg", "dvt")):
                found = _SIDE.search(self.text, max(0, hit.start - 3), hit.start)
                side = (found[1] if found else "") or _own_side(self.text[hit.start : hit.end]) or side
        else:
            made = self._made(hit, what)
            if made is None:
                if near:
                    clause.cursor = hit.end
                return
            sign, part, side = made
        mention = Mention(hit.start, hit.end, sign, clause.number, clause.sentence, part, side, value, measure, level)
        mention.now = clause.now
        self._assert(mention, hit, near)
        clause.mentions.append(mention)
        self.mentions.append(mention)

    def _made(self, hit: Word, what: str) -> tuple[Sign, str, str] | None:
        clause = self.clause
        part, side = clause.part, clause.side
        if not part:
            part = self._part_behind()
        if not part and clause.number and not clause.mentions:
            for earlier in reversed(self.clauses[:-1]):
                if earlier.part and clause.number - earlier.number <= 3:
                    part, side = earlier.part, earlier.side
                    break
        sign = self.made_of.get((part, what)) or self.made_of.get(("", what))
        return (sign, part, side) if sign is not None else None

    def _part_behind(self) -> str:
        """流血的是刀口, 肿的腿"""
        following = self._hits[self._at + 1 : self._at + 4]
        for place, word in enumerate(following):
            if word.start != self._hits[self._at + place].end:
                return ""
            if word.what[0] == "part" and place:
                return str(word.what[1])
            if word.what[0] != "fill" or self.text[word.start : word.end] not in ("的", "是", "在"):
                return ""
        return ""

    def _assert(self, mention: Mention, hit: Word, near: bool) -> None:
        clause = self.clause
        text = self.text
        no = clause.no
        adjacent = near or (bool(clause.part) and clause.part_end == hit.start and clause.cursor == clause.part_end)
        if no is not None and adjacent:
            word = text[no.start : no.end]
            if clause.chained and (word not in _WIDE or hit.end - hit.start > 2):
                clause.no = None
            else:
                following = text[hit.end : hit.end + 2]
                over = (following[:1] == "了" and following[1:2] not in ("吗", "么")) or "再" in word
                before = clause.mentions[-1] if clause.mentions else None
                if before is not None and before.sign is mention.sign and before.end == no.start and before.status == "present":
                    before.lower("hypothetical", f"“{text[before.start : hit.end]}”是在问")
                    mention.lower("hypothetical", before.why)
                elif over and mention.sign.level != "L3":
                    mention.lower("resolved", f"“{word}…了”：已经没有")
                    self._over(mention)
                else:
                    mention.lower("negated", f"前面有“{word}”")
                    if over:
                        self._over(mention)
                clause.cursor, clause.chained = hit.end, True
                if before is not None and before.sign.ends == mention.sign.ends and before.status == "present":
                    between = text[before.end : no.start]
                    if between in ("倒是", "到是", "是", "倒", "到", "倒也", "也"):
                        before.lower("negated", f"“{text[before.start : hit.end]}”")
        else:
            clause.no = None
            clause.cursor = hit.end
        if self.person and not mention.sign.own:
            mention.lower("other_person", f"说的是“{self.person}”")
        if clause.condition:
            mention.lower("hypothetical", f"“{clause.condition}”：只是设想")
        elif text.startswith("的话", hit.end):
            mention.lower("hypothetical", "“的话”：只是设想")
        if clause.ask:
            mention.lower("hypothetical", f"“{clause.ask}”：是在问")
        if clause.past and not clause.again and not clause.now:
            mention.lower("resolved", f"“{clause.past}”：是以前的事")
        if clause.unsure:
            mention.lower("uncertain", f"“{clause.unsure}”：不确定")
        for said in (clause.severe, clause.mild):
            if said is not None and not mention.degree:
                self._degree(mention, said)
        if _MAY.search(text, max(0, hit.start - 4), hit.start):
            mention.bare = True

    def _degree(self, mention: Mention, word: Word) -> None:
        kind = word.what[0]
        gap = mention.start - word.end if word.end <= mention.start else word.start - mention.end
        if kind == "severe" and gap <= 6:
            mention.degree = "severe"
        elif kind == "mild" and gap <= 2 and mention.degree != "severe":
            mention.degree = "mild"

    def _over(self, mention: Mention) -> None:
        for earlier in self.mentions:
            if earlier.sign.ends == mention.sign.ends and earlier.sign.ends != "none":
                earlier.lower("resolved", "后面说已经好了")

    def _gone(self, hit: Word) -> None:
        kinds = hit.what[1]
        if self.clause.no is not None and self.clause.cursor == hit.start:
            return
        word = self.text[hit.start : hit.end]
        following = self.text[hit.end : hit.end + 2]
        if following[:1] in ("吗", "么", "没", "再") or following in ("以后", "之后", "又开", "又烧", "又疼"):
            return
        same = [mention for mention in self.mentions if mention.sentence == self._sentence]
        for mention in reversed(same or self.mentions[-2:]):
            if mention.status == "present" and mention.sign.ends != "none" and ("any" in kinds or mention.sign.ends in kinds):
                mention.lower("resolved", f"后面说“{word}”")
                if "any" not in kinds:
                    break
        self.clause.cursor = hit.end

    def _close(self, clause: _Clause, end: int) -> None:
        text = self.text[clause.start : end]
        asks = bool(_ASKS.search(text)) or self.text[end - 1 : end] == "?"
        if asks:
            for mention in clause.mentions:
                if mention.bare:
                    mention.lower("hypothetical", "“会…吗”：是在问")
        self._denied_after(clause)

    def _denied_after(self, clause: _Clause) -> None:
        """胸痛没有；发烧、咳嗽、胸闷都没有"""
        no = clause.no
        if no is None or clause.chained:
            return
        word = self.text[no.start : no.end]
        if word not in _BARE or not _AFTER_NO.match(self.text, no.end):
            return
        back = self.text[clause.start : no.start]
        place = no.start
        both = word.startswith(("都", "也")) or bool(re.search(r"(?:都|全|均|通通|一概)$", back))
        for mention in reversed(clause.mentions):
            if mention.end > no.start:
                continue
            if (
                re.fullmatch(
                    r"[、和或及跟与都也倒到是全均一概通现在这两天直从来目前还啥什么的了过今天出、症状情况]*",
                    self.text[mention.end : place],
                )
                is None
            ):
                return
            mention.status, mention.why = "negated", f"后面说“{word}”"
            place = self._part_start(clause, mention)
        if both and place <= clause.start + 4:
            self._denied_list(clause)

    def _part_start(self, clause: _Clause, mention: Mention) -> int:
        place = mention.start
        for word in reversed(clause.words):
            if word.end == place and word.what[0] in ("part", "fill", "list"):
                place = word.start
        return place

    def _denied_list(self, clause: _Clause) -> None:
        for earlier in reversed(self.clauses[: clause.number]):
            if earlier.sentence != clause.sentence or not earlier.mentions:
                return
            covered = sum(word.end - word.start for word in earlier.words)
            length = self.clauses[earlier.number + 1].start - earlier.start
            if length - covered > 1 or any(word.what[0] in ("severe", "mild", "now", "recent", "self") for word in earlier.words):
                return
            for mention in earlier.mentions:
                mention.status, mention.why = "negated", "后面说“都没有”"

    def _settle(self) -> None:
        """没有发烧，咳嗽，胸闷: three bare names behind one 没有 are one list."""
        run: list[_Clause] = []
        for clause in [*self.clauses, _Clause(-1, -1, len(self.text))]:
            if run and clause.number > 0 and clause.sentence == run[0].sentence and self._is_bare(clause):
                run.append(clause)
                continue
            if len(run) >= 3:
                for later in run[1:]:
                    for mention in later.mentions:
                        mention.lower("negated", "前面的“没有”管着整串")
            denied = clause.mentions and all(mention.status == "negated" for mention in clause.mentions)
            run = [clause] if denied and clause.no is not None and self.text[clause.no.start : clause.no.end] in _WIDE else []

    def _is_bare(self, clause: _Clause) -> bool:
        if len(clause.mentions) != 1:
            return False
        end = self.clauses[clause.number + 1].start if clause.number + 1 < len(self.clauses) else len(self.text)
        mention = clause.mentions[0]
        return (
            mention.end - mention.start >= len(self.text[clause.start : end].strip(",。!?; \n吧"))
            and mention.end - mention.start <= 4
        )


def _own_side(word: str) -> str:
    return word[0] if word[0] in "左右双" else ""
