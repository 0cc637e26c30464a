"""What the engine needs of the reading of replies; the reader is handed in, never imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Option:
    """`labels[0]` is shown to the patient with its 1-based number; the others are understood as well."""

    value: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `kind` is an answer type of the grammar; `about` are words that show that a clause speaks to this
    question although another was asked; `words` are values said in words (number and scale): (0.0, ("不疼", "不痛"))."""

    kind: str
    options: tuple[Option, ...] = ()
    min: float | None = None
    max: float | None = None
    unit: str = ""
    about: tuple[str, ...] = ()
    words: tuple[tuple[float, tuple[str, ...]], ...] = ()


class Heard(Protocol):
    """How a reply answers a question. `status`: ok, unclear, out_of_range, off_topic. `rest`: what of the reply was not
    used. `corrects`: the patient says that the previous answer was wrong."""

    @property
    def status(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def quote(self) -> str: ...
    @property
    def rest(self) -> str: ...
    @property
    def sure(self) -> bool: ...
    @property
    def corrects(self) -> bool: ...


class Reader(Protocol):
    def __call__(self, said: str, question: Question, *, unasked: bool = False) -> Heard:
        """Read `said` as an answer. With `unasked` the question was not the one waiting: answer ok only when the words
        themselves show what they are about."""
        ...
