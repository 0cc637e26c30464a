"""Text to definition: YAML read as strings with line numbers, then the grammar. The house's one door to YAML."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from bot.engine.flow import Flow, Place
from bot.engine.issue import Issue
from bot.engine.mistakes import explain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.nodes import MappingNode, Node

SIZE_MAX = 256 * 1024
DEPTH_MAX = 40
BRACKETS_MAX = 200  # unclosed brackets: ruamel's time grows with their square
KNOWN_TAGS = re.compile(r"tag:yaml\.org,2002:(str|int|float|bool|null|timestamp|map|seq|merge)")


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data of a YAML text: dicts, lists and strings, nothing else. `marks` has the line and column of each part."""

    data: Any
    marks: dict[Place, tuple[int, int]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def parse(text: str, *, name: str = "") -> tuple[Flow | None, list[Issue]]:
    """A flow file as definition and its author's mistakes; None when it cannot be understood. Where the file gives no id,
    `name` (the file's stem) is it. Never raises on any text."""
    document = read_yaml(text)
    if document.issues:
        return None, document.issues
    data = document.data
    if not isinstance(data, dict):
        return None, [
            Issue(
                1, 1, "empty" if not data else "wrong_type", "文件是空的" if not data else "最外层要写成 id:、title:、nodes: 这样"
            )
        ]
    if name and "id" not in data:
        data = {"id": name, **data}
    try:
        flow = Flow.model_validate(data)
    except ValidationError as error:
        return None, sorted(explain(error, data, document.marks), key=lambda issue: (issue.line, issue.column))
    flow._marks.update(document.marks)
    return flow, []


def load_yaml(text: str) -> tuple[Any, list[Issue]]:
    """Any YAML text as plain data whose scalars are all strings. Duplicate keys, anchors, tags and several documents in one
    text are Issues, and the data is then None."""
    document = read_yaml(text)
    return document.data, document.issues


def read_yaml(text: str) -> Document:
    """`load_yaml` with the place of each part."""
    from ruamel.yaml import YAML  # heavy, and at a restart everything may be known already
    from ruamel.yaml.error import MarkedYAMLError

    if len(text) > SIZE_MAX:
        return Document(None, issues=[Issue(0, 0, "too_big", "文件太大，不能超过 256 KB")])
    if _brackets(text) > BRACKETS_MAX:
        return Document(None, issues=[Issue(0, 0, "too_deep", "括号的层次太多")])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            root = YAML(typ="safe", pure=True).compose(text.removeprefix("\ufeff"))
    except MarkedYAMLError as error:
        return Document(None, issues=[_syntax_issue(error, text)])
    except RecursionError:
        return Document(None, issues=[Issue(0, 0, "too_deep", "括号或缩进的层次太多")])
    except Exception as error:  # ruamel raises more kinds than it names, for control characters and odd escapes among them
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        return Document(None, issues=[Issue(line, 1, "yaml_syntax", "这里有 YAML 不认的字符或写法")])
    if root is None:
        return Document(None)
    walk = _Walk()
    data = walk.plain(root, ())
    return Document(None if walk.issues else data, walk.marks, list(dict.fromkeys(walk.issues)))


def _brackets(text: str) -> int:
    """How many brackets are open at once at most, quotes not minded."""
    steps = (1 if sign in "[{" else -1 for sign in re.findall(r"[\[\]{}]", text))
    return max(accumulate(steps), default=0)


class _Walk:
    """Turns YAML nodes into plain data, noting places and what is refused."""

    def __init__(self) -> None:
        self.marks: dict[Place, tuple[int, int]] = {}
        self.issues: list[Issue] = []

    def plain(self, node: Node, path: Place) -> Any:
        if node.anchor is not None:
            return self._refuse(node, "yaml_anchor", "不支持 & 和 * 引用，请把内容写全")
        if not KNOWN_TAGS.fullmatch(str(node.tag)):
            return self._refuse(node, "yaml_tag", "不支持 ! 开头的标记；文字以 ! 开头时请加引号")
        if len(path) > DEPTH_MAX:
            return self._refuse(node, "too_deep", "括号或缩进的层次太多")
        self.marks.setdefault(path, _place(node))
        from ruamel.yaml.nodes import MappingNode, ScalarNode

        if isinstance(node, ScalarNode):
            return str(node.value)
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        items = []
        for index, child in enumerate(node.value):
            self.marks[(*path, index)] = _place(child)
            items.append(self.plain(child, (*path, index)))
        return items

    def _mapping(self, node: MappingNode, path: Place) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            if key.id != "scalar":  # ruamel's name for what is no list and no mapping
                self._refuse(key, "yaml_syntax", "冒号前面只能是一个词；文字以 { 或 [ 开头时请加引号")
                continue
            word = str(key.value)
            if word in data:
                self._refuse(key, "duplicate_key", f"“{word}”写了两次")
                continue
            self.marks[(*path, word)] = _place(key)
            data[word] = self.plain(value, (*path, word))
        return data

    def _refuse(self, node: Node, code: str, message: str) -> None:
        self.issues.append(Issue(*_place(node), code, message))


def _place(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


PROBLEMS: Mapping[str, str] = {
    "mapping values are not allowed": "这里不该有冒号：请看缩进是否对齐；文字里有“: ”时请加引号",
    "found duplicate": "同一个词写了两次",
    r"'\t' that cannot start": "缩进只能用空格，不能用 Tab",
    "that cannot start any token": "文字以 @、`、% 这样的符号开头时请加引号",
    "unexpected end of stream": "引号没有成对",
    "expected ',' or": "括号没有成对，或缺少逗号",
    "expected <block end>": "缩进不对：同一层的内容要对齐",
    "another document": "一个文件只能有一份内容，不能有 --- 分隔",
    "undefined alias": "不支持 & 和 * 引用，请把内容写全；文字以 * 开头时请加引号",
    "could not find expected ':'": "这一行缺少冒号，或冒号后缺少空格",
}


def _syntax_issue(error: MarkedYAMLError, text: str) -> Issue:
    problem = str(error.problem or "")
    words = next((said for sign, said in PROBLEMS.items() if sign in problem), "YAML 写法有误")
    mark = error.context_mark if "unexpected end of stream" in problem else error.problem_mark or error.context_mark
    if mark is None:
        return Issue(0, 0, "yaml_syntax", words)
    written = text.splitlines()[mark.line : mark.line + 1]
    if written and re.search(r"(:|-)\s+\{[{%]", written[0]):
        words = "文字以 {{ 或 {% 开头时请给整句加引号"
    return Issue(mark.line + 1, mark.column + 1, "yaml_syntax", words)
