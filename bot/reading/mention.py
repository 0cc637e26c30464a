"""A sign as a text mentions it, and the clause it stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from bot.reading.lexicon import Hit
from bot.reading.signs import Measure, Sign

Word = Hit[tuple[str, Any]]
SIDE = re.compile(r"(左|右|双|两|一)(?:边|侧|条|只|个|根|边的|侧的)?$")


@dataclass(slots=True)
class Mention:
    """A sign at a place, with what the grammar says of it. `why` names the rule that lowered it."""

    start: int
    end: int
    sign: Sign
    clause: int
    sentence: int
    part: str = ""
    side: str = ""
    value: float | None = None
    measure: Measure | None = None
    level: str | None = None
    status: str = "present"
    why: str = ""
    degree: str = ""
    bare: bool = False
    now: bool = False
    old: bool = False

    def lower(self, status: str, why: str) -> None:
        """Take it down, once: the first rule that speaks wins."""
        if self.status == "present":
            self.status, self.why = status, why


@dataclass(slots=True)
class Clause:
    number: int
    sentence: int
    start: int
    no: Word | None = None
    cursor: int = -1
    chained: bool = False
    condition: str = ""
    condition_end: int = -1
    ask: str = ""
    ask_end: int = -1
    unsure: str = ""
    past: str = ""
    now: bool = False
    recent: bool = False
    again: bool = False
    part: str = ""
    side: str = ""
    part_end: int = -1
    device: str = ""
    drug: str = ""
    topic: str = ""
    mild: Word | None = None
    severe: Word | None = None
    mentions: list[Mention] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)


def own_side(word: str) -> str:
    """The side that a word names itself: 左 of 左腿."""
    return word[0] if word[0] in "左右双" else ""
