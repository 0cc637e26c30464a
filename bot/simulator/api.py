"""The platform's HTTP face: which path is which call, tokens, limits, faults and the traffic log round each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from aiohttp import web

from bot.simulator import account, sending
from bot.simulator.call import Call
from bot.simulator.errors import Refusal, rid
from bot.simulator.faults import Fault, Faults
from bot.simulator.media import File
from bot.simulator.platform import Platform
from bot.simulator.push import Pusher
from bot.simulator.traffic import Traffic

PHONE_COOKIE = "sim_openid"
Answer = dict[str, Any] | File


@dataclass(frozen=True, slots=True)
class Route:
    """`limit` names the daily limit; `method` empty: GET and POST are both taken, as WeChat does for most."""

    handler: Callable[[Call], Answer]
    limit: str = ""
    method: str = ""
    token: bool = True


ROUTES = {
    "/cgi-bin/token": Route(account.token, "token", token=False),
    "/cgi-bin/stable_token": Route(account.stable_token, "stable_token", "POST", token=False),
    "/cgi-bin/message/custom/send": Route(sending.custom_send, "custom/send", "POST"),
    "/cgi-bin/message/custom/typing": Route(sending.typing, "", "POST"),
    "/cgi-bin/message/template/send": Route(sending.template_send, "template/send", "POST"),
    "/cgi-bin/message/subscribe/bizsend": Route(sending.subscribe_send, "", "POST"),
    "/cgi-bin/template/get_all_private_template": Route(sending.templates),
    "/cityservice/sendchannelmsg": Route(sending.channel_send, "", "POST"),
    "/cgi-bin/user/info": Route(account.user_info, "user/info"),
    "/cgi-bin/user/get": Route(account.user_get, "user/get"),
    "/cgi-bin/qrcode/create": Route(account.qrcode_create, "qrcode/create", "POST"),
    "/cgi-bin/menu/create": Route(account.menu_create, "menu/create", "POST"),
    "/cgi-bin/menu/get": Route(account.menu_get, "menu/get"),
    "/cgi-bin/menu/delete": Route(account.menu_delete, "menu/delete"),
    "/cgi-bin/media/upload": Route(account.media_upload, "media/upload", "POST"),
    "/cgi-bin/media/get": Route(account.media_get, "media/get"),
    "/cgi-bin/ticket/getticket": Route(account.ticket),
    "/cgi-bin/getcallbackip": Route(account.addresses),
    "/cgi-bin/get_api_domain_ip": Route(account.addresses),
    "/cgi-bin/clear_quota": Route(account.clear_quota, "", "POST"),
    "/cgi-bin/clear_quota/v2": Route(account.clear_quota_v2, "", "POST", token=False),
    "/sns/oauth2/access_token": Route(account.oauth_token, token=False),
}


class Api:
    """Serves every call of ROUTES. HTTP status is always 200; trouble is in `errcode`."""

    def __init__(self, platform: Platform, faults: Faults, traffic: Traffic, pusher: Pusher) -> None:
        self._platform = platform
        self._faults = faults
        self._traffic = traffic
        self._pusher = pusher

    def mount(self, app: web.Application) -> None:
        for prefix in ("/cgi-bin/", "/sns/", "/cityservice/"):
            app.router.add_route("*", prefix + "{tail:.*}", self.serve)
        app.router.add_get("/connect/oauth2/authorize", self.authorize)

    async def serve(self, request: web.Request) -> web.Response:
        began = time.perf_counter()
        call = Call(self._platform, self._platform.clock.now(), request.query)
        if request.content_type == "multipart/form-data":
            call.upload = await _upload(request)
        else:
            call.body = await request.read()
        fault = self._faults.take(request.path, "code", "slow", "cut")
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        answer = self._answer(call, request, fault)
        for push in call.pushes:
            self._pusher.later(push, self._platform.options.finish_delay)
        note = ""
        if fault:
            note = {"code": "故障：错误码", "slow": "故障：慢", "cut": "故障：断开"}[fault.kind]
            if fault.kind == "cut" and request.transport is not None:
                request.transport.abort()
        raw = answer.data if isinstance(answer, File) else orjson.dumps(answer)
        shown = f"[{answer.content_type}, {len(raw)} bytes]".encode() if isinstance(answer, File) else raw
        body = f"[{call.upload[0]}, {len(call.upload[1])} bytes]".encode() if call.upload else call.body
        line = f"{request.method} {request.path_qs}"
        self._traffic.add(call.now, "api", call.openid(), line, body, 200, shown, time.perf_counter() - began, note)
        if isinstance(answer, File):
            headers = {"Content-Disposition": f'attachment; filename="{answer.id[:16]}.{answer.content_type.split("/")[1]}"'}
            return web.Response(body=raw, content_type=answer.content_type, headers=headers)
        return web.Response(body=raw, headers={"Content-Type": "application/json; encoding=utf-8"})

    def _answer(self, call: Call, request: web.Request, fault: Fault | None) -> Answer:
        lost = fault is not None and fault.kind in ("code", "cut")
        try:
            if fault is not None and lost and not fault.done:
                raise Refusal(fault.code)
            answer = self._handle(call, request)
            if fault is not None and fault.kind == "code":
                raise Refusal(fault.code)
        except Refusal as refusal:
            return refusal.answer(call.now)
        return answer

    def _handle(self, call: Call, request: web.Request) -> Answer:
        route = ROUTES.get(request.path)
        if route is None:
            raise Refusal(40066)
        if route.method and request.method != route.method:
            raise Refusal(43002)
        if route.token:
            self._platform.tokens.check(call.query.get("access_token", ""), call.now)
        if route.limit:
            self._platform.limits.count(route.limit, call.now)
        return route.handler(call)

    async def authorize(self, request: web.Request) -> web.Response:
        """connect/oauth2/authorize: goes back to the page with a code of the phone whose link was opened last."""
        query, options = request.query, self._platform.options
        openid = query.get("sim_openid") or request.cookies.get(PHONE_COOKIE, "")
        address = urlsplit(query.get("redirect_uri", ""))
        problem = ""
        if query.get("appid") != options.appid:
            problem = "appid 参数错误，错误码：10013"
        elif query.get("response_type") != "code" or query.get("scope") not in ("snsapi_base", "snsapi_userinfo"):
            problem = "Scope 参数错误或没有 Scope 权限，错误码：10005"
        elif address.scheme not in ("http", "https") or (options.oauth_domain and address.hostname != options.oauth_domain):
            problem = "redirect_uri 域名与后台配置不一致，错误码：10003"
        elif openid not in self._platform.users:
            problem = "请在微信客户端打开链接"
        if problem:
            return web.Response(text=f"{problem}\n{rid(self._platform.clock.now())}", status=200)
        code = self._platform.codes.issue(openid, query["scope"], self._platform.clock.now())
        back = urlencode({"code": code, "state": query.get("state", "")})
        target = address._replace(query=f"{address.query}&{back}" if address.query else back)
        raise web.HTTPFound(target.geturl())


async def _upload(request: web.Request) -> tuple[str, bytes] | None:
    field = (await request.post()).get("media")
    return (field.filename, field.file.read()) if isinstance(field, web.FileField) else None
