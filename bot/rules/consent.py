"""Consent to the use of health data (flows/consent.yaml): what is put to whom, how long an answer holds, who may prove."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

_NO = re.compile(r"\s*我?(?:现在)?不同意(?:了|使用|用我的信息)*[。！!\s]*")
Standing = Literal["agreed", "ask", "refused"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdigit() else value


Count = Annotated[int, BeforeValidator(_number), Field(ge=0, le=3650)]


class Proof(_Model):
    """Limits of proving who one is. After `tries` wrong ones nobody may try again until a nurse gives out a further code; after
    `easy` only the admission number counts; a wrong talk is followed by `rest_hours` of rest."""

    tries: Count = 6
    easy: Count = 2
    rest_hours: Count = 1
    claims_a_day: Count = 5


class Requests(_Model):
    """Words by which a person asks for a copy of what is known, or for its deletion."""

    copies: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()


class Consent(_Model):
    """The text in force. Its wording changes only together with `version`; everyone is asked anew then. `without` are flows that
    ask nothing about health and need no consent; `agree` are words that say yes, `withdraw` words that take it back."""

    version: str = Field(min_length=1, max_length=40)
    approver: str = Field("", max_length=60)
    date: date
    text: str = Field(min_length=1, max_length=400)
    guardian_text: str = Field(min_length=1, max_length=400)
    ask_again_days: Count = 90
    without: frozenset[str] = frozenset()
    agree: tuple[str, ...] = Field(min_length=1)
    withdraw: tuple[str, ...] = Field(min_length=1)
    requests: Requests = Requests()
    proof: Proof = Proof()

    def standing(self, agreed: str, refused_at: datetime | None, now: datetime) -> Standing:
        """Whether health may be asked about: agreed to this version; to be asked; or refused (or withdrawn) not long ago, and
        then not asked again (网络数据安全管理条例 art. 22: no frequent asking after a refusal)."""
        if agreed == self.version:
            return "agreed"
        if refused_at is not None and now < refused_at + timedelta(days=self.ask_again_days):
            return "refused"
        return "ask"

    def agrees(self, words: str) -> bool:
        """Whether words say yes by themselves: 我是他女儿 tells who writes, but agrees to nothing."""
        return _has(words, self.agree) or bool(re.match(r"\s*[(（【]?[0-9０-９一二三①②③]", words))

    def withdraws(self, words: str) -> bool:
        """Whether a message takes the consent back. 不同意 does where nothing is asked to which it is an answer."""
        return _has(words, self.withdraw) or bool(_NO.fullmatch(words))

    def requested(self, words: str) -> Literal["copy", "delete", ""]:
        """Which right over their data a person claims."""
        if _has(words, self.requests.delete):
            return "delete"
        return "copy" if _has(words, self.requests.copies) else ""

    def may_prove(self, misses: int, missed_at: AwareDatetime | None, now: datetime) -> Literal["yes", "later", "never"]:
        """Whether somebody may (again) prove who they are."""
        if misses >= self.proof.tries:
            return "never"
        if misses >= self.proof.easy and missed_at is not None and now < missed_at + timedelta(hours=self.proof.rest_hours):
            return "later"
        return "yes"


def _has(words: str, wanted: Iterable[str]) -> bool:
    return any(word in words for word in wanted)
