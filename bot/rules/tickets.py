"""Moves of a ticket, and the outcomes with which a person closes it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.rules import calls

# (state, move) -> state. Only people accept and close; a reminder that nobody accepts climbs and stays open.
MOVES: Mapping[tuple[str, str], str] = {
    ("open", "accept"): "accepted",
    ("open", "take_over"): "accepted",
    ("accepted", "take_over"): "accepted",  # a colleague takes it from another
    ("waiting", "take_over"): "accepted",
    ("accepted", "reply"): "waiting",  # for the patient's answer
    ("waiting", "reply"): "waiting",
    ("accepted", "patient_wrote"): "accepted",
    ("waiting", "patient_wrote"): "accepted",
    ("open", "patient_wrote"): "open",
    ("accepted", "hand_back"): "accepted",  # the talk goes back to the bot, the duty stays with the person
    ("waiting", "hand_back"): "waiting",
    ("open", "note"): "open",
    ("accepted", "note"): "accepted",
    ("waiting", "note"): "waiting",
    ("open", "add"): "open",  # more of the same matter came in
    ("accepted", "add"): "accepted",
    ("waiting", "add"): "accepted",
    ("open", "climb"): "open",
    ("accepted", "close"): "closed",
    ("waiting", "close"): "closed",
}

MISSED = "联系不上"
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "danger": ("已联系本人", "已联系家属", "已就诊", "已呼叫急救", "误报", MISSED),
    "complaint": ("已解释致歉", "已整改", "转科室处理", "患者撤回", "不予处理", MISSED),
    "question": ("已答复", "转科室答复", "无需处理", MISSED),
    "follow-up": ("已联系本人", "已联系家属", "已再次入院", "已转他院", "拒绝随访", "号码有误", "患者已故", MISSED),
    "phone": (*(one.name for one in calls.OUTCOMES.values()), MISSED),
    "other": ("已处理", "无需处理", MISSED),
}
# These say too little by themselves: what was tried, or why.
EXPLAINED = frozenset({MISSED, "误报", "不予处理", "无需处理", "患者撤回"})


def allowed(state: str, move: str) -> bool:
    """Whether a ticket in this state may make the move."""
    return (state, move) in MOVES


def after(state: str, move: str) -> str:
    """The state after an allowed move. Raises KeyError for another."""
    return MOVES[state, move]


def outcomes(matter: str) -> tuple[str, ...]:
    """The outcomes a person may choose from when closing."""
    return OUTCOMES.get(matter, OUTCOMES["other"])


def refusal(state: str, matter: str, outcome: str | None, note: str) -> str | None:
    """Why the ticket may not be closed like this, in Chinese; None if it may."""
    if state == "closed":
        return "工单已关闭"
    if not allowed(state, "close"):
        return "请先接手再关闭"
    if not outcome:
        return "请选择处理结果"
    if outcome not in outcomes(matter):
        return f"处理结果须为：{'、'.join(outcomes(matter))}"
    if outcome in EXPLAINED and not note.strip():
        return f"选择“{outcome}”须写明情况"
    return None
