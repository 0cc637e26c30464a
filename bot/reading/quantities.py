"""A number or a point on a scale as the answer to a question."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.reading import dates, latest, measures, sums
from bot.reading.numbers import Number, written
from bot.reading.reading import Answer, Question
from bot.reading.units import factor

if TYPE_CHECKING:
    from bot.reading.answers import Reply

_EDGES = " ,，。.!！?？;；、~\n"
_NOT = re.compile(r"(?:不是|不对|并非|不是说|没有|没)(?:到|有)?$")
_SPLIT_TENTH = re.compile(r"^(3[4-9]|4[0-2])[ ,、](\d)(?:度|$)")
_DENIED = re.compile(
    r"(?:不|没有?|无|未|没怎么|不怎么|从来没|没再|并没有?|不再|没有?再|不太)(?:有|再|什么|怎么|出现|任何|发生|感觉|觉得|按时)?$"
)
# 少两分, 瘦了五斤, 扣一分: a difference is no value.
_DIFFERENCE = re.compile(
    r"(?:(?<![最至顶不])[少多]|比.{1,6}[高低好差]|[瘦胖轻重升涨掉减增扣退长缩][了掉去下]?|增加|减少|下降|上升|相差|(?<!相)差(?!不多)|[高低]了|加|高出|低出|[留剩]|少给|差着)"
    r"(?:了|个|大概|差不多|有|大约|快)*$"
)
_NOT_TO = re.compile(r"(?:到|成|为|至|只?有|剩)$")
_FULL_MARKS = re.compile(r"(?:满分|总分|最高分?)(?:是|为)?$")
# 空腹七个三: the sugar as it is said.
_DOTTED = re.compile(
    r"([0-9]{1,2}|[一二三四五六七八九]?十?[一二三四五六七八九]|十)个([0-9一二三四五六七八九])(?![0-9一二三四五六七八九十个月天半小点])"
)
_PLAIN = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,2})?")
_STARS = re.compile(r"[\s\ufe0f给打个,，。!！]*((?:[⭐🌟★]\ufe0f?)+)[☆\s\ufe0f吧的啊,，。!！]*")
_NONE = re.compile(
    r"(?:一(?:次|下|回|顿|片|粒|口|步|分钟?|个|点|趟|杯)[都也])?(?:还|都|压根|根本|就|完全|一直|从来|昨天|今天|昨晚|一[宿夜]|晚上)*"
    r"(?:没有?|不|未|无)(?![量测数注记看留称算问统戴知清晓确好同多太怎去几])[一-龥]{0,3}"
)
_RANGED = re.compile(
    r"[0-9一二三四五六七八九十][^,。0-9一二三四五六七八九十半掉降升涨减瘦长退变从]{1,4}(?:到|至)(?:[0-9一二三四五六七八九十]|半个?[小钟])"
)
_UNMEASURED = re.compile(
    r"(?:还|都|一直|今天|今早|早上)*(?:没有?|不曾|未|忘了?)(?:来得及)?(?:去)?(?:量|测|称|查|数|记|算|验|注意|留意|看|问)"
)
_NO_SUCH = re.compile(
    r"(?:一点|完全|从来|根本)*(?:都|也)?(?:没有?|不|无)(?:什么|觉得|感觉|感到)*(?:乏力|累|疼痛?|痛|痒|晕|头晕|闷|喘|恶心|吐|难受|不适|麻木?"
    r"|肿|咳嗽?|影响|困难|问题|焦虑|紧张|感觉|反应|症状|困扰)(?:了|的|吧|感|过)*"
)

# 一池子, 一丝: a numeral that begins a word counts nothing that was asked.
_OF_A_WORD = re.compile(r"[一二三四五六七八九十](?=[一-龥])(?![吧了的啊呢嘛左右多来以到至半零一二三四五六七八九十百千万点个])")
_PILLS = "片粒颗丸"
_MINUTES = {"minute": 1.0, "hour": 60.0, "day": 1440.0, "week": 10080.0, "month": 43200.0}
_ADDED = frozenset(("", "time", "piece", "minute", "hour", "volume"))
_COUNTED = frozenset(("time", "piece", "minute", "hour", "volume", "day"))


def read(reply: Reply, question: Question, unasked: bool) -> Answer:
    """The value of a number or scale question; a range, a bound or a difference is unclear."""
    if not unasked and _PLAIN.fullmatch(reply.text):
        value = float(reply.text)
        if (question.min or 0) <= value <= (question.max or 0) and (question.kind != "scale" or value == int(value)):
            return reply.ok(int(value) if question.kind == "scale" else value, 0, len(reply.text))
    stars = _STARS.fullmatch(reply.source.raw) if question.kind == "scale" else None
    if stars and not unasked:
        count = len(re.findall("[⭐🌟★]", stars[1]))
        within = (question.min is None or count >= question.min) and (question.max is None or count <= question.max)
        return Answer("ok", count, reply.source.raw, "") if within else Answer("out_of_range")
    if unasked and not reply.numbers and not written(reply.text):
        return _words(reply, question, None, unasked)
    wanted = measures.asked(question, reply.tables.flags)
    fitting = _fitting(reply, question, wanted, unasked)
    if question.kind == "scale" or "提前" in reply.text:
        left = sums.less(reply.text, fitting, question.max if question.kind == "scale" else None)
        if left is not None:
            return reply.ok(int(left), fitting[0][0].start, fitting[-1][0].end)
    if len(fitting) > 1 and wanted is None and question.kind == "number" and reply.tables.unit(question.unit) in _ADDED:
        added = sums.summed(reply.text, fitting)
        if len(added) == 1 and added[0] not in fitting and question.unit in _PILLS:
            return Answer("unclear", quote=reply.source.raw)  # a day's pills or one time's
        fitting = added
    if not fitting:
        return _words(reply, question, wanted, unasked)
    scale = question.kind == "scale"
    inside: list[tuple[Number, float]] = []
    outside = False
    vague = False
    for number, value in fitting:
        low, high = number.low, number.high
        before = reply.text[max(0, number.start - 10) : number.start]
        if len(fitting) > 1 and _FULL_MARKS.search(before):
            continue
        if before.endswith("比"):
            vague = True
            continue
        if _DIFFERENCE.search(before) and not _NOT_TO.search(before):
            vague = vague or len(fitting) == 1
            continue
        if number.vague or (low != high):
            over = number.vague == "over" and question.max is not None and value >= question.max
            outside, vague = outside or over, vague or not over
            continue
        if scale and value != int(value):
            vague = True
        elif (question.min is None or value >= question.min) and (question.max is None or value <= question.max):
            inside.append((number, value))
        else:
            outside = True
    if len(inside) == 1 and latest.past_only(reply, inside[0][0]):
        return Answer("unclear")
    if len(inside) > 1:
        inside = latest.newest(reply, inside)
    values = {value for _, value in inside}
    if len(values) == 1 and not (vague and len(fitting) > len(inside) and not inside):
        number, value = inside[-1]
        answer: float | int = int(value) if scale else value
        return reply.ok(answer, number.start, number.end, sure=value in (number.low, number.high) or wanted is None)
    if values or vague:
        return Answer("unclear", quote=reply.source.quote(fitting[0][0].start, fitting[0][0].end))
    return Answer("out_of_range") if outside else Answer("unclear")


def _fitting(reply: Reply, question: Question, wanted: Any, unasked: bool) -> list[tuple[Number, float]]:
    text = reply.text
    fitting: list[tuple[Number, float]] = []
    numbers = sums.joined(text, reply.numbers) if len(text) <= 200 else reply.numbers
    match = _SPLIT_TENTH.match(text.strip(_EDGES)) if wanted is not None and wanted.name == "temperature" else None
    if match:
        value = float(f"{match[1]}.{match[2]}")
        return [(Number(0, len(text), value, value, "temperature"), value)]
    dotted = _DOTTED.search(text) if wanted is not None and wanted.name in ("sugar", "glucose") else None
    if dotted and (whole := dates.count(dotted[1])) is not None:
        value = whole + (dates.count(dotted[2]) or 0) / 10
        return [(Number(dotted.start(), dotted.end(), value, value, "sugar"), value)]
    measured = measures.measured(text, numbers, reply.tables.flags, None if unasked else wanted) if wanted is not None else []
    meaning = {hit.start: hit.what[1][0].name for hit in measured}
    share: float | None = 1.0
    hours = sums.span(text) if wanted is None and question.unit in ("小时", "分钟", "个小时", "钟头") else None
    if hours is not None:
        value = hours[2] * (60 if "分" in question.unit else 1)
        return [(Number(hours[0], hours[1], value, value, ""), value)]
    if _RANGED.search(text) and len(numbers) == 2:
        numbers = [replace(numbers[0], end=numbers[1].end, high=numbers[0].low + 1)]
    for number in numbers:
        share = 1.0
        if len(numbers) > 1 and sums.others(text, number.start, number.end):
            continue
        if _NOT.search(text[max(0, number.start - 4) : number.start]):
            continue
        unit = number.unit
        if not unit and question.unit and _OF_A_WORD.match(text, number.start) and number.end == number.start + 1:
            continue
        if wanted is not None:
            name = meaning.get(number.start)
            if name is not None and name != wanted.name:
                continue
            if name is None and unit and unit not in wanted.units and not _bare(text, number):
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
            share = _share(reply, question.unit, _like(number, numbers, reply.tables.unit(question.unit)))
            if share is None:
                continue
            if (
                unasked
                and not (question.unit and question.unit in text[number.start : number.end + 2])
                and not reply.speaks(question, number.start)
            ):
                continue
        value = number.low * share
        if wanted is not None and measures.tenfold(wanted, number):
            value /= 10
        fitting.append((number, value))
    if wanted is None and len(fitting) == 2 and question.kind == "number":
        fitting = _of_pair(reply, question, fitting)
    return fitting


def _like(number: Number, numbers: list[Number], wanted: str) -> Number:
    """A bare number has the unit of the one beside it: 出院时140斤, 现在136."""
    if number.unit:
        return number
    for other in numbers:
        if other.unit == wanted and other.factor != 1.0 and other.low / 2 <= number.low <= other.low * 2:
            return replace(number, unit=other.unit, factor=other.factor)
    return number


def _bare(text: str, number: Number) -> bool:
    """九个半: a count that names nothing counted."""
    written = text[number.start : number.end]
    return written.endswith(("个", "个半")) and re.match(r"[吧了的左多]|$|[,。 ]", text[number.end :]) is not None


def _share(reply: Reply, unit: str, number: Number) -> float | None:
    """What to multiply a number by to have it in the unit asked for; None where it measures something else."""
    if not number.unit or not unit:
        return 1.0
    wanted = reply.tables.unit(unit)
    written = reply.text[number.start : number.end]
    if not wanted:
        return 1.0
    if wanted in _MINUTES and number.unit in _MINUTES:
        if "点" in written or (number.unit == "hour" and written.endswith("时") and "小时" not in written):
            return None
        if number.unit == "day" and not written.endswith(("天", "日", "半")):
            return None
        return round(_MINUTES[number.unit] / _MINUTES[wanted] * number.factor, 9)
    if wanted != number.unit:
        if number.unit == "year" and number.low > 150:
            return None
        if number.unit in ("year", "age") and wanted in ("month", "age", "year"):
            return 12.0 if wanted == "month" else 1.0
        if number.unit == "month" and wanted in ("year", "age"):
            return 1 / 12
        return 1.0 if {wanted, number.unit} <= {"beat", "time"} or _bare(reply.text, number) else None
    if wanted == "piece" and len(unit) == 1 and unit not in written and written[-1] not in "个半":
        return 1.0 if unit in _PILLS and written[-1] in _PILLS else None
    return number.factor / factor(unit)


def _of_pair(reply: Reply, question: Question, fitting: list[tuple[Number, float]]) -> list[tuple[Number, float]]:
    (first, high), (second, low) = fitting
    if high > low and high >= 80 and question.max is not None and "/" in reply.text[first.end : second.start]:
        return [fitting[0]] if question.max >= 200 else [fitting[1]]
    return fitting


def _words(reply: Reply, question: Question, wanted: Any, unasked: bool) -> Answer:
    text = reply.text
    for value, forms in question.words:
        for form in sorted(forms, key=len, reverse=True):
            at = text.find(form)
            if at >= 0 and not _DENIED.search(text[max(0, at - 4) : at]):
                return reply.ok(int(value) if question.kind == "scale" else value, at, at + len(form))
    if unasked:
        return Answer("unclear")
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
    bare = text.strip(_EDGES)
    if question.kind == "scale" and not unasked and question.min is not None and question.max is not None:
        if bare.removesuffix("吧") in ("最低分", "最低", "垫底", "倒数") and question.min > 0:
            return reply.ok(int(question.min), 0, len(text), sure=False)
        if question.min == 0 and _NO_SUCH.fullmatch(bare):
            return reply.ok(0, 0, len(text), sure=False)
        if question.max == 100 and re.fullmatch("(?:给|打|就)?(?:百分百|百分之百)(?:吧|的)?", bare):
            return reply.ok(100, 0, len(text))
    if reply.tables.unit(question.unit) == "day" and not unasked and reply.today is not None and len(bare) <= 14:
        nth = re.search(r"第([0-9]{1,3}|[一二三四五六七八九]?十?[一二三四五六七八九]?)天", text)
        told = dates.find(text, reply.today) if nth is None else []
        if nth is not None and (count := dates.count(nth[1])) is not None:
            return reply.ok(float(count), nth.start(), nth.end(), sure=False)
        if len(told) == 1 and told[0].on is not None and told[0].on <= reply.today:
            return reply.ok(float((reply.today - told[0].on).days), told[0].start, told[0].end, sure=False)
    if question.kind == "number" and not unasked and (unmeasured := _UNMEASURED.match(bare)):
        return Answer("unclear", quote=unmeasured[0])
    countable = question.kind == "number" and question.min == 0 and reply.tables.unit(question.unit) in _COUNTED
    parts = [re.sub(r"(?:过|了|吧|的)+$", "", part.strip(_EDGES)) for part in reply.parts()]
    if countable and not unasked and len(bare) <= 12 and parts and all(_NONE.fullmatch(part) for part in parts if part):
        return reply.ok(0.0, 0, len(text), sure=False)
    return Answer("unclear")
