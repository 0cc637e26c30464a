"""What a condition may compare: its names must be answered somewhere, its values must be possible answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.engine.conditions import Comparison, Condition, Name
from bot.engine.facts import FACTS
from bot.engine.flow import ChoiceAnswer, NumberAnswer, ScaleAnswer
from bot.engine.issue import Level, did_you_mean

Problem = tuple[str, str, str, Level]  # code, message, suggestion, level
ORDERED = ("Lt", "LtE", "Gt", "GtE")


def problems(condition: Condition, answers: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with a condition; `answers` has an answer's definition by name, or a fixed value for a name that is `set`."""
    compared = set()
    for name in condition.names:
        yield from unknown(name, answers)
    for comparison in condition.comparisons:
        for one, other, swapped in ((comparison.left, comparison.right, False), (comparison.right, comparison.left, True)):
            if isinstance(one, Name):
                compared.add(one)
                if not one.of_patient and one.name in answers and not isinstance(other, Name):
                    yield from _compared(one.name, answers[one.name], comparison, other, swapped=swapped)
    for name in condition.names:
        if name not in compared and not name.of_patient and getattr(answers.get(name.name), "type", "yesno") != "yesno":
            yield "type_mismatch", f"“{name.name}”不是是否题，要写出和什么比较", "", "error"


def unknown(name: Name, answers: Mapping[str, Any]) -> Iterator[Problem]:
    """A name that nobody answers, or a fact that nobody knows."""
    if name.of_patient and name.name not in FACTS:
        hint = did_you_mean(name.name, FACTS) or f"可以写 {'、'.join(FACTS)}"
        yield "unknown_fact", f"没有 patient.{name.name} 这项资料", hint, "error"
    elif not name.of_patient and name.name not in answers:
        yield "unknown_name", f"没有哪一题叫“{name.name}”", did_you_mean(name.name, answers), "error"


def _compared(name: str, answer: Any, comparison: Comparison, other: Any, *, swapped: bool) -> Iterator[Problem]:
    values = other if isinstance(other, tuple) else (other,)
    kind = getattr(answer, "type", None)
    if kind == "choice":
        yield from _choice(name, answer, comparison.operator, values)
    elif kind == "multichoice":
        if not (comparison.operator in ("In", "NotIn") and swapped):
            yield "type_mismatch", f"“{name}”是多选题，要写 '选项' in {name}", "", "error"
        else:
            yield from _options(name, answer, values)
    elif isinstance(answer, NumberAnswer | ScaleAnswer):
        yield from _number(name, answer, comparison.operator, values, swapped=swapped)
    elif kind == "yesno" and not all(isinstance(value, bool) for value in values):
        yield "type_mismatch", f"“{name}”是是否题，要写 {name} 或 not {name}", "", "error"


def _choice(name: str, answer: ChoiceAnswer, operator: str, values: tuple[Any, ...]) -> Iterator[Problem]:
    if operator in ORDERED:
        yield "type_mismatch", f"“{name}”是选择题，不能比大小", "", "error"
    else:
        yield from _options(name, answer, values)


def _options(name: str, answer: ChoiceAnswer, values: tuple[Any, ...]) -> Iterator[Problem]:
    for value in values:
        if value not in answer.options:
            hint = did_you_mean(str(value), answer.options) or f"选项有 {'、'.join(answer.options)}"
            yield "unknown_option", f"“{name}”没有“{value}”这个选项", hint, "error"


def _number(
    name: str, answer: NumberAnswer | ScaleAnswer, operator: str, values: tuple[Any, ...], *, swapped: bool
) -> Iterator[Problem]:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield "type_mismatch", f"“{name}”是数字，不能和“{value}”比较", "数字不加引号", "error"
        elif _never(answer, operator, value, swapped=swapped):
            yield "never_true", f"“{name}”不会到 {value:g}，这个条件永远不成立", "请核对这一题的 min 和 max", "warning"


def _never(answer: NumberAnswer | ScaleAnswer, operator: str, value: float, *, swapped: bool) -> bool:
    if swapped and operator in ORDERED:
        operator = {"Lt": "Gt", "LtE": "GtE", "Gt": "Lt", "GtE": "LtE"}[operator]
    above = answer.max is not None and (value > answer.max or (value == answer.max and operator == "Gt"))
    below = answer.min is not None and (value < answer.min or (value == answer.min and operator == "Lt"))
    return (
        (operator in ("Gt", "GtE") and above)
        or (operator in ("Lt", "LtE") and below)
        or (operator in ("Eq", "In") and (above or below))
    )
