"""A simulator on a real port, a small real webhook for it to push to, and a client for both."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count

import orjson
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from bot.simulator import xml
from bot.simulator.app import FAULTS, PLATFORM, PUSHER, TRAFFIC, Options, build
from bot.simulator.clock import Clock

MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


class Webhook:
    """Keeps what is pushed to it; `answers` are used up in order, then each text is echoed and each event met with nothing."""

    def __init__(self):
        self.pushes = []
        self.queries = []
        self.bodies = []
        self.answers = []
        self.arrived = asyncio.Event()

    async def received(self, number):
        """Returns when so many pushes have come."""
        while len(self.pushes) < number:
            self.arrived.clear()
            await self.arrived.wait()

    async def receive(self, request):
        body = await request.text()
        self.bodies.append(body)
        self.queries.append(dict(request.query))
        fields = xml.read(body)
        self.pushes.append(fields)
        self.arrived.set()
        if self.answers:
            answer = self.answers.pop(0)
            return await answer(request, fields) if callable(answer) else web.Response(text=answer)
        return web.Response(text=reply(fields, f"收到：{fields['Content']}") if fields.get("MsgType") == "text" else "success")

    async def echo(self, request):
        return web.Response(text=request.query["echostr"])


def reply(fields, text, **changes):
    head = {"ToUserName": fields["FromUserName"], "FromUserName": fields["ToUserName"], "CreateTime": 1764000000}
    return xml.write({**head, "MsgType": "text", "Content": text, **changes})


class World:
    def __init__(self, app, base, session, webhook, clock):
        self.app, self.base, self.session, self.webhook, self.clock = app, base, session, webhook, clock
        self.platform, self.pusher, self.faults, self.traffic = app[PLATFORM], app[PUSHER], app[FAULTS], app[TRAFFIC]
        self.token = ""
        self._numbers = count(1)

    async def sim(self, path, /, **body):
        async with self.session.post(f"/sim/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def look(self, path):
        async with self.session.get(f"/sim/{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def phone(self, follows=True):
        number = next(self._numbers)
        await self.sim("phones", name=f"测试{number}", openid=f"o{number}", follows=follows)
        return f"o{number}"

    async def act(self, openid, act, /, **body):
        """What the person does; returns how the push ended."""
        return (await self.sim(f"phones/{openid}/{act}?wait=1", **body))["delivery"]

    async def bubbles(self, openid):
        return (await self.look(f"phones/{openid}"))["bubbles"]

    async def api(self, path, body=None, raw=None, token=None, **query):
        """A call of the platform's API as the bot makes it; GET without a body."""
        if token is None:
            if not self.token:
                self.token = self.platform.tokens.plain(self.clock.now())[0]
            token = self.token
        query = {"access_token": token, **query} if token else query
        data = raw if raw is not None else None if body is None else orjson.dumps(body)
        method = "GET" if data is None else "POST"
        async with self.session.request(method, f"/{path}", params=query, data=data) as answer:
            assert answer.status == 200
            return orjson.loads(await answer.read())

    async def say(self, openid, text="您好"):
        """A service message; its errcode."""
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        return (await self.api("cgi-bin/message/custom/send", body))["errcode"]


@asynccontextmanager
async def simulated(**options):
    webhook = Webhook()
    account = web.Application()
    account.router.add_post("/wechat", webhook.receive)
    account.router.add_get("/wechat", webhook.echo)
    clock = Clock(MONDAY, rate=0)
    async with TestServer(account) as server:
        options = {"callback_url": str(server.make_url("/wechat")), "clock": clock, "finish_delay": 0.0, **options}
        app = build(Options(**options))
        async with (
            TestServer(app) as platform,
            ClientSession(str(platform.make_url("/")), cookie_jar=CookieJar(unsafe=True)) as session,
        ):
            yield World(app, str(platform.make_url("")).rstrip("/"), session, webhook, clock)
