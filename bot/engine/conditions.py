"""Conditions: a whitelist of comparisons and boolean words, compiled to closures. Nothing else parses.

A question that was not answered, or a value that cannot be compared, makes the comparison unknown; `not` of unknown is
unknown, and a condition holds only when it is true. So `not eating` does not fire before eating was asked."""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]
Truth = bool | None
Closure = Callable[[Facts, Facts], Any]  # (answers, patient) -> value or Truth

LENGTH_MAX = 500
DEPTH_MAX = 20
WORDS = {"true": True, "false": False, "yes": True, "no": False, "True": True, "False": False}
COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, group: item in group,
    ast.NotIn: lambda item, group: item not in group,
}
NUMBERS_AND_TEXT = frozenset({int, float, str})
FULL_WIDTH = {
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "＝": "==",
    "＞": ">",
    "＜": "<",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "（": "(",
    "）": ")",
    "，": ",",
}


class ConditionError(ValueError):
    """The text is no condition; the message is for its author, in Chinese."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison as written, for checking: names are ("answer", x) or ("patient", x), values are themselves."""

    left: Any
    operator: str
    right: Any


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a condition; `of_patient` for patient.x."""

    name: str
    of_patient: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; calling it is true only when it surely holds, and never raises."""

    text: str
    truth: Callable[[Facts, Facts], Truth]
    names: tuple[Name, ...]
    comparisons: tuple[Comparison, ...]

    def __call__(self, answers: Facts, patient: Facts) -> bool:
        return self.truth(answers, patient) is True


def compile_condition(text: str) -> Condition:
    """Compile a condition. Raises ConditionError."""
    tree = _parse(text)
    names = tuple(dict.fromkeys(_names(tree)))
    comparisons = tuple(_comparisons(tree))
    return Condition(text, _truth(tree), names, comparisons)


def _parse(text: str) -> ast.expr:
    for wide, narrow in FULL_WIDTH.items():
        if wide in text and wide not in "".join(_quoted(text)):
            raise ConditionError(f"条件里的 {wide} 要写成英文的 {narrow}")
    if len(text) > LENGTH_MAX:
        raise ConditionError(f"条件太长，不能超过{LENGTH_MAX}个字")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip().replace("\n", " "), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ConditionError(_syntax_words(text)) from None
    _allow(tree, 0)
    return tree


def _quoted(text: str) -> Iterator[str]:
    for mark in "'\"":
        yield from text.split(mark)[1::2]


def _syntax_words(text: str) -> str:
    bare = text
    for part in _quoted(text):
        bare = bare.replace(part, "")
    if "&&" in bare or "||" in bare:
        return "“并且”写 and，“或者”写 or"
    if "=" in bare.replace("==", "").replace(">=", "").replace("<=", "").replace("!=", ""):
        return "相等要写 =="
    return "条件看不懂，可以写成 temperature >= 38.5 或 wound == 'red'"


def _allow(node: ast.expr, depth: int) -> None:
    """Refuse whatever is not on the whitelist."""
    if depth > DEPTH_MAX:
        raise ConditionError("条件的层次太多")
    match node:
        case ast.BoolOp(values=values):
            for value in values:
                _allow(value, depth + 1)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _allow(operand, depth + 1)
        case ast.Compare(left=left, ops=ops, comparators=rights):
            if any(type(op) not in COMPARISONS for op in ops):
                raise ConditionError("条件里只能比较：==、!=、<、<=、>、>=、in、not in")
            for side in (left, *rights):
                _allow_operand(side)
        case ast.Name() | ast.Attribute() | ast.Constant(value=bool()):
            _allow_operand(node)
        case ast.Constant():
            raise ConditionError("条件里缺少比较")
        case _:
            raise ConditionError("条件里只能用比较和 and、or、not，不能计算")


def _allow_operand(node: ast.expr) -> None:
    match node:
        case ast.Name(id="patient"):
            raise ConditionError("patient 后面要写点号和资料名，如 patient.age")
        case ast.Name() | ast.Constant(value=bool() | int() | float() | str()):
            return
        case ast.Attribute(value=ast.Name(id="patient")):
            return
        case ast.Attribute():
            raise ConditionError("点号只能用在 patient 后面，如 patient.age")
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            return
        case ast.List(elts=items) | ast.Tuple(elts=items) if all(isinstance(item, ast.Constant) for item in items):
            for item in items:
                _allow_operand(item)
        case _:
            raise ConditionError("比较的两边只能是名字、数字、带引号的文字或 [一列]，不能计算")


