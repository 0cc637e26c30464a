"""Follow-up protocols (flows/protocols/*.yaml): for whom, which talks, when."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

SHANGHAI = ZoneInfo("Asia/Shanghai")

# Reason codes kept with an episode or plan, and their words for staff.
REASONS: Mapping[str, str] = {
    "dead": "离院方式为死亡",
    "against_advice": "非医嘱离院",
    "private": "隐私病种，不主动联系",
    "opt_in": "所在科室选择性随访，未开启",
    "withdrawn": "患者不愿接收",
    "wrong_person": "联系人不是本人",
    "death_reported": "家属告知患者已故",
    "readmitted": "再次入院",
    "transferred": "转往他院",
    "excluded": "工作人员移出随访",
}
ALWAYS_STOP = frozenset({"dead", "death_reported", "withdrawn", "wrong_person", "excluded"})


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """What the choice of a protocol may look at. `outcome` is the GB/T 离院方式 code; `local` is None where not known."""

    department: str
    discharged_at: datetime
    ward: str = ""
    procedure: str = ""
    icd10: str = ""
    age: int | None = None
    outcome: str = "1"
    private: bool = False
    procedure_on: date | None = None
    revisit_on: date | None = None
    local: bool | None = None


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cohort(_Model):
    """Whom a protocol is for. An empty field lets everybody in; words of one field are alternatives, fields add up.
    Departments, wards and procedures match when the hospital's name contains the word; ICD-10 codes by prefix."""

    departments: tuple[str, ...] = ()
    wards: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    icd10: tuple[str, ...] = ()
    outcomes: tuple[Literal["1", "2", "3", "4", "5", "9"], ...] = ()
    age_from: int | None = Field(default=None, ge=0, le=150)
    age_to: int | None = Field(default=None, ge=0, le=150)
    local: bool | None = None

    def matches(self, facts: EpisodeFacts) -> bool:
        """Whether the episode belongs. An unknown age or home is outside a cohort that asks for it."""
        return (
            _contains(facts.department, self.departments)
            and _contains(facts.ward, self.wards)
            and _contains(facts.procedure, self.procedures)
            and (not self.icd10 or facts.icd10.upper().startswith(tuple(code.upper() for code in self.icd10)))
            and (not self.outcomes or facts.outcome in self.outcomes)
            and (self.age_from is None or (facts.age is not None and facts.age >= self.age_from))
            and (self.age_to is None or (facts.age is not None and facts.age <= self.age_to))
            and (self.local is None or facts.local is self.local)
        )


class TouchpointPlan(_Model):
    """One dated contact. Exactly one of `day` (after discharge), `day_after_procedure`, `before_revisit` (days before) and
    `month` (after discharge, clamped to the month's end). `at` is local time; `late_hours` how long it may still be sent;
    `notice` names the invitation in messages.yaml."""

    flow: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1, max_length=80)
    day: int | None = Field(default=None, ge=0, le=3650)
    day_after_procedure: int | None = Field(default=None, ge=0, le=3650)
    before_revisit: int | None = Field(default=None, ge=0, le=60)
    month: int | None = Field(default=None, ge=1, le=120)
    at: time = time(10, 0)
    late_hours: int = Field(default=72, ge=1)
    on_holidays: bool = False
    attempts: int = Field(default=3, ge=1, le=3)
    notice: str = "follow_up"

    @model_validator(mode="after")
    def _one_date(self) -> TouchpointPlan:
        if len([given for given in self._dates().values() if given is not None]) != 1:
            raise ValueError("day、day_after_procedure、before_revisit、month 须填且只填一个")
        return self

    @property
    def key(self) -> str:
        """The day as a short word, unique within a plan and flow: D3, P14, R-1, M1."""
        return next(f"{letter}{given}" for letter, given in self._dates().items() if given is not None)

    @property
    def late_after(self) -> timedelta:
        return timedelta(hours=self.late_hours)

    def on(self, discharged_on: date, procedure_on: date | None, revisit_on: date | None) -> date | None:
        """The day it falls on; None where the date it counts from is unknown."""
        if self.day is not None:
            return discharged_on + timedelta(days=self.day)
        if self.month is not None:
            return add_months(discharged_on, self.month)
        if self.day_after_procedure is not None:
            return procedure_on and procedure_on + timedelta(days=self.day_after_procedure)
        assert self.before_revisit is not None
        return revisit_on and revisit_on - timedelta(days=self.before_revisit)

    def _dates(self) -> dict[str, int | None]:
        return {"D": self.day, "P": self.day_after_procedure, "R-": self.before_revisit, "M": self.month}


def _several(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class Protocol(_Model):
    """Touchpoints for a cohort (one, or a list of alternatives). An episode gets the one main protocol of highest priority,
    and every matching one that is marked `beside`. Discharged more than `enrol_within` days ago: too late to begin."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)
    title: str = Field(min_length=1, max_length=120)
    version: str = Field(default="1", max_length=64)
    approver: str = ""
    priority: int = 0
    beside: bool = False
    enrol_within: int = Field(default=30, ge=0)
    cohort: Annotated[tuple[Cohort, ...], BeforeValidator(_several)] = (Cohort(),)
    stop_on: tuple[Literal["readmitted", "transferred"], ...] = ("readmitted", "transferred")
    touchpoints: tuple[TouchpointPlan, ...] = Field(min_length=1)

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


class Exclusions(_Model):
    """Who is never contacted unasked: private diseases by ICD-10 prefix or department, and departments that must opt in."""

    private_icd10: tuple[str, ...] = ()
    private_departments: tuple[str, ...] = ()
    opt_in_departments: tuple[str, ...] = ()
    opted_in: tuple[str, ...] = ()


def excluded(facts: EpisodeFacts, exclusions: Exclusions | None = None) -> str | None:
    """The reason code why the episode gets no follow-up at all, or None. Deaths and discharges against advice never do."""
    rules = exclusions or Exclusions()
    if facts.outcome == "5":
        return "dead"
    if facts.outcome == "4":
        return "against_advice"
    codes = tuple(code.upper() for code in rules.private_icd10)
    if facts.private or _named(facts.department, rules.private_departments) or facts.icd10.upper().startswith(codes):
        return "private"
    if _named(facts.department, rules.opt_in_departments) and not (
        _named(facts.department, rules.opted_in) or _named(facts.ward, rules.opted_in)
    ):
        return "opt_in"
    return None


def choose(protocols: Iterable[Protocol], facts: EpisodeFacts, today: date, tz: ZoneInfo = SHANGHAI) -> list[Protocol]:
    """The protocols an episode follows: one main (highest priority, then id), then those beside. A protocol needs a touchpoint
    today or later, and a discharge not too long ago. Exclusions are another question: `excluded`."""
    home = facts.discharged_at.astimezone(tz).date()

    def fits(one: Protocol) -> bool:
        days = (touchpoint.on(home, facts.procedure_on, facts.revisit_on) for touchpoint in one.touchpoints)
        return (today - home).days <= one.enrol_within and one.matches(facts) and any(day and day >= today for day in days)

    fitting = sorted(filter(fits, protocols), key=lambda one: (-one.priority, one.id))
    return [one for one in fitting if not one.beside][:1] + [one for one in fitting if one.beside]


def add_months(day: date, months: int) -> date:
    """The same day some months on, or the last of that month: 31 January and one month is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _contains(name: str, words: Sequence[str]) -> bool:
    return not words or _named(name, words)


def _named(name: str, words: Sequence[str]) -> bool:
    return any(word in name for word in words)
