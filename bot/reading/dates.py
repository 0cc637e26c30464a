"""Dates as people say them, relative to a day: 下周三, 这个月15号, 后天下午, 大年初八, 12月3日, 三天后."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

# First day of the Chinese year (Hong Kong Observatory's conversion tables).
_NEW_YEAR = {
    2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13),
    2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19),
    2035: (2, 8), 2036: (1, 28), 2037: (2, 15), 2038: (2, 4), 2039: (1, 24), 2040: (2, 12),
}  # fmt: skip
_FEASTS = {
    "元旦": (1, 1),
    "国庆节?": (10, 1),
    "五一": (5, 1),
    "劳动节": (5, 1),
    "六一": (6, 1),
    "圣诞节?": (12, 25),
    "双(?:十一|11)": (11, 11),
    "双(?:十二|12)": (12, 12),
}
_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "日": 7, "天": 7}
_N = r"(?:[0-9]{1,2}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}
_ANY = re.compile(r"[双天日号儿周期拜月年后前底末旦晚早早庆一五六0-9节初夕]")
# What follows a day of the past: 13号出的院, 上午做的手术.
_DONE = re.compile(
    r"(?:那天|当天|那日|早上|上午|中午|下午|晚上|夜里|凌晨|半夜|就|才|刚|刚刚|已经|都|我|他|她|们|在|给|没|医生|护士|大夫|门诊"
    r"|社区|急诊|医院|你们|这里|那里)*"
    r"(?:出|做|住|入|拆|拔|抽|换|回|来|去|开|复|查|看|转|进|离|办|生|剖|破|扎|缝|取|撤|摘|停|戒|输|打|动|量|测|断|起|犯){1,2}"
    r"(?:了|院|过|的|刀|手术|完|掉|成|上|下|来|家|查|诊|医院|院手续|管|管子|线|尿管|药|针|娃|孩子)*(?:的|了|过|成)(?!话)"
)
# 拔了一礼拜整, 出院10天了, 有半个月了: so long ago.
_SINCE = re.compile(
    r"(?:(?:[拔拆抽做出换住转开取撤停戒生剖满]|手术|出院|回来|到家|到今天)(?:了|完|院|家|掉|手术)*(?:有|已经|都|正好|刚好|整整)*"
    rf"|^(?:到今天?|至今)?(?:刚好|正好|整整)?(?:出来|回来|出院)(?:有|已经|都|正好|刚好|整整)*|^(?:有|已经|都|正好|刚好|整整)+)(?P<n>{_N}|半)个?(?P<u>天|周|星期|礼拜|月)"
    r"(?!后|前|以|之|内)(?:整|了|啦|吧|的样子|[,。]|$)"
)
_TILL_NOW = re.compile(r"(?:算到|到|至)今天?(?:刚好|正好|整整|为止)?[,， ]*(?=出来|回来|出院|有)")
# 这个月最后一天, 十月最后一天
_LAST = re.compile(rf"(?:(?P<which>这个?|本|下个?|上个?)月|(?P<m>{_N})月份?)的?(?:底)?(?:最后|最末|末了)一天")
_WEEKEND = re.compile(r"六日(?:都|两天|随)")
_OF_MONTH = re.compile(rf"[,， ]?(?:是)?(?P<m>{_N})月(?:份)?的")
_NEXT = re.compile(r"第二天|隔一?天|次日|转天|隔日|后一天")
_EVE = re.compile(r"的?前一天|头一天|前一晚")
_FORM = re.compile(
    rf"(?P<compact>(?<![0-9])(?P<cy>20[0-9]{{2}})(?P<cm>[0-9]{{2}})(?P<cd>[0-9]{{2}})(?![0-9]))"
    rf"|(?P<full>(?P<y>20[0-9]{{2}}|[0-9]{{2}}(?=年)) ?[-年/.] ?(?P<fm>[0-9]{{1,2}}) ?[-月/.] ?(?P<fd>[0-9]{{1,2}})[日号]?)"
    rf"|(?P<monthday>(?P<year>明年|今年|去年|后年|前年|大前年)?的?(?P<m>{_N})月(?:份)?(?P<d>[0-9]{{1,2}}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[日号]?)"
    rf"|(?P<thismonth>(?P<which>这个?|本|下个?|下下个?|上个?)月的?(?P<td>{_N})[日号]?)"
    rf"|(?P<newyear>(?:大年|正月|春节)初(?P<nd>[一二三四五六七八九]|十[一二三四五]?)|正月(?P<nz>十[一二三四五六七八九]?|二十[一-九]?)|(?P<eve>除夕|大年三十)|(?P<first>春节|过年))"
    rf"|(?P<week>(?P<ww>(?:(?:下{{1,2}}|上{{1,2}}|这)个?(?:周|星期|礼拜)的?(?=周|星期|礼拜)|下{{1,2}}|上{{1,2}}|这|本|这个|下个|上个|下下个)?)(?:周|星期|礼拜)(?P<wd>[一二三四五六日天1-7])"
    r"(?P<more>[一二三四五六日天](?![一二三四五六七八九十点号早大])|(?:到|至|-|、|或者?)(?=[一二三四五六日天1-7]))?(?![0-9]))"
    rf"|(?P<ago>(?P<an>{_N}|半|几)个?(?P<au>天|日|周|星期|礼拜|月|年)(?:之|以)?(?P<way>后|前|以后|之后|以前))"
    rf"|(?P<in>(?:过|再过|等)(?P<in_n>{_N}|几)个?(?P<in_u>天|周|星期|礼拜|月))"
    rf"|(?P<day>(?P<dw>大前|大后|前|昨|今|明|后)(?:天|日|儿个?|个儿?|晚上?|早上?)(?!子))"
    rf"|(?P<feast>{'|'.join(_FEASTS)})"
    rf"|(?P<slash>(?<![0-9.:/])(?P<sm>1[0-2]|0?[1-9])[/.-](?P<sd>3[01]|[12][0-9]|0?[1-9])(?![0-9./:]))"
    rf"|(?P<some>(?<![0-9零一二三四五六七八九十])(?:{_N}[号日]?(?:到|至|-|、|或者?){_N}|[一二三]?十?[一二三四五六七八九]{{2}})[号日])"
    rf"|(?P<only>(?<![0-9零一二三四五六七八九十])(?P<od>[0-9]{{1,2}}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[号日](?!楼|床|院|诊|线|窗|公))"
    rf"|(?P<vague>月底|月末|月初|月中|年底|周末|下周(?!末)|下个?(?:星期|礼拜|月)|过几天|过两天|这两天|这几天|几天|两三天|改天|过年|年后|节后)"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A date at a place in a text; `on` is None where the words name no single day, `impossible` where there is none such
    (11月31号)."""

    start: int
    end: int
    on: date | None
    impossible: bool = False


