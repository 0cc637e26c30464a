"""An answer that came in pieces, read again as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.engine.events import Corrected
from bot.engine.prompt import ANY_WORDS
from bot.engine.session import Turn
from bot.engine.talk import Talk
from bot.engine.values import kept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.engine.compiled import Compiled
    from bot.engine.reader import Question, Reader
    from bot.engine.session import Session


def question_of(flow: Compiled, node: str) -> Question | None:
    """The question that `node` asks, also in a sub-flow."""
    step = flow.questions.get(node)
    return step.question if step is not None else None


def complete(
    flow: Compiled, session: Session, node: str, said: str, patient: Mapping[str, Any], now: datetime, read: Reader
) -> Turn:
    """Take the answer of `node` anew from all that was said to it. Its alarms are checked again and may divert a talk that still
    waits; the question that waits is not put again. Nothing happens when the whole says the same, or nothing for sure."""
    question = question_of(flow, node)
    if question is None:
        return Turn(session, ())
    heard = read(said, question)
    value, quote = kept(question, heard.value) if heard.status == "ok" and heard.sure else None, heard.quote
    if question.kind in ANY_WORDS:
        value, quote = said, said
    was = session.answers.get(node)
    if value is None or value == was:
        return Turn(session, ())
    talk = Talk(flow, session.copy(), patient, now, read)
    talk.session.answers[node] = value
    talk.events.append(Corrected(node, node, value, quote, was))
    waited = talk.session.wait
    diverted = talk.alarms(node)
    if session.status != "waiting":
        talk.session.wait = waited
    elif diverted is not None:
        talk.walk(diverted)
    return Turn(talk.session, tuple(talk.events))
