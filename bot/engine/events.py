"""What a turn decided, in the past tense. The shell applies these one by one; the engine does nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """A text for the patient. Texts of one turn are joined into one bubble by the shell."""

    node: str
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A value was read from the reply. `quote` are the words it came from; `sure` is false where the reading inferred it."""

    node: str
    name: str
    value: Any
    quote: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Corrected:
    """The patient changed an earlier answer; `was` is the value before."""

    node: str
    name: str
    value: Any
    quote: str
    was: Any


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The reply did not answer the question at `node`; `tries` counts the attempts at this question."""

    node: str
    quote: str
    tries: int


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """A red line of the flow was crossed after an answer. `level` is L0 to L3. Each alarm rises once a session."""

    node: str
    level: str
    reason: str
    condition: str


@dataclass(frozen=True, slots=True)
class TicketRaised:
    """The flow hands something to a person (`escalate`)."""

    node: str
    level: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reminded:
    """The patient was asked once more after silence."""

    node: str


@dataclass(frozen=True, slots=True)
class Expired:
    """No reply came in time."""

    node: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Something went wrong at run time; the flow went to `otherwise`. `reason` is for staff, in Chinese."""

    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The session ended; `status` is completed, expired or failed."""

    status: str


Event = Said | Answered | Corrected | NotUnderstood | AlarmRaised | TicketRaised | Reminded | Expired | Failed | Finished
