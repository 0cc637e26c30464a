"""A waiting session taken from its row, ready to be stepped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import orjson

from bot.care.practice import Practice
from bot.engine import run
from bot.engine.compiled import Compiled
from bot.engine.session import Session
from bot.reading.reading import Question
from storage import sessions
from storage.transaction import Tx


class Spoiled(Exception):
    """A waiting talk whose flow or state cannot be read any more."""

    def __init__(self, row: sessions.Open, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.row = row


@dataclass(frozen=True, slots=True)
class Live:
    """The row, its flow in the revision it began with, the engine's session and the facts as they were at the start."""

    row: sessions.Open
    flow: Compiled
    session: Session
    facts: dict[str, Any]

    @property
    def asked(self) -> Question | None:
        """The question that waits, as the reading takes it: the engine's and the reading's have the same fields on purpose."""
        return cast(Question | None, self.flow.waiting(self.session))

    def again(self) -> str:
        """The text of that question, for a patient whose talk was interrupted."""
        return run.question_text(self.flow, self.session, self.facts)


def waiting(tx: Tx, practice: Practice, contact_id: int) -> Live | None:
    """The one talk that waits for this contact. Raises Spoiled."""
    row = sessions.waiting(tx, contact_id)
    return None if row is None else opened(tx, practice, row)


def opened(tx: Tx, practice: Practice, row: sessions.Open) -> Live:
    """A session from its row. Raises Spoiled."""
    try:
        return Live(row, practice.shelf.get(tx, row.revision_id), Session.from_json(row.state), orjson.loads(row.patient))
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise Spoiled(row, error) from error
