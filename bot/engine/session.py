"""One run of a flow as plain data, and what one turn returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from bot.engine.events import Event

# The engine sets waiting, completed, expired and failed; the shell alone sets interrupted.
STATUSES = ("waiting", "completed", "expired", "failed", "interrupted")


@dataclass(slots=True)
class Wait:
    """The question that is open. `remind_at` and `expire_at` are aware UTC times or None; `tries` counts unread replies."""

    node: str
    asked_at: datetime
    remind_at: datetime | None
    expire_at: datetime | None
    tries: int = 0

    @property
    def due_at(self) -> datetime | None:
        """When time itself has something to do in this session."""
        return self.remind_at or self.expire_at


@dataclass(slots=True)
class Frame:
    """A flow that waits for its sub-flow: return to `node` of `flow` and go on after it."""

    flow: str
    node: str


@dataclass(slots=True)
class Session:
    """One run of a flow. `answers` by name; `heard` are parts of replies that no question has used yet;
    `raised` are conditions of alarms that rose; `last` is the node answered last (for corrections)."""

    flow: str
    status: str = "waiting"
    wait: Wait | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    stack: list[Frame] = field(default_factory=list)
    last: str | None = None
    turns: int = 0

    def copy(self) -> Session:
        """Another session that may be changed. Waits and frames are never changed, only replaced, so they may be shared."""
        return Session(
            self.flow,
            self.status,
            self.wait,
            dict(self.answers),
            list(self.heard),
            list(self.raised),
            list(self.stack),
            self.last,
            self.turns,
        )

    def to_json(self) -> bytes:
        """The session as JSON; `Session.from_json` reads it back unchanged."""
        return orjson.dumps(self)

    @classmethod
    def from_json(cls, text: bytes | str) -> Session:
        """Read a session written by `to_json`. Raises ValueError on anything else."""
        data = orjson.loads(text)
        try:
            wait, stack = data["wait"], data["stack"]
            return cls(
                data["flow"],
                data["status"],
                _wait(wait) if wait else None,
                data["answers"],
                data["heard"],
                data["raised"],
                [Frame(frame["flow"], frame["node"]) for frame in stack],
                data["last"],
                data["turns"],
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError("not a session") from error


def _wait(data: dict[str, Any]) -> Wait:
    remind, expire, read = data["remind_at"], data["expire_at"], datetime.fromisoformat
    return Wait(data["node"], read(data["asked_at"]), remind and read(remind), expire and read(expire), data["tries"])


@dataclass(frozen=True, slots=True)
class Turn:
    """What one start or resume came to."""

    session: Session
    events: tuple[Event, ...]
