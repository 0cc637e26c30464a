"""Troubles to switch on: for one path or for all, so many times or for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

Kind = Literal["code", "slow", "cut", "duplicate", "out_of_order"]
PUSH = "push"
NAMES = {"busy": -1, "bad_token": 40001, "quota": 45009}

_TYPES: dict[str, tuple[type, ...]] = {
    "path": (str,),
    "left": (int, type(None)),
    "code": (int,),
    "seconds": (int, float),
    "done": (bool,),
}


@dataclass(slots=True)
class Fault:
    """`kind` code: answer with errcode `code`; slow: wait `seconds` (real) first; cut: hang up without an answer;
    duplicate, out_of_order: of pushes. `path`: an API path, "push", or "*" (every API path). `left` None: for ever.
    `done`: the call takes effect all the same, only its answer is lost or bad."""

    id: int
    kind: Kind
    path: str = "*"
    left: int | None = 1
    code: int = -1
    seconds: float = 1.0
    done: bool = False
    hits: int = 0

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class Faults:
    """The switches. A fault that is used up goes out by itself."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self.changed: Callable[[], None] = lambda: None
        self._next = 1

    def add(self, kind: str, **settings: Any) -> Fault:
        """Switches one on; `kind` may be one of NAMES too. ValueError for an unknown kind or a setting of a wrong type."""
        if kind in NAMES:
            kind, settings = "code", {**settings, "code": NAMES[kind]}
        if kind not in get_args(Kind):
            raise ValueError(f"unknown fault {kind}")
        for name, types in _TYPES.items():
            if name in settings and not isinstance(settings[name], types):
                raise ValueError(f"{name} is of a wrong type")
        if kind in ("duplicate", "out_of_order"):
            settings["path"] = PUSH
        if kind == "code" and settings.get("path") == PUSH:
            raise ValueError("推送没有错误码，请选变慢、断开、两次或乱序")
        fault = Fault(self._next, kind, **settings)  # type: ignore[arg-type]
        self._next += 1
        self.active.append(fault)
        self.changed()
        return fault

    def remove(self, id: int | None = None) -> None:
        """Switches one off, or all."""
        self.active = [one for one in self.active if id is not None and one.id != id]
        self.changed()

    def take(self, path: str, *kinds: Kind) -> Fault | None:
        """The first fault of these kinds that hits this path, counted down."""
        if not self.active:
            return None
        for fault in self.active:
            if fault.kind in kinds and (fault.path == path or (fault.path == "*" and path != PUSH)):
                fault.hits += 1
                if fault.left is not None:
                    fault.left -= 1
                    if fault.left <= 0:
                        self.active.remove(fault)
                self.changed()
                return fault
        return None