def find(text: str, today: date | None) -> list[Day]:
    """All dates of a normalised text. Without `today` only full dates can be told."""
    if _ANY.search(text) is None:
        return []
    if (ago := _TILL_NOW.match(text)) and (days := _since(text[ago.end() :], today)):
        return [Day(0, len(text), days[0].on)]
    if last := _LAST.search(text):
        return _last_of(last, today)
    days = [_read(text, match, today) for match in _FORM.finditer(text)]
    return [_beside(text, day, days[place + 1 :]) for place, day in enumerate(days)] if days else _since(text, today)


def _last_of(match: re.Match[str], today: date | None) -> list[Day]:
    """The last day of a month."""
    if today is None:
        return []
    month = count(match["m"]) if match["m"] else None
    if match["m"] and not 1 <= (month or 0) <= 12:
        return []
    if month is None:
        first = _months(today.replace(day=1), {"这": 0, "本": 0, "下": 1, "上": -1}[match["which"].rstrip("个")])
    else:
        first = _nearest(today, month, 1)
    assert first is not None
    return [Day(match.start(), match.end(), (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))]


def _since(text: str, today: date | None) -> list[Day]:
    """A day told by how long it is ago."""
    match = _SINCE.search(text)
    if match is None or today is None or re.search(r"[快多几]|差不多|左右|不到", text):
        return []
    if match["n"] == "半":
        return [Day(match.start(), match.end(), today - timedelta(days=15))] if match["u"] == "月" else []
    many = count(match["n"]) or 0
    on = _months(today, -many) if match["u"] == "月" else today - timedelta(days=many * (1 if match["u"] == "天" else 7))
    return [Day(match.start(), match.end(), on)]


def _beside(text: str, day: Day, others: list[Day]) -> Day:
    """The day after or before one that is named: 16号没拔成, 隔天才拔的."""
    if day.on is None or others:
        return day
    for form, step in ((_NEXT, 1), (_EVE, -1)):
        match = form.search(text, day.end)
        if match:
            return Day(match.start(), match.end(), day.on + timedelta(days=step))
    return day


def _read(text: str, match: re.Match[str], today: date | None) -> Day:
    on = _day(match, today)
    if on is not None and today is not None and on > today and match.lastgroup != "full" and _DONE.match(text, match.end()):
        on = _before(match, today) or on
    return Day(match.start(), match.end(), on, on is None and _impossible(match, today))


def _before(match: re.Match[str], today: date) -> date | None:
    """The last such day for what has been done: 13号出的院."""
    if match["only"]:
        for months in (0, -1, -2):
            made = _months(today.replace(day=1), months, count(match["od"]))
            if made is not None and made <= today:
                return made
    if match["week"] and not match["ww"]:
        return _weekday(today, "", match["wd"]) - timedelta(weeks=1)
    if (match["monthday"] and not match["year"]) or match["slash"]:
        month = count(match["m"]) if match["monthday"] else int(match["sm"])
        day = count(match["d"]) if match["monthday"] else int(match["sd"])
        return _made(today.year, month or 0, day or 0) or _made(today.year - 1, month or 0, day or 0)
    return None


