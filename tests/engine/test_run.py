"""Turns: what transcripts cannot show. Limits, sessions left as they were, and that nothing ends in an error or in silence."""

import copy
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import orjson
import plain_reader
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.engine.check import check
from bot.engine.compiled import compile, compile_all
from bot.engine.events import Answered, Corrected, Expired, Failed, Finished, NotUnderstood, Reminded, Said, TicketRaised
from bot.engine.facts import SAMPLE
from bot.engine.issue import has_errors
from bot.engine.parse import parse
from bot.engine.run import resume, start
from bot.engine.session import Session
from bot.engine.talk import NODES_MAX, TURNS_MAX

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
QUESTION = """
id: one
title: 一个问题
otherwise: nurse
remind_after: 4h
nodes:
  - {id: pain, ask: 多疼？回复数字, answer: {type: scale}, hint: 请回复数字}
  - {id: bye, say: 谢谢。, go: end}
  - {id: nurse, say: 护士会联系您。, escalate: {level: L3, reason: 请联系}}
"""


def flow_of(text, library=None):
    flow, issues = parse(text)
    assert issues == []
    return compile(flow, library or {})


def heard(**parts):
    given = {"status": "ok", "value": None, "quote": "", "rest": "", "sure": True, "corrects": False, **parts}
    return lambda said, question, *, unasked=False: SimpleNamespace(**given)


def kinds(turn):
    return [type(event) for event in turn.events]


def test_the_given_session_is_left_as_it_was():
    flow = flow_of(QUESTION)
    begun = start(flow, SAMPLE, NOW, plain_reader.read).session
    before = copy.deepcopy(begun)
    for said in ("3，谢谢", "什么", "改一下", None):
        turn = resume(flow, begun, said, SAMPLE, NOW + timedelta(days=2), plain_reader.read)
        assert turn.session != begun
        assert begun == before


def test_a_session_comes_back_from_json_unchanged():
    flow = flow_of(QUESTION)
    turn = resume(flow, start(flow, SAMPLE, NOW, plain_reader.read).session, "什么", SAMPLE, NOW, plain_reader.read)
    assert Session.from_json(turn.session.to_json()) == turn.session
    assert Session.from_json(turn.session.to_json().decode()) == turn.session


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"wait": null, "stack": [], "flow": "a", "more": 1}', '{"wait": 3, "stack": []}']
)
def test_what_is_no_session_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the words
        Session.from_json(text)


def test_nothing_happens_before_it_is_due_nor_after_the_end():
    flow = flow_of(QUESTION)
    begun = start(flow, SAMPLE, NOW, plain_reader.read).session
    assert resume(flow, begun, None, SAMPLE, NOW + timedelta(hours=3), plain_reader.read).events == ()
    ended = resume(flow, begun, "3", SAMPLE, NOW, plain_reader.read).session
    assert resume(flow, ended, "4", SAMPLE, NOW, plain_reader.read).events == ()
    assert resume(flow, ended, None, SAMPLE, NOW + timedelta(days=9), plain_reader.read).events == ()


def test_reminded_once_then_expired():
    flow = flow_of(QUESTION)
    begun = start(flow, SAMPLE, NOW, plain_reader.read).session
    assert begun.wait.due_at == NOW + timedelta(hours=4)
    reminded = resume(flow, begun, None, SAMPLE, NOW + timedelta(hours=4), plain_reader.read)
    assert kinds(reminded) == [Reminded, Said]
    assert reminded.session.wait.due_at == NOW + timedelta(hours=24)
    expired = resume(flow, reminded.session, None, SAMPLE, NOW + timedelta(hours=24), plain_reader.read)
    assert kinds(expired) == [Expired, Said, TicketRaised, Finished]
    assert expired.session.status == "expired"


def test_a_short_question_under_a_long_reminder_is_not_reminded():
    flow = flow_of(QUESTION.replace("ask: 多疼", "expire_after: 2h, ask: 多疼"))
    wait = start(flow, SAMPLE, NOW, plain_reader.read).session.wait
    assert (wait.remind_at, wait.due_at) == (None, NOW + timedelta(hours=2))


