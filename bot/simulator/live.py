"""Tells open pages what changed, gathered a few times a second so that a load test costs nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiohttp import web

from bot.simulator.clock import Clock
from bot.simulator.platform import Platform

GATHER = 0.15
ALIVE = 15.0


class Listener:
    """One open page: which users changed since it was last told, and whether anything else did."""

    def __init__(self) -> None:
        self.openids: set[str] = set()
        self.other = False
        self.woken = asyncio.Event()


class Live:
    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform = platform
        self._clock = clock
        self._listeners: set[Listener] = set()
        self._stopped = False
        platform.changed = self.changed
        clock.listeners.append(self.changed)

    def changed(self, openid: str = "") -> None:
        """A user changed; without an openid: the clock, the faults or the menu."""
        for listener in self._listeners:
            if openid:
                listener.openids.add(openid)
            else:
                listener.other = True
            listener.woken.set()

    def clock_json(self) -> dict[str, Any]:
        return {"now": self._clock.now().isoformat(), "rate": self._clock.rate}

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `change` with the clock, summaries of changed users, and `other` for the rest."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        listener = Listener()
        listener.woken.set()
        self._listeners.add(listener)
        try:
            while not self._stopped:
                try:
                    await asyncio.wait_for(listener.woken.wait(), ALIVE)
                except TimeoutError:
                    await response.write(b": alive\n\n")
                    continue
                await asyncio.sleep(GATHER)
                openids, other = listener.openids, listener.other
                listener.openids, listener.other = set(), False
                listener.woken.clear()
                now = self._clock.now()
                users = [self._platform.users[one].as_json(now) for one in openids]
                news = {"clock": self.clock_json(), "phones": users, "other": other}
                await response.write(b"event: change\ndata: " + orjson.dumps(news) + b"\n\n")
        except ConnectionResetError:
            pass
        finally:
            self._listeners.discard(listener)
        return response

    def stop(self) -> None:
        """Ends the streams, so that the server can stop at once."""
        self._stopped = True
        for listener in self._listeners:
            listener.woken.set()
