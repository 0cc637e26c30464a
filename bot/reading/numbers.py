"""Numbers as patients write them: 38度5, 三十八度半, 一百三, 三四分, 36 . 8, 130/80, 一万二, 一片半, 百分之九十六, 大概两分."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.reading import units

_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "俩": 2, "仨": 3}
_ANY = re.compile(r"[0-9零〇一二两俩仨三四五六七八九十百千万半壹贰叁肆伍陆柒捌玖拾佰仟]")
# The numerals of cheques, by which some old people write.
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
# Words with a numeral inside that count nothing. They are blanked before numbers are looked for.
_IDIOM = re.compile(
    r"https?://[!-~]+|www\.[!-~]+|<[^<>]{0,200}>|[a-z_]{2,30}\([!-~]{0,80}\)|[a-z_]=[!-~]+|"
    r"一(?:般般?|点(?![零一二三四五六七八九0-9])|下|直|样|些|起|定|会儿?|边|切|共|旦|路|味|致|向|同|再|律|方面|个劲|股"
    r"|阵|辈子|身|塌糊涂|时|如既往"
    r"|流|概|应|套|心|视同仁|丝不苟|团糟|家|准|早|吃|喝|动|走|碰|按|按就|摸|咳|躺|坐|站|吸|翻身|活动|用力|上来|看|说|问"
    r"|听|想|觉|到(?![一二两三四五六七八九十0-9])|来|去|干二净|清二楚|半|回事|个样|块儿?(?!钱)|大早|宿|夜|整|晚上?|天到晚|天比一天|日比一日|日三餐"
    r"|来二去|心一意|手|生|世|口气|个人|码事|句话|言难尽|样样|模一样|刻(?!钟)"
    r"|(?:次|回|顿|片|天|粒|分|个|口|步|针|趟|滴|丝|毫|点儿?)(?:都|也)?(?:没|不|未|无|别))"
    r"|万一|千万|唯一|统一|第一[次时回天]|之一|[八七]九不离十|十有八九|七七八八|7788|一五一十|二百五(?!十|度|毫|斤|克|$)|五花八门|百分百"
    r"|百分之(?=[0-9零一二两三四五六七八九十百])|(?:奔|快|靠近|将近)[二三四五六七八九](?=了|的人|张|$)|三心二意|不三不四|[颠推朝低]三[倒阻暮下]四|横七竖八"
    r"|乱七八糟|七上八下"
    r"|十[一二]?分(?=[满感高细周热负耐认到不好痛疼严专尽温体愿推乐肯信赞抱])|十(?:足|全)|百般|三番[两五]次|三天两头|丢三落四|再三|七嘴八舌"
    r"|四肢|五官|四处|三甲|千辛万苦"
    r"|(?:周|星期|礼拜)[一二三四五六日天]|三[通高]|二维码|一次性|三七(?:粉|片|胶囊|伤药)|[七八九]成(?=[有是会得要没不])|第[一二三四五六七八九十](?:人民|附属|中心)?医院"
    r"|五金|(?<![0-9])[0-9]0后(?![面头来])|[一二三四五六七八九]院|(?<=[打拨叫])1(?:10|20|22|19)|1(?:2345|2356|2320)(?![0-9])|一二三四五"
    r"|(?<![0-9一二三四五六七八九])一二[〇零](?![0-9])"
)
_RUN = re.compile(
    r"(?=[0-9零〇一二两俩仨三四五六七八九十百千万半])(?:[34]?[0-9]点[0-9](?![0-9分点])|[0-9]{1,2},[0-9]{3}(?![0-9])|[0-9]+(?:\.[0-9]+)*"
    r"|(?:[零〇一二俩仨三四五六七八九十百千万]|(?<![一二三四五六七八九十])两|(?<=一)两(?=[三个次回天声口下年月周步分顿片百千万度岁]))+"
    r"(?:(?<=十)有[一二三四五六七八九](?![0-9一-龥])|点[零〇一二三四五六七八九]+(?!点))?"
    r"|(?:(?<![一大小多夜下上前后对])|(?<=[早晚]上))半(?=个?(?:小时|钟头|月|片|粒|颗|斤|公斤|升|支|瓶|包|袋|杯|碗|两|年|分)))"
)
_TENS = {"千": 1000, "万": 10000, "k": 1000}
_THOUSANDS = re.compile(r"(?:([一二两三四五六七八九十百]+)万)?(?:([一二两三四五六七八九]{1,2})千)?(.*)")
_SCALED = re.compile(r" ?([千万]|k(?![ga-z]))(?![克卡米一])([1-9一二三四五六七八九](?![0-9个十百天]))?")
_HALF_BEFORE = re.compile(r"个?半(?=个?(?:小时|钟头?|月|星期|礼拜|年))")
_HALF_AFTER = re.compile(r"半(?![天夜个小边片粒颗支瓶包袋杯碗路身])")
_HALF_PLAIN = re.compile(r"半(?=$|[,。!;  ]|不|左|右)")
_HALVED = frozenset(("score", "age", "year", "hour", "piece", "kilo", "day", "week", "volume", "month", "time", "length"))
_TO = re.compile(r" ?(?:到|至|-{1,2}|、|或者?|和) ?")
_LESS = re.compile(
    r"(?:不到|没到|没有到|[没不]上|不足|低于|小于|少于|不超过|没超过|没过|快到?|将近|接近|奔|最多|至多|不高于|不大于)$"
)
_MORE = re.compile(r"(?:超过|高于|大于|多于|不止|不下|过了?|破|至少|起码|最少|最低|少说|少说也有?|不低于|不少于|不下于)$")
_MORE_AFTER = re.compile(
    r" ?(?:都?嫌多|都?不想给|多(?!少|云)|好?几(?![个次天年岁])|好几|出头|开外|挂零|过(?:一?点|□□)|冒头|以上|往上|都?不止"
    r"|都?打不住|朝上)"
)
_LESS_AFTER = re.compile(
    r" ?(?:以下|以内|之内|都?不到|都?没到|不足|往下|(?:都|也)没有?(?=$|[,。!])|还?差(?:一[点格丝些]|□□)|记不清)"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number or range at `start` to `end` (unit included). `unit` is a class of units or ''; `vague` says that the true
    value is above or below it ("38度多", "不到38"). `factor` leads to the measure of the class: kilogrammes, millilitres,
    minutes (一斤 is 0.5), centimetres."""

    start: int
    end: int
    low: float
    high: float
    unit: str
    vague: str = ""
    factor: float = 1.0

    @property
    def exact(self) -> bool:
        """One value, not a range and not 'more than'."""
        return self.low == self.high and not self.vague


