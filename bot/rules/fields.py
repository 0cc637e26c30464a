"""The short fields of WeChat's notices: what fits into each, and cutting to it (its documents of 2023-26)."""

from __future__ import annotations

import re
from collections.abc import Mapping

# How many characters a field takes, by the word that its name begins with.
ROOM: Mapping[str, int] = {
    "thing": 20,
    "name": 10,
    "phrase": 5,
    "symbol": 5,
    "car_number": 8,
    "phone_number": 17,
    "number": 32,
    "letter": 32,
    "character_string": 32,
}
OTHER = 20  # since May 2023 of every field of a template message
# Of these a part would say something else than the whole.
_WHOLE = frozenset({"time", "date", "amount", "number", "letter", "symbol", "character_string", "phone_number", "car_number"})
_CUT_SHORT = frozenset({"name", "phrase"})  # no room for the mark that something is missing
_KIND = re.compile(r"[a-z_]+")


def kind(name: str) -> str:
    """What WeChat calls such a field: `thing1` is a thing."""
    found = _KIND.match(name)
    return found[0].rstrip("_") if found else ""


def room(name: str, value: str = "") -> int:
    """How many characters fit. A name in Latin letters may have twice as many."""
    word = kind(name)
    return 20 if word == "name" and value.isascii() and value else ROOM.get(word, OTHER)


def cut(name: str, value: str) -> str:
    """A value of one line as the field takes it: not too long, not empty. Times and numbers are left whole."""
    word = kind(name)
    if word in _WHOLE:
        return value
    if not value:
        return "无"
    most = room(name, value)
    if len(value) <= most:
        return value
    return value[:most] if word in _CUT_SHORT else value[: most - 1] + "…"


def too_long(name: str, value: str) -> str | None:
    """What is wrong with a value before it is cut, in Chinese; None when it fits."""
    line = " ".join(value.split())
    most = room(name, line)
    return f"{name} 有{len(line)}个字，微信最多{most}个：“{line}”" if len(line) > most else None
