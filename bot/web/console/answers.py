"""Answers as staff read them: the question that was asked and the option's own words, not codes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.care.practice import Practice
from bot.engine.compiled import Compiled
from storage import talk
from storage.sessions import Answer, Session
from storage.transaction import Tx

LONGEST = 30  # characters of a question beside its answer
_ASIDE = re.compile("（[^（）]*）")


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: what was asked, in short, and what was answered."""

    question: str
    words: str


def tell(tx: Tx, practice: Practice, answers: Iterable[Answer]) -> dict[int, Told]:
    """Every answer in words, by its id, as its own revision of the flow had them."""
    listed = list(answers)
    runs = talk.runs(tx, {answer.session_id for answer in listed})
    flows = {run.id: _flow(tx, practice, run.revision_id) for run in runs.values()}
    return {
        answer.id: _told(flows.get(answer.session_id), runs.get(answer.session_id), answer)
        for answer in listed
        if answer.id is not None
    }


def title(tx: Tx, practice: Practice, run: Session) -> str:
    """What the flow of a run is called."""
    flow = _flow(tx, practice, run.revision_id)
    return flow.title if flow else run.flow


def _flow(tx: Tx, practice: Practice, revision: int) -> Compiled | None:
    try:
        return practice.shelf.get(tx, revision)
    except LookupError:
        return None


def _told(flow: Compiled | None, run: Session | None, answer: Answer) -> Told:
    question = flow.question(answer.name) if flow else None
    if flow is None or run is None or question is None:
        return Told(answer.name, plain(answer.value))
    labels = {option.value: option.labels[0] for option in question.options}
    values = answer.value if isinstance(answer.value, list) else [answer.value]
    words = "、".join(labels.get(value, plain(value)) if isinstance(value, str) else plain(value) for value in values)
    unit = question.unit if isinstance(answer.value, int | float) and not isinstance(answer.value, bool) else ""
    return Told(_short(_asked(flow, run, answer.name)) or answer.name, words + unit)


def _asked(flow: Compiled, run: Session, name: str) -> str:
    """The question as this patient was asked it."""
    ask = flow.questions[name].ask
    if ask is None:
        return ""
    try:
        return ask.render(json.loads(run.state).get("answers", {}), json.loads(run.patient))
    except Exception:  # a later answer may have changed what the text was made for; the engine would go on too
        return ""


def _short(ask: str) -> str:
    """The first sentence that asks, without asides and what leads up to it."""
    sentences = [part.strip() for part in re.split(r"(?<=[。？！?])|\n", ask) if part.strip()]
    asking = next((part for part in sentences if part.endswith(("？", "?"))), sentences[0] if sentences else "")
    asking = _ASIDE.sub("", asking)
    if len(asking) > LONGEST:
        asking = asking.rpartition("：")[2]
    return asking if len(asking) <= LONGEST else asking[: LONGEST - 1] + "…"


def plain(value: Any) -> str:
    """A value as people write it: 是, 38.5, 3 for 3.0."""
    match value:
        case True:
            return "是"
        case False:
            return "否"
        case None:
            return "（无）"
        case float() if value.is_integer():
            return str(int(value))
        case list():
            return "、".join(plain(one) for one in value)
        case dict():
            return "，".join(plain(one) for one in value.values())
        case _:
            return str(value)