def written(text: str) -> bool:
    """Whether there is any numeral in a text."""
    return _ANY.search(text) is not None


def find(text: str) -> list[Number]:
    """All numbers of a normalised text, left to right."""
    if _ANY.search(text) is None:
        return []
    written = text
    text = _IDIOM.sub(lambda match: "□" * len(match[0]), text.translate(_FORMAL))
    found: list[Number] = []
    for match in _RUN.finditer(text):
        start = match.start()
        if found and start < found[-1].end:
            continue
        if start and text[start - 1] in "第" and match[0][0] not in "0123456789":
            continue
        for at, end, low, high in _values(match[0]):
            _take(text, found, start + at, start + end, low, high)
        last = found[-1] if found else None
        if last is not None and not last.unit and written.startswith("百分之", max(0, last.start - 3)):
            found[-1] = Number(last.start - 3, last.end, last.low, last.high, "percent", last.vague)
    return found


def _values(run: str) -> list[tuple[int, int, float, float]]:
    if run == "半":
        return [(0, 1, 0.5, 0.5)]
    if run[0].isdigit() and run[0] not in _DIGIT:
        run = run.replace(",", "") if len(run) > 9 else run
        if "," in run:
            value = float(run.replace(",", ""))
            return [(0, len(run), value, value)]
        if run.count(".") > 1 or len(run) > 9:
            return []
        value = float(run.replace("点", "."))
        return [(0, len(run), value, value)]
    if "有" in run:  # 七十有三
        _, low, high = _chinese(run.replace("有", ""), 0)
        return [(0, len(run), low, high)]
    if "千" in run or "万" in run:
        return _large(run)
    values = []
    at = 0
    while at < len(run):
        end, low, high = _chinese(run, at)
        values.append((at, end, low, high))
        at = end
    return values


