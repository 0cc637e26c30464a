"""The platform's state: users, what they do (pushes to the account), what they are shown."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.simulator.clock import Clock
from bot.simulator.errors import Refusal
from bot.simulator.limits import Limits
from bot.simulator.media import Media
from bot.simulator.options import Options, Template
from bot.simulator.scenes import Codes, Scenes
from bot.simulator.tokens import Tokens
from bot.simulator.users import MESSAGE, TAP, Bubble, User

FAULT_NOTICE = "该公众号提供的服务出现故障，请稍后再试"
UNSUPPORTED = "【收到不支持的消息类型，暂无法显示】"
IDEMPOTENT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Push:
    """One message or event on its way to the account's address."""

    openid: str
    fields: dict[str, Any]


class Platform:
    """One official account and everybody who has met it. Nothing here waits or speaks to the network."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.users: dict[str, User] = {}
        self.tokens = Tokens(options.token_seconds)
        self.limits = Limits(options.daily_limits)
        self.scenes = Scenes()
        self.codes = Codes()
        self.media = Media()
        self.templates: dict[str, Template] = {one.id: one for one in options.templates}
        self.menu: dict[str, Any] | None = None
        self.changed: Callable[[str], None] = lambda openid: None
        self._bubbles = 0
        self._messages = 24_000_000_000_000_000 + secrets.randbelow(10**9) * 1000
        self._jobs = 200_000_000 + secrets.randbelow(10**6) * 1000
        self._seen: dict[tuple[str, str], tuple[datetime, int]] = {}
        self._seen_order: deque[tuple[datetime, tuple[str, str]]] = deque()

    # ── people ──

    def add(self, name: str, openid: str = "", follows: bool = False, code: str = "") -> User:
        """A person with a phone; ValueError when the openid is taken."""
        openid = openid or f"oSim{secrets.token_urlsafe(18)}"
        if openid in self.users:
            raise ValueError("openid is taken")
        user = self.users[openid] = User(openid, name, code=code)
        if follows:
            user.follows, user.followed_at = True, self.clock.now()
        self.changed(openid)
        return user

    def user(self, openid: Any) -> User:
        """Refusal 40003 for an openid that is not of this account."""
        user = self.users.get(openid) if isinstance(openid, str) else None
        if user is None:
            raise Refusal(40003)
        return user

    # ── what a person does ──

    def follow(self, user: User, scene: str = "") -> Push | None:
        """Follows the account; nothing happens for one who does already."""
        if user.follows:
            return None
        now = self.clock.now()
        user.follows, user.followed_at, user.scene = True, now, scene
        user.act(TAP, now)
        self.show(user, "notice", "notice", text=f"已关注{self.options.account_name}")
        code = {"EventKey": f"qrscene_{scene}", "Ticket": self.scenes.find(scene).ticket} if scene else {"EventKey": ""}
        return self._event(user, "subscribe", **code)

    def unfollow(self, user: User) -> Push | None:
        if not user.follows:
            return None
        user.follows = False
        user.window.shut()
        user.accepts.clear()
        self.show(user, "notice", "notice", text="已取消关注")
        return self._event(user, "unsubscribe", EventKey="")

    def scan(self, user: User, wanted: str) -> Push | None:
        """Scans a QR code (its scene, ticket or address): `subscribe` with qrscene_ for a newcomer, else `SCAN`."""
        scene = self.scenes.find(wanted)
        now = self.clock.now()
        if not scene.is_valid(now):
            self.show(user, "notice", "notice", text="二维码已过期")
            return None
        if not user.follows:
            return self.follow(user, scene.scene)
        user.act(TAP, now)
        self.show(user, "notice", "notice", text="已扫描二维码")
        return self._event(user, "SCAN", EventKey=scene.scene, Ticket=scene.ticket)

    def say(self, user: User, text: str) -> Push:
        return self._message(user, "text", {"Content": text}, text=text)

    def tap(self, user: User, id: str, content: str) -> Push:
        """Taps an option of a menu message: a text with `bizmsgmenuid` that opens one minute, not 48 hours."""
        return self._message(user, "text", {"Content": content, "bizmsgmenuid": id}, grant_tap=True, text=content)

    def picture(self, user: User, data: bytes, content_type: str = "image/png") -> Push:
        file = self.media.keep("image", content_type, data, self.clock.now())
        address = f"/sim/media/{file.id}"
        fields = {"PicUrl": f"{self.options.base_url}{address}", "MediaId": file.id}
        return self._message(user, "image", fields, url=address)

    def voice(self, user: User, seconds: int = 3, recognition: str = "") -> Push:
        file = self.media.keep("voice", "audio/amr", b"#!AMR\n" + bytes(32 * seconds), self.clock.now())
        fields = {"MediaId": file.id, "Format": "amr", "MediaId16K": file.id, "Recognition": recognition}
        return self._message(user, "voice", fields, seconds=seconds)

    def video(self, user: User) -> Push:
        file = self.media.keep("video", "video/mp4", b"\0\0\0\x18ftypmp42", self.clock.now())
        return self._message(user, "video", {"MediaId": file.id, "ThumbMediaId": file.id}, text="[视频]")

    def location(self, user: User, x: float, y: float, label: str) -> Push:
        return self._message(user, "location", {"Location_X": x, "Location_Y": y, "Scale": 15, "Label": label}, text=label)

    def link(self, user: User, title: str, url: str, description: str = "") -> Push:
        return self._message(user, "link", {"Title": title, "Description": description, "Url": url}, title=title, url=url)

    def sticker(self, user: User) -> Push:
        """What WeChat cannot hand on arrives as a fixed text."""
        return self._message(user, "text", {"Content": UNSUPPORTED}, text="[动画表情]")

    def press(self, user: User, button: Mapping[str, Any]) -> Push:
        """Presses a button of the account's menu: CLICK opens the minute, VIEW does not."""
        kind = button.get("type")
        if kind == "view":
            return self._event(user, "VIEW", EventKey=button.get("url", ""), MenuId=402_000_000)
        if kind in ("click", "scancode_push", "scancode_waitmsg"):
            user.act(TAP, self.clock.now())
            self.changed(user.openid)
        return self._event(user, "CLICK" if kind == "click" else str(kind), EventKey=button.get("key", ""))

    def subscribe(self, user: User, template_id: str, status: str = "accept", times: int = 1) -> Push:
        """Answers the subscription pop-up; `times` -1 for a long-term template."""
        if status == "accept":
            left = user.accepts.get(template_id, 0)
            user.accepts[template_id] = -1 if times < 0 or left < 0 else left + times
        self.changed(user.openid)
        answer = {"TemplateId": template_id, "SubscribeStatusString": status, "PopupScene": 2}
        return self._event(user, "subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": [answer]})

    # ── what a person is shown ──

    def show(self, user: User, side: Literal["me", "account", "notice"], kind: str, **body: Any) -> Bubble:
        self._bubbles += 1
        bubble = Bubble(self._bubbles, self.clock.now(), side, kind, body)
        user.chat.append(bubble)
        if side == "account":
            user.unread += 1
            user.typing_until = None
        self.changed(user.openid)
        return bubble

    # ── jobs ──

    def new_job(self) -> int:
        self._jobs += 1
        return self._jobs

    def job_of(self, openid: str, client_id: str, now: datetime) -> int | None:
        """The message id this (openid, client_msg_id) got within the last ten minutes."""
        while self._seen_order and now - self._seen_order[0][0] >= IDEMPOTENT:
            at, key = self._seen_order.popleft()
            if self._seen.get(key, (at, 0))[0] == at:
                self._seen.pop(key, None)
        known = self._seen.get((openid, client_id))
        return known[1] if known else None

    def remember_job(self, openid: str, client_id: str, job: int, now: datetime) -> None:
        self._seen[openid, client_id] = (now, job)
        self._seen_order.append((now, (openid, client_id)))

    def job_finished(self, openid: str, job: int, status: str) -> Push:
        return Push(
            openid, {**self._head(openid), "MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": job, "Status": status}
        )

    def subscription_sent(self, openid: str, template_id: str, job: int) -> Push:
        one = {"TemplateId": template_id, "MsgID": str(job), "ErrorCode": 0, "ErrorStatus": "success"}
        event = {"MsgType": "event", "Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": [one]}}
        return Push(openid, {**self._head(openid), **event})

    # ── pushes ──

    def _head(self, openid: str) -> dict[str, Any]:
        at = int(self.clock.now().timestamp())
        return {"ToUserName": self.options.account_id, "FromUserName": openid, "CreateTime": at}

    def _event(self, user: User, event: str, **more: Any) -> Push:
        return Push(user.openid, {**self._head(user.openid), "MsgType": "event", "Event": event, **more})

    def _message(self, user: User, kind: str, fields: dict[str, Any], grant_tap: bool = False, **body: Any) -> Push:
        self._messages += 1
        user.act(TAP if grant_tap else MESSAGE, self.clock.now())
        self.show(user, "me", kind, **body)
        tapped = {"bizmsgmenuid": fields.pop("bizmsgmenuid")} if grant_tap else {}
        return Push(user.openid, {**self._head(user.openid), "MsgType": kind, **fields, "MsgId": self._messages, **tapped})
