"""Every mistake of an author is an Issue with its line and Chinese words, never a traceback."""

import re

import broken
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.check import check
from bot.engine.issue import Issue
from bot.engine.parse import load_yaml, parse

FILES = sorted(broken.FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_broken_flow(path):
    assert broken.expected(path), "a broken file names the Issues expected of it"
    assert broken.found(path.read_text(encoding="utf-8")) == broken.expected(path)


def test_there_are_many_kinds():
    codes = {line.split()[1] for path in FILES for line in broken.expected(path)}
    assert len(FILES) >= 25
    assert len(codes) >= 35


def test_issues_speak_chinese():
    for path in FILES:
        for line in broken.expected(path):
            assert re.search("[\u4e00-\u9fff]", line), line


def test_yaml_is_read_as_strings():
    data, issues = load_yaml("a: 08\nb: [yes, 1.0, 2026-11-21, null, ~]\nc:\n")
    assert issues == []
    assert data == {"a": "08", "b": ["yes", "1.0", "2026-11-21", "null", "~"], "c": ""}


def test_the_file_name_stands_in_for_a_missing_id():
    flow, issues = parse("title: 短\nnodes:\n  - {id: one, say: 好}\n", name="short")
    assert issues == []
    assert flow.id == "short"


def test_depth_and_size_have_a_limit():
    assert [issue.code for issue in load_yaml("[" * 5000)[1]] == ["too_deep"]
    assert [issue.code for issue in load_yaml("[" * 60 + "]" * 60)[1]] == ["too_deep"]
    assert [issue.code for issue in load_yaml("a" * 600_000)[1]] == ["too_big"]


@given(st.text(max_size=200) | st.text(alphabet="{}[]:-&*!|>'\"%@ \n\tabid:nodes", max_size=120))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_the_parser_fail(text):
    for prefix in ("", "id: a\ntitle: b\nnodes:\n  - id: one\n    say: ", "id: a\ntitle: b\nnodes:\n  - id: one\n    "):
        flow, issues = parse(prefix + text)
        assert (flow is None) == bool(issues)
        if flow is not None:
            assert all(isinstance(issue, Issue) for issue in check(flow, {}))
