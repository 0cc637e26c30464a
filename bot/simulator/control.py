"""`/sim/*` but the phones: clock, faults, traffic, templates, tokens, as JSON. For the phones page, the tests and the demo."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.simulator.clock import Clock
from bot.simulator.errors import Refusal
from bot.simulator.faults import Faults
from bot.simulator.live import Live
from bot.simulator.options import Options, Template
from bot.simulator.phones import Phones
from bot.simulator.platform import Platform
from bot.simulator.push import Pusher
from bot.simulator.traffic import Traffic
from bot.simulator.wire import answer, bad, body_of, number_of, text_of


class Control:
    """The clock, the switches, and the windows into the machine."""

    def __init__(
        self,
        options: Options,
        platform: Platform,
        clock: Clock,
        faults: Faults,
        traffic: Traffic,
        pusher: Pusher,
        phones: Phones,
        live: Live,
    ) -> None:
        self._options = options
        self._platform = platform
        self._clock = clock
        self._faults = faults
        self._traffic = traffic
        self._pusher = pusher
        self._phones = phones
        self._live = live

    def mount(self, app: web.Application) -> None:
        add = app.router
        add.add_get("/sim/state", self.state)
        add.add_get("/sim/stream", self._live.stream)
        add.add_get("/sim/scenes", self.scenes)
        add.add_get("/sim/clock", self.read_clock)
        add.add_post("/sim/clock", self.move_clock)
        add.add_get("/sim/faults", self.list_faults)
        add.add_post("/sim/faults", self.add_fault)
        add.add_delete("/sim/faults", self.remove_fault)
        add.add_get("/sim/traffic", self.list_traffic)
        add.add_post("/sim/templates", self.add_template)
        add.add_post("/sim/tokens", self.spoil_tokens)
        add.add_post("/sim/verify", self.verify)
        add.add_get("/sim/media/{id}", self.media)

    async def state(self, request: web.Request) -> web.Response:
        """Everything a page needs when it opens."""
        options = self._options
        return answer(
            {
                "account": options.account_name,
                "appid": options.appid,
                "mode": options.mode,
                "callback": options.callback_url,
                "clock": self._live.clock_json(),
                "can_find_next": options.next_due is not None,
                "menu": self._platform.menu,
                "waiting": self._pusher.waiting,
                "faults": [one.as_json() for one in self._faults.active],
                "phones": self._phones.summaries(),
            }
        )

    async def scenes(self, request: web.Request) -> web.Response:
        """QR codes at hand: those of the wards (label to scene) and the last ones the account made."""
        wards = dict(self._options.ward_codes)
        recent = [one for one in self._platform.scenes.recent(12) if one not in wards.values()]
        return answer({"wards": wards, "recent": recent})

    async def read_clock(self, request: web.Request) -> web.Response:
        return answer(self._live.clock_json())

    async def move_clock(self, request: web.Request) -> web.Response:
        """{"advance": seconds} | {"rate": 60} | {"next": true}; the answer says where the clock stands and if it `moved`."""
        body = await body_of(request)
        moved = True
        try:
            if "rate" in body:
                self._clock.set_rate(float(body["rate"]))
            if "advance" in body:
                self._clock.advance(timedelta(seconds=float(body["advance"])))
        except (TypeError, ValueError, OverflowError) as error:
            raise bad(str(error)) from error
        if body.get("next"):
            due = await self._options.next_due() if self._options.next_due else None
            moved = due is not None
            if due is not None:
                self._clock.advance_to(due)
        return answer({**self._live.clock_json(), "moved": moved})

    # ── switches and windows into the machine ──

    async def list_faults(self, request: web.Request) -> web.Response:
        return answer({"faults": [one.as_json() for one in self._faults.active]})

    async def add_fault(self, request: web.Request) -> web.Response:
        """{"kind": busy|bad_token|quota|code|slow|cut|duplicate|out_of_order, "path": "*"|path|"push", "left": n|null, "code",
        "seconds", "done"}"""
        body = await body_of(request)
        known = {name: body[name] for name in ("path", "left", "code", "seconds", "done") if name in body}
        try:
            fault = self._faults.add(text_of(body, "kind"), **known)
        except ValueError as error:
            raise bad(str(error)) from error
        return answer(fault.as_json())

    async def remove_fault(self, request: web.Request) -> web.Response:
        """All, or the one of ?id="""
        self._faults.remove(number_of(request, "id", 0) or None)
        return await self.list_faults(request)

    async def list_traffic(self, request: web.Request) -> web.Response:
        """?limit= (50) ?openid= ?after="""
        limit, after = number_of(request, "limit", 50), number_of(request, "after", 0)
        found = self._traffic.last(limit, request.query.get("openid", ""), after)
        return answer({"traffic": [one.as_json() for one in found], "count": self._traffic.count})

    async def add_template(self, request: web.Request) -> web.Response:
        """{"id", "title", "content"}; from the first one on, unknown template ids are refused with 40037."""
        body = await body_of(request)
        template = Template(text_of(body, "id"), text_of(body, "title"), str(body.get("content", "")))
        self._platform.templates[template.id] = template
        return answer({"templates": list(self._platform.templates)})

    async def spoil_tokens(self, request: web.Request) -> web.Response:
        """{"what": "kill"} makes all tokens invalid (40001), {"what": "expire"} makes them expired (42001)."""
        if (await body_of(request)).get("what") == "expire":
            self._platform.tokens.expire(self._clock.now())
        else:
            self._platform.tokens.kill()
        return answer({"issued": self._platform.tokens.issued})

    async def verify(self, request: web.Request) -> web.Response:
        """Asks the account's address to prove itself; {"callback"} changes the address first."""
        if callback := (await body_of(request)).get("callback"):
            self._options.callback_url = str(callback)
        return answer({"verified": await self._pusher.verify()})

    async def media(self, request: web.Request) -> web.Response:
        try:
            file = self._platform.media.get(request.match_info["id"], self._clock.now())
        except Refusal as error:
            raise web.HTTPNotFound(text="过期或不存在") from error
        return web.Response(body=file.data, content_type=file.content_type)
