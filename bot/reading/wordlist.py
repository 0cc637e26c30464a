"""Word lists of the tables, and one pattern made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bot.reading.lexicon import NUMBER, NUMERALS, expand

# What a form may hold that is no part of the pattern language of the tables.
_FREE = re.compile(r"[-.^$\\{}]|\(\?")


def words(value: Any) -> list[str]:
    """A word list of the tables: a text with spaces between the words, or a list."""
    if value is None or isinstance(value, str):
        return (value or "").split()
    if isinstance(value, Iterable):
        return [str(item) for item in value]
    raise ValueError(f"应为词表：{value!r}")


def pattern(value: Any) -> re.Pattern[str] | None:
    """One regular expression for a word list, None for an empty one."""
    forms = [form.replace("~", ".{0,3}").replace("#", NUMBER) for form in words(value)]
    if not forms:
        return None
    either = "|".join(sorted(forms, key=len, reverse=True))
    heads = _heads(words(value))
    return re.compile(f"(?=[{heads}])(?:{either})" if heads else either)


def _heads(forms: list[str]) -> str:
    """The characters that the forms may begin with, by which most places of a text are ruled out at once; none where a form
    may begin with any."""
    heads: set[str] = set()
    for form in forms:
        try:
            begins = ["~"] if _FREE.search(form) else expand(form, 1)
        except ValueError:
            return ""
        if not all(begins) or "~" in begins:
            return ""
        heads.update(NUMERALS + ".多" if "#" in begins else "", begins)
    return re.escape("".join(sorted(heads)))
