"""What who telephones says (flows/scripts/phone.yaml), compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from bot.engine.texts import Text, TextError, compile_text


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Aside(_Model):
    """What to say when something happens. `note` is for the caller alone."""

    title: str = Field(min_length=1, max_length=40)
    say: str = Field(min_length=1)
    note: str = ""


class Step(Aside):
    """A step of the call, in order."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")


class Script(_Model):
    """All of a script."""

    version: str
    approver: str
    steps: tuple[Step, ...] = Field(min_length=1)
    asides: tuple[Aside, ...] = ()


class Line(NamedTuple):
    """What to say, ready to be read out."""

    title: str
    words: str
    note: str


class Scripts:
    """The script of a call. Raises ValueError (Chinese) for a file that is not whole."""

    def __init__(self, data: Any, hospital: Mapping[str, str]) -> None:
        script = Script.model_validate(data)
        self.version, self.approver = script.version, script.approver
        self._hospital = hospital
        self._steps = [(one, _compiled(one)) for one in script.steps]
        self._asides = [(one, _compiled(one)) for one in script.asides]

    def steps(self, facts: Mapping[str, Any]) -> list[Line]:
        """The call from its first word to its last."""
        return [self._line(one, text, facts) for one, text in self._steps]

    def asides(self, facts: Mapping[str, Any]) -> list[Line]:
        """What may come between."""
        return [self._line(one, text, facts) for one, text in self._asides]

    def _line(self, one: Aside, text: Text, facts: Mapping[str, Any]) -> Line:
        return Line(one.title, text.render({**self._hospital, **facts}, {}).strip(), one.note)


def _compiled(one: Aside) -> Text:
    try:
        return compile_text(one.say)
    except TextError as error:
        raise ValueError(f"scripts/phone.yaml 里的“{one.title}”：{error}") from error
