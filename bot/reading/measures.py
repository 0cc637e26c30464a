"""Numbers with a clinical meaning: which measure a number stands for, told by its unit, by the words before it, or by the
question."""

from __future__ import annotations

import itertools
import re

from bot.reading.lexicon import Hit
from bot.reading.mention import Word
from bot.reading.numbers import Number
from bot.reading.reading import Question
from bot.reading.signs import Measure, RedFlags

_PAIR = re.compile(r"[/\\-]|(?:mmhg)?[、/,和比 ]?(?:低压|下压|舒张压|低的?|下面)?(?:是|为|到)?[:]?")
_ITS_NAME = re.compile(r"的?(?:高压|上压|收缩压)")
# 疼得裂成两半, 两边一样疼: no score.
_COUNTS = re.compile(r"[半边条侧下只头晚天夜年腿脚手处个次回块]")
_CLAUSE = re.compile(r"[,。!?;\n]")
# 颠三倒四, 七上八下 count nothing; 空腹七个三 is 7.3, not 3.
_IDIOM = re.compile(
    r"颠三倒四|[三五]番[两四五]次|七上八下|[乱七]七八糟|不三不四|丢三落四|一五一十|七七八八|说三道四|低三下四|四仰八叉"
)
_POINT = re.compile(r"[0-9一二三四五六七八九十]个$")


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
    idle = {place for match in _IDIOM.finditer(text) for place in range(*match.span())}
    odd: dict[str, bool] = {}
    for number, after in itertools.zip_longest(numbers, numbers[1:]):
        if number.start in idle or (not number.unit and _POINT.search(text, max(0, number.start - 2), number.start)):
            continue
        measure = None
        if last is not None and last[0] is systolic and diastolic is not None and number.unit in ("", "pressure"):
            between = text[last[1].end : number.start]
            if _PAIR.fullmatch(between) and number.low < last[1].low:
                measure = diastolic
        if measure is None and wanted is not None and wanted in (systolic, diastolic) and _is_pair(text, number, after):
            measure = systolic
        if measure is None and _bare_pair(text, number, after):
            measure = systolic
        if measure is None:
            measure = _meaning(text, number, flags, wanted, odd)
        if measure is None:
            continue
        if number.vague == "under" and measure.name not in ("oxygen", "sugar"):
            continue
        value = number.high if measure.bands else number.low
        if tenfold(measure, number):
            value = value / 10
        if not measure.low <= value <= measure.high:
            continue
        last = (measure, number)
        found.append(Hit(number.start, number.end, ("measure", (measure, value, measure.level(value)))))
    return found


def _odd(measure: Measure, text: str, odd: dict[str, bool]) -> bool:
    if measure.name not in odd:
        odd[measure.name] = measure.strange is not None and measure.strange.search(text) is not None
    return odd[measure.name]


def tenfold(measure: Measure, number: Number) -> bool:
    """烧到385, 三百九十二: a temperature whose point was left out."""
    plain = number.low == number.high == int(number.low) and number.unit in ("", "temperature")
    return measure.name == "temperature" and plain and 340 <= number.low <= 430


def _is_pair(text: str, number: Number, after: Number | None) -> bool:
    """140/85: the first of two, the higher before the lower."""
    return after is not None and after.low < number.low and text[number.end : after.start] in ("/", "-", " ")


def _bare_pair(text: str, number: Number, after: Number | None) -> bool:
    """量了205/115; 一百九，一百一，刚量的血压; 一百九的高压: a pair like those of a blood pressure, by itself."""
    if number.unit not in ("", "pressure") or not 70 <= number.low <= 260:
        return False
    if _ITS_NAME.match(text, number.end):
        return True
    if after is None or after.unit not in ("", "pressure") or not 40 <= after.low <= min(150, number.low - 15):
        return False
    between = text[number.end : after.start]
    return (between == "/" and number.low >= 80) or (between in (",", "、", " ") and "血压" in text[after.end : after.end + 8])


def _meaning(text: str, number: Number, flags: RedFlags, wanted: Measure | None, odd: dict[str, bool]) -> Measure | None:
    """`odd` keeps which measures the whole text speaks against, that a long one is searched once."""
    begin = max(0, number.start - 14)
    for mark in _CLAUSE.finditer(text, begin, number.start):
        if text[mark.start()] != "," or mark.start() < number.start - 6:
            begin = mark.end()
    before = text[begin : number.start]
    best: tuple[int, Measure] | None = None
    for measure in flags.measures:
        if number.unit and number.unit not in measure.units:
            continue
        if not measure.low <= number.high <= measure.high and wanted is not measure and not tenfold(measure, number):
            continue
        if measure.name == "pain" and not number.unit and _COUNTS.match(text, number.end):
            continue
        if measure.strange is not None and measure.strange.search(text, max(0, begin - 4), min(len(text), number.end + 4)):
            continue
        if number.unit and measure.name in ("temperature", "pressure", "sugar") and number.unit in measure.units:
            return measure
        if measure.name == "pain" and number.unit and text[number.end : number.end + 2].strip("的")[:1] in ("疼", "痛"):
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
            if measure.loose and measure.loose[0] <= number.low <= measure.loose[1] and not _odd(measure, text, odd):
                return measure
    return None
