"""The real reading of replies, handed to the engine on the command line and in transcripts."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from bot.engine.reader import Heard, Question, Reader
from bot.practice import load_tables
from bot.reading import read as reading
from bot.reading.reading import Option as ReadingOption
from bot.reading.reading import Question as ReadingQuestion


def make_reader(content: Path, today: date | None = None) -> Reader:
    """A reader for `start` and `resume`. Raises WrongSettings where a table is missing or wrong."""
    tables = load_tables(content)

    def read(said: str, question: Question, *, unasked: bool = False) -> Heard:
        return reading.answer(said, _converted(question), tables, unasked=unasked, today=today)

    return read


@lru_cache(maxsize=1024)
def _converted(question: Question) -> ReadingQuestion:
    options = tuple(ReadingOption(option.value, option.labels) for option in question.options)
    rest = (question.kind, options, question.min, question.max, question.unit, question.about, question.words)
    return ReadingQuestion(*rest)
