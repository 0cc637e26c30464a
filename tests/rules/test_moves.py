import pytest

from bot.rules import tickets, touchpoints
from storage.plans import TOUCHPOINT_STATES
from storage.tickets import MATTERS, TICKET_STATES


@pytest.mark.parametrize(
    ("state", "move", "after"),
    [
        ("open", "accept", "accepted"),
        ("accepted", "reply", "waiting"),
        ("waiting", "patient_wrote", "accepted"),
        ("waiting", "take_over", "accepted"),
        ("accepted", "close", "closed"),
        ("waiting", "close", "closed"),
        ("open", "climb", "open"),
    ],
)
def test_what_a_ticket_may_do(state, move, after):
    assert tickets.after(state, move) == after


@pytest.mark.parametrize(
    ("state", "move"),
    [
        ("open", "close"),  # somebody must have taken it
        ("open", "reply"),
        ("accepted", "accept"),  # a second nurse learns that it is taken
        ("accepted", "climb"),
        ("closed", "close"),
        ("closed", "reply"),
        ("closed", "add"),  # a new ticket is opened instead
    ],
)
def test_what_a_ticket_may_not_do(state, move):
    assert not tickets.allowed(state, move)
    with pytest.raises(KeyError):
        tickets.after(state, move)


@pytest.mark.parametrize(
    ("state", "matter", "outcome", "note", "refusal"),
    [
        ("accepted", "danger", "已就诊", "", None),
        ("waiting", "danger", "已联系本人", "", None),
        ("accepted", "danger", "联系不上", "三次电话无人接，已联系社区", None),
        ("accepted", "danger", "联系不上", "  ", "选择“联系不上”须写明情况"),
        ("accepted", "danger", "误报", "", "选择“误报”须写明情况"),
        ("accepted", "danger", "", "好了", "请选择处理结果"),
        ("accepted", "danger", None, "", "请选择处理结果"),
        ("accepted", "complaint", "不予处理", "", "选择“不予处理”须写明情况"),
        ("open", "danger", "已就诊", "", "请先接手再关闭"),
        ("closed", "danger", "已就诊", "", "工单已关闭"),
    ],
)
def test_closing(state, matter, outcome, note, refusal):
    assert tickets.refusal(state, matter, outcome, note) == refusal


def test_an_outcome_of_another_matter_is_refused_with_the_choice():
    assert tickets.refusal("accepted", "danger", "已整改", "") == (
        "处理结果须为：已联系本人、已联系家属、已就诊、已呼叫急救、误报、联系不上"
    )


def test_every_matter_has_outcomes_and_every_open_ticket_can_be_closed():
    for matter in MATTERS:
        assert matter in tickets.OUTCOMES
        assert tickets.refusal("accepted", matter, tickets.outcomes(matter)[0], "") is None
    assert {state for state, _ in tickets.MOVES} | set(tickets.MOVES.values()) == set(TICKET_STATES)


@pytest.mark.parametrize(
    ("state", "move", "after"),
    [
        ("planned", "invite", "invited"),
        ("invited", "invite", "invited"),
        ("invited", "begin", "begun"),
        ("begun", "finish", "done"),
        ("begun", "expire", "missed"),
        ("phone", "called", "done"),
        ("begun", "stop", "stopped"),
        ("planned", "begin", "begun"),
    ],
)
def test_what_a_touchpoint_may_do(state, move, after):
    assert touchpoints.after(state, move) == after


@pytest.mark.parametrize(
    ("state", "move"),
    [("done", "begin"), ("stopped", "begin"), ("stopped", "invite"), ("begun", "invite"), ("invited", "postpone")],
)
def test_what_a_touchpoint_may_not_do(state, move):
    assert not touchpoints.allowed(state, move)


def test_every_touchpoint_can_come_to_an_end():
    assert {state for state, _ in touchpoints.MOVES} | set(touchpoints.MOVES.values()) == set(TOUCHPOINT_STATES)
    for state in set(TOUCHPOINT_STATES) - touchpoints.FINAL:
        assert touchpoints.allowed(state, "stop")
