"""A talk as lines that a nurse can read: `<` bot, `=` answer, `!` alarm or ticket, `.` all else; and time that passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.engine.compiled import Compiled
from bot.engine.events import (
    AlarmRaised,
    Answered,
    Corrected,
    Event,
    Expired,
    Failed,
    Finished,
    NotUnderstood,
    Reminded,
    Said,
    TicketRaised,
)
from bot.engine.reader import Reader
from bot.engine.run import resume
from bot.engine.session import Session, Turn

ENDS = {"completed": "完成", "expired": "超时", "failed": "没有走完"}


def lines(events: Iterable[Event]) -> Iterator[str]:
    """One line an event; a text's later lines are indented by two spaces."""
    for event in events:
        match event:
            case Said(text=text):
                yield "< " + text.replace("\n", "\n  ")
            case Answered(name=name, value=value, sure=sure):
                yield f"= {name}: {shown(value)}{'' if sure else '（推断）'}"
            case Corrected(name=name, value=value, was=was):
                yield f"= {name}: {shown(value)}（更正，原为 {shown(was)}）"
            case AlarmRaised(level=level, reason=reason):
                yield f"! 红线 {level} {reason}"
            case TicketRaised(level=level, reason=reason):
                yield f"! 工单 {level} {reason}"
            case NotUnderstood(tries=tries):
                yield f". 没听懂，第{tries}次"
            case Reminded():
                yield ". 提醒"
            case Expired():
                yield ". 一直没有回复"
            case Failed(reason=reason):
                yield f". 出错：{reason}"
            case Finished(status=status):
                yield f". 结束：{ENDS.get(status, status)}"


def shown(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "、".join(map(str, value)) if isinstance(value, list) else str(value).replace("\n", " / ")


def elapse(
    flow: Compiled, session: Session, now: datetime, time: timedelta, patient: Mapping[str, Any], read: Reader
) -> Iterator[Turn]:
    """The turns that silence brings between `now` and `now + time`, each at its due moment."""
    while session.status == "waiting" and session.wait and session.wait.due_at and session.wait.due_at <= now + time:
        turn = resume(flow, session, None, patient, session.wait.due_at, read)
        session = turn.session
        yield turn
