"""The address WeChat posts to. A patient's message is answered inside WeChat's five seconds, or later through the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from secrets import token_hex
from time import perf_counter
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from bot.care.inbound import Inbound
from bot.care.parcel import Reply
from bot.web import serverlog
from bot.web.keys import CALLBACK, DATABASE, NOW, PRACTICE
from bot.wechat.callback import BadBody, BadSignature

if TYPE_CHECKING:
    from bot.care.practice import Practice
    from storage.transaction import Tx

PATH = "/wechat"
LARGEST = 64 * 1024
XML = {"Content-Type": "application/xml; charset=utf-8"}
BUDGET = 4.0  # seconds for the act; WeChat hangs up after five

Receive = Callable[["Tx", "Practice", Inbound, datetime], Reply | None]
Requeue = Callable[["Tx", "Practice", int, datetime], object]
Called = Callable[[int, float, bool], None]

_log = structlog.get_logger(__name__)


def install(
    app: web.Application, receive: Receive, requeue: Requeue, called: Called = lambda *what: None, *, budget: float = BUDGET
) -> None:
    """Add the callback address to the application. `receive` and `requeue` are care's acts (`conversation.receive`,
    `delivery.requeue`); `called` is told each answer's status, the seconds it took and whether it held a reply; `budget` in
    seconds. To be called after what opens the database, if the application opens it."""
    serverlog.install()
    webhook = Webhook(receive, requeue, called, budget)
    app.router.add_get(PATH, webhook.verify, allow_head=False)
    app.router.add_post(PATH, webhook.post)
    app.cleanup_ctx.append(webhook.finish)


class Webhook:
    """Answers 403 to who is not WeChat, 400 to what is not a message, 413 to what is too large, and 503 when the message could
    not be kept, so that WeChat sends it again; everything else is a reply or empty. Nothing of the message is logged."""

    def __init__(self, receive: Receive, requeue: Requeue, called: Called, budget: float) -> None:
        self._receive = receive
        self._requeue = requeue
        self._called = called
        self._budget = budget
        self._late: set[asyncio.Task[None]] = set()

    async def verify(self, request: web.Request) -> web.Response:
        """Prove the address to WeChat."""
        try:
            echo = request.app[CALLBACK].verify(request.query, request.app[NOW]())
        except BadSignature:
            return _refuse(403, "signature")
        return web.Response(text=echo, headers={"X-Content-Type-Options": "nosniff"})

    async def post(self, request: web.Request) -> web.Response:
        """Take one message or event and answer it."""
        began = perf_counter()
        response = await self._answer(request)
        self._called(response.status, perf_counter() - began, bool(response.body))
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        app, query = request.app, request.query
        callback, now = app[CALLBACK], app[NOW]()
        try:
            body = await _body(request, self._budget)
            if len(body) > LARGEST:
                return _refuse(413, "size")
            inbound = callback.decode(query, body, now)
        except BadSignature as why:
            return _refuse(403, str(why))
        except BadBody as why:
            return _refuse(400, str(why))
        act = app[DATABASE].write(self._receive, app[PRACTICE], inbound, now)
        try:
            await _done(act, self._budget)
        finally:
            if not act.done():
                self._follow(app, act)
        if not act.done():
            return web.Response()
        error = act.exception()
        if error is not None:
            _log.error("message not kept", error=_whence(error), kind=inbound.kind)
            return web.Response(status=503)
        reply = act.result()
        if reply is None:
            return web.Response()
        sealed = callback.sealed(query)
        answer = callback.encode(inbound, reply.text, now, token_hex(8) if sealed else "", sealed=sealed)
        return web.Response(body=answer, headers=XML)

    async def finish(self, app: web.Application) -> AsyncIterator[None]:
        """At the end, wait for the acts that outlasted their requests."""
        yield
        while self._late:
            await asyncio.gather(*self._late)

    def _follow(self, app: web.Application, act: asyncio.Future[Reply | None]) -> None:
        task = asyncio.get_running_loop().create_task(self._send_later(app, act))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _send_later(self, app: web.Application, act: asyncio.Future[Reply | None]) -> None:
        """The HTTP answer went without the reply, so that the outbox has to carry it."""
        try:
            reply = await act
            if reply is not None:
                await app[DATABASE].write(self._requeue, app[PRACTICE], reply.outbound_id, app[NOW]())
        except Exception as error:
            _log.error("late message not answered", error=_whence(error))


async def _body(request: web.Request, patience: float) -> bytes:
    """The request's body, or a little more than LARGEST of it. Raises BadBody if it breaks off or takes too long."""
    content = request.content
    if (request.content_length or 0) > LARGEST:
        return bytes(LARGEST + 1)
    try:
        if content.is_eof():
            return content.read_nowait()
        body = b""
        async with asyncio.timeout(patience):
            while len(body) <= LARGEST and (chunk := await content.readany()):
                body += chunk
        return body
    except Exception as error:  # a broken connection, broken chunks, broken compression, or patience is over
        raise BadBody(f"body not received: {type(error).__name__}") from None


async def _done(act: asyncio.Future[Any], budget: float) -> None:
    """Wait until the act is done or the budget is spent. (`asyncio.wait` does the same for many, at twice the price.)"""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def wake(_: object = None) -> None:
        if not waiter.done():
            waiter.set_result(None)

    timer = loop.call_later(budget, wake)
    act.add_done_callback(wake)
    try:
        await waiter
    finally:
        timer.cancel()
        act.remove_done_callback(wake)


def _refuse(status: int, why: str) -> web.Response:
    _log.warning("callback refused", status=status, why=why)
    return web.Response(status=status)


def _whence(error: BaseException) -> str:
    """What happened and where, without the values an exception's own text may hold."""
    frames = extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {frames[-1].name}:{frames[-1].lineno}" if frames else type(error).__name__
