"""One measured line."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """`figure` in `unit`; `bar` is the least or the most it may be (`most`), None for a line that only informs."""

    what: str
    figure: float
    unit: str
    bar: float | None = None
    most: bool = True
    note: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether the bar is met; None without one."""
        if self.bar is None:
            return None
        return self.figure <= self.bar if self.most else self.figure >= self.bar

    @property
    def ratio(self) -> float | None:
        """How many times better than the bar."""
        if not self.bar or not self.figure:
            return None
        return self.bar / self.figure if self.most else self.figure / self.bar

    def to_json(self) -> dict[str, Any]:
        """The row for the harness."""
        return asdict(self)
