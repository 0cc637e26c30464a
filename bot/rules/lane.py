"""Which way to a contact is open now (WeChat's windows and quotas as its documents of 2025-26 state them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

# What a user's action allows: service messages, and for how long. Counts do not add up: each action sets its own.
_SHORT = (3, timedelta(minutes=1))
ACTIONS: Mapping[str, tuple[int, timedelta]] = {
    "message": (5, timedelta(hours=48)),
    "menu": _SHORT,
    "follow": _SHORT,
    "scan": _SHORT,
    "tap": _SHORT,
}
RESERVE = 1  # kept for a safety text

Way = Literal["reply", "service", "subscription", "template", "medical", "wecom", "sms", "phone"]
# Ways that carry a short notice, in the order in which they are tried; after them comes the phone.
NOTICES: tuple[Way, ...] = ("subscription", "template", "medical", "wecom", "sms")
SHUT_FOR = timedelta(days=7)  # a way that WeChat refused to a contact is not tried again for so long
# question: a talk begins or goes on unasked; notice: a reminder that wants no answer; staff: a person writes;
# safety: the fixed danger text
Purpose = Literal["question", "notice", "staff", "safety"]


@dataclass(frozen=True, slots=True)
class Window:
    """Service messages that WeChat still allows, and until when (UTC)."""

    until: datetime | None = None
    quota: int = 0

    def left(self, now: datetime) -> int:
        """Messages that may be sent now."""
        return self.quota if self.until and now < self.until else 0


_NOTHING: frozenset[str] = frozenset()
SHUT = Window()


class Reach(NamedTuple):
    """What is known of the ways to a contact. `reply`: an HTTP response waits for this text. `stopped`: wants no messages.
    `subscriptions`: notices the contact has accepted (one-time ones), FOREVER for a long-term one. `templates`, `medical`,
    `sms`: the hospital has set up this way for the notice in hand; `wecom`: the window there. `shut`: refused lately."""

    openid: bool = True
    followed: bool = True
    stopped: bool = False
    window: Window = SHUT
    reply: bool = False
    subscriptions: int = 0
    templates: bool = True
    medical: bool = False
    wecom: Window = SHUT
    sms: bool = False
    shut: frozenset[str] = _NOTHING


class Lane(NamedTuple):
    """The way and, in Chinese for staff, why."""

    way: Way
    reason: str


def opened(window: Window, action: str, now: datetime) -> Window:
    """The window after a user's action: its count is that action's, its end the later of the two. Other actions open none."""
    if action not in ACTIONS:
        return window
    quota, span = ACTIONS[action]
    return Window(max(window.until or now, now + span), quota)


def spend(window: Window) -> Window:
    """After one service message."""
    return replace(window, quota=max(0, window.quota - 1))


def choose(reach: Reach, purpose: Purpose, now: datetime) -> Lane:
    """The first open way. Only a safety text may use the last service message. A stopped contact hears nothing unasked, but a
    person may still write within the window, and a reply or a safety text still goes."""
    if reach.reply:
        return Lane("reply", "随患者来信直接回复")
    if reach.stopped and purpose in ("question", "notice"):
        return Lane("phone", "患者不愿接收消息")
    if not reach.openid:
        return Lane("sms", "没有可用的微信，发短信") if _may(reach, "sms", purpose, now) else Lane("phone", GONE)
    left = reach.window.left(now)
    if left > (0 if purpose == "safety" else RESERVE):
        return Lane("service", f"会话窗口开放，还可发{left}条")
    if purpose == "safety":
        return Lane("phone", "会话窗口已关闭，危急情况须电话联系")
    if reach.stopped:
        return Lane("phone", "患者不愿接收消息，会话窗口已关闭")
    why = "会话窗口只剩留给安全提示的1条" if left else "会话窗口已关闭"
    for way in NOTICES:
        if _may(reach, way, purpose, now):
            return Lane(way, f"{why}，{_SAYS[way]}")
    return Lane("phone", f"{why}，" + ("没有可用的通知方式" if reach.followed else "患者未关注公众号"))


GONE = "微信账号已取消关注或已解绑"
FOREVER = -1
_SAYS: Mapping[Way, str] = {
    "subscription": "患者已订阅通知",
    "template": "发模板通知",
    "medical": "由微信就医助手通知",
    "wecom": "由企业微信客服发送",
    "sms": "发短信",
}


def _may(reach: Reach, way: Way, purpose: Purpose, now: datetime) -> bool:
    if way in reach.shut:
        return False
    match way:
        case "subscription":
            return reach.subscriptions != 0
        case "template":
            return reach.followed and reach.templates
        case "medical":
            return reach.medical
        case "wecom":
            return reach.wecom.left(now) > RESERVE
        case _:
            return reach.sms and purpose in ("question", "notice")


def shut_now(refused: Mapping[str, datetime], now: datetime) -> frozenset[str]:
    """The ways that are not tried now. `refused`: when each was refused last."""
    return frozenset(way for way, at in refused.items() if now < at + SHUT_FOR)
