"""What the options of a question are about, and how people say it: an option 自己走动 is meant by 能溜达, 不用拐了, 自个儿走."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.reading.lexicon import Lexicon
from bot.reading.signs import words

_DENIED = re.compile(r"(?:不|没有?|未|无|非|无法|难以)$")


@dataclass(frozen=True, slots=True)
class Concept:
    """`of`: what a label holds to stand for it; `only`: whole labels; `beside`: what the options must hold somewhere; `said`:
    the ways to say it. `topic`: a thing that may be good or bad (伙食), so that praise does not choose it."""

    of: Lexicon[bool]
    only: frozenset[str]
    beside: Lexicon[bool] | None
    said: tuple[str, ...]
    topic: bool

    def meant_by(self, options: list[list[str]]) -> tuple[int, ...]:
        """Which options (their labels) stand for this."""
        if self.beside is not None and not any(self.beside.scan(label) for labels in options for label in labels):
            return ()
        return tuple(index for index, labels in enumerate(options) if any(self._fits(label) for label in labels))

    def _fits(self, label: str) -> bool:
        if label in self.only:
            return True
        return any(_DENIED.search(label[: hit.start]) is None for hit in self.of.scan(label))


def compile_concepts(rows: Iterable[Mapping[str, Any]]) -> tuple[Concept, ...]:
    """The concepts of the table."""
    return tuple(
        Concept(
            Lexicon([(form, True) for form in words(row.get("of"))]),
            frozenset(words(row.get("only"))),
            Lexicon([(form, True) for form in words(row.get("beside"))]) if row.get("beside") else None,
            tuple(words(row.get("said"))),
            str(row.get("topic") or "").lower() in ("true", "yes", "1"),
        )
        for row in rows
    )
