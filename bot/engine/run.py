"""One turn of a talk. What goes wrong at run time becomes the flow's `otherwise`, never an exception, never silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.engine.events import Expired, Reminded
from bot.engine.prompt import REMINDER
from bot.engine.reply import reply
from bot.engine.session import Session, Turn, Wait
from bot.engine.talk import TURNS_MAX, Talk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.engine.compiled import Compiled, Step
    from bot.engine.reader import Heard, Question, Reader


def start(flow: Compiled, patient: Mapping[str, Any], now: datetime, read: Reader) -> Turn:
    """Begin a talk. `patient` are the facts its texts may use, `now` is aware UTC. Never raises for what a flow, a fact or the
    reader does."""
    talk = Talk(flow, Session(flow.id), patient, now, read)
    talk.walk(0)
    return Turn(talk.session, tuple(talk.events))


def resume(flow: Compiled, session: Session, said: str | None, patient: Mapping[str, Any], now: datetime, read: Reader) -> Turn:
    """Go on with a reply, or with `said=None` because time has passed (remind, expire; nothing when neither is due). The session
    given is left as it was. A session that waits for nothing comes back unchanged without events."""
    wait = session.wait
    if session.status != "waiting" or wait is None:
        return Turn(session, ())
    if said is None and (wait.due_at is None or now < wait.due_at):
        return Turn(session, ())
    talk = Talk(flow, session.copy(), patient, now, read)
    talk.session.turns += 1
    _resume(talk, wait, said)
    return Turn(talk.session, tuple(talk.events))


def question_text(flow: Compiled, session: Session, patient: Mapping[str, Any]) -> str:
    """The words of the question that waits, to be put once more after an interruption; "" when none does."""
    wait = session.wait
    if wait is None:
        return ""
    talk = Talk(flow, session, patient, wait.asked_at, _deaf)
    index = _place(talk, wait)
    try:
        return "" if index is None else talk.words(talk.flow.steps[index])
    except Exception:  # a text that cannot be rendered now would have failed when it was asked
        return ""


def _deaf(said: str, question: Question, *, unasked: bool = False) -> Heard:
    raise AssertionError("nothing is read here")


def _resume(talk: Talk, wait: Wait, said: str | None) -> None:
    index = _place(talk, wait)
    if index is None:
        talk.session.stack = []
        talk.into(talk.root)
        return talk.walk(talk.fail(wait.node, "话术里已没有这一题"))
    step = talk.flow.steps[index]
    if talk.session.turns > TURNS_MAX:
        return talk.walk(talk.fail(step.id, f"一次会话超过{TURNS_MAX}轮"))
    try:
        if said is None:
            go, answered = _time_passed(talk, step, wait), False
        else:
            assert step.question is not None
            go, answered = reply(talk, index, step, step.question, wait, said)
    except Exception as error:
        go, answered = talk.fail(step.id, f"读解或文字出错：{type(error).__name__}"), False
    return talk.walk(go, answered=answered)


def _place(talk: Talk, wait: Wait) -> int | None:
    """The step that waits; None when the flow no longer has it, or not the way there."""
    flows, session = talk.root.flows, talk.session
    if session.flow not in flows or any(
        frame.flow not in flows or frame.node not in flows[frame.flow].index for frame in session.stack
    ):
        return None
    index = talk.flow.index.get(wait.node)
    return index if index is not None and talk.flow.steps[index].question is not None else None


def _time_passed(talk: Talk, step: Step, wait: Wait) -> int | None:
    if wait.expire_at is not None and talk.now >= wait.expire_at:
        talk.status, talk.answered_by_person = "expired", False
        talk.events.append(Expired(step.id))
        return talk.otherwise(step.id)
    words = talk.words(step)
    talk.events.append(Reminded(step.id))
    talk.say(step.id, REMINDER + words)
    talk.session.wait = Wait(wait.node, wait.asked_at, None, wait.expire_at, wait.tries)
    return None