def _large(run: str) -> list[tuple[int, int, float, float]]:
    """一万二, 六千, 两三千, 一千零五十: at most one number."""
    match = _THOUSANDS.fullmatch(run)
    if match is None or not (match[1] or match[2]):
        return []
    low = high = 0.0
    scale = 1.0
    if match[1]:
        end, low, high = _chinese(match[1], 0)
        if end != len(match[1]):
            return []
        low, high, scale = low * 10000, high * 10000, 1000.0
    if match[2]:
        _, first, last = _chinese(match[2], 0)
        low, high, scale = low + 1000 * first, high + 1000 * last, 100.0
    rest = match[3]
    if rest in _DIGIT and rest not in "零〇":
        low, high = low + scale * _DIGIT[rest], high + scale * _DIGIT[rest]
    elif len(rest) == 2 and rest[1] in _DIGIT and _DIGIT.get(rest[0], 9) + 1 == _DIGIT[rest[1]]:
        low, high = low + scale * _DIGIT[rest[0]], high + scale * _DIGIT[rest[1]]
    elif rest.strip("零〇"):
        end, first, last = _chinese(rest.lstrip("零〇"), 0)
        if end != len(rest.lstrip("零〇")):
            return []
        low, high = low + first, high + last
    return [(0, len(run), low, high)]


def _chinese(run: str, at: int) -> tuple[int, float, float]:
    """One number from `at`: where it ends and the lowest and highest value it can mean."""
    digits = [_DIGIT.get(char) for char in run]
    size = len(run)

    def digit(place: int) -> int | None:
        return digits[place] if place < size else None

    def char(place: int) -> str:
        return run[place] if place < size else ""

    total = high = 0.0
    first = digit(at)
    if first and digit(at + 1) == first + 1 and char(at + 2) in ("十", "百"):
        ten = 10 if char(at + 2) == "十" else 100
        return at + 3, float(first * ten), float((first + 1) * ten)
    if char(at) == "百" or (first and char(at + 1) == "百"):
        total = 100.0 * (first or 1)
        at += 1 if char(at) == "百" else 2
        following = digit(at)
        if following == 0 and digit(at + 1):
            total += digit(at + 1) or 0
            return _decimal(run, at + 2, total, total)
        if following and char(at + 1) != "十":
            total += 10 * following
            more = digit(at + 1)
            if more == following + 1:
                at += 1 + (char(at + 2) == "十")
                return at + 1, total, total + 10
            return _decimal(run, at + 1, total, total)
        if not following and char(at) != "十":
            return _decimal(run, at, total, total)
        first = following
    if char(at) == "十" or (first and char(at + 1) == "十"):
        total += 10 * (first or 1)
        at += 1 if char(at) == "十" else 2
        ones = digit(at)
        if ones is None:
            return _decimal(run, at, total, total)
        total += ones
        more = digit(at + 1)
        if more is not None and char(at + 2) not in ("十", "百"):
            if more == ones + 1:
                return at + 2, total, total + 1
            return at + 2, total + more / 10, total + more / 10
        return _decimal(run, at + 1, total, total)
    if first is None:
        return at + 1, 10.0, 10.0
    end = at
    while digit(end) is not None and char(end + 1) not in ("十", "百"):
        end += 1
    spelt = [value for value in digits[at:end] if value is not None] or [first]
    end = max(end, at + 1)
    if len(spelt) == 2 and (spelt[1] == spelt[0] + 1 or run[at:end] == "三五"):
        return end, float(spelt[0]), float(spelt[1])
    total = high = float("".join(map(str, spelt)))
    return _decimal(run, end, total, high)


