"""One thought in several messages: whole conversations, as patients type them. `N>` comes N seconds after the message before."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from storage import messages, readings, sessions, tickets


def talk(hospital, script, openid="o1"):
    """Play a conversation: `N> words` from the patient, what must (`<`) and must not (`!`) be in the reply, `-` for no reply."""
    replies, said = [], None
    for line in filter(None, (line.strip() for line in script.splitlines())):
        if match := re.fullmatch(r"(\d+)> (.*)", line):
            hospital.now += timedelta(seconds=int(match[1]))
            said = hospital.say(openid, match[2])
            replies.append(said)
        elif line == "-":
            assert said is None
        elif line[0] == "<":
            assert line[1:].strip() in (said or ""), said
        elif line[0] == "!":
            assert line[1:].strip() not in (said or ""), said
    return replies


def answers(hospital, name):
    """The values of an answer, each correction after what it corrects."""
    return hospital.query(select(sessions.Answer.value).where(sessions.Answer.name == name).order_by(sessions.Answer.id))


def matters(hospital):
    rows = hospital.query(select(readings.Record).order_by(readings.Record.id))
    return [(row.type, row.quote) for row in rows]


@pytest.fixture
def asked(hospital):
    """A patient who was just asked for the temperature."""
    assert "体温" in hospital.confirmed()
    hospital.now += timedelta(minutes=2)
    return hospital


def test_a_number_cut_in_two_is_one_number(asked):
    talk(
        asked,
        """
        40> 36
        < 多疼
        2> 度8
        < 一起记下
        ! 多疼
        40> 3
        < 刀口
        """,
    )
    assert answers(asked, "temperature") == [36, 36.8]
    assert answers(asked, "pain") == [3]


def test_the_rest_of_a_number_raises_the_alarm_it_is(asked):
    talk(
        asked,
        """
        40> 38度
        < 多疼
        3> 9
        """,
    )
    assert answers(asked, "temperature") == [38, 38.9]
    assert asked.tickets()[0].level == "L1"
    assert answers(asked, "pain") == []


def test_quick_answers_to_one_question_after_another_stay_answers(asked):
    talk(
        asked,
        """
        40> 36.8
        < 多疼
        4> 3
        < 刀口
        3> 1
        """,
    )
    assert answers(asked, "temperature") == [36.8]
    assert answers(asked, "pain") == [3]
    assert answers(asked, "wound") == ["dry"]


def test_an_answer_in_pieces_is_read_as_one_and_nobody_is_given_up_on(asked):
    talk(
        asked,
        """
        40> 这个嘛
        < 体温
        8> 我想想
        < 接着说
        ! 体温
        8> 刚才量
        -
        10> 是36度8
        < 多疼
        """,
    )
    assert answers(asked, "temperature") == [36.8]
    assert asked.tickets() == []


def test_who_stays_unclear_piece_after_piece_reaches_a_person(asked):
    talk(asked, "40> 这个嘛\n8> 我想想\n8> 等我看看\n8> 那个\n8> 刚才量\n8> 就是上次量的\n")
    assert [ticket.matter for ticket in asked.tickets()] == ["follow-up"]


def test_pieces_far_apart_are_two_replies_and_the_second_miss_goes_to_a_person(asked):
    talk(asked, "40> 这个嘛\n60> 我想想")
    assert [ticket.matter for ticket in asked.tickets()] == ["follow-up"]


def test_a_complaint_in_pieces_is_one_ticket_one_promise_and_the_question_is_not_put_again(asked):
    replies = talk(
        asked,
        """
        40> 你们护士态度太差了
        < 体温
        6> 叫了半天都不来
        ! 体温
        8> 还骂人，我要投诉
        ! 体温
        40> 36.8
        < 多疼
        """,
    )
    assert sum("如实记下" in (reply or "") for reply in replies) == 1
    kept = [quote for kind, quote in matters(asked)]
    assert len(kept) == len(set(kept))
    assert [ticket.matter for ticket in asked.tickets()] == ["complaint"]
    assert answers(asked, "temperature") == [36.8]


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("病房厕所很脏", "都没人打扫", "厕所很脏，没人打扫"),
        ("护士打针", "打了三次都没打上", "打针，打了三次都没打上"),
        ("食堂的饭", "太难吃了", "饭，太难吃"),
        ("护士长特别好", "天天来看我", "护士长特别好"),
    ],
)
def test_one_matter_in_two_pieces_is_one_record(asked, first, second, whole):
    talk(asked, f"40> {first}\n9> {second}\n! 体温")
    assert [quote for _, quote in matters(asked)] == [whole]


def test_a_danger_sign_does_not_wait_for_the_next_piece(asked):
    talk(
        asked,
        """
        40> 我今天
        5> 胸口疼得厉害喘不上气
        < 120
        """,
    )
    assert asked.tickets()[0].level == "L0"


def test_a_danger_sign_that_only_the_pieces_together_tell(asked):
    replies = talk(
        asked,
        """
        40> 我胸口
        4> 突然疼得厉害
        """,
    )
    assert "120" in replies[-1]
    assert asked.tickets()[0].level in ("L0", "L1")


def test_a_sign_that_was_told_is_not_raised_again_by_the_next_piece(asked):
    talk(
        asked,
        """
        40> 伤口流脓了
        6> 就是今天早上
        """,
    )
    entries = asked.query(select(tickets.TicketEntry).where(tickets.TicketEntry.kind == "raised"))
    assert len(entries) == 1
    assert len(asked.query(select(readings.Finding).where(readings.Finding.level == "L1"))) == 1


def test_a_question_in_pieces_is_one_ticket_with_all_its_words_and_one_promise(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.now += timedelta(minutes=5)
    talk(
        hospital,
        """
        30> 护士我想问一下带的维生素要吃多久
        < 已转过去
        8> 就是那个白色的药片
        < 一起记下
        ! 已转过去
        9> 一天一次的
        -
        """,
    )
    (ticket,) = hospital.tickets()
    words = hospital.query(select(tickets.TicketEntry.text).where(tickets.TicketEntry.ticket_id == ticket.id))
    assert "白色的药片" in "".join(words)
    assert "一天一次" in "".join(words)


def test_what_is_said_after_a_death_is_not_nodded_at(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.now += timedelta(minutes=5)
    talk(
        hospital,
        """
        30> 我妈上周走了，去世了
        < 节哀
        6> 走得很安详
        ! 一起记下
        ! 医护人员来回答
        """,
    )


def test_pieces_are_joined_in_the_talk(asked):
    talk(asked, "40> 这个嘛\n8> 我想想")
    rows = asked.query(select(messages.Inbound.joins).where(messages.Inbound.kind == "text").order_by(messages.Inbound.id))
    ids = asked.query(select(messages.Inbound.id).where(messages.Inbound.kind == "text").order_by(messages.Inbound.id))
    assert rows[-1] == ids[-2]
    assert rows[-2] is None


def test_a_retry_of_a_piece_gets_its_own_reply_and_changes_nothing(asked):
    asked.now += timedelta(seconds=40)
    asked.say("o1", "36")
    asked.now += timedelta(seconds=2)
    first = asked.say("o1", "度8", key="again")
    assert asked.say("o1", "度8", key="again") == first
    assert answers(asked, "temperature") == [36, 36.8]


def test_while_a_person_has_the_talk_pieces_are_theirs(asked):
    from bot.care import escalation

    talk(asked, "40> 转人工")
    asked.write(escalation.take_over, asked.tickets()[0].id, asked.nurse(), asked.now)
    talk(asked, "40> 我今天\n-\n5> 有点累\n-")


def test_messages_outside_working_hours_are_promised_in_working_hours(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.now = hospital.now.replace(hour=15)  # 23:00 on Monday
    said = hospital.say("o1", "出院带的维生素要吃多久")
    assert re.search(r"11月17日\d\d:\d\d前回复", said)
    due = hospital.tickets()[0].due_at
    assert 0 <= due.hour < 10  # between 08:00 and 17:30 on Tuesday
