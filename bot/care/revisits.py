"""What a talk told of a revisit: coming or not and why, another day, came or not. The day that holds follows the patient's own
words once they are confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from bot.care import enrolment
from bot.care.practice import Practice
from storage import revisits
from storage.transaction import Tx

_TOLD = frozenset({"revisit_coming", "revisit_came"})
_STATES = {"will": "coming", "cancel": "declined", "came": "came", "elsewhere": "came", "missed": "missed"}


def told(answers: Mapping[str, Any]) -> bool:
    """Whether a talk was about a revisit."""
    return not _TOLD.isdisjoint(answers)


def heard(tx: Tx, practice: Practice, episode_id: int, answers: Mapping[str, Any], now: datetime) -> None:
    """Keep it, at the end of the talk. Another day moves the reminders with it."""
    day = revisits.day_of(tx, episode_id)
    if day is None:
        return
    state = _STATES.get(str(answers.get("revisit_came") or answers.get("revisit_coming")))
    if state is not None:
        revisits.tell(tx, episode_id, day, state, str(answers.get("revisit_why") or ""), now)
    wished = _day(answers.get("revisit_day")) if answers.get("revisit_sure") is True else None
    if wished is not None and wished > practice.today(now):
        revisits.move(tx, episode_id, wished, "patient", now)
        enrolment.replan(tx, practice, episode_id, now)


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
