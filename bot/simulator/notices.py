"""Template and subscription messages: field rules, and the card a phone shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.simulator.errors import Refusal
from bot.simulator.options import Template

LONGEST = 20
_CLOCK = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_DAY = r"(\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{1,2}-\d{1,2})"
_TIME = rf"({_DAY}( ?{_CLOCK})?|{_CLOCK})"
RULES = {
    "thing": re.compile(r".{1,20}", re.S),
    "number": re.compile(r"(?=.{1,32}$)\d+(\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(r"[^\w\s]{1,5}"),
    "character_string": re.compile(r"[\x21-\x7e]{1,32}"),
    "time": re.compile(rf"{_TIME}(\s?~\s?{_TIME})?"),
    "date": re.compile(rf"{_TIME}(\s?~\s?{_TIME})?"),
    "amount": re.compile(r"[¥￥$]?\d{1,10}(\.\d{1,2})?元?"),
    "phone_number": re.compile(r"[\d+\-() ]{1,17}"),
    "car_number": re.compile(r".{1,8}"),
    "name": re.compile(r"[\u3400-\u9fff·*＊]{1,10}|[A-Za-z ·.*]{1,20}"),
    "phrase": re.compile(r"[\u3400-\u9fff]{1,5}"),
    "const": re.compile(r".{1,20}"),
    "enum": re.compile(r".{1,20}"),
}
_KEY = re.compile(r"([a-z_]+?)\d*")


def rows(template: Template | None, data: Any, strict: bool = False) -> list[dict[str, str]]:
    """Label and value of each shown field. Refusal 47003 names the bad one; `strict` (subscription messages) takes typed
    fields only. Old `keyword1` fields are cut to 20 characters, `first` and `remark` dropped (WeChat, 2023-05-04)."""
    if not isinstance(data, Mapping) or not data:
        raise Refusal(47003, " data is empty")
    labels: Sequence[tuple[str, str]] = template.labels() if template and template.content else [(key, "") for key in data]
    found = []
    for key, label in labels:
        value = _value(data, key)
        kind = match[1] if (match := _KEY.fullmatch(key)) else ""
        if kind in RULES:
            if not RULES[kind].fullmatch(value):
                raise Refusal(47003, f" data.{key}.value invalid" if value else f" data.{key}.value is empty")
        elif strict:
            raise Refusal(47003, f" data.{key} invalid")
        if kind not in ("first", "remark"):
            found.append({"key": key, "label": label, "value": " ".join(value.split())[:LONGEST]})
    return found


def _value(data: Mapping[str, Any], key: str) -> str:
    field = data.get(key)
    value = field.get("value") if isinstance(field, Mapping) else None
    if value is None or isinstance(value, (dict, list, bool)):
        raise Refusal(47003, f" data.{key}.value is empty")
    return str(value)
