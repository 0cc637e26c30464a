"""People with a phone: what they follow, what they may still be sent, what their chat shows."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

CHAT_KEPT = 400
_NAMES = {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "news": "[图文]", "menu": "[菜单消息]"}


@dataclass(frozen=True, slots=True)
class Grant:
    """What one action of the user allows the account: so many service messages for so long."""

    messages: int
    valid: timedelta


MESSAGE = Grant(5, timedelta(hours=48))
TAP = Grant(3, timedelta(minutes=1))


@dataclass(slots=True)
class Window:
    """The service-message window. Grants do not add up: the count becomes the last action's, the end the later one."""

    until: datetime | None = None
    left: int = 0
    quota: int = 0

    def is_open(self, now: datetime) -> bool:
        return self.until is not None and now < self.until

    def open(self, grant: Grant, now: datetime) -> None:
        until = now + grant.valid
        self.until = max(until, self.until) if self.until else until
        self.left = self.quota = grant.messages

    def shut(self) -> None:
        self.until, self.left, self.quota = None, 0, 0


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing in a chat. `side`: me (the person), account, notice (grey line). `kind` decides what `body` holds."""

    id: int
    at: datetime
    side: Literal["me", "account", "notice"]
    kind: str
    body: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "at": self.at.isoformat(), "side": self.side, "kind": self.kind, **self.body}

    def preview(self) -> str:
        """One line of it for a list of chats."""
        words = self.body.get("text") or self.body.get("title") or self.body.get("head") or _NAMES.get(self.kind, "[消息]")
        return str(words)[:30]


@dataclass(slots=True)
class User:
    """One WeChat user as this account sees them. `accepts`: subscription templates accepted, -1 for a long-term one.
    `refuses`: switched off messages of this account; `snapshot`: browses in snapshot mode; `code`: the scene of the QR code
    this person holds in hand (on the discharge paper), offered first when scanning."""

    openid: str
    name: str
    follows: bool = False
    followed_at: datetime | None = None
    scene: str = ""
    code: str = ""
    window: Window = field(default_factory=Window)
    chat: deque[Bubble] = field(default_factory=lambda: deque(maxlen=CHAT_KEPT))
    accepts: dict[str, int] = field(default_factory=dict)
    refuses: bool = False
    blacklisted: bool = False
    snapshot: bool = False
    unread: int = 0
    acted_at: datetime | None = None
    typing_until: datetime | None = None

    def act(self, grant: Grant, now: datetime) -> None:
        """The user did something that opens or refreshes the window."""
        self.acted_at = now
        self.window.open(grant, now)

    def as_json(self, now: datetime) -> dict[str, Any]:
        shut = not self.window.is_open(now)
        last = self.chat[-1] if self.chat else None
        return {
            "openid": self.openid,
            "name": self.name,
            "follows": self.follows,
            "unread": self.unread,
            "window_until": None if shut or self.window.until is None else self.window.until.isoformat(),
            "left": 0 if shut else self.window.left,
            "quota": 0 if shut else self.window.quota,
            "typing": self.typing_until is not None and now < self.typing_until,
            "accepts": dict(self.accepts),
            "refuses": self.refuses,
            "blacklisted": self.blacklisted,
            "snapshot": self.snapshot,
            "code": self.code,
            "last_text": last.preview() if last else "",
            "last_id": last.id if last else 0,
            "last_at": last.at.isoformat() if last else None,
        }
