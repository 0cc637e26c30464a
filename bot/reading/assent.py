"""Yes or no as the answer to a question."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.reading import kin, yesno
from bot.reading.reading import Answer, Question

if TYPE_CHECKING:
    from bot.reading.answers import Reply

# 我是她妈, 替他打字: who writes; unless the reply goes on to agree.
_WRITES = re.compile(r"[我俺](?:就|才)?是|[替代帮]")
_FOR_ANOTHER = re.compile(r"[替代帮](?:他|她|老人家?|老爷子|老太太|孩子)(?:打字|填|回|写|发|答|弄)")
_NOT_ABLE = re.compile(r"不[了动着得起下]")
_WILLING = re.compile(r"方便|可以|你[说问讲]|行|愿意|好的?[,。吧]")
_DENIED = re.compile(
    r"(?:不|没有?|无|未|没怎么|不怎么|从来没|没再|并没有?|不再|没有?再|不太)(?:有|再|什么|怎么|出现|任何|发生|感觉|觉得|按时)?$"
)
_TENTATIVE = re.compile(r"好像|可能|也许|大概|似乎|说不准|不确定|应该|估计")
_LONG = 10
_EDGES = " ,，。.!！?？;；、~\n"


def read(reply: Reply, question: Question, unasked: bool) -> Answer:
    """Whether the reply says yes or no: about what is asked for, by a known word, or by what it leans to."""
    text = reply.text
    bare = text.strip(_EDGES)
    turned = yesno.turned(text)
    about = _about(reply, question) if turned is None else turned
    if about is not None:
        value, start, end = about[:3]
        if value is not None:
            tentative = turned is None and value and _TENTATIVE.search(text) is not None
            return Answer("unclear") if tentative else reply.ok(value, start, end)
    if unasked:
        return Answer("unclear")
    known = reply.tables.yes
    trimmed = re.sub(r"(?:吧|了|的|呢|谢谢|医生|护士|您|嘛)+$", "", bare[:40])
    for form in (bare, trimmed):
        if form in known:
            value = known[form]
            return Answer("unclear") if value is None else reply.ok(value, 0, len(text))
    return _leaning(reply, text)


def _about(reply: Reply, question: Question) -> tuple[bool | None, int, int] | None:
    text = reply.text
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
                return _shown(reply, text, at, len(word), after)
            at = text.find(word, at + 1)
    return found


def _shown(reply: Reply, text: str, at: int, size: int, after: str) -> tuple[bool | None, int, int]:
    """The matter is named without a denial before it: look at what is said of it."""
    begin, end = reply.clause_of(at)
    clause = text[begin:end]
    hits = [hit for hit in reply.tables.yesno.scan(clause) if not at - begin <= hit.start < at - begin + size]
    if any(hit.what == "unsure" for hit in hits):
        return None, begin, end
    if any(hit.what == "no" for hit in hits):
        return False, begin, end
    return True, begin, end


def _leaning(reply: Reply, text: str) -> Answer:
    said = yesno.lean(text, reply.source.breaks, reply.tables.yesno)
    who = None if _WILLING.search(text) else kin.writer(text)
    if who is None and (spoken := _FOR_ANOTHER.search(text)):
        return reply.ok(False, spoken.start(), spoken.end())
    if who is not None and _WRITES.search(text):
        return reply.ok(who[0] == kin.SELF, who[1], who[2])
    if said is not None and yesno.of_vice(text, said):
        return Answer("unclear", quote=text)
    if said is not None and said.value is None:
        return Answer("unclear", quote=reply.source.quote(said.start, said.end))
    shown = [mention for mention in reply.mentions or () if mention.status == "present"]
    if said is not None and shown and not said.value and said.start >= shown[0].end > 4 and _NOT_ABLE.search(text, said.start):
        return reply.ok(True, shown[0].start, shown[0].end, sure=False)
    if said is not None and said.sure:
        return reply.ok(said.value, said.start, said.end)
    if reply.mentions:
        present = [mention for mention in reply.mentions if mention.status in ("present", "resolved")]
        if present:
            return reply.ok(True, present[0].start, present[0].end, sure=False)
        if all(mention.status == "negated" for mention in reply.mentions):
            return reply.ok(False, reply.mentions[0].start, reply.mentions[-1].end, sure=False)
    if said is None or len(text) >= _LONG:  # a long reply that only leans may well be about something else
        return Answer("unclear")
    return reply.ok(said.value, said.start, said.end, sure=False)