def test_what_check_would_have_found_does_not_compile():
    for text, words in (
        ("id: a\ntitle: a\nnodes:\n  - {id: one, use: b}\n", "b"),
        ("id: a\ntitle: a\nnodes:\n  - {id: one, say: 好, go: two}\n", "two"),
        ("id: a\ntitle: a\nnodes:\n  - {id: one, say: '{{ 2 ** 9 }}'}\n", "只能用"),
        ("id: a\ntitle: a\nnodes:\n  - {id: one, route: [{if: b = 1, go: end}]}\n", "=="),
    ):
        with pytest.raises(ValueError, match=words):
            compile(parse(text)[0], {})
    ring = [parse(f"id: {one}\ntitle: x\nnodes:\n  - {{id: one, use: {two}}}\n")[0] for one, two in (("a", "b"), ("b", "a"))]
    with pytest.raises(ValueError, match="没有尽头"):
        compile_all(ring)


def test_a_talk_that_never_stops_is_stopped():
    flow = flow_of("id: a\ntitle: a\nnodes:\n  - {id: one, say: 一}\n  - {id: two, say: 二, go: one}\n")
    turn = start(flow, SAMPLE, NOW, plain_reader.read)
    assert sum(isinstance(event, Said) for event in turn.events) <= 2 * NODES_MAX
    assert turn.session.status == "failed"
    assert any(isinstance(event, TicketRaised) for event in turn.events)


def test_a_hundred_nodes_are_allowed():
    nodes = "".join(f"  - {{id: n{number}, set: {{x: 1}}}}\n" for number in range(NODES_MAX - 1))
    text = "id: a\ntitle: a\notherwise: end\nnodes:\n" + nodes
    assert start(flow_of(text + "  - {id: z, say: 好}\n"), SAMPLE, NOW, plain_reader.read).session.status == "completed"
    assert (
        start(flow_of(text + "  - {id: y, set: {x: 1}}\n  - {id: z, say: 好}\n"), SAMPLE, NOW, plain_reader.read).session.status
        == "failed"
    )


def test_a_session_has_a_last_turn():
    flow = flow_of("id: a\ntitle: a\notherwise: one\nnodes:\n  - {id: one, ask: 好吗？, answer: {type: yesno}, go: one}\n")
    session = start(flow, SAMPLE, NOW, plain_reader.read).session
    for _ in range(TURNS_MAX):
        session = resume(flow, session, "是", SAMPLE, NOW, plain_reader.read).session
        assert session.status == "waiting"
    turn = resume(flow, session, "是", SAMPLE, NOW, plain_reader.read)
    assert turn.session.status == "failed"
    assert kinds(turn) == [Failed, TicketRaised, Said, Finished]


def test_a_question_that_is_gone_from_the_flow():
    flow = flow_of(QUESTION)
    session = start(flow, SAMPLE, NOW, plain_reader.read).session
    for changes in (
        {"wait": session.wait.__class__("gone", NOW, None, None)},
        {"flow": "another"},
        {"wait": session.wait.__class__("bye", NOW, None, None)},
    ):
        old = copy.deepcopy(session)
        for name, value in changes.items():
            setattr(old, name, value)
        turn = resume(flow, old, "3", SAMPLE, NOW, plain_reader.read)
        assert kinds(turn) == [Failed, Said, TicketRaised, Finished]
        assert turn.session.status == "failed"


@pytest.mark.parametrize("value", [None, "3", True, float("nan"), float("inf"), 11, -1, 2**70, [], {}, object()])
def test_a_value_that_does_not_fit_is_not_taken(value):
    flow = flow_of(QUESTION)
    turn = resume(flow, start(flow, SAMPLE, NOW, plain_reader.read).session, "三分", SAMPLE, NOW, heard(value=value))
    assert kinds(turn) == [NotUnderstood, Said]
    assert turn.session.answers == {}
    assert Session.from_json(turn.session.to_json()) == turn.session


