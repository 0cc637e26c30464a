"""How long records are kept although their person wants them deleted (flows/retention.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# danger: signs and what was done; complaint: the archive of complaints; consent: what was agreed to; talk: all else that was said
KINDS = ("danger", "complaint", "consent", "talk")
Years = Annotated[int, BeforeValidator(lambda value: int(value) if str(value).isdigit() else value), Field(ge=0, le=50)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Term(_Model):
    """A kind of records with its term in years, counted from what happened last, and the rule it rests on. 0: not kept."""

    title: str
    years: Years
    law: str = Field("", max_length=200)


class Retention(_Model):
    """All of flows/retention.yaml."""

    version: str
    approver: str
    terms: Mapping[Literal["danger", "complaint", "consent", "talk"], Term]


def until(term: Term, last: datetime) -> datetime:
    """When the term ends: the same day, so many years on (29 February: the 28th)."""
    try:
        return last.replace(year=last.year + term.years)
    except ValueError:
        return last.replace(year=last.year + term.years, day=28)
