"""An author's mistake, with its place and Chinese words."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Issue:
    """`line` and `column` count from 1 (0 when the place is the whole file). `code` is stable, `message` is for the author.
    An error keeps a flow from being published, a warning does not."""

    line: int
    column: int
    code: str
    message: str
    level: Level = "error"
    suggestion: str = ""

    def __str__(self) -> str:
        hint = f"（{self.suggestion}）" if self.suggestion else ""
        return f"{self.message}{hint}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion in Chinese when a known word is near, else an empty text."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.65)
    return f"是不是想写 {near[0]}？" if near else ""


def has_errors(issues: Iterable[Issue]) -> bool:
    """Whether any of the issues keeps the flow from being published."""
    return any(issue.level == "error" for issue in issues)
