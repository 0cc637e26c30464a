"""What can come of a telephone call, and what follows from it (codes of hospitals' own call registers)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

MOST = 3  # calls on as many days; then the follow-up has not succeeded

# reached: the call itself was the follow-up; refused: they want none; moved: the stay's follow-up ends; again: another call;
# number: the number is no good, and the ward has to find a better one
Then = Literal["reached", "refused", "moved", "again", "number"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`name` is shown and counted. `fault` is what the ward reads of the number; `state` is where the patient is now, a state
    of the stay."""

    code: str
    name: str
    then: Then
    fault: str = ""
    state: str = ""


OUTCOMES: Mapping[str, Outcome] = {
    one.code: one
    for one in (
        Outcome("self", "已联系本人", "reached"),
        Outcome("family", "已联系家属", "reached"),
        Outcome("no_effect", "已联系，自觉效果不明显", "reached"),
        Outcome("readmitted", "已再次入院", "moved", state="readmitted"),
        Outcome("transferred", "已转他院治疗", "moved", state="transferred"),
        Outcome("dead", "患者已故", "moved", state="dead"),
        Outcome("no_answer", "无人接听", "again", fault="多次无人接听"),
        Outcome("busy", "现在不方便，另约时间", "again"),
        Outcome("off", "关机", "again", fault="多次关机"),
        Outcome("no_signal", "无法接通", "again", fault="多次无法接通"),
        Outcome("suspended", "停机", "again", fault="停机"),
        Outcome("wrong_number", "号码错误或空号", "number", fault="号码错误或空号"),
        Outcome("no_number", "没有号码或号码不全", "number", fault="没有号码或号码不全"),
        Outcome("recovered", "认为已康复，不需要", "refused"),
        Outcome("unwilling", "拒绝随访", "refused"),
        Outcome("hearing", "听力差，不能交谈", "refused"),
        Outcome("language", "语言不通", "refused"),
        Outcome("disappointed", "认为疗效不佳，有看法", "refused"),
        Outcome("brushed_off", "认为医务人员冷淡敷衍", "refused"),
        Outcome("fraud", "怀疑诈骗，直接挂断", "refused"),
    )
}
GROUPS: Mapping[Then, str] = {
    "reached": "联系上了",
    "again": "没有联系上，再打",
    "number": "号码有问题，退回病区",
    "refused": "不愿或不能交谈",
    "moved": "不再随访",
}
# These say too little by themselves.
EXPLAINED = frozenset({"disappointed", "brushed_off"})


def ended(outcome: Outcome, days: set[date]) -> bool:
    """Whether this was the last call: what came of it is final, or it was tried in vain on as many `days` as there may be (the
    day of this call among them). A number that was found cut off is tried again before it is counted as lost."""
    return outcome.then != "again" or len(days) >= MOST


def touchpoint(outcome: Outcome) -> Literal["done", "missed", "stopped"]:
    """What becomes of the contact that the call was for, when it was the last."""
    return {"reached": "done", "moved": "stopped"}.get(outcome.then, "missed")  # type: ignore[return-value]


def became(name: str) -> Literal["done", "missed", "stopped"]:
    """The same by the outcome's name; one that is no call's own says that nobody was reached."""
    found = next((one for one in OUTCOMES.values() if one.name == name), None)
    return touchpoint(found) if found else "missed"
