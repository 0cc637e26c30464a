"""Every way through every shipped flow, whatever patients answer: it ends, nothing fails, and red lines are seen to."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.compiled import compile_all
from bot.engine.events import AlarmRaised, Failed, Said, TicketRaised
from bot.engine.facts import SAMPLE
from bot.engine.parse import parse
from bot.engine.run import resume, start
from bot.engine.session import Session

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in Path("flows").glob("*.yaml")}
LIBRARY = compile_all([parse(text)[0] for text in TEXTS.values() if "\nnodes:" in text])
TALKS = sorted(name for name, flow in LIBRARY.items() if flow.questions and name != "feedback")


@dataclass
class Heard:
    value: Any
    status: str = "ok"
    quote: str = ""
    rest: str = ""
    sure: bool = True
    corrects: bool = False


def possible(question):
    """Answers a patient may give; None stands for words that nobody understands."""
    if question.options:
        return [option.value for option in question.options] + [None]
    if question.kind in ("number", "scale"):
        return [0, 3, 8, 37, 38.2, 39, 2345, None]
    return ["2026-12-03", None] if question.kind == "date" else ["不太好说"]


def talk(flow, draw, facts):
    """Play a talk with drawn answers; all events."""
    chosen = []

    def read(said, question, *, unasked=False):
        return Heard(None, "off_topic") if unasked else Heard(chosen[-1], "ok" if chosen[-1] is not None else "unclear")

    now, turn = NOW, start(flow, facts, NOW, read)
    events = list(turn.events)
    for _ in range(60):
        session = Session.from_json(turn.session.to_json())
        if session.status != "waiting":
            return session, events
        question = flow.waiting(session)
        said = draw(st.sampled_from([*possible(question), "silence"]))
        chosen.append(said)
        if said == "silence":
            now = session.wait.due_at + timedelta(seconds=1)
            turn = resume(flow, session, None, facts, now, read)
        else:
            turn = resume(flow, session, "…", facts, now, read)
        events += turn.events
    raise AssertionError("the talk goes round in circles")


@pytest.mark.parametrize("name", TALKS)
@given(data=st.data(), proxy=st.booleans(), known=st.booleans())
def test_every_talk_ends_well(name, data, proxy, known):
    facts = {**SAMPLE, "proxy": proxy}
    if not known:
        facts |= {"revisit": "", "salutation": "", "doctor": "", "phone": "", "birth_month": None, "admission_tail": None}
    session, events = talk(LIBRARY[name], data.draw, facts)
    assert session.status in ("completed", "expired", "failed")
    assert not [event for event in events if isinstance(event, Failed)]
    texts = [event.text for event in events if isinstance(event, Said)]
    assert all(texts)
    assert "None" not in "".join(texts)
    levels = {event.level for event in events if isinstance(event, AlarmRaised)}
    if "L0" in levels:
        assert "不要等待微信回复" in texts[-1]
    if session.status == "failed" and name not in ("revisit_reminder", "greeting"):
        assert [event for event in events if isinstance(event, TicketRaised)], "nobody was told"


def test_identity_is_never_confirmed_by_a_wrong_number_or_by_facts_that_are_missing():
    flow = LIBRARY["identity"]

    def read(said, question, *, unasked=False):
        return Heard("self" if question.options else float(said))

    for facts, said in ((SAMPLE, "9"), ({**SAMPLE, "birth_month": None, "admission_tail": None}, "8")):
        turn = start(flow, facts, NOW, read)
        for reply in ("1", said, said):
            turn = resume(flow, turn.session, reply, facts, NOW, read)
        assert turn.session.answers["confirmed"] is False
        assert turn.session.status == "completed"


@pytest.mark.parametrize("name", TALKS)
def test_every_talk_is_shown_smooth_dangerous_and_going_wrong(name):
    """At least three transcripts each; one comes to its end, one has silence, mumbling or a correction."""
    shown = [path.read_text(encoding="utf-8") for path in sorted(Path("tests/transcripts/content").glob("*.txt"))]
    own = [text for text in shown if f"flow: flows/{name}.yaml" in text]
    assert len(own) >= 3
    assert any("结束：完成" in text for text in own)
    assert any(word in text for text in own for word in ("没听懂", "一直没有回复", "更正"))
    if LIBRARY[name].alarms:
        assert any("! 红线" in text for text in own)
