"""Pushes: each user's in order, signed and sealed, retried when nobody answers, the answer shown on the phone."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp

from bot.simulator import replies, xml
from bot.simulator.crypto import Sealer, sign
from bot.simulator.faults import PUSH, Faults
from bot.simulator.options import Options
from bot.simulator.platform import FAULT_NOTICE, Platform, Push
from bot.simulator.traffic import Traffic

HOLD = 1.0
HEADERS = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one push ended. `silent`: no answer to any attempt; `malformed`: one that cannot be shown; `empty`: nothing to show."""

    outcome: Literal["answered", "empty", "malformed", "silent"]
    attempts: int
    seconds: float = 0.0
    reason: str = ""
    bubble: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The words shown, if any."""
        return str(self.bubble.get("text", ""))


@dataclass(slots=True)
class Line:
    """One user's pushes; the first is being carried. `joined` wakes who waits for a second one."""

    pushes: deque[tuple[Push, asyncio.Future[Delivery]]] = field(default_factory=deque)
    joined: asyncio.Event = field(default_factory=asyncio.Event)


class NoAnswer(Exception):
    """The account's server did not answer this attempt."""


class Pusher:
    """Carries pushes to the account's address. One line for each user, so that order is kept."""

    def __init__(self, platform: Platform, options: Options, faults: Faults, traffic: Traffic) -> None:
        self._platform = platform
        self._options = options
        self._faults = faults
        self._traffic = traffic
        self._sealer = Sealer(options.aes_key, options.appid) if options.mode != "plain" else None
        self._lines: dict[str, Line] = {}
        self._gate = asyncio.Semaphore(options.push_concurrency)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._planned = 0
        self._closed = False

    def submit(self, push: Push) -> asyncio.Future[Delivery]:
        """Puts a push into its user's line; the future tells how it ended."""
        future: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        line = self._lines.get(push.openid)
        if line is None:
            self._lines[push.openid] = line = Line()
            self._spawn(self._drain(push.openid, line))
        line.pushes.append((push, future))
        line.joined.set()
        return future

    def later(self, push: Push, seconds: float) -> None:
        """Submits after so many real seconds (finish events come a little after the call)."""
        self._planned += 1
        asyncio.get_running_loop().call_later(seconds, self._submit_planned, push)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def waiting(self) -> int:
        """Pushes not yet ended."""
        return sum(len(line.pushes) for line in self._lines.values())

    async def idle(self) -> None:
        """Returns when nothing is under way or about to be."""
        while self._tasks or self._planned:
            if self._tasks:
                await asyncio.wait(self._tasks)
            else:
                await asyncio.sleep(min(0.01, self._options.finish_delay))

    async def verify(self) -> bool:
        """Asks the address to echo, as when it is entered on WeChat's page."""
        stamp, nonce, echo = self._stamp(), secrets.token_hex(5), str(secrets.randbelow(10**18))
        query = {"signature": sign(self._options.token, stamp, nonce), "timestamp": stamp, "nonce": nonce, "echostr": echo}
        try:
            async with self._open().get(self._options.callback_url, params=query) as answer:
                return answer.status == 200 and await answer.text() == echo
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    async def close(self) -> None:
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    # ── one user's line ──

    async def _drain(self, openid: str, line: Line) -> None:
        try:
            while line.pushes:
                if self._faults.take(PUSH, "out_of_order"):
                    await self._swap(line)
                push, future = line.pushes[0]
                delivery = await self._carry(push)
                line.pushes.popleft()
                if not future.done():
                    future.set_result(delivery)
        finally:
            del self._lines[openid]
            for _, future in line.pushes:
                future.cancel()

    async def _swap(self, line: Line) -> None:
        """Lets the next push of this user, if one comes within a second, go before the first."""
        if len(line.pushes) < 2:
            line.joined.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(line.joined.wait(), HOLD)
        if len(line.pushes) > 1:
            line.pushes[0], line.pushes[1] = line.pushes[1], line.pushes[0]

    async def _carry(self, push: Push) -> Delivery:
        if not self._options.callback_url:
            return Delivery("silent", 0, reason="no callback address")
        clock, began, real = self._platform.clock, self._platform.clock.now(), time.monotonic()
        raw = xml.write(push.fields)
        attempt = 0
        for attempt, delay in enumerate(self._options.push_delays, 1):
            if self._options.retries_by == "simulated":
                await clock.sleep_until(began + timedelta(seconds=delay))
            elif (left := real + delay - time.monotonic()) > 0:
                await asyncio.sleep(left)
            with suppress(NoAnswer):
                async with self._gate:
                    delivery = await self._once_or_twice(push, raw, attempt)
                return self._shown(push, delivery)
        return self._shown(push, Delivery("silent", attempt, time.monotonic() - real))

    async def _once_or_twice(self, push: Push, raw: str, attempt: int) -> Delivery:
        if attempt == 1 and self._faults.take(PUSH, "duplicate"):
            both = await asyncio.gather(self._attempt(push, raw, 1), self._attempt(push, raw, 2), return_exceptions=True)
            for one in both:
                if isinstance(one, Delivery):
                    return one
                if not isinstance(one, NoAnswer):
                    raise one
            raise NoAnswer
        return await self._attempt(push, raw, attempt)

    async def _attempt(self, push: Push, raw: str, attempt: int) -> Delivery:
        """One POST; NoAnswer when the connection fails or five seconds pass."""
        fault = self._faults.take(PUSH, "slow", "cut")
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        query, body = self._sealed(push, raw)
        began, status, answer = time.perf_counter(), 0, b""
        note = f"{push.fields.get('Event') or push.fields['MsgType']} 第{attempt}次"
        try:
            timeout = aiohttp.ClientTimeout(total=self._options.push_timeout)
            address = self._options.callback_url
            address += ("&" if "?" in address else "?") + query
            async with self._open().post(address, data=body, headers=HEADERS, timeout=timeout, allow_redirects=False) as response:
                answer, status = await response.read(), response.status
        except TimeoutError:
            note += " 5秒内没有回答"
            raise NoAnswer from None
        except (aiohttp.ClientError, ValueError) as error:
            note += f" {type(error).__name__}"
            raise NoAnswer from None
        else:
            if fault and fault.kind == "cut":
                note += " 回答在路上丢失"
                raise NoAnswer
        finally:
            seconds = time.perf_counter() - began
            now = self._platform.clock.now()
            shown = body if self._options.mode == "plain" else f"{raw}\n\n{body.decode()}".encode()
            self._traffic.add(now, "push", push.openid, f"POST ?{query}", shown, status, answer, seconds, note)
        return self._read(push, status, answer, attempt, seconds)

    def _read(self, push: Push, status: int, answer: bytes, attempt: int, seconds: float) -> Delivery:
        try:
            if status != 200:
                raise replies.BadReply(f"HTTP {status}")
            bubble = replies.read(answer, push.openid, self._options, self._sealer)
        except replies.BadReply as error:
            return Delivery("malformed", attempt, seconds, str(error))
        if bubble is None:
            return Delivery("empty", attempt, seconds)
        return Delivery("answered", attempt, seconds, bubble=bubble)

    def _shown(self, push: Push, delivery: Delivery) -> Delivery:
        """The answer becomes a bubble; what the user did and got no or a bad answer to leaves WeChat's notice in the chat."""
        user = self._platform.users.get(push.openid)
        if user is None or not user.follows:
            return delivery
        if delivery.outcome == "answered":
            body = dict(delivery.bubble)
            kind = body.pop("kind")
            self._platform.show(user, "notice" if kind == "notice" else "account", kind, **body, passive=True)
        elif delivery.outcome != "empty" and push.fields.get("Event", "CLICK") in ("CLICK", "subscribe", "SCAN"):
            self._platform.show(user, "notice", "notice", text=FAULT_NOTICE, fault=True)
        return delivery

    # ── the wire ──

    def _sealed(self, push: Push, raw: str) -> tuple[str, bytes]:
        stamp, nonce = self._stamp(), str(secrets.randbelow(9 * 10**8) + 10**8)
        query = {"signature": sign(self._options.token, stamp, nonce), "timestamp": stamp, "nonce": nonce, "openid": push.openid}
        if self._sealer is None:
            return urlencode(query), raw.encode()
        sealed = self._sealer.seal(raw)
        query |= {"encrypt_type": "aes", "msg_signature": sign(self._options.token, stamp, nonce, sealed)}
        if self._options.mode == "compatible":
            return urlencode(query), xml.write({**push.fields, "Encrypt": sealed}).encode()
        return urlencode(query), xml.write({"ToUserName": self._options.account_id, "Encrypt": sealed}).encode()

    def _stamp(self) -> str:
        return str(int(self._platform.clock.now().timestamp()))

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=self._options.push_concurrency, keepalive_timeout=60)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    def _submit_planned(self, push: Push) -> None:
        self._planned -= 1
        if not self._closed:
            self.submit(push)
