"""The question that waits in a session."""

from __future__ import annotations

from typing import cast

import orjson

from bot.care.practice import Practice
from bot.engine import run
from bot.engine.session import Session
from bot.reading.reading import Question
from storage import sessions
from storage.transaction import Tx


def asked(tx: Tx, practice: Practice, row: sessions.Open) -> Question | None:
    """The question as the reading takes it: the engine's and the reading's have the same fields on purpose."""
    return cast(Question | None, practice.shelf.get(tx, row.revision_id).waiting(Session.from_json(row.state)))


def again(tx: Tx, practice: Practice, row: sessions.Open) -> str:
    """The text of the question, for a patient whose talk was interrupted."""
    flow = practice.shelf.get(tx, row.revision_id)
    return run.question_text(flow, Session.from_json(row.state), orjson.loads(row.patient))
