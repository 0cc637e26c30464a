"""Deadlines of a first human response, and the ladder of who is told next. The numbers are data: flows/ladders.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.rules.hours import Calendar, Hours, add_working, at, days_from, parse_spans, working

# wall: the clock on the wall, nights and holidays included; service: only service hours of working days count
Clock = Literal["wall", "service"]
SEVERITIES: Mapping[str, str] = {"3": "L1", "2": "L2", "1": "L3"}  # a complaint's severity as the level of its ticket
LEVELS: Mapping[str, str] = {level: severity for severity, level in SEVERITIES.items()}


T = TypeVar("T")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Deadline(_Model):
    """`minutes` on the clock; `outside` instead where it was raised outside service hours."""

    minutes: int = Field(ge=1)
    outside: int | None = Field(default=None, ge=1)
    clock: Clock = "wall"


class AnswerBy(_Model):
    """The last day of a complaint's answer: `days` after receipt, of the calendar or working days only."""

    days: int = Field(ge=1)
    working: bool = False


class Rung(_Model):
    """`who` (a role or duty) is told `after` minutes on the ladder's clock."""

    after: int = Field(ge=0)
    who: str = Field(min_length=1)
    name: str = Field(min_length=1)


class Ladder(_Model):
    clock: Clock = "wall"
    rungs: tuple[Rung, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rising(self) -> Ladder:
        if any(later.after <= sooner.after for sooner, later in zip(self.rungs, self.rungs[1:], strict=False)):
            raise ValueError("升级阶梯各级的时间须一级比一级晚")
        return self


class Ladders(_Model):
    """All of flows/ladders.yaml. `deadlines` and `ladders`: matter → level (or severity of a complaint) → rule; what a matter
    does not state is taken from `other`."""

    version: str = "1"
    approver: str = ""
    service_hours: Annotated[tuple[tuple[time, time], ...], BeforeValidator(parse_spans)]
    level_names: dict[str, str]
    deadlines: dict[str, dict[str, Deadline]]
    answers: dict[str, AnswerBy]
    ladders: dict[str, dict[str, Ladder]]

    @model_validator(mode="after")
    def _whole(self) -> Ladders:
        for part in (self.deadlines, self.ladders):
            missing = {"L0", "L1", "L2", "L3"} - set(part.get("other", {}))
            if missing:
                raise ValueError(f"other 缺少 {'、'.join(sorted(missing))}")
        if {"1", "2", "3"} - set(self.answers):
            raise ValueError("answers 缺少投诉严重程度 1、2、3 之一")
        return self

    def hours(self, tz: ZoneInfo) -> Hours:
        """The service hours in the hospital's time zone."""
        return Hours(self.service_hours, tz)


@dataclass(frozen=True, slots=True)
class Step:
    """A rung with its moment (UTC)."""

    at: datetime
    who: str
    name: str


@dataclass(frozen=True, slots=True)
class Climbed:
    """`rung` counts the steps that have been told; `tell` are those that are told now; `climb_at` is the next one's moment."""

    rung: int
    tell: tuple[Step, ...]
    climb_at: datetime | None


def level_of(severity: int | str) -> str:
    """The ticket level of a complaint's severity; an unknown one counts as middling."""
    return SEVERITIES.get(str(severity), "L2")


def deadline(
    level: int | str, matter: str, raised_at: datetime, calendar: Calendar, hours: Hours, ladders: Ladders
) -> tuple[datetime, str]:
    """The moment by which a person must have answered (UTC), and why, in Chinese. `level` is L0 to L3, or a complaint's
    severity 1 to 3; either will do. Danger signs run on the wall clock; nights and holidays do not lengthen them."""
    level, rule = _find(ladders.deadlines, matter, str(level))
    name = ladders.level_names.get(level, level)
    serving = hours.contain(raised_at) and working(hours.day(raised_at), calendar)
    if rule.clock == "service":
        due = add_working(raised_at, rule.minutes, hours, calendar)
        start = "" if serving else "，非工作时间提出，从下一工作时段起算"
        return due, f"{name}：{_span(rule.minutes)}工作时间内由工作人员联系{start}"
    if rule.outside is None:
        return raised_at + timedelta(minutes=rule.minutes), f"{name}：{_span(rule.minutes)}内由工作人员联系，夜间和节假日照常计时"
    minutes, when = (rule.minutes, "工作时间") if serving else (rule.outside, "非工作时间")
    return raised_at + timedelta(minutes=minutes), f"{name}：{when}提出，{_span(minutes)}内由工作人员联系"


def answer_by(severity: int | str, received_at: datetime, calendar: Calendar, hours: Hours, ladders: Ladders) -> datetime:
    """The end of the last day (UTC) for a complaint's answer to the patient. The day of receipt does not count."""
    rule = ladders.answers.get(str(severity)) or ladders.answers["2"]
    days = days_from(hours.day(received_at) + timedelta(days=1), 366)
    counted = (day for day in days if not rule.working or working(day, calendar))
    return at(next(islice(counted, rule.days - 1, None)), hours.spans[-1][1], hours.tz)


def ladder_for(ladders: Ladders, matter: str, level: int | str) -> Ladder:
    """The escalation ladder of a matter and level."""
    return _find(ladders.ladders, matter, str(level))[1]


def rungs(ladder: Ladder, raised_at: datetime, calendar: Calendar, hours: Hours) -> tuple[Step, ...]:
    """The ladder as moments, to be copied onto the ticket: later changes of the settings do not move it."""
    return tuple(Step(_moment(ladder, rung, raised_at, calendar, hours), rung.who, rung.name) for rung in ladder.rungs)


def climb(steps: Sequence[Step], rung: int, now: datetime) -> Climbed:
    """Who is to be told now, when `rung` steps were told before. A late look tells all that were missed, once each."""
    reached = max(rung, sum(step.at <= now for step in steps))
    return Climbed(reached, tuple(steps[rung:reached]), steps[reached].at if reached < len(steps) else None)


def _moment(ladder: Ladder, rung: Rung, raised_at: datetime, calendar: Calendar, hours: Hours) -> datetime:
    if ladder.clock == "wall":
        return raised_at + timedelta(minutes=rung.after)
    return add_working(raised_at, rung.after, hours, calendar)


def _find(table: Mapping[str, Mapping[str, T]], matter: str, level: str) -> tuple[str, T]:
    """The rule and the word it stands under, which may be the other name of the same urgency."""
    for rules in (table.get(matter, {}), table["other"]):
        for key in (level, SEVERITIES.get(level, ""), LEVELS.get(level, "")):
            if key in rules:
                return key, rules[key]
    return "L2", table["other"]["L2"]


def _span(minutes: int) -> str:
    return f"{minutes // 60}小时" if minutes % 60 == 0 else f"{minutes}分钟"
