"""A number or a point on a scale as the answer to a question."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.reading import triage
from bot.reading.numbers import Number
from bot.reading.reading import Answer, Question

if TYPE_CHECKING:
    from bot.reading.answers import Reply

_EDGES = " ,，。.!！?？;；、~\n"
_NOT = re.compile(r"(?:不是|不对|并非|不是说|没有|没)(?:到|有)?$")
_SPLIT_TENTH = re.compile(r"^(3[4-9]|4[0-2])[ ,、](\d)(?:度|$)")
_DENIED = re.compile(
    r"(?:不|没有?|无|未|没怎么|不怎么|从来没|没再|并没有?|不再|没有?再|不太)(?:有|再|什么|怎么|出现|任何|发生|感觉|觉得|按时)?$"
)


def read(reply: Reply, question: Question, unasked: bool) -> Answer:
    wanted = triage.asked(question, reply.tables.flags)
    fitting = _fitting(reply, question, wanted, unasked)
    if not fitting:
        return _words(reply, question, wanted, unasked)
    scale = question.kind == "scale"
    inside: list[tuple[Number, float]] = []
    outside = False
    vague = False
    for number, value in fitting:
        low, high = number.low, number.high
        if number.vague or (low != high):
            vague = True
            continue
        if scale and value != int(value):
            vague = True
        elif (question.min is None or value >= question.min) and (question.max is None or value <= question.max):
            inside.append((number, value))
        else:
            outside = True
    if len(inside) == 1 and _is_old(reply, inside[0][0]):
        return Answer("unclear")
    if len(inside) > 1:
        inside = _newest(reply, inside)
    values = {value for _, value in inside}
    if len(values) == 1 and not (vague and len(fitting) > len(inside) and not inside):
        number, value = inside[-1]
        answer: float | int = int(value) if scale else value
        return reply.ok(answer, number.start, number.end, sure=not unasked or True)
    if values or vague:
        return Answer("unclear")
    return Answer("out_of_range") if outside else Answer("unclear")


def _fitting(reply: Reply, question: Question, wanted: Any, unasked: bool) -> list[tuple[Number, float]]:
    text = reply.text
    fitting: list[tuple[Number, float]] = []
    numbers = reply.numbers
    match = _SPLIT_TENTH.match(text.strip(_EDGES)) if wanted is not None and wanted.name == "temperature" else None
    if match:
        value = float(f"{match[1]}.{match[2]}")
        return [(Number(0, len(text), value, value, "temperature"), value)]
    measured = triage.measured(text, numbers, reply.tables.flags, None if unasked else wanted) if wanted is not None else []
    meaning = {hit.start: hit.what[1][0].name for hit in measured}
    for number in numbers:
        if _NOT.search(text[max(0, number.start - 4) : number.start]):
            continue
        unit = number.unit
        if wanted is not None:
            name = meaning.get(number.start)
            if name is not None and name != wanted.name:
                continue
            if name is None and unit and unit not in wanted.units:
                continue
            if unasked and name != wanted.name:
                continue
            if unasked and not unit and not reply.speaks(question, number.start):
                continue
        elif question.kind == "scale":
            if unit not in ("", "score"):
                continue
            if unasked and not reply.speaks(question, number.start):
                continue
        else:
            if not _unit_fits(reply, question.unit, unit):
                continue
            if (
                unasked
                and not (question.unit and question.unit in text[number.start : number.end + 2])
                and not reply.speaks(question, number.start)
            ):
                continue
        value = number.low
        if (
            wanted is not None
            and wanted.name == "temperature"
            and not unit
            and 340 <= value <= 430
            and not text[number.start].isdigit()
        ):
            value /= 10
        fitting.append((number, value))
    if wanted is None and len(fitting) == 2 and question.kind == "number":
        fitting = _of_pair(reply, question, fitting)
    return fitting


def _unit_fits(reply: Reply, unit: str, found: str) -> bool:
    if not found:
        return True
    from_unit = reply.tables.unit(unit)
    return not unit or not from_unit or from_unit == found


def _of_pair(reply: Reply, question: Question, fitting: list[tuple[Number, float]]) -> list[tuple[Number, float]]:
    (first, high), (second, low) = fitting
    if high > low and high >= 80 and question.max is not None and "/" in reply.text[first.end : second.start]:
        return [fitting[0]] if question.max >= 200 else [fitting[1]]
    return fitting


def _is_old(reply: Reply, number: Number) -> bool:
    """昨天37.8，今天没量: the number is of yesterday and today has none."""
    before, after = reply.text[: number.start], reply.text[number.end :]
    past, now = reply.tables.past, reply.tables.now
    return past.search(before) is not None and now.search(before) is None and now.search(after) is not None


def _newest(reply: Reply, inside: list[tuple[Number, float]]) -> list[tuple[Number, float]]:
    """Today's number rather than yesterday's; the corrected rather than the wrong."""
    text = reply.text
    kept = []
    for number, value in inside:
        begin = max((other.end for other, _ in inside if other.end <= number.start), default=0)
        before = text[begin : number.start]
        past, now = reply.tables.past.search(before), reply.tables.now.search(before)
        if re.search(r"(?:不对|错了|应该是|改成|改为|哦不|不是).{0,4}$", before) and begin:
            return [(number, value)]
        if past and not now:
            continue
        kept.append((number, value, bool(now)))
    current = [(number, value) for number, value, now in kept if now]
    return current or [(number, value) for number, value, _ in kept] or inside


def _words(reply: Reply, question: Question, wanted: Any, unasked: bool) -> Answer:
    text = reply.text
    for value, forms in question.words:
        for form in sorted(forms, key=len, reverse=True):
            at = text.find(form)
            if at >= 0 and not _DENIED.search(text[max(0, at - 4) : at]):
                return reply.ok(int(value) if question.kind == "scale" else value, at, at + len(form))
    if question.kind == "scale" and question.min == 0 and not unasked:
        for form in reply.tables.zero:
            at = text.find(form)
            if at >= 0 and not re.search(r"不是|没有|有时", text[max(0, at - 3) : at]):
                return reply.ok(0, at, at + len(form), sure=False)
    if question.kind == "scale" and question.max is not None and not unasked:
        for form in reply.tables.full:
            if form in text and "不" not in text:
                at = text.find(form)
                return reply.ok(int(question.max), at, at + len(form))
    return Answer("unclear")
