"""Units as patients write them, their classes, and what they are of the measure of the class."""

from __future__ import annotations

import re

_UNITS: tuple[tuple[str, str], ...] = (
    ("temperature", r"摄氏度|度|℃|c(?![a-z])"),
    ("pressure", r"mmhg|毫米汞柱|汞柱|毫米"),
    ("sugar", r"mmol(?:/l)?|毫摩尔?"),
    ("percent", r"%|个氧"),
    ("minute", r"分钟|刻钟?|min"),
    ("score", r"分(?![之钟开])|颗?星"),
    ("hour", r"个?(?:小时|钟头|钟)|h(?![a-z])|点钟?(?![零一二三四五六七八九0-9])|时(?!候)"),
    ("month", r"个?月"),
    ("week", r"个?(?:星期|礼拜)|周(?![岁年边围])"),
    ("day", r"天|日|号"),
    ("kilo", r"公斤|千克|kg|斤|两(?![一二三四五六七八九])|克(?!服)|g(?![a-z])"),
    ("money", r"块钱?|元|万|千块|角|毛钱?"),
    ("year", r"年"),
    ("age", r"岁|周岁"),
    ("beat", r"次/分|下(?![午周个面来去班不])"),
    ("time", r"次|回|遍|趟"),
    ("length", r"厘米|公分|cm|公里|km|里[地路]|里(?![面头边外])|米(?!饭|汤|粥|油)|指(?!头)|寸"),
    ("volume", r"毫升|ml|升|l(?![a-z])|cc"),
    (
        "piece",
        r"个|片|粒|颗|支|针|瓶|包|袋|张|位|人|口|碗|顿|层|楼|床|只|条|种|项|样|胎|根|床|杯|件|名|步|勺|匙|盒|顶|段|把|盆|桶|盅|缸|壶|圈|站|套|组|节|行|碟|盘|份|根|块|粒|帖|剂|副|丸|管|滴|喷|格",
    ),
)
WRITTEN = re.compile(r" ?(?:多|来|几|左右|点)?(?:" + "|".join(f"(?P<{name}>{form})" for name, form in _UNITS) + ")")
_FACTORS = {
    "斤": 0.5,
    "两": 0.05,
    "升": 1000.0,
    "l": 1000.0,
    "刻": 15.0,
    "刻钟": 15.0,
    "克": 0.001,
    "g": 0.001,
    "里": 50000.0,
    "公里": 100000.0,
    "里地": 50000.0,
    "里路": 50000.0,
    "km": 100000.0,
    "米": 100.0,
    "万": 10000.0,
}


def factor(unit: str) -> float:
    """How many of the measure of its class (kg, ml, minute, cm) a written unit is: 斤 is 0.5."""
    return _FACTORS.get(unit.strip(" 个多来几左右"), 1.0)


def unit_class(unit: str) -> str:
    """The class of a written unit ("℃" is "temperature"), '' for none that is known."""
    match = WRITTEN.fullmatch(unit.lower()) if unit else None
    return (match.lastgroup or "") if match else ""
