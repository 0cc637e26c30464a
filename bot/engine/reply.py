"""A reply to the question that waits: an answer, a correction of an earlier one, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.engine.events import Corrected, NotUnderstood
from bot.engine.prompt import ANY_WORDS, CORRECTED, OPEN_KINDS, default_hint
from bot.engine.values import clean, kept

if TYPE_CHECKING:
    from bot.engine.compiled import Step
    from bot.engine.reader import Heard, Question
    from bot.engine.session import Wait
    from bot.engine.talk import Talk

TRIES_MAX = 2  # unread replies to one question: asked again once


def reply(talk: Talk, index: int, step: Step, question: Question, wait: Wait, said: str) -> tuple[int | None, bool]:
    """Where to go on (None: the question waits again), and whether the step there is answered already."""
    said = clean(said)
    heard = talk.read(said, question)
    unread = heard.status != "ok" and question.kind not in ANY_WORDS
    if (heard.corrects or unread) and (corrected := _correct(talk, step, said, known=heard.corrects)) is not None:
        return _after_correction(talk, index, question, *corrected)
    if question.kind in ANY_WORDS:
        value, rest, quote = said or None, "", said
    else:
        value = kept(question, heard.value) if heard.status == "ok" else None
        rest, quote = heard.rest, heard.quote
    if value is None:
        return _not_understood(talk, step, question, wait, said, heard.status), False
    talk.take(step, value, quote, sure=heard.sure)
    talk.remember(rest)
    return _past_alarms(talk, index)


def _past_alarms(talk: Talk, index: int) -> tuple[int | None, bool]:
    diverted = talk.alarms(talk.flow.steps[index].id)
    return (index, True) if diverted is None else (diverted, False)


def _not_understood(talk: Talk, step: Step, question: Question, wait: Wait, said: str, status: str) -> int | None:
    tries = wait.tries + 1
    talk.events.append(NotUnderstood(step.id, said, tries))
    talk.remember(said)
    if tries >= TRIES_MAX:
        talk.status = "failed"
        return talk.otherwise(step.id)
    talk.ask(step, "" if step.hint is not None else default_hint(question, status), tries, hint=True)
    return None


def _correct(talk: Talk, waiting: Step, said: str, *, known: bool) -> tuple[Step, Any, Heard] | None:
    """Which earlier answer the words correct: one they name, else the last one. Unless it is `known` that they correct
    something, the reading of the earlier question must say so: "改一下，是38度2" may mean nothing to the question that waits."""
    session, questions = talk.session, talk.root.questions
    names = [name for name in reversed(session.answers) if name in questions and name != waiting.id]
    if session.last in names:
        names.remove(session.last)
        names.insert(0, session.last)
        last = questions[session.last]
    else:
        last = None
    named = [step for name in names if (step := questions[name]).question and step.question.kind not in OPEN_KINDS]
    for step, unasked in [*((step, True) for step in named), *([(last, False)] if last else [])]:
        assert step.question is not None
        heard = talk.read(said, step.question, unasked=unasked)
        if heard.status == "ok" and (heard.sure or not unasked) and (known or heard.corrects):
            value = kept(step.question, heard.value)
            if value is not None:
                return step, value, heard
    return None


def _after_correction(
    talk: Talk, index: int, question: Question, corrected: Step, value: Any, heard: Heard
) -> tuple[int | None, bool]:
    """Note it, check the alarms again, then go on with the question that waits: what else was said may answer it."""
    was = talk.session.answers.get(corrected.id)
    talk.session.answers[corrected.id] = value
    talk.session.last = corrected.id
    talk.events.append(Corrected(corrected.id, corrected.id, value, heard.quote, was))
    talk.remember(heard.rest)
    diverted = talk.alarms(corrected.id)
    if diverted is not None:
        return diverted, False
    talk.say(corrected.id, CORRECTED)
    step = talk.flow.steps[index]
    if talk.already_heard(step, question):
        return _past_alarms(talk, index)
    talk.ask(step)
    return None, False
