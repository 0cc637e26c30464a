"""A server that answers as WeChat does, or worse."""

import asyncio
import json

from aiohttp import ClientTimeout, web

APPID, SECRET, OPENID = "wx0000000000000001", "invented-secret", "oInventedOpenid"
RID = "651f0e0a-1b2c3d4e-5f607182"
SEND = "/cgi-bin/message/custom/send"
TOKEN = "/cgi-bin/stable_token"
OK = {"errcode": 0, "errmsg": "ok"}
BAD_TOKEN = {"errcode": 40001, "errmsg": f"invalid credential, access_token is invalid or not latest rid: {RID}"}


class Shelf:
    """A token store in memory, as another process would share it."""

    def __init__(self):
        self.token = None

    async def get(self, appid):
        assert appid == APPID
        return self.token

    async def put(self, appid, token):
        self.token = token


class WeChat:
    """Answers each path from a list; the last answer stays."""

    def __init__(self):
        self.calls = []
        self.tokens = ["T1"]
        self.life = 7200
        self.script = {}
        self.open = True

    def answers(self, path, *answers):
        self.script[path] = list(answers)

    def count(self, path):
        return sum(call["path"] == path for call in self.calls)

    async def handle(self, request):
        raw = await request.read()
        call = {"path": request.path, "query": dict(request.query), "raw": raw, "headers": request.headers}
        self.calls.append(call)
        queue = self.script.get(request.path, [OK])
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if request.path == TOKEN and request.path not in self.script:
            token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
            answer = {"access_token": token, "expires_in": self.life}
        if answer == "cut":
            request.transport.abort()
            return web.Response()
        if answer == "slow":
            await asyncio.sleep(5)
        if isinstance(answer, dict):  # WeChat says text/plain to JSON
            return web.Response(text=json.dumps(answer, ensure_ascii=False), content_type="text/plain")
        if isinstance(answer, int):
            return web.Response(status=answer, text="<html>Bad Gateway</html>", headers={"Location": "/elsewhere"})
        return web.Response(body=answer if isinstance(answer, bytes) else b"{}")


def hurry(client, answer):
    """Wait for a slow answer only as long as the test needs; other answers have all the time of a busy machine."""
    client._timeout = ClientTimeout(total=0.2 if answer == "slow" else 20)
