"""Questions that the hospital has answered in advance: answered at once, and everything else goes to a person."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from bot.care.approved import Approved
from bot.engine.parse import load_yaml
from storage import approved, messages
from storage.talk import of_contact

FILE = Path(__file__).parents[2] / "flows" / "answers.yaml"
HOSPITAL = {"hospital": "示例医院", "phone": "020-00000000"}


def file(**changes):
    data, issues = load_yaml(FILE.read_text("utf-8"))
    assert issues == []
    return data | {"approver": "护理部 王主任"} | changes


@pytest.fixture
def signed(hospital):
    """The hospital whose answers somebody has signed."""
    ready = Approved(file(facts=file()["facts"] | {"visiting": "每天15:00到17:00"}), HOSPITAL, hospital.practice.tables.normalise)
    hospital.practice = replace(hospital.practice, approved=ready)
    return hospital


def uses(hospital):
    return [(use.answer, use.approver) for use in hospital.query(select(approved.ApprovedUse))]


def known(hospital, openid="o1"):
    """A patient who is at home, and asked nothing just now."""
    hospital.scan(openid, hospital.discharge())
    return hospital


def test_a_question_with_nothing_waiting_is_answered_at_once(signed):
    known(signed)
    said = signed.say("o1", "请问几点可以去看病人啊")
    assert said.startswith("探视时间：每天15:00到17:00。")
    assert said.endswith("回复“人工”，由医护人员回复您。")
    assert signed.tickets() == []
    assert uses(signed) == [("visiting_hours", "护理部 王主任")]


def test_beside_a_waiting_question_the_answer_comes_first_and_the_question_again(signed):
    question = signed.confirmed()
    said = signed.say("o1", "病历怎么复印")
    assert said.startswith("复印病历请带患者本人身份证")
    assert said.endswith(question[-20:])
    assert signed.tickets() == []


def test_an_answer_and_a_question_in_one_message_are_both_taken(signed):
    assert "体温" in signed.confirmed()
    said = signed.say("o1", "36.8度。请问停车怎么收费")
    assert "停放" in said
    assert "体温" not in said
    assert signed.tickets() == []


def test_of_two_questions_a_person_answers_both(signed):
    known(signed)
    assert "已转过去" in signed.say("o1", "怎么复印病历？还有陪我来的人住哪里")
    assert uses(signed) == []


def test_who_asks_the_same_again_was_not_helped_and_gets_a_person(signed):
    known(signed)
    signed.say("o1", "住院发票在哪里开")
    signed.now += timedelta(minutes=5)
    assert "已转过去" in signed.say("o1", "发票在哪里开啊")
    assert [ticket.matter for ticket in signed.tickets()] == ["question"]
    signed.now += timedelta(hours=3)
    assert "电子票据" in signed.say("o1", "住院发票在哪里开")


@pytest.mark.parametrize(
    "asked",
    [
        "利伐沙班要吃多久",
        "降压药能不能停了",
        "伤口红了能洗澡吗",
        "我发烧了能洗澡吗",
        "复诊挂哪个科，还有我的药要不要加量",
        "我的病理结果怎么样",
    ],
)
def test_what_concerns_this_one_person_goes_to_a_person(signed, asked):
    known(signed)
    signed.say("o1", asked)
    assert uses(signed) == []
    assert len(signed.tickets()) == 1


def test_a_danger_sign_in_a_question_is_a_danger_sign(signed):
    known(signed)
    assert "120" in signed.say("o1", "胸口疼喘不上气，请问急诊在哪里")
    assert [ticket.level for ticket in signed.tickets()] == ["L0"]
    assert uses(signed) == []


def test_thanks_beside_a_question_do_not_swallow_it(signed):
    known(signed)
    assert "清淡" in signed.say("o1", "谢谢，出院后饮食要注意什么")


def test_a_person_has_the_talk_and_the_machine_is_silent(signed):
    signed.confirmed()
    signed.say("o1", "转人工")
    from bot.care import escalation

    signed.write(escalation.take_over, signed.tickets()[0].id, signed.nurse(), signed.now)
    assert signed.say("o1", "病历怎么复印") is None


def test_who_is_not_known_is_told_what_everybody_may_know(signed):
    said = signed.say("stranger", "请问急诊是24小时吗")
    assert said.startswith("急诊24小时开放")
    assert "扫一扫" in said


def test_a_plain_question_is_no_displeasure(signed):
    known(signed)
    signed.say("o1", "取药窗口几点下班")
    assert signed.tickets() == []


def test_what_nobody_signed_is_not_said(hospital):
    """As it is shipped."""
    known(hospital)
    assert "已转过去" in hospital.say("o1", "请问几点可以去看病人啊")
    assert len(hospital.tickets()) == 1


def test_what_is_past_its_date_is_not_said(signed):
    today = signed.practice.today(signed.now)
    old = Approved(file(valid_until=str(today - timedelta(days=1))), HOSPITAL, signed.practice.tables.normalise)
    signed.practice = replace(signed.practice, approved=old)
    known(signed)
    assert "已转过去" in signed.say("o1", "请问几点可以去看病人啊")
    assert old.idle(today) == {"已过期": [one["id"] for one in file()["answers"]]}


def test_the_talk_shows_which_answer_was_given(signed):
    known(signed)
    signed.say("o1", "食堂几点开饭")
    contact_id = signed.contact("o1").id
    said = [line for line in signed.database.read_now(of_contact, contact_id)[0] if hasattr(line, "used")]
    assert [use.title for use in said[-1].used] == ["食堂订餐"]
    assert said[-1].message.id == signed.query(select(messages.Inbound.id).where(messages.Inbound.kind == "text"))[-1]


# --- the file


def test_the_shipped_answers_are_sixty_and_every_way_of_asking_is_recognised(practice):
    tables = practice[0].tables
    ready = Approved(file(), HOSPITAL, tables.normalise)
    assert len(file()["answers"]) == 60
    assert ready.unsure() == []
    assert ready.idle(date(2026, 11, 21)) == {}
    assert list(Approved(file(approver="待医院确认"), HOSPITAL, tables.normalise).idle(date(2026, 11, 21))) == ["还没有审定"]


@pytest.mark.parametrize("empty", [True, False], ids=["as shipped", "all facts given"])
def test_every_answer_is_whole_and_promises_nothing(practice, empty):
    facts = dict.fromkeys(file()["facts"], "" if empty else "门诊楼一层")
    ready = Approved(file(facts=facts), HOSPITAL, practice[0].tables.normalise)
    for one in file()["answers"]:
        given = ready.give(one["asks"][0], date(2026, 11, 21), asked=True)
        assert given.id == one["id"]
        assert given.text.endswith(("。", "）"))
        assert "{{" not in given.text
        assert "。。" not in given.text
        for taboo in ("保证", "一定", "肯定没事", "不用去医院", "加量", "减量", "停药", "赔偿"):
            assert taboo not in given.text.replace("不一定", ""), (one["id"], taboo)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"answers": [{"id": "a", "title": "甲", "asks": ["怎么去"], "answer": "去 {{ place }}"}]}, "place 不在 facts 里"),
        ({"answers": [{"id": "a", "title": "甲", "asks": ["怎么去"], "answer": "{% for x in y %}"}]}, "没有成对"),
        ({"answers": [{"id": "a", "title": "甲", "asks": ["怎么去"], "answer": "长" * 401}]}, "最多400字"),
        ({"answers": [{"id": "a", "title": "甲", "asks": ["怎么去"], "answer": "好"}] * 2}, "编号重复：a"),
        (
            {"answers": [{"id": one, "title": "甲", "asks": ["怎么去"], "answer": "好"} for one in "ab"]},
            "同一句问法写在两条答复里：怎么去",
        ),
        ({"never": "疼("}, "括号或符号不成对"),
    ],
)
def test_a_mistake_in_the_file_is_said_in_chinese(practice, change, words):
    with pytest.raises(ValueError, match=words):
        Approved(file(**change), HOSPITAL, practice[0].tables.normalise)
