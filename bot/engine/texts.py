"""Texts for the patient: Jinja2 in an immutable sandbox, compiled once. A patient's words are never a template.

Of Jinja only {{ name }}, {{ name|filter }} and {% if %} are let in: nothing can loop, call or calculate, so nothing can hang."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import ChainableUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

Facts = Mapping[str, Any]
Labels = Mapping[str, Mapping[Any, str]]

FILTERS = ("default", "round", "int", "length", "trim", "upper", "lower", "first", "last", "join")
ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Filter,
    nodes.If,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Const,
)
COMPARISONS = ("eq", "ne", "lt", "lteq", "gt", "gteq", "in", "notin")
SOURCE_MAX = 4000
DEPTH_MAX = 30


class TextError(ValueError):
    """The text is no template that we let in; the message is for its author, in Chinese. `line` counts inside the text."""

    def __init__(self, code: str, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.code, self.message, self.line = code, message, line


@dataclass(frozen=True, slots=True)
class Text:
    """A compiled text. `fixed` is what it says when nothing is to be filled in."""

    source: str
    fixed: str | None
    render: Callable[[Facts, Facts], str]
    answers: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


def _shown(value: Any) -> Any:
    """A value as people write it: 38.0 is 38, true is 是, 2026-11-20 is 11月20日."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, (list, tuple)):
        return "、".join(str(_shown(item)) for item in value)
    if isinstance(value, str) and (day := re.fullmatch(r"[0-9]{4}-([0-9]{2})-([0-9]{2})", value)):
        return f"{int(day[1])}月{int(day[2])}日"
    return value


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    autoescape=False, finalize=_shown, undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True, extensions=()
)
for _name in set(_ENVIRONMENT.filters) - set(FILTERS):
    del _ENVIRONMENT.filters[_name]
_ENVIRONMENT.globals.clear()


def compile_text(source: str, labels: Labels | None = None) -> Text:
    """Compile a text. Where {{ name }} shows a choice, its label stands in for its value. Raises TextError."""
    if len(source) > SOURCE_MAX:
        raise TextError("too_long", f"文字太长，不能超过{SOURCE_MAX}个字")
    if "{" not in source:
        fixed = source.strip()
        return Text(source, fixed, lambda answers, patient: fixed)
    tree = _parse(source)
    names = sorted({node.name for node in tree.find_all(nodes.Name)} - {"patient"})
    facts = sorted({node.attr for node in tree.find_all(nodes.Getattr)})
    if not names and not facts and not list(tree.find_all(nodes.If)):
        fixed = _ENVIRONMENT.from_string(tree).render().strip()
        return Text(source, fixed, lambda answers, patient: fixed)
    _label(tree, labels or {})
    return Text(source, None, _renderer(tree, labels or {}, names), tuple(names), tuple(facts))


def _renderer(tree: nodes.Template, labels: Labels, names: list[str]) -> Callable[[Facts, Facts], str]:
    template = _ENVIRONMENT.from_string(tree)
    labelled = [(name, labels[name]) for name in names if name in labels]

    def render(answers: Facts, patient: Facts) -> str:
        shown = {name: _labels_of(answers[name], by_value) for name, by_value in labelled if name in answers}
        return template.render({**answers, "patient": patient, "shown": shown}).strip()

    return render


def _labels_of(value: Any, labels: Mapping[Any, str]) -> str:
    values = value if isinstance(value, list) else [value]
    return "、".join(labels.get(item, str(item)) for item in values)


def _parse(source: str) -> nodes.Template:
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateError as error:
        raise TextError("template_error", _syntax_words(str(error)), getattr(error, "lineno", None) or 1) from None
    except RecursionError:
        raise TextError("template_error", "括号的层次太多") from None
    for node, depth in _walk(tree, 0):
        if depth > DEPTH_MAX:
            raise TextError("template_refused", "括号或 if 的层次太多")
        _allow(node)
    return tree


def _walk(node: nodes.Node, depth: int) -> Iterator[tuple[nodes.Node, int]]:
    yield node, depth
    if depth <= DEPTH_MAX:
        for child in node.iter_child_nodes():
            yield from _walk(child, depth + 1)


def _allow(node: nodes.Node) -> None:
    line = node.lineno or 1
    if not isinstance(node, ALLOWED):
        raise TextError("template_refused", "文字里只能用 {{ 名字 }}、{{ 名字|过滤 }} 和 {% if %}", line)
    if isinstance(node, nodes.Getattr) and not (isinstance(node.node, nodes.Name) and node.node.name == "patient"):
        raise TextError("template_refused", "点号只能用在 patient 后面，如 {{ patient.name }}", line)
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise TextError("template_refused", f"没有“{node.name}”这个过滤，可以用 {'、'.join(FILTERS)}", line)
    if isinstance(node, nodes.Const) and isinstance(node.value, int) and abs(node.value) > 10**9:
        raise TextError("template_refused", "文字里的数字太大", line)
    if isinstance(node, nodes.Operand) and node.op not in COMPARISONS:
        raise TextError("template_refused", "文字里的条件只能用比较和 and、or、not", line)


def _syntax_words(problem: str) -> str:
    if "No filter named" in problem:
        return f"没有这个过滤，可以用 {'、'.join(FILTERS)}"
    if "end of template" in problem or "unexpected end" in problem:
        return "{{ }} 或 {% if %}…{% endif %} 没有成对"
    if "unknown tag" in problem:
        return "文字里只能用 {% if %}、{% elif %}、{% else %}、{% endif %}，并且要成对"
    return "{{ }} 里的写法有误"


def _label(tree: nodes.Template, labels: Labels) -> None:
    """Where a choice is shown, show its label: {{ wound }} says 发红或肿胀; in {% if %} it stays the value."""
    for output in tree.find_all(nodes.Output):
        for index, shown in enumerate(output.nodes):
            output.nodes[index] = _relabelled(shown, labels)


def _relabelled(node: nodes.Expr, labels: Labels) -> nodes.Expr:
    if isinstance(node, nodes.Filter) and node.node is not None:
        node.node = _relabelled(node.node, labels)
    elif isinstance(node, nodes.Name) and node.name in labels:
        return nodes.Getattr(nodes.Name("shown", "load", lineno=node.lineno), node.name, "load", lineno=node.lineno)
    return node
