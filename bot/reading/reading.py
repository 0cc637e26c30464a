"""The shapes of a reading. Field meanings and allowed values: the contract in README.md, "Reading of replies"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """`kind`: choice, multichoice, number, scale, yesno, date, text (feedback and image read as text). `about`: words that
    show that a clause speaks to this question; `words`: values that words stand for, (0, ("不疼", "不痛"))."""

    kind: str
    options: tuple[Option, ...] = ()
    min: float | None = None
    max: float | None = None
    unit: str = ""
    about: tuple[str, ...] = ()
    words: tuple[tuple[float, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """`status`: ok, unclear, out_of_range, off_topic. `rest`: what of the reply the answer did not use."""

    status: str
    value: Any = None
    quote: str = ""
    rest: str = ""
    sure: bool = True
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A symptom or danger sign that was mentioned. `suppressed` names the rule that lowered it, for quality sampling."""

    flag: str
    level: str
    status: str
    value: float | None
    quote: str
    suppressed: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One matter: `type` complaint, dissatisfaction, suggestion or praise. `severity` 1 to 3, None for praise."""

    type: str
    code: str | None
    severity: int | None
    staff_group: str | None
    person: str | None
    quote: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply means. `triage`: L0 to L3 or none. `notes` explain each decision in Chinese."""

    answer: Answer | None
    intents: tuple[str, ...]
    satisfaction: str | None
    records: tuple[Record, ...]
    findings: tuple[Finding, ...]
    triage: str
    notes: tuple[str, ...] = ()
