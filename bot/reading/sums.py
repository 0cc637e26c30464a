"""Amounts told in several numbers: 一岁零两个月, 八斤二两, 一小时二十分, 早晚各十分钟, 从十点睡到六点, 本来5分扣1分."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.reading.numbers import Number

_JOIN = re.compile(r" ?(?:零|又|外加|带|加|过)? ?")
# The measure of a class, and what one of its larger and smaller parts are of it.
_PARTS = {
    ("hour", "minute"): ("minute", 60.0, 1.0),
    ("hour", "score"): ("minute", 60.0, 1.0),
    ("year", "month"): ("month", 12.0, 1.0),
    ("age", "month"): ("month", 12.0, 1.0),
    ("month", "day"): ("day", 30.0, 1.0),
    ("month", "week"): ("day", 30.0, 7.0),
    ("week", "day"): ("day", 7.0, 1.0),
}
_EACH = re.compile(
    r"(?:(?P<two>早晚|早上?和?晚上?|上下午|上午下午|两边|左右|两顿|两次)|(?P<three>早中晚|三顿|三餐|一日三餐))[都也]?各?(?=每?次?)"
)
_CLOCK = r"(?:早上|上午|中午|下午|晚上|夜里|半夜|凌晨|早|晚)?{n}点(?P<{h}>半|钟)?"
_N = r"(?P<{n}>[0-9]{{1,2}}|十?[一二两三四五六七八九]|十)"
_SPAN = re.compile(
    _CLOCK.format(n=_N.format(n="a"), h="ah")
    + r"[^,。!?;0-9一二三四五六七八九十]{0,4}(?:到|至|-|起?[,]?)[^,。!?;0-9一二三四五六七八九十]{0,4}"
    + _CLOCK.format(n=_N.format(n="b"), h="bh")
)
_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九十")} | {"两": 2}
_BASE = re.compile(r"(?:本来|原本|应该|原先|原来|满分|总分|想给|该给|打算给|可以给)[^0-9一二三四五六七八九十]{0,3}$")
_TAKEN = re.compile(r"(?:扣掉?|减掉?|少给|去掉|提前)了?$")

_ONLY_TAKEN = re.compile(r"(?:我|那|就|只|给|得|要|必须)*(?:扣|减|少)(?:掉|给)?")
_TOTAL = re.compile(r"(?:拢共|一共|总共|合计|加起来|统共|总计)(?:是|有|就|才)?$")
_PART = re.compile(
    r"(?P<part>前半夜|后半夜|上半夜|下半夜|清早|早[上晨]?|上午|中午|下午|晚上?|夜里|白天)(?:又|也|再|就)?[走喝吃尿睡练倒做]?了?$"
)
_OUGHT = re.compile(r"(?:要求|规定|建议|说该|说要|交代|应该[睡吃喝走练]?|该[睡吃喝走练]|其中|多的|偏)(?:是|有)?$")
_NOT_MINE = re.compile(r"(?:制|里头?(?=[给打])|[,， ]?是(?:我)?家?(?:孙|儿|女|老|爸|妈|爹|娘|隔壁|别人|邻)[^,。是]{0,4}的)")
_OTHER = re.compile(
    r"(?:隔壁|邻床|别人|人家|病友|同病房)|[他她]自己|我(?:老公|老婆|老伴|爱人|妈|爸|闺女|女儿|儿子|媳妇|孙子|孙女)(?!给|帮|替|说|量|测|记)"
)


def joined(text: str, found: list[Number]) -> list[Number]:
    """Numbers with those made one that tell one amount."""
    out: list[Number] = []
    for number in found:
        last = out[-1] if out else None
        if last is not None and last.exact and number.exact and _JOIN.fullmatch(text[last.end : number.start]):
            parts = _PARTS.get((last.unit, number.unit))
            if parts is not None:
                unit, more, less = parts
                value = last.low * more * (last.factor if last.unit == "hour" else 1) + number.low * less * number.factor
                out[-1] = Number(last.start, number.end, value, value, unit)
                continue
            if last.unit == number.unit == "kilo" and last.factor > number.factor:
                value = last.low * last.factor + number.low * number.factor
                out[-1] = Number(last.start, number.end, value, value, "kilo")
                continue
            if (
                last.unit == "kilo"
                and text[last.end - 1] == "斤"
                and not number.unit
                and number.start == last.end
                and number.low < 10
            ):
                value = (last.low + number.low / 10) * last.factor
                out[-1] = Number(last.start, number.end, value, value, "kilo")
                continue
        out.append(number)
    for place, number in enumerate(out):
        each = _EACH.search(text[max(0, number.start - 8) : number.start])
        if each and "各" in text[max(0, number.start - 4) : number.start] and number.exact:
            times = 2 if each["two"] else 3
            out[place] = replace(number, low=number.low * times, high=number.high * times)
    return out


def span(text: str) -> tuple[int, int, float] | None:
    """The hours between two times of the clock: 从十点睡到六点, 8点坐到11点半."""
    match = _SPAN.search(text)
    if match is None:
        return None
    first, last = _hour(match["a"], match["ah"]), _hour(match["b"], match["bh"])
    hours = last - first
    if hours <= 0:
        hours += 12 if hours > -12 else 24
    return (match.start(), match.end(), hours) if 0 < hours <= 14 else None


def _hour(word: str, half: str | None) -> float:
    hour = int(word) if word.isdigit() else sum(_DIGIT[char] for char in word)
    return hour + (0.5 if half == "半" else 0.0)


def less(text: str, fitting: list[tuple[Number, float]], most: float | None) -> float | None:
    """What is left of a full mark: 本来5分扣一分."""
    if len(fitting) == 1 and most is not None:
        number, off = fitting[0]
        return most - off if _ONLY_TAKEN.fullmatch(text, 0, number.start) and off < most / 2 else None
    if len(fitting) != 2:
        return None
    (first, full), (second, off) = fitting
    if _TAKEN.search(text[: second.start]) is None or not off < full:
        return None
    return full - off if full == most or _BASE.search(text[: first.start]) else None


def summed(text: str, fitting: list[tuple[Number, float]]) -> list[tuple[Number, float]]:
    """Amounts of the parts of a day added up (早上一刻钟，晚上一刻钟); only the sum where one is told (一共六片)."""
    for number, value in fitting:
        if _TOTAL.search(text, max(0, number.start - 6), number.start):
            return [(number, value)]
    parts: list[str] = []
    for number, _ in fitting:
        part = _PART.search(text[max(0, number.start - 8) : number.start])
        if part is None or not number.exact or part["part"] in parts:
            return fitting
        parts.append(part["part"])
    first, last = fitting[0][0], fitting[-1][0]
    total = sum(value for _, value in fitting)
    return [(replace(first, end=last.end, low=total, high=total), total)]


def others(text: str, start: int, end: int = 0) -> bool:
    """Whether a number at this place is somebody else's, or what ought to be: 她自己三十九, 医生要求半小时, 满分5分."""
    if _OUGHT.search(text, max(0, start - 14), start) or (end and _NOT_MINE.match(text, end)):
        return True
    near = text[max(0, start - 40) : start]
    clause = near[max(near.rfind(mark) for mark in ",。;!? \n") + 1 :]
    return _OTHER.search(clause) is not None and "说是" not in clause
