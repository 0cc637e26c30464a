"""Whose, when, whether: the scopes of a reply. Walks through the words found in a text, clause by clause, and says of each
symptom whether it is there, denied, over, only thought of, asked about or somebody else's (ConText for Chinese)."""

from __future__ import annotations

import re
from typing import Any

from bot.reading import composed, denials, endings
from bot.reading.mention import SIDE, Clause, Mention, Word, own_side

_CARRIES = re.compile(r"如|要是|万一|假|倘|若|一旦")
_ASKS = re.compile(r"[吗?]|么(?=$|[,。])|怎么办")
_MAY = re.compile(r"(?<![不么])会(?:有|再|出现|引起|导致|得)?$")
_MAYBE = re.compile(r"能|可以|要不要|是否")
_DEVICES = frozenset(("tube", "puncture", "cast"))
_DRUGS = ("vital_drug", "drug")
_STOPPED = frozenset(("停了", "断了"))
_FORMER = re.compile("之前|以前|原来|曾经|当时|前几天")
_ON = ("就是", "后来", "结果", "最后")
_WISH = re.compile("就好|解脱|多好|就清净|就行了|才好|不活")
_HEDGE = re.compile("好像(?=有点|有些|是|不|没|说|变|也|会|在|开始|看|歪|麻)|似乎|可能|貌似|大概")
_FEARS = re.compile(r"怕|担心")
_LIKE = frozenset("跟和比像同如与")
_ASIDE = re.compile(
    r"[就都也又]?(?:说(?![她他](?![妈爸们爹娘奶爷看觉发瞧要]))|发现|看见|看到|看|叫|让|给我|陪|送|扶|帮|告诉|觉得|问|不在|在家|上班|做饭|做的|买|和我|跟我)"
)


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
        self.clauses: list[Clause] = []
        self.person = ""
        self.person_at: Word | None = None
        self.carried = ""
        self.past = ""
        self._sentence = 0
        self._hits = hits
        self._at = 0
        self._open(0)
        self._walk(sorted(breaks))
        denials.ahead(self.text, self.clauses)
        denials.whole(self.text, self.mentions, self.clauses)

    def _open(self, start: int, *, sentence: bool = False) -> None:
        if self.clauses:
            self._close(self.clauses[-1], start)
            if not self.clauses[-1].mentions and not self.text.startswith(_ON, start):
                self.carried = self.person = ""
        if sentence:
            self._sentence += 1
            self.person = self.carried = self.past = ""
        self.clause = Clause(len(self.clauses), self._sentence, start)
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
        if kind == "gone" and self.text[hit.start : hit.end] in _STOPPED and composed.drug(self.clauses):
            hit, kind = Word(hit.start, hit.end, ("phenomenon", "stop")), "phenomenon"
        if kind in ("sign", "phenomenon", "measure"):
            self._mention(hit, near)
            return
        if kind == "part" and what in _DRUGS:
            clause.drug = what if clause.drug != "vital_drug" else clause.drug
            return
        if kind == "part":
            side = SIDE.search(self.text, max(0, hit.start - 3), hit.start)
            clause.part, clause.part_end = what, hit.end
            if what in _DEVICES:
                clause.device = what
            clause.side = (side[1] if side else "") or own_side(self.text[hit.start : hit.end])
            if near or (side and clause.cursor == side.start()):
                clause.cursor = hit.end
                clause.no = None if clause.chained else clause.no
            return
        if kind == "no":
            clause.no, clause.cursor, clause.chained = hit, hit.end, False
            return
        if kind in ("fill", "list", "both"):
            if near:
                clause.cursor = hit.end
                clause.chained = clause.chained and kind != "list"
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
            clause.condition, clause.condition_end = word, hit.end
            self.carried = word if _CARRIES.match(word) else ""
        elif kind == "ask":
            clause.ask, clause.ask_end = word, hit.end
        elif kind == "end":
            clause.condition = self.carried = ""
        elif kind == "unsure":
            clause.unsure = word
        elif kind == "past":
            if self.text[hit.start - 1 : hit.start] not in _LIKE:
                clause.past = self.past = word
        elif kind in ("now", "recent", "again"):
            clause.recent = clause.recent or kind == "recent"
            if kind != "recent":
                clause.past = self.past = ""
                clause.now = True
                if clause.mentions:
                    clause.condition = self.carried = ""
            if kind == "again":
                clause.again = True
                for mention in clause.mentions:
                    if mention.status == "resolved":
                        mention.status, mention.why = "present", ""
            if clause.no is not None and clause.cursor == hit.start:
                clause.cursor = hit.end
            self._present()
        elif kind == "other":
            self.person, self.person_at = word, hit
        elif kind == "kin":
            if self.text[hit.start - 1 : hit.start] == "大" or (self.person_at is not None and self.person_at.end == hit.start):
                return
            self.person, self.person_at = "" if self.proxy or _ASIDE.match(self.text, hit.end) else word, hit
        elif kind == "child":
            self.person, self.person_at = "" if self.proxy or self.child else word, None
        elif kind == "self":
            self.person = ""
            self._present()
        elif kind == "gone":
            endings.gone(self.text, self.mentions, self.clause, hit)

    def _present(self) -> None:
        """Words for here and now end a condition of an earlier clause."""
        if self.carried and self.clause.condition == self.carried and not any(word.what[0] == "if" for word in self.clause.words):
            self.clause.condition = self.carried = ""

    def _subject(self, hit: Word) -> bool:
        """Whether somebody else is plainly the one who: 我侄女割腕了, but not 拖累老伴，不想活了."""
        at = self.person_at
        if at is None:
            return False
        clause = next(clause for clause in reversed(self.clauses) if clause.start <= at.start)
        return at.start - clause.start <= 2 and "我" not in self.text[at.end : hit.start]

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
            sign = composed.stopped(self.clauses, self.made_of, what)
            if sign.alike:
                self._alike(hit, sign.alike, near)
            clause.topic = sign.part or clause.topic
            part, side = sign.part, clause.side if clause.part else ""
            if sign.name.startswith(("leg", "dvt")):
                found = SIDE.search(self.text, max(0, hit.start - 3), hit.start)
                side = (found[1] if found else "") or own_side(self.text[hit.start : hit.end]) or side
        else:
            made = self._made(hit, what)
            if made is None:
                if near:
                    clause.cursor = hit.end
                return
            sign, part, side = made
        mention = Mention(hit.start, hit.end, sign, clause.number, clause.sentence, part, side, value, measure, level)
        mention.now, mention.old = clause.now, clause.recent and not clause.now
        self._assert(mention, hit, near)
        clause.mentions.append(mention)
        self.mentions.append(mention)

    def _alike(self, hit: Word, phenomenon: str, near: bool) -> None:
        """胸口剧痛, 肚子疼…越来越重: a word for a strong sign speaks for the part before it too."""
        clause = self.clause
        if phenomenon == "severe":
            composed.worsens(self.text, self.clauses, hit.start)
            return
        if phenomenon == "pain" and not composed.hurts(self.text, hit):
            return
        made = self._made(hit, phenomenon)
        if made is None or not made[0].part or (clause.no is not None and near):
            return
        degree = "severe" if phenomenon == "pain" else ""
        mention = Mention(hit.start, hit.end, made[0], clause.number, clause.sentence, made[1], made[2], degree=degree)
        self._assert(mention, hit, near)
        clause.mentions.append(mention)
        self.mentions.append(mention)

    def _made(self, hit: Word, what: str) -> composed.Made | None:
        return composed.sign_of(self.text, self.clauses, self._hits[self._at + 1 : self._at + 4], self.made_of, hit, what)

    def _assert(self, mention: Mention, hit: Word, near: bool) -> None:
        clause = self.clause
        text = self.text
        if denials.before(text, clause, mention, hit, near=near):
            endings.over(self.mentions, mention)
        if self.person and (not mention.sign.own or self._subject(hit)):
            mention.lower("other_person", f"说的是“{self.person}”")
        wished = mention.sign.own and _WISH.search(text, hit.start, hit.end + 8)
        if clause.condition and not wished and (_CARRIES.match(clause.condition) or hit.start - clause.condition_end <= 6):
            mention.lower("hypothetical", f"“{clause.condition}”：只是设想")
            if _FEARS.search(clause.condition):
                clause.condition = ""
        elif text.startswith("的话", hit.end):
            mention.lower("hypothetical", "“的话”：只是设想")
        if clause.ask and hit.start - clause.ask_end <= 4:
            mention.lower("hypothetical", f"“{clause.ask}”：是在问")
        if (clause.past or _FORMER.search(text, hit.start, hit.end)) and not clause.again and not clause.now:
            mention.lower("resolved", f"“{clause.past or '以前'}”：是以前的事")
        if clause.unsure or (hit.end - hit.start > 3 and _HEDGE.search(text, hit.start, hit.end)):
            mention.lower("uncertain", f"“{clause.unsure or '好像'}”：不确定")
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

    def _close(self, clause: Clause, end: int) -> None:
        text = self.text[clause.start : end]
        asks = bool(_ASKS.search(text)) or self.text[end - 1 : end] == "?"
        if asks:
            for mention in clause.mentions:
                if mention.bare or _MAYBE.search(self.text, mention.start, mention.end):
                    mention.lower("hypothetical", "“会…吗”：是在问")
        denials.behind(self.text, self.clauses, clause, end)
        if clause.severe is not None and not clause.mentions and not clause.part:
            composed.worsens(self.text, self.clauses, clause.severe.start)
