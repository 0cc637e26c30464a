"""The answers that the hospital has approved (flows/answers.yaml): given by the machine, word for word, while they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.engine.texts import Text, TextError, compile_text
from bot.reading.normalise import Normaliser
from bot.reading.questions import Known, Questions

LONGEST = 400  # characters, so that the waiting question finds room in the same bubble
_NOBODY = ("", "待")  # how an approver begins who has not signed


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(_Model):
    """One answer. `approver` and `valid_until` stand for those of the file where they are given."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")
    title: str = Field(min_length=1, max_length=40)
    asks: tuple[str, ...] = Field(min_length=1)
    about: tuple[str, ...] = ()
    without: str = Field("", alias="not")
    answer: str = Field(min_length=1)
    approver: str | None = None
    valid_until: date | None = None


class Answers(_Model):
    """All of flows/answers.yaml."""

    version: str
    approver: str
    valid_until: date
    facts: dict[str, str] = {}
    never: str
    common: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What is said to a patient, and by whose authority."""

    id: str
    title: str
    text: str
    version: str
    approver: str


class Approved:
    """The answers, ready to be given. Raises ValueError (Chinese) for a file that is not whole."""

    def __init__(self, data: Any, hospital: Mapping[str, str], normalise: Normaliser) -> None:
        file = Answers.model_validate(data)
        self.version = file.version
        self._file = file
        self._facts = {**hospital, **{name: words.rstrip("。") for name, words in file.facts.items()}}
        self._by_id = {one.id: one for one in file.answers}
        if len(self._by_id) < len(file.answers):
            ids = [one.id for one in file.answers]
            raise ValueError(f"编号重复：{'、'.join(sorted({one for one in ids if ids.count(one) > 1}))}")
        if twice := _twice(file.answers):
            raise ValueError(f"同一句问法写在两条答复里：{'、'.join(twice)}")
        self._texts = {one.id: self._compiled(one) for one in file.answers}
        known = [Known(one.id, one.asks, one.about, one.without) for one in file.answers]
        self._questions = Questions(known, file.never, file.common, normalise)

    def give(self, text: str, today: date, *, asked: bool) -> Given | None:
        """The answer to what was written, when it is sure which question it is and the answer holds today. `asked`: the reading
        calls the text a question."""
        found = self._questions.find(text, asked=asked)
        if found is None or self._why_not(self._by_id[found], today):
            return None
        one = self._by_id[found]
        said = self._texts[found].render(self._facts, {}).strip()
        return Given(found, one.title, said, self.version, self._approver(one))

    def idle(self, today: date) -> dict[str, list[str]]:
        """The answers that are not given, by the reason: approved by nobody, or past their date."""
        found: dict[str, list[str]] = {}
        for one in self._file.answers:
            if why := self._why_not(one, today):
                found.setdefault(why, []).append(one.id)
        return found

    def unsure(self) -> list[tuple[str, str]]:
        """Ways of asking that are not recognised as their own answer's, with its id."""
        every = ((one.id, ask) for one in self._file.answers for ask in one.asks)
        return [(id_, ask) for id_, ask in every if self._questions.find(ask, asked=True) != id_]

    def _why_not(self, one: Answer, today: date) -> str:
        if not self._approver(one):
            return "还没有审定"
        return "已过期" if today > (one.valid_until or self._file.valid_until) else ""

    def _approver(self, one: Answer) -> str:
        """Who signed; "" for nobody."""
        name = (self._file.approver if one.approver is None else one.approver).strip()
        return "" if name in _NOBODY or name.startswith("待") else name

    def _compiled(self, one: Answer) -> Text:
        try:
            text = compile_text(one.answer)
        except TextError as error:
            raise ValueError(f"{one.id} 的答复：{error}") from error
        if strange := [name for name in text.answers if name not in self._facts]:
            raise ValueError(f"{one.id} 的答复用到的 {'、'.join(strange)} 不在 facts 里")
        size = len(text.render(self._facts, {}))
        if size > LONGEST:
            raise ValueError(f"{one.id} 的答复有{size}字，最多{LONGEST}字")
        return text


def _twice(answers: tuple[Answer, ...]) -> list[str]:
    seen: dict[str, str] = {}
    return [ask for one in answers for ask in one.asks if seen.setdefault(ask, one.id) != one.id]
