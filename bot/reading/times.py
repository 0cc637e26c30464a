"""When a patient wants to be written to again: 晚上八点后再说, 下周三再联系, 过两个小时, 明天下午."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta

from bot.reading import dates

FARTHEST = timedelta(days=60)
_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_N = r"(?:[0-9]{1,2}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[零一二两三四五六七八九])"
# Parts of the day, with the hour that stands for one when none is named.
_PARTS = {
    **dict.fromkeys(("凌晨", "清早", "一早"), time(8, 30)),
    **dict.fromkeys(("早上", "早晨", "明早"), time(9)),
    "上午": time(9, 30),
    **dict.fromkeys(("中午", "午休"), time(12, 30)),
    "下午": time(15),
    "傍晚": time(18),
    "下班": time(18, 30),
    **dict.fromkeys(("晚饭", "晚上", "今晚", "明晚", "后晚"), time(19, 30)),
    "夜里": time(20),
}
_LATE = frozenset({"下午", "傍晚", "下班", "晚饭", "晚上", "夜里", "今晚", "明晚", "后晚"})
_EARLY = frozenset({"凌晨", "清早", "一早", "早上", "早晨", "上午", "明早"})
_PART = re.compile("|".join(_PARTS))
_CLOCK = re.compile(
    rf"(?P<h>{_N})(?:点钟?|时(?!间|候))(?:(?P<half>半)|(?P<q>[一三])刻|(?P<m>{_N})分?)?|(?<![0-9])(?P<hh>[01]?[0-9]|2[0-3])[:：](?P<mm>[0-5][0-9])(?![0-9])"
)
_AFTER = re.compile(
    rf"(?:(?P<n>{_N})个?半?|(?P<half>半)个?|(?P<some>几)个?)(?P<u>小时|钟头|分钟|刻钟)(?P<more>半)?(?:以后|之后|后|再|左右|吧|$)?"
)
_ASKS = re.compile(
    r"(?:再|才|以后|之后|后|时候|点|半|分|上午|下午|晚上|中午)(?:跟我|和我|给我|来)?(?:联系|问|说|打|聊|发|回|找|讲|谈|填|答)"
    r"|(?:联系|找|问|打给|打电话给|发给)我"
)
_SOON = {"过两天": 2, "过几天": 3, "这两天": 1, "改天": 2, "改日": 2, "两三天": 3}


def asks(text: str) -> bool:
    """Whether the words ask to be contacted at some time, and say little else."""
    return len(text) <= 25 and _ASKS.search(text) is not None


def when(text: str, now: datetime) -> datetime | None:
    """The local moment that is asked for, after `now` (local too, both without a zone); None where no time is named. A day
    alone means its morning; an hour alone the next such hour."""
    plain = unicodedata.normalize("NFKC", text)
    after = _AFTER.search(plain)
    clock, part = _CLOCK.search(plain), _PART.search(plain)
    if after and not clock:
        length = _length(after)
        return now + length if length else None
    day = _day(plain, now.date())
    if day is None and clock is None and part is None:
        return None
    if clock is not None:
        moment = _hour(clock, part[0] if part else "", now, day)
        if moment is None:
            return None
    else:
        moment = _PARTS[part[0]] if part else time(10)
    wished = datetime.combine(day or now.date(), moment)
    if wished <= now:
        if day is not None and day != now.date():
            return None
        wished += timedelta(days=1)
    return wished if wished - now <= FARTHEST else None


def _day(text: str, today: date) -> date | None:
    found = [one.on for one in dates.find(text, today) if one.on is not None]
    found = [on for on in found if on != today] or found[:1]  # 今天不方便，明天吧
    if found:
        return found[0] if len(found) == 1 else None
    if re.search("今晚|今天|今日|晚饭后?|下班", text):
        return today
    if re.search("明晚|明早", text):
        return today + timedelta(days=1)
    for words, days in _SOON.items():
        if words in text:
            return today + timedelta(days=days)
    if "周末" in text:
        return today + timedelta(days=(5 - today.weekday()) % 7 or 7)
    if re.search(r"下(?:个)?(?:周|星期|礼拜)(?![一二三四五六日天1-7末])", text):
        return today + timedelta(days=7 - today.weekday())
    if re.search(r"下个?月(?![0-9一二三])", text):
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return None


def _length(match: re.Match[str]) -> timedelta | None:
    if match["some"]:
        return None
    number = 0.5 if match["half"] else float(_count(match["n"]))
    if match["more"] or (match["n"] and "半" in match[0]):
        number += 0.5
    minutes = {"小时": 60, "钟头": 60, "刻钟": 15, "分钟": 1}[match["u"]]
    return timedelta(minutes=number * minutes) or None


def _hour(clock: re.Match[str], part: str, now: datetime, day: date | None) -> time | None:
    if clock["hh"]:
        hour, minute = int(clock["hh"]), int(clock["mm"])
    else:
        hour = _count(clock["h"])
        minute = 30 if clock["half"] else 15 * _count(clock["q"]) if clock["q"] else _count(clock["m"]) if clock["m"] else 0
    if hour > 24 or minute > 59:
        return None
    if hour < 12:
        today = day is None or day == now.date()
        passed = today and time(hour, minute) <= now.time()
        if part in _LATE or (part == "中午" and hour < 6) or (part not in _EARLY and (hour < 7 or passed)):
            hour += 12
    return time(hour % 24, minute)


def _count(word: str) -> int:
    if word.isdigit():
        return int(word)
    if "十" in word:
        tens, _, ones = word.partition("十")
        return (_DIGIT[tens] if tens else 1) * 10 + (_DIGIT[ones] if ones else 0)
    return _DIGIT[word]