def test_doubtful_words_heard_earlier_are_not_taken():
    text = QUESTION.replace(
        "  - {id: bye", "  - {id: more, ask: 还疼吗？, answer: {type: scale, about: [疼]}, hint: 数字}\n  - {id: bye"
    )
    flow = flow_of(text)
    begun = start(flow, SAMPLE, NOW, plain_reader.read).session
    doubtful = resume(flow, begun, "3，疼大概5", SAMPLE, NOW, plain_reader.read)
    assert [event.name for event in doubtful.events if isinstance(event, Answered)] == ["pain"]
    sure = resume(flow, begun, "3，疼5", SAMPLE, NOW, plain_reader.read)
    assert [event.name for event in sure.events if isinstance(event, Answered)] == ["pain", "more"]


def test_odd_characters_of_a_patient_survive():
    flow = flow_of("id: a\ntitle: a\notherwise: end\nnodes:\n  - {id: one, ask: 意见？, answer: {type: feedback}}\n")
    begun = start(flow, SAMPLE, NOW, plain_reader.read).session
    turn = resume(flow, begun, "好\ud83d\x00]]>👍" + "长" * 9000, SAMPLE, NOW, heard())
    assert Session.from_json(turn.session.to_json()) == turn.session
    assert "👍" in turn.session.answers["one"]


# Random flows, random replies, readers that fail: never an exception, never silence

NAMES = ["a", "b", "c", "d", "e"]
CONDITIONS = ["a > 3", "b == 'x'", "not c", "d and a < 9", "'x' in e", "patient.age > 60"]
ANSWERS = [
    {"type": "scale"},
    {"type": "number", "min": "0", "max": "50", "about": "度"},
    {"type": "choice", "options": {"x": "红", "y": ["干", "好"]}, "about": "伤口"},
    {"type": "multichoice", "options": {"x": "红", "y": "干"}},
    {"type": "yesno", "about": "疼"},
    {"type": "date"},
    {"type": "text"},
    {"type": "feedback"},
    {"type": "image"},
]
SAYS = ["好", "{{ a }}和{{ patient.name }}", "{% if c %}是{% endif %}", "{{ b|join }}", "{{ e|round }}"]


@st.composite
def node(draw, name, subs):
    part = {"id": name}
    target = st.sampled_from([*NAMES, "end"])
    for key, values in (("say", st.sampled_from(SAYS)), ("go", target), ("otherwise", target)):
        if draw(st.integers(0, 2)) == 0:
            part[key] = draw(values)
    if draw(st.booleans()):
        part |= {"ask": draw(st.sampled_from(SAYS)), "answer": draw(st.sampled_from(ANSWERS))}
        part |= draw(st.sampled_from([{}, {"hint": "{{ a|join }}"}, {"remind_after": "1h"}, {"expire_after": "2h"}]))
    if draw(st.integers(0, 3)) == 0:
        part["route"] = [{"if": draw(st.sampled_from(CONDITIONS)), "go": draw(target)}]
    if draw(st.integers(0, 4)) == 0:
        part["escalate"] = {"level": "L3", "reason": draw(st.sampled_from(SAYS))}
    if draw(st.integers(0, 4)) == 0:
        part["set"] = {draw(st.sampled_from(NAMES)): draw(st.sampled_from(["1", "true", "x"]))}
    if subs and draw(st.integers(0, 2)) == 0:
        part["use"] = draw(st.sampled_from(subs))
    return part


@st.composite
def definition(draw, name, subs=()):
    target = st.sampled_from([*NAMES, "end"])
    flow = {"id": name, "title": name, "nodes": [draw(node(each, subs)) for each in NAMES]}
    if draw(st.booleans()):
        flow["otherwise"] = draw(target)
    if draw(st.booleans()):
        flow["remind_after"] = "4h"
    conditions = draw(st.lists(st.sampled_from(CONDITIONS), unique=True, max_size=3))
    flow["alarms"] = [
        {"if": text, "level": "L1", "reason": draw(st.sampled_from(SAYS))} | ({"go": draw(target)} if draw(st.booleans()) else {})
        for text in conditions
    ]
    return flow


