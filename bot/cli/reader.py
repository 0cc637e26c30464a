"""The real reading of replies, handed to the engine on the command line and in transcripts."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.engine.parse import load_yaml
from bot.engine.reader import Heard, Question, Reader
from bot.reading import read as reading
from bot.reading.reading import Option as ReadingOption
from bot.reading.reading import Question as ReadingQuestion

TABLES = ("red_flags", "complaints", "words")


def load_tables(content: Path) -> reading.Tables:
    """The reading's tables from the content folder; a missing one is empty. Raises ValueError with Chinese words."""
    return reading.compile_tables(*(_table(content / f"{name}.yaml") for name in TABLES))


def _table(path: Path) -> Any:
    if not path.is_file():
        return {}
    data, issues = load_yaml(path.read_text(encoding="utf-8"))
    if issues:
        raise ValueError(f"{path.name}:{issues[0].line}: {issues[0]}")
    return data


def make_reader(content: Path, today: date | None = None) -> Reader:
    """A reader for `start` and `resume`."""
    tables = load_tables(content)

    def read(said: str, question: Question, *, unasked: bool = False) -> Heard:
        return reading.answer(said, _converted(question), tables, unasked=unasked, today=today)

    return read


@lru_cache(maxsize=1024)
def _converted(question: Question) -> ReadingQuestion:
    options = tuple(ReadingOption(option.value, option.labels) for option in question.options)
    rest = (question.kind, options, question.min, question.max, question.unit, question.about, question.words)
    return ReadingQuestion(*rest)
