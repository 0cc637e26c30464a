"""What a reading's value becomes when it is kept: plain data that JSON brings back unchanged, or nothing."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.engine.reader import Question

TEXT_MAX = 2000
NUMBER_MAX = 2**53


def kept(question: Question, value: Any) -> Any:
    """The value as the session keeps it, or None when it does not fit the question: an unknown option, a number out of range."""
    match question.kind:
        case "choice":
            return value if _is_option(question, value) else None
        case "multichoice":
            values = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else []
            return values if values and all(_is_option(question, item) for item in values) else None
        case "number" | "scale":
            return _number(question, value)
        case "yesno":
            return value if isinstance(value, bool) else {"yes": True, "no": False}.get(str(value))
        case "date":
            return _date(value)
        case _:
            return clean(value) or None if isinstance(value, str) else None


def clean(text: str) -> str:
    """A patient's words without what JSON cannot carry, and not without end."""
    text = text[:TEXT_MAX].strip()
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _is_option(question: Question, value: Any) -> bool:
    return any(option.value == value for option in question.options)


def _date(value: Any) -> str | None:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return None


def _number(question: Question, value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > NUMBER_MAX:
        return None
    if any(value == worded for worded, _ in question.words):
        return value  # the author's own word for it, as 0: [没量], may lie outside the range
    if (question.min is not None and value < question.min) or (question.max is not None and value > question.max):
        return None
    return value