WORDS = st.text(max_size=8) | st.sampled_from(
    [
        "3",
        "38度2",
        "红",
        "1，2",
        "不疼",
        "疼",
        "伤口干，3度",
        "改一下，8",
        "改一下，伤口红",
        "11月3日",
        "大概5",
        "",
        " ",
        "[图片]",
        "{{ a }}",
        "是，红，9",
    ]
)
VALUES = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=4)
    | st.just(["x"])
    | st.just({"x": object()})
    | st.just("x")
)


@st.composite
def readers(draw):
    def wild(said, question, *, unasked=False):
        choice = draw(st.integers(0, 9))
        if choice == 0:
            raise RuntimeError("the reading broke")
        if choice <= 2:
            return None if choice == 1 else heard(
                status=draw(st.sampled_from(["ok", "unclear", "out_of_range", "off_topic", "nonsense"])),
                value=draw(VALUES), quote=said, rest=draw(st.sampled_from(["", said, None, 3])),
                sure=draw(st.booleans()), corrects=draw(st.booleans()),
            )(said, question)  # fmt: skip
        return plain_reader.read(said, question, unasked=unasked)

    return draw(st.sampled_from([plain_reader.read, plain_reader.broken, wild]))


@given(definition("inner"), definition("middle", ["inner"]), definition("outer", ["inner", "middle"]), readers(), st.data())
@settings(max_examples=120, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_never_an_exception_never_silence(inner, middle, outer, read, data):
    flows = []
    for each in (inner, middle, outer):
        flow, issues = parse(orjson.dumps(each).decode())
        assert issues == []
        flows.append(flow)
    compiled = compile_all(flows)["outer"]
    clean = not has_errors([issue for flow in flows for issue in check(flow, {flow.id: flow for flow in flows})])
    now = NOW
    turn = start(compiled, data.draw(st.sampled_from([SAMPLE, {}, {"age": "old", "name": None}])), now, read)
    said = ""
    for _ in range(8):
        session = turn.session
        assert Session.from_json(session.to_json()) == session
        assert (session.wait is None) == (session.status != "waiting") == (kinds(turn)[-1:] == [Finished])
        if said is not None:
            assert any(isinstance(event, Said) for event in turn.events), "a person who wrote gets a word"
        if session.status != "waiting":
            assert session.status in ("completed", "expired", "failed")
            if session.status == "failed":
                assert clean or any(isinstance(event, TicketRaised | Failed | NotUnderstood) for event in turn.events)
            assert len([event for event in turn.events if isinstance(event, Finished)]) == 1
            return
        assert turn.session.wait.node in {step.id for flow in compiled.flows.values() for step in flow.steps if step.question}
        assert compiled.waiting(session) is not None
        said = data.draw(st.none() | WORDS)
        if said is None:
            now = session.wait.due_at
        before = copy.deepcopy(session)
        turn = resume(compiled, session, said, SAMPLE, now, read)
        assert session == before


def test_a_correction_is_known_by_the_question_it_corrects():
    """A reader that sees "改一下" only where the words answer the question: those of the waiting one mean nothing to it."""

    def read(said, question, *, unasked=False):
        found = plain_reader.read(said, question, unasked=unasked)
        found.corrects = found.corrects and found.status == "ok"
        return found

    text = QUESTION.replace(
        "  - {id: bye", "  - {id: more, ask: 几天了？, answer: {type: choice, options: {a: 一天, b: 两天}}}\n  - {id: bye"
    )
    flow = flow_of(text)
    session = resume(flow, start(flow, SAMPLE, NOW, read).session, "3", SAMPLE, NOW, read).session
    turn = resume(flow, session, "改一下，是5", SAMPLE, NOW, read)
    assert kinds(turn) == [Corrected, Said, Said]
    assert turn.session.answers == {"pain": 5}
    assert kinds(resume(flow, session, "是5", SAMPLE, NOW, read)) == [NotUnderstood, Said]