def _value(node: ast.expr) -> Any:
    """An operand as data: a Name, a literal, or a list of literals."""
    match node:
        case ast.Name(id=name):
            return WORDS.get(name, Name(name))
        case ast.Attribute(attr=name):
            return Name(name, of_patient=True)
        case ast.UnaryOp(operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return tuple(_value(item) for item in items)
        case ast.Constant(value=value):
            return value
    raise ConditionError("条件看不懂")  # pragma: no cover - _allow let nothing else through


def _names(tree: ast.expr) -> Iterator[Name]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield Name(node.attr, of_patient=True)
        elif isinstance(node, ast.Name) and node.id not in WORDS and node.id != "patient":
            yield Name(node.id)


def _comparisons(tree: ast.expr) -> Iterator[Comparison]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
                yield Comparison(_value(left), type(op).__name__, _value(right))


def _truth(node: ast.expr) -> Callable[[Facts, Facts], Truth]:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return _all([_truth(value) for value in values])
        case ast.BoolOp(values=values):
            return _any([_truth(value) for value in values])
        case ast.UnaryOp(operand=operand):
            return _not(_truth(operand))
        case ast.Compare(left=left, ops=ops, comparators=rights):
            sides = [_value(left), *(_value(right) for right in rights)]
            parts = [_compare(COMPARISONS[type(op)], a, b) for op, a, b in zip(ops, sides, sides[1:], strict=False)]
            return parts[0] if len(parts) == 1 else _all(parts)
        case _:
            return _bare(_value(node))


def _all(parts: list[Callable[[Facts, Facts], Truth]]) -> Callable[[Facts, Facts], Truth]:
    def truth(answers: Facts, patient: Facts) -> Truth:
        known: Truth = True
        for part in parts:
            found = part(answers, patient)
            if found is False:
                return False
            if found is None:
                known = None
        return known

    return truth


def _any(parts: list[Callable[[Facts, Facts], Truth]]) -> Callable[[Facts, Facts], Truth]:
    def truth(answers: Facts, patient: Facts) -> Truth:
        known: Truth = False
        for part in parts:
            found = part(answers, patient)
            if found:
                return True
            if found is None:
                known = None
        return known

    return truth


def _not(part: Callable[[Facts, Facts], Truth]) -> Callable[[Facts, Facts], Truth]:
    def truth(answers: Facts, patient: Facts) -> Truth:
        found = part(answers, patient)
        return None if found is None else not found

    return truth


def _bare(value: Any) -> Callable[[Facts, Facts], Truth]:
    get = _getter(value)

    def truth(answers: Facts, patient: Facts) -> Truth:
        found = get(answers, patient)
        return None if found is None else bool(found)

    return truth


def _getter(value: Any) -> Closure:
    if not isinstance(value, Name):
        return lambda answers, patient: value
    name = value.name
    if value.of_patient:
        return lambda answers, patient: patient.get(name)
    return lambda answers, patient: answers.get(name)


def _compare(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> Callable[[Facts, Facts], Truth]:
    get_left, get_right = _getter(left), _getter(right)

    def truth(answers: Facts, patient: Facts) -> Truth:
        return _compared(compare, get_left(answers, patient), get_right(answers, patient))

    if not isinstance(left, Name) or left.of_patient or type(right) not in NUMBERS_AND_TEXT:
        return truth
    name, kinds = left.name, frozenset({str}) if isinstance(right, str) else frozenset({int, float})

    def plain_truth(answers: Facts, patient: Facts) -> Truth:  # an answer against a fixed value: nearly all there are
        value = answers.get(name)
        return compare(value, right) if type(value) in kinds else _compared(compare, value, right)

    return plain_truth


def _compared(compare: Callable[[Any, Any], bool], a: Any, b: Any) -> Truth:
    if a is None or b is None:
        return None
    try:
        if isinstance(a, str) != isinstance(b, str) and type(a) in NUMBERS_AND_TEXT and type(b) in NUMBERS_AND_TEXT:
            a, b = float(a), float(b)  # a typed 8 is the birth month "08"
        return bool(compare(a, b))
    except Exception:  # text against a number, a value of an unforeseen kind: it cannot be compared, so it is not known
        return None
