"""For whom a protocol is, and who is never contacted unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# Reason codes kept with an episode, a plan or a touchpoint, and their words for staff.
REASONS: Mapping[str, str] = {
    "dead": "离院方式为死亡",
    "against_advice": "非医嘱离院",
    "private": "隐私病种，不主动联系",
    "opt_in": "所在科室选择性随访，未开启",
    "no_contact": "没有手机号，也没有绑定微信",
    "too_late": "导入时出院已久，方案里的日子都过了",
    "no_plan": "没有适合的随访方案",
    "not_drawn": "抽样随访，没有抽中",
    "withdrawn": "患者不愿接收",
    "wrong_person": "联系人不是本人",
    "death_reported": "家属告知患者已故",
    "readmitted": "再次入院",
    "transferred": "转往他院",
    "excluded": "工作人员移出随访",
    "lost": "多次联系不上，按方案停止",
    "moved": "日期或方案已改，这次联系取消",
    "late": "导入时已过期，按方案不补发",
    "before_home": "那天还在住院，不用联系",
}
# What a discharge list says, a later list may take back; what patients or staff have ended stays ended.
LISTED = frozenset({"dead", "against_advice", "private", "opt_in", "no_contact", "too_late", "no_plan"})
ALWAYS_STOP = LISTED | {"withdrawn", "wrong_person", "death_reported", "excluded"}


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """What the choice of a protocol may look at. `outcome` is the GB/T 离院方式 code; `local` is None where not known;
    `reachable` is false without any phone number or bound account."""

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
    reachable: bool = True


class Model(BaseModel):
    """A table of the hospital's files: what is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cohort(Model):
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


class Exclusions(Model):
    """Who is never contacted unasked: private diseases by ICD-10 prefix or department, and departments that must opt in.
    `local_areas`: words of an address that is local."""

    private_icd10: tuple[str, ...] = ()
    private_departments: tuple[str, ...] = ()
    opt_in_departments: tuple[str, ...] = ()
    opted_in: tuple[str, ...] = ()
    local_areas: tuple[str, ...] = ()

    def local(self, residence: str) -> bool | None:
        """Whether a home is in the hospital's own area: as the list says it (本地, 外地), or by its address. None: not known."""
        if not residence:
            return None
        if residence in ("外地", "异地", "外埠", "否"):
            return False
        if residence in ("本地", "本市", "本埠", "是"):
            return True
        return _named(residence, self.local_areas) if self.local_areas else None


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
    return None if facts.reachable else "no_contact"


def _contains(name: str, words: Sequence[str]) -> bool:
    return not words or _named(name, words)


def _named(name: str, words: Sequence[str]) -> bool:
    return any(word in name for word in words)
