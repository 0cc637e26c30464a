"""`/sim/phones`: what people do with their phones, and what they see."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from aiohttp import web

from bot.simulator.api import PHONE_COOKIE
from bot.simulator.live import Live
from bot.simulator.platform import Platform, Push
from bot.simulator.push import Pusher
from bot.simulator.users import Bubble, User
from bot.simulator.wire import Body, answer, bad, body_of, number_of, text_of

PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mPM6PlXDwAFaAJkMa2YlAAAAABJRU5ErkJggg==")


class Phones:
    """The hands on the phones. `?wait=1` answers when the push has been carried: {"delivery": …}."""

    def __init__(self, platform: Platform, pusher: Pusher, live: Live) -> None:
        self._platform = platform
        self._pusher = pusher
        self._live = live
        self._acts: dict[str, Callable[[User, Body], Push | None]] = {
            "follow": lambda user, body: platform.follow(user),
            "unfollow": lambda user, body: platform.unfollow(user),
            "scan": lambda user, body: platform.scan(user, text_of(body, "scene")),
            "text": lambda user, body: platform.say(user, text_of(body, "text")),
            "tap": self._tap,
            "menu": self._press,
            "image": self._picture,
            "voice": lambda user, body: platform.voice(user, int(body.get("seconds", 3)), str(body.get("recognition", ""))),
            "video": lambda user, body: platform.video(user),
            "location": lambda user, body: platform.location(
                user, float(body.get("x", 23.13)), float(body.get("y", 113.26)), str(body.get("label", "示例路1号"))
            ),
            "link": lambda user, body: platform.link(user, text_of(body, "title"), text_of(body, "url")),
            "sticker": lambda user, body: platform.sticker(user),
            "subscribe": lambda user, body: platform.subscribe(
                user, text_of(body, "template_id"), str(body.get("status", "accept")), int(body.get("times", 1))
            ),
        }

    def mount(self, app: web.Application) -> None:
        app.router.add_get("/sim/phones", self.phones)
        app.router.add_post("/sim/phones", self.add_phones)
        app.router.add_get("/sim/phones/{openid}", self.chat)
        app.router.add_post("/sim/phones/{openid}/set", self.set_phone)
        app.router.add_post("/sim/phones/{openid}/open", self.open_link)
        app.router.add_post("/sim/phones/{openid}/{act}", self.act)
        app.router.add_get("/sim/open", self.visit)

    async def phones(self, request: web.Request) -> web.Response:
        return answer({"phones": self.summaries()})

    async def add_phones(self, request: web.Request) -> web.Response:
        """{"name", "openid"?, "follows"?, "code"?} or {"phones": [the same …]}; `code`: the scene on this person's paper."""
        body = await body_of(request)
        wanted = body.get("phones", [body])
        now, added = self._platform.clock.now(), []
        for one in wanted:
            try:
                user = self._platform.add(
                    text_of(one, "name"), str(one.get("openid") or ""), bool(one.get("follows")), str(one.get("code") or "")
                )
            except ValueError as error:
                raise bad(str(error)) from error
            added.append(user.as_json(now))
        return answer({"phones": added})

    async def chat(self, request: web.Request) -> web.Response:
        """One phone with its bubbles (`?after=` the last id known; `?seen=1` sets the unread count to zero)."""
        user = self._user(request)
        after = number_of(request, "after", 0)
        if request.query.get("seen") and user.unread:
            user.unread = 0
            self._live.changed(user.openid)
        bubbles = [one.as_json() for one in user.chat if one.id > after]
        return answer({"phone": user.as_json(self._platform.clock.now()), "bubbles": bubbles})

    async def set_phone(self, request: web.Request) -> web.Response:
        """{"refuses", "blacklisted", "snapshot": true|false}"""
        user, body = self._user(request), await body_of(request)
        for name in ("refuses", "blacklisted", "snapshot"):
            if name in body:
                setattr(user, name, bool(body[name]))
        self._live.changed(user.openid)
        return answer({"phone": user.as_json(self._platform.clock.now())})

    async def act(self, request: web.Request) -> web.Response:
        """What the person does: follow, unfollow, scan, text, tap, menu, image, voice, video, location, link, sticker,
        subscribe. 409 for what one cannot do to an account one does not follow."""
        user, name = self._user(request), request.match_info["act"]
        act = self._acts.get(name)
        if act is None:
            raise web.HTTPNotFound(text="no such act")
        if not user.follows and name not in ("follow", "unfollow", "scan", "subscribe"):
            raise bad("尚未关注公众号", 409)
        if not self._platform.options.base_url:
            self._platform.options.base_url = str(request.url.origin())
        try:
            push = act(user, await body_of(request))
        except (TypeError, ValueError) as error:
            raise bad(str(error)) from error
        told: Body = {"delivery": None}
        if push is not None:
            future = self._pusher.submit(push)
            if request.query.get("wait"):
                done = await future
                told["delivery"] = {name: getattr(done, name) for name in ("outcome", "attempts", "text", "seconds", "reason")}
        return answer({**told, "phone": user.as_json(self._platform.clock.now())})

    async def open_link(self, request: web.Request) -> web.Response:
        """Opens a link in the phone's browser, or (`bubble`) the link of a card: {"url"}; OAuth then knows whose phone it is."""
        user, body = self._user(request), await body_of(request)
        url = str(body.get("url") or (self._bubble(user, body).body.get("url", "") if "bubble" in body else ""))
        response = answer({"url": url})
        response.set_cookie(PHONE_COOKIE, user.openid, samesite="Lax")
        return response

    async def visit(self, request: web.Request) -> web.Response:
        """The same for a browser: sets whose phone it is and goes to the page."""
        url = request.query.get("url", "")
        if request.query.get("openid", "") not in self._platform.users or not url.startswith(("http://", "https://")):
            raise web.HTTPNotFound(text="打不开这个链接")
        response = web.Response(status=302, headers={"Location": url})
        response.set_cookie(PHONE_COOKIE, request.query["openid"], samesite="Lax")
        return response

    def _tap(self, user: User, body: Body) -> Push:
        """{"bubble", "option"} of a menu message, or {"id", "content"} of a text's bizmsgmenu link."""
        if "content" in body:
            return self._platform.tap(user, str(body.get("id", "")), text_of(body, "content"))
        bubble = self._bubble(user, body)
        for option in bubble.body.get("options", []):
            if option["id"] == str(body.get("option")):
                return self._platform.tap(user, option["id"], option["content"])
        raise web.HTTPNotFound(text="no such option")

    def _press(self, user: User, body: Body) -> Push:
        """{"name"} of a button of the account's menu, or its {"key"}."""
        buttons = (self._platform.menu or {}).get("button", [])
        for button in [one for top in buttons for one in (top.get("sub_button") or [top])]:
            if ("name" in body and button.get("name") == body["name"]) or ("key" in body and button.get("key") == body["key"]):
                return self._platform.press(user, button)
        raise web.HTTPNotFound(text="no such button")

    def _picture(self, user: User, body: Body) -> Push:
        """{"data": base64}, or a small picture of its own."""
        try:
            data = base64.b64decode(body["data"], validate=True) if body.get("data") else PICTURE
        except binascii.Error as error:
            raise bad("data is not base64") from error
        return self._platform.picture(user, data, "image/jpeg" if data[:2] == b"\xff\xd8" else "image/png")

    def summaries(self) -> list[Body]:
        now = self._platform.clock.now()
        return [one.as_json(now) for one in self._platform.users.values()]

    def _user(self, request: web.Request) -> User:
        user = self._platform.users.get(request.match_info["openid"])
        if user is None:
            raise web.HTTPNotFound(text="no such phone")
        return user

    def _bubble(self, user: User, body: Body) -> Bubble:
        for bubble in user.chat:
            if bubble.id == body.get("bubble"):
                return bubble
        raise web.HTTPNotFound(text="no such bubble")