def _impossible(match: re.Match[str], today: date | None) -> bool:
    """Whether the words name a day that no calendar has."""
    if match["full"] or match["compact"]:
        return True
    if match["monthday"]:
        month, day = count(match["m"]) or 0, count(match["d"]) or 0
        return not 1 <= month <= 12 or not 1 <= day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)
    if match["thismonth"]:
        return today is not None
    return bool(match["only"]) and (count(match["od"]) or 0) > 31


def count(word: str) -> int | None:
    """A day or number as written, up to 99."""
    if word.isdigit():
        return int(word)
    if "十" in word:
        tens, _, ones = word.partition("十")
        return (_DIGIT[tens] if tens else 1) * 10 + (_DIGIT[ones] if ones else 0)
    return _DIGIT.get(word)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def of_digits(today: date, year: str | None, month: str, day: str) -> date | None:
    """The date that bare digits stand for (1129, 251129); None where there is none such."""
    if year:
        return _made(2000 + int(year), int(month), int(day))
    return _nearest(today, int(month), int(day))


def _nearest(today: date, month: int, day: int) -> date | None:
    around = [made for year in (today.year - 1, today.year, today.year + 1) if (made := _made(year, month, day))]
    return min(around, key=lambda made: abs((made - today).days), default=None)


def _months(day: date, months: int, on: int | None = None) -> date | None:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    wanted = on or day.day
    return _made(year, month + 1, wanted) or (None if on else _made(year, month + 1, 28))


def _day(match: re.Match[str], today: date | None) -> date | None:
    if match["compact"]:
        return _made(int(match["cy"]), int(match["cm"]), int(match["cd"]))
    if match["full"]:
        return _made(2000 + int(match["y"]) % 100, int(match["fm"]), int(match["fd"]))
    if today is None or match["vague"] or match["some"]:
        return None
    if match["monthday"]:
        month, day = count(match["m"]), count(match["d"])
        if month is None or day is None or not 1 <= month <= 12:
            return None
        if match["year"]:
            return _made(
                today.year + {"明年": 1, "今年": 0, "去年": -1, "后年": 2, "前年": -2, "大前年": -3}[match["year"]], month, day
            )
        return _nearest(today, month, day)
    if match["slash"]:
        return _nearest(today, int(match["sm"]), int(match["sd"]))
    if match["thismonth"]:
        which = match["which"].rstrip("个")
        return _months(today, {"这": 0, "本": 0, "下": 1, "下下": 2, "上": -1}[which], count(match["td"]))
    if match["day"]:
        return today + timedelta(days=_DAYS[match["dw"]])
    if match["week"]:
        if match["more"] or _WEEKEND.search(match.string, match.end()):
            return None
        return _weekday(today, match["ww"].rstrip("个"), match["wd"])
    if match["newyear"]:
        return _spring(match, today)
    if match["feast"]:
        for form, (month, day) in _FEASTS.items():
            if re.fullmatch(form, match["feast"]):
                return _nearest(today, month, day)
    if match["only"]:
        if of := _OF_MONTH.match(match.string, match.end()):
            month = count(of["m"])
            return _nearest(today, month, count(match["od"]) or 0) if month and month <= 12 else None
        if match["od"] == "六" and _WEEKEND.match(match.string, match.start()):
            return None
        return _of_month(today, count(match["od"]))
    return _away(match, today)


def _weekday(today: date, which: str, word: str) -> date:
    number = int(word) if word.isdigit() else _DIGIT[word]
    monday = today - timedelta(days=today.weekday())
    weeks = which.count("下") - which.count("上")
    day = monday + timedelta(weeks=weeks, days=number - 1)
    return day + timedelta(weeks=1) if not which and day < today else day


def _spring(match: re.Match[str], today: date) -> date | None:
    for year in (today.year, today.year + 1):
        if year not in _NEW_YEAR:
            return None
        first = date(year, *_NEW_YEAR[year])
        if match["eve"]:
            day = first - timedelta(days=1)
        elif match["first"]:
            day = first
        else:
            day = first + timedelta(days=(count(match["nd"] or match["nz"]) or 1) - 1)
        if day >= today:
            return day
    return None


def _of_month(today: date, day: int | None) -> date | None:
    if day is None:
        return None
    for months in (0, 1, 2):
        made = _months(today.replace(day=1), months, day)
        if made is not None and made >= today:
            return made
    return None


def _away(match: re.Match[str], today: date) -> date | None:
    word, unit = (match["an"], match["au"]) if match["ago"] else (match["in_n"], match["in_u"])
    sign = -1 if match["ago"] and "前" in match["way"] else 1
    if word == "几" or (match["in"] and word == "两"):
        return None
    if word == "半":
        return today + timedelta(days=15 * sign) if unit == "月" else None
    many = count(word)
    if many is None:
        return None
    if unit == "月":
        return _months(today, many * sign)
    if unit == "年":
        return _months(today, 12 * many * sign)
    return today + timedelta(days=many * sign * (1 if unit in "天日" else 7))
