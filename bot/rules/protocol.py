"""Follow-up protocols (flows/protocols/*.yaml): for whom, which talks, when."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from hashlib import blake2b
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from bot.rules.cohort import ALWAYS_STOP, Cohort, EpisodeFacts, Model
from bot.rules.hours import parse_spans

SHANGHAI = ZoneInfo("Asia/Shanghai")
Late = Literal["begin", "miss"]
Who = Literal["self", "family"]


class Count(NamedTuple):
    """How a touchpoint counts its day: from where, in which unit, forwards or back, and its letters in a key."""

    since: Literal["discharge", "procedure", "revisit"]
    unit: Literal["day", "week", "month"]
    sign: int
    letters: str


COUNTS: Mapping[str, Count] = {
    "day": Count("discharge", "day", 1, "D"),
    "week": Count("discharge", "week", 1, "W"),
    "month": Count("discharge", "month", 1, "M"),
    "day_after_procedure": Count("procedure", "day", 1, "P"),
    "week_after_procedure": Count("procedure", "week", 1, "PW"),
    "month_after_procedure": Count("procedure", "month", 1, "PM"),
    "before_revisit": Count("revisit", "day", -1, "R-"),
    "week_before_revisit": Count("revisit", "week", -1, "RW-"),
    "month_before_revisit": Count("revisit", "month", -1, "RM-"),
    "after_revisit": Count("revisit", "day", 1, "R+"),
}


def _given(most: int, *, least: int = 1) -> Any:
    return Field(default=None, ge=least, le=most)


class TouchpointPlan(Model):
    """One dated contact. Exactly one of the fields of COUNTS says when; months are clamped to their end. `at` is local time;
    `late_hours` how long it may still be sent, `late` what becomes of one that was past already when the stay was imported;
    `windows` local spans in place of the hospital's; `who` may be spoken to (empty: whoever is bound); `unless` the states of
    the revisit in which it is no longer wanted; `silent`: an invitation that nobody answers goes to the phone worklist, or (a
    mere reminder) is dropped; `beyond_cap`: the patient's frequency cap does not hold it back;
    `notice` names the invitation in messages.yaml."""

    flow: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1, max_length=80)
    day: int | None = _given(3650, least=0)
    week: int | None = _given(520)
    month: int | None = _given(120)
    day_after_procedure: int | None = _given(3650, least=0)
    week_after_procedure: int | None = _given(520)
    month_after_procedure: int | None = _given(120)
    before_revisit: int | None = _given(60, least=0)
    week_before_revisit: int | None = _given(26)
    month_before_revisit: int | None = _given(12)
    after_revisit: int | None = _given(60)
    at: time = time(10, 0)
    late_hours: int = Field(default=72, ge=1)
    late: Late | None = None
    windows: str = Field(default="", max_length=80)
    who: tuple[Who, ...] | None = None
    unless: tuple[Literal["coming", "declined", "came", "missed"], ...] = ()
    on_holidays: bool = False
    attempts: int = Field(default=3, ge=1, le=3)
    silent: Literal["phone", "drop"] = "phone"
    beyond_cap: bool = False
    notice: str = "follow_up"

    @field_validator("windows")
    @classmethod
    def _spans(cls, text: str) -> str:
        if text:
            parse_spans(text)
        return text

    @model_validator(mode="after")
    def _one_date(self) -> TouchpointPlan:
        if len(self._dates()) != 1:
            raise ValueError(f"{'、'.join(COUNTS)} 须填且只填一个")
        return self

    @property
    def key(self) -> str:
        """The day as a short word, unique within a plan and flow: D3, W2, P14, R-1, M1."""
        name, number = self._dates()[0]
        return f"{COUNTS[name].letters}{number}"

    @property
    def since(self) -> str:
        """What its day is counted from: discharge, procedure or revisit."""
        return COUNTS[self._dates()[0][0]].since

    @property
    def late_after(self) -> timedelta:
        """How late it may still be sent: a reminder never after the day that it reminds of has begun."""
        name, number = self._dates()[0]
        if COUNTS[name].sign > 0:
            return timedelta(hours=self.late_hours)
        days = number * {"day": 1, "week": 7, "month": 28}[COUNTS[name].unit]
        return min(timedelta(hours=self.late_hours), timedelta(hours=max(1, days * 24 - self.at.hour + 8)))

    def on(self, discharged_on: date, procedure_on: date | None, revisit_on: date | None) -> date | None:
        """The day it falls on; None where the date it counts from is unknown."""
        name, number = self._dates()[0]
        count = COUNTS[name]
        start = {"discharge": discharged_on, "procedure": procedure_on, "revisit": revisit_on}[count.since]
        if start is None:
            return None
        if count.unit == "month":
            return add_months(start, number * count.sign)
        return start + timedelta(days=number * count.sign * (7 if count.unit == "week" else 1))

    def _dates(self) -> list[tuple[str, int]]:
        return [(name, number) for name in COUNTS if (number := getattr(self, name)) is not None]


def _several(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class Protocol(Model):
    """Touchpoints for a cohort (one, or a list of alternatives). An episode gets the one main protocol of highest priority,
    and every matching one that is marked `beside`. Discharged more than `enrol_within` days ago: too late to begin.
    `coverage` percent of the cohort are drawn by `seed`. `late`, `windows` and `who` hold where a touchpoint does not say.
    After `stop_after_missed` contacts in a row without an answer the plan stops."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)
    title: str = Field(min_length=1, max_length=120)
    version: str = Field(default="1", max_length=64)
    approver: str = ""
    priority: int = Field(default=0, ge=-1000, le=1000)
    beside: bool = False
    enrol_within: int = Field(default=30, ge=0)
    coverage: int = Field(default=100, ge=0, le=100)
    seed: str = Field(default="", max_length=40)
    late: Late = "begin"
    windows: str = Field(default="", max_length=80)
    who: tuple[Who, ...] = ()
    stop_on: tuple[Literal["readmitted", "transferred"], ...] = ("readmitted", "transferred")
    stop_after_missed: int | None = Field(default=None, ge=1, le=20)
    cohort: Annotated[tuple[Cohort, ...], BeforeValidator(_several)] = (Cohort(),)
    touchpoints: tuple[TouchpointPlan, ...] = Field(min_length=1)

    @field_validator("windows")
    @classmethod
    def _spans(cls, text: str) -> str:
        return TouchpointPlan._spans(text)

    @model_validator(mode="after")
    def _no_twins(self) -> Protocol:
        keys = [(touchpoint.flow, touchpoint.key) for touchpoint in self.touchpoints]
        if len(keys) != len(set(keys)):
            raise ValueError("同一话术在同一天重复")
        return self

    def matches(self, facts: EpisodeFacts) -> bool:
        """Whether the episode is in one of the cohorts."""
        return any(cohort.matches(facts) for cohort in self.cohort)

    def stops(self, reason: str) -> bool:
        """Whether the reason ends plans of this protocol. Death, withdrawal and a wrong person end every plan."""
        return reason in ALWAYS_STOP or reason in self.stop_on

    @property
    def through(self) -> str:
        """The states of a stay in which plans of this protocol go on all the same, with spaces between."""
        return " ".join(state for state in ("readmitted", "transferred") if not self.stops(state))

    def begins_late(self, touchpoint: TouchpointPlan) -> bool:
        """Whether a touchpoint that was past when the stay was imported is still begun."""
        return (touchpoint.late or self.late) == "begin"

    def draw(self, stay: str) -> int:
        """The number (0 to 99) that this stay has drawn. The same seed and stay draw the same number on every machine."""
        return int.from_bytes(blake2b(f"{self.seed}|{self.id}|{stay}".encode(), digest_size=8).digest(), "big") % 100

    def covers(self, drawn: int) -> bool:
        """Whether who drew this number is followed."""
        return drawn < self.coverage


def choose(protocols: Iterable[Protocol], facts: EpisodeFacts, today: date, tz: ZoneInfo = SHANGHAI) -> list[Protocol]:
    """The protocols an episode follows: one main (highest priority, then id), then those beside. A protocol needs a touchpoint
    that is still to come, or may begin late, and a discharge not too long ago. Exclusions are another question:
    `cohort.excluded`."""
    home = facts.discharged_at.astimezone(tz).date()

    def fits(one: Protocol) -> bool:
        return (
            (today - home).days <= one.enrol_within and one.matches(facts) and any(_comes(one, each) for each in one.touchpoints)
        )

    def _comes(one: Protocol, touchpoint: TouchpointPlan) -> bool:
        day = touchpoint.on(home, facts.procedure_on, facts.revisit_on)
        patience = touchpoint.late_after if one.begins_late(touchpoint) else timedelta(0)
        return day is not None and day >= home and day + timedelta(days=patience.days) >= today

    fitting = sorted(filter(fits, protocols), key=lambda one: (-one.priority, one.id))
    return [one for one in fitting if not one.beside][:1] + [one for one in fitting if one.beside]


def add_months(day: date, months: int) -> date:
    """The same day some months on, or the last of that month: 31 January and one month is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