def _decimal(run: str, at: int, low: float, high: float) -> tuple[int, float, float]:
    if at < len(run) and run[at] == "点":
        digits = "".join(str(_DIGIT[char]) for char in run[at + 1 :])
        value = float(f"{int(low)}.{digits}")
        return len(run), value, value
    return at, low, high


def _take(text: str, found: list[Number], start: int, end: int, low: float, high: float) -> None:
    vague = ""
    before = text[max(0, start - 4) : start]
    if _LESS.search(before):
        vague = "under"
    elif _MORE.search(before):
        vague = "over"
    scaled = _SCALED.match(text, end) if text[start].isascii() else None
    if scaled:
        more = scaled[2] and (int(scaled[2]) if scaled[2].isascii() else _DIGIT[scaled[2]])
        ten = _TENS[scaled[1]]
        low, high, end = low * ten + (more or 0) * ten / 10, high * ten + (more or 0) * ten / 10, scaled.end()
    if start and (text[start - 1] == "负" or text.startswith("零下", max(0, start - 2)) or text[:start] == "-"):
        low, high = -high, -low
    after = _MORE_AFTER.match(text, end)
    if after:
        vague, end = "over", after.end()
    elif low >= 10 and low % 10 == 0 and text[end : end + 1] == "几":
        vague, end = "over", end + 1
    half = _HALF_BEFORE.match(text, end)
    if half and low == high:
        low, high, end = low + 0.5, high + 0.5, half.end()
    unit, scale = "", 1.0
    match = units.WRITTEN.match(text, end)
    if match:
        unit, end = match.lastgroup or "", match.end()
        scale = units.factor(match[unit])
        if unit == "temperature":
            end, low, high = _tenths(text, end, low, high)
        elif unit in _HALVED and low == high == int(low) and low >= 1 and _HALF_AFTER.match(text, end):
            low, high, end = low + 0.5, high + 0.5, end + 1
    elif low == high == int(low) >= 10 and _HALF_PLAIN.match(text, end):
        low, high, end = low + 0.5, high + 0.5, end + 1
    if _MORE_AFTER.match(text, end):
        vague, end = "over", _MORE_AFTER.match(text, end).end()  # type: ignore[union-attr]
    elif _LESS_AFTER.match(text, end):
        vague = "under"
    if found:
        last = found[-1]
        between = text[last.end : start]
        if (
            between
            and _TO.fullmatch(between)
            and (not last.unit or last.unit == unit)
            and last.low < high
            and last.low == last.high
        ):
            listed = between.strip() in ("、", "和", "或", "或者")
            if not listed or (last.low + 1 == low and between.strip() != "和"):
                found[-1] = Number(last.start, end, last.low, high, unit or last.unit, "", scale)
                return
    found.append(Number(start, end, low, high, unit, vague, scale))


_TENTHS = re.compile(r"([0-9]|[一二三四五六七八九]|半)(?![0-9天次个小十百点度]|分钟)")


def _tenths(text: str, end: int, low: float, high: float) -> tuple[int, float, float]:
    pair = text[end : end + 2]
    if low == int(low) and len(pair) == 2 and all(char >= "一" and char in _DIGIT for char in pair):
        first, second = _DIGIT[pair[0]], _DIGIT[pair[1]]
        if second == first + 1 and text[end + 2 : end + 3] not in ("天", "次", "个", "小", "点", "度"):
            return end + 2, low + first / 10, low + second / 10
    match = _TENTHS.match(text, end)
    if match is None or low != int(low):
        return end, low, high
    char = match[1]
    value = round(low + (5 if char == "半" else _DIGIT[char] if char in _DIGIT else int(char)) / 10, 1)
    return match.end(), value, value
