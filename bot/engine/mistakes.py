"""What pydantic found wrong with a flow file, said to its author in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from bot.engine.flow import ChoiceAnswer, Flow, NumberAnswer, Place, PlainAnswer, ScaleAnswer
from bot.engine.issue import Issue, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

TYPES = ("choice", "multichoice", "number", "scale", "yesno", "date", "text", "feedback", "image")
ANSWERS: Mapping[str, type[BaseModel]] = {
    "choice": ChoiceAnswer,
    "multichoice": ChoiceAnswer,
    "number": NumberAnswer,
    "scale": ScaleAnswer,
    **dict.fromkeys(("yesno", "date", "text", "feedback", "image"), PlainAnswer),
}
KEYS: Mapping[str, tuple[str, ...]] = {
    "nodes": (
        "id",
        "set",
        "say",
        "escalate",
        "use",
        "ask",
        "answer",
        "hint",
        "route",
        "go",
        "otherwise",
        "remind_after",
        "expire_after",
    ),
    "alarms": ("if", "level", "reason", "go"),
    "route": ("if", "go"),
    "escalate": ("level", "reason"),
}
OURS = frozenset({"bad_duration", "bad_id", "not_a_number"})


def explain(error: ValidationError, data: Any, marks: Mapping[Place, tuple[int, int]]) -> Iterator[Issue]:
    """The Issues of a validation error, at the places of the parts they speak of."""
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and detail["input"]:
            continue  # a part that is wrong itself was not counted
        path, last = _walk(detail["loc"], data)
        line, column = marks.get(path, (1, 1))
        code, words, hint = _words(detail, path, last, data)
        yield Issue(line, column, code, words, suggestion=hint)


def _walk(loc: tuple[int | str, ...], data: Any) -> tuple[Place, str]:
    """The path in the author's file (pydantic's own steps, as the answer type, left out) and the last word of `loc`."""
    path: list[int | str] = []
    for step in loc:
        known = step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))
        if not known:
            continue
        data = data[step]
        path.append(step)
    return tuple(path), str(loc[-1]) if loc else ""


def _words(detail: ErrorDetails, path: Place, last: str, data: Any) -> tuple[str, str, str]:
    kind = detail["type"]
    if kind in OURS:
        return kind, f"“{last if last != '[key]' else path[-1]}”：{detail['msg']}" if path else detail["msg"], ""
    if kind == "extra_forbidden":
        known = _known_keys(path, data)
        return "unknown_key", f"不认识“{last}”", did_you_mean(last, known) or f"这里可以写 {'、'.join(known)}"
    if kind in ("missing", "union_tag_not_found"):
        return "missing_key", f"缺少“{last if kind == 'missing' else 'type'}”", ""
    if kind == "union_tag_invalid":
        return "unknown_type", f"没有“{detail['ctx']['tag']}”这种回答", f"可以写 {'、'.join(TYPES)}"
    if kind == "literal_error":
        return "wrong_value", f"“{last}”不能写“{detail['input']}”", f"可以写 {_listed(detail['ctx']['expected'])}"
    if kind in ("float_parsing", "int_parsing", "float_type"):
        return "not_a_number", f"“{last if last != '[key]' else path[-1]}”要写数字", ""
    if kind in ("string_too_short", "too_short"):
        return "empty", f"“{last}”是空的", ""
    if kind == "too_long":
        return "too_many", f"“{last}”太多，最多{detail['ctx']['max_length']}个", ""
    return "wrong_type", f"“{last}”的写法不对：{_expected(kind)}", ""


def _expected(kind: str) -> str:
    if kind == "string_type":
        return "这里要写一段文字"
    if kind in ("tuple_type", "list_type"):
        return "这里要写一列，每项以 - 开头"
    return "这里要写成“名字: 内容”"


def _known_keys(path: Place, data: Any) -> tuple[str, ...]:
    around = [step for step in path[:-1] if isinstance(step, str)]
    if not around:
        return tuple(Flow.model_fields)
    if around[-1] != "answer":
        return KEYS.get(around[-1], ())
    for step in path[:-1]:
        data = data[step]
    model = ANSWERS.get(data.get("type", ""), PlainAnswer)
    return tuple(sorted(model.model_fields, key=lambda field: field != "type"))


def _listed(expected: str) -> str:
    return expected.replace(" or ", "、").replace(", ", "、").replace("'", "")
