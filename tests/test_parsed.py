"""What YAML files hold is remembered from start to start, and nothing wrong with the memory is ever more than slow."""

import pytest

from bot import practice
from bot.parsed import NAME, Parsed

TEXT = "a: 1\nb: [x, ~]\n"


def test_a_text_is_remembered_and_a_changed_one_is_another(tmp_path):
    first = Parsed(tmp_path)
    assert first.data(TEXT) is None
    first.add(TEXT, {"a": "1", "b": ["x", None]})
    first.keep()
    again = Parsed(tmp_path)
    assert again.data(TEXT) == {"a": "1", "b": ["x", None]}
    assert again.data(TEXT + " ") is None


def test_what_a_start_did_not_use_is_forgotten(tmp_path):
    first = Parsed(tmp_path)
    first.add(TEXT, {})
    first.keep()
    Parsed(tmp_path).keep()
    assert Parsed(tmp_path).data(TEXT) is None


def test_nobody_changes_what_is_remembered(tmp_path):
    parsed = Parsed(tmp_path)
    parsed.add(TEXT, {"a": "1"})
    parsed.data(TEXT).clear()
    assert parsed.data(TEXT) == {"a": "1"}


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"x": 1', b"\xff", None])
def test_a_damaged_memory_is_no_matter(tmp_path, damage):
    if damage is not None:
        (tmp_path / NAME).write_bytes(damage)
    parsed = Parsed(tmp_path)
    assert parsed.data(TEXT) is None
    parsed.add(TEXT, {})
    parsed.keep()
    assert Parsed(tmp_path).data(TEXT) == {}


def test_a_folder_that_cannot_be_written_is_no_matter(tmp_path):
    parsed = Parsed(tmp_path / "missing")
    parsed.add(TEXT, {})
    parsed.keep()


def test_a_second_start_reads_the_same_from_memory(tmp_path, monkeypatch):
    text = "version: '1'\nrows:\n  - {words: [疼, 痛]}\n"
    (tmp_path / "table.yaml").write_text(text, "utf-8")
    first = practice._Files(tmp_path, Parsed(tmp_path))
    read = first.data("table.yaml")
    first.parsed.keep()
    monkeypatch.setattr(practice, "load_yaml", None)
    assert practice._Files(tmp_path, Parsed(tmp_path)).data("table.yaml") == read
