"""Word lists of the tables, and one pattern made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bot.reading.lexicon import NUMBER


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
    return re.compile("|".join(sorted(forms, key=len, reverse=True))) if forms else None
