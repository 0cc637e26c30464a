"""What a hospital may send: every text that can reach a patient, whatever file it stands in."""

import re
from pathlib import Path

import pytest

from bot.engine.check import check
from bot.engine.compiled import compile_all
from bot.engine.flow import ChoiceAnswer
from bot.engine.parse import load_yaml, parse
from bot.engine.prompt import cue, question_of
from bot.engine.texts import compile_text

FLOWS = Path("flows")
TABOO = ("保证", "一定", "肯定没事", "不用去医院", "确诊", "加量", "减量", "停药", "赔偿", "承担责任", "优惠", "活动", "转发")
TABOO_PATTERN = re.compile("|".join(TABOO) + "|您得的|是[^，。院]{1,6}病(?![区房人])")
FACTS = {
    "name": "欧阳建国",
    "surname": "欧阳",
    "salutation": "先生",
    "hospital": "示例市第一人民医院",
    "department": "骨关节与运动医学科",
    "day": 30,
    "revisit": "11月28日",
    "doctor": "欧阳医生",
    "phone": "010-00000000",
    "proxy": True,
}


def flows():
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FLOWS.glob("*.yaml"))}
    return {name: parse(text, name=name)[0] for name, text in texts.items() if "\nnodes:" in text}


ALL = flows()
MESSAGES, _ = load_yaml((FLOWS / "messages.yaml").read_text(encoding="utf-8"))


def answers(flow, pick):
    """An answer to every question: the first option and the lowest number, or the last and the highest."""
    given = {node.id: node.answer for node in flow.nodes if node.answer}
    return {name: list(one.options)[pick] if isinstance(one, ChoiceAnswer) else (0, 43)[pick] for name, one in given.items()}


def bubbles():
    """Every text as a patient sees it, with its options."""
    for name, flow in ALL.items():
        for node in flow.nodes:
            for part, text in (("say", node.say), ("ask", node.ask), ("hint", node.hint)):
                for pick in (0, -1) if text and "{%" in text else (-1,) if text else ():
                    shown = compile_text(text).render(answers(flow, pick), FACTS)
                    if part == "ask":
                        shown += cue(question_of(node.answer), text)
                    if shown or pick:
                        yield f"{name}.{node.id}.{part}", shown
    for key, text in MESSAGES["texts"].items():
        yield f"messages.{key}", compile_text(text).render({**FACTS, "when": "11月28日17:30", "kind": "图片"}, {})


BUBBLES = list(bubbles())


def test_there_is_something_to_look_at():
    assert len(ALL) >= 15
    assert len(BUBBLES) > 150


@pytest.mark.parametrize(("place", "text"), BUBBLES, ids=[place for place, _ in BUBBLES])
def test_a_text_is_short_and_promises_nothing(place, text):
    assert 0 < len(text) <= 300  # two of them fit into one bubble
    assert not TABOO_PATTERN.search(text)
    assert "{" not in text
    assert "  " not in text


@pytest.mark.parametrize("name", ALL)
def test_the_author_made_no_mistake(name):
    assert [str(issue) for issue in check(ALL[name], compile_all(ALL.values()))] == []


@pytest.mark.parametrize("name", ALL)
def test_options_are_few_short_and_understood_in_one_way(name):
    for node in ALL[name].nodes:
        if isinstance(node.answer, ChoiceAnswer):
            shown = [labels[0] for labels in node.answer.options.values()]
            said = [label for labels in node.answer.options.values() for label in labels]
            assert 2 <= len(shown) <= 6, node.id
            assert max(map(len, shown)) <= 16, node.id
            assert len(said) == len(set(said)), node.id


def test_every_talk_ends_with_a_person_or_a_farewell_whatever_the_patient_does():
    for name, flow in ALL.items():
        if any(node.ask for node in flow.nodes) and name not in SUB_FLOWS:
            assert flow.otherwise is not None, name


SUB_FLOWS = {"feedback"}


def test_a_red_line_that_sends_to_hospital_says_so():
    """L0 goes to the text with 120, L1 to the advice to come today; nothing less urgent diverts the talk."""
    for name, flow in ALL.items():
        by_id = {node.id: node for node in flow.nodes}
        for alarm in flow.alarms:
            where = f"{name}: {alarm.if_}"
            if alarm.level == "L0":
                assert by_id[alarm.go].use == "emergency", where
            elif alarm.level == "L1":
                assert alarm.go is None or alarm.go in ("caution", "support"), where
            else:
                assert alarm.go is None, where


def test_the_emergency_text_says_120_and_not_to_wait():
    for text in (MESSAGES["texts"]["danger_l0"], ALL["emergency"].nodes[0].say):
        assert "立即拨打120" in text
        assert "不要等待微信回复" in text


def test_identity_shows_the_surname_and_nothing_of_the_body():
    shown = " ".join(text for place, text in BUBBLES if place.startswith("identity."))
    assert "欧阳先生" in shown
    assert "建国" not in shown
    for word in ("骨", "手术", "伤口", "恢复得", "膝"):
        assert word not in shown, word


def test_notices_fit_into_wechats_fields():
    for notice in MESSAGES["notices"].values():
        for field, text in notice["fields"].items():
            if "{{" not in text:
                assert len(text) <= 20, text
            assert re.match(r"thing|time|phrase|character_string|date", field)


def test_every_fixed_text_has_an_approver_and_a_version():
    assert MESSAGES["version"]
    assert MESSAGES["approver"]
