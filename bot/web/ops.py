"""What the people who run it ask: is it well (`/healthz`), and how much does it do (`/metrics`, Prometheus)."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.care.parcel import Parcel, Receipt, Sender
from bot.web.keys import DATABASE, NOW
from storage import backlog

PATIENCE = 3.0  # seconds for the database to answer
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 5)


class Pulse(Protocol):
    """What of the scheduler is watched."""

    @property
    def alive(self) -> bool: ...
    @property
    def failures(self) -> Mapping[str, int]: ...


class Metrics:
    """The counters of one process. They name kinds and states, never people."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._callbacks = Counter("suifang_callbacks", "Requests of WeChat by HTTP status", ["status"], registry=self.registry)
        self._by_status: dict[int, Counter] = {}
        self._replies = Counter("suifang_replies", "Passive replies in the HTTP answer", registry=self.registry)
        self._seconds = Histogram("suifang_callback_seconds", "From request to answer", buckets=BUCKETS, registry=self.registry)
        self._sent = Counter(
            "suifang_sent", "Messages handed to WeChat by lane and outcome", ["lane", "outcome"], registry=self.registry
        )
        self._errors = Counter("suifang_errors", "Logged errors by kind", ["kind"], registry=self.registry)
        self._outbox = Gauge("suifang_outbox", "Messages not yet gone by state", ["state"], registry=self.registry)
        self._due = Gauge("suifang_due", "Things whose time has come by queue", ["queue"], registry=self.registry)
        self._late = Gauge("suifang_due_seconds", "Since when the first of them waits", ["queue"], registry=self.registry)
        self._writer = Gauge("suifang_writer_queue", "Acts waiting for the writer", registry=self.registry)
        self._failures = Gauge(
            "suifang_chore_failures", "Failed rounds of the scheduler by chore", ["chore"], registry=self.registry
        )

    def error(self, kind: str) -> None:
        """Count a logged error."""
        self._errors.labels(kind[:60]).inc()

    def sending(self, send: Sender) -> Sender:
        """The sender, counted."""

        async def counted(parcel: Parcel) -> Receipt:
            receipt = await send(parcel)
            self._sent.labels(parcel.lane, receipt.outcome).inc()
            return receipt

        return counted

    def callback(self, status: int, seconds: float, replied: bool) -> None:
        """Count a request of WeChat's."""
        self._seconds.observe(seconds)
        counter = self._by_status.get(status)
        if counter is None:
            counter = self._by_status[status] = self._callbacks.labels(str(status))
        counter.inc()
        if replied:
            self._replies.inc()

    def keep(
        self, outbox: Mapping[str, int], due: Mapping[str, backlog.Queue], depth: int, failures: Mapping[str, int], now: datetime
    ) -> None:
        """Take over what was counted in the database."""
        for state, count in outbox.items():
            self._outbox.labels(state).set(count)
        for queue, one in due.items():
            self._due.labels(queue).set(one.waiting)
            self._late.labels(queue).set((now - one.since).total_seconds() if one.since else 0)
        for chore, count in failures.items():
            self._failures.labels(chore).set(count)
        self._writer.set(depth)


def routes(metrics: Metrics, pulse: Callable[[], Pulse], token: str) -> list[web.RouteDef]:
    """`/healthz` for all, `/metrics` for this machine alone, or for who brings the token."""

    async def health(request: web.Request) -> web.Response:
        database, now = request.app[DATABASE], request.app[NOW]()
        try:
            async with asyncio.timeout(PATIENCE):
                due = await database.read(backlog.due, now)
        except Exception:
            due = None
        alive = pulse().alive
        late = [(now - one.since).total_seconds() for one in (due or {}).values() if one.since]
        told = {
            "status": "ok" if alive and due is not None else "failing",
            "database": "ok" if due is not None else "failing",
            "scheduler": "ok" if alive else "failing",
            "oldest_due_seconds": round(max(late, default=0)),
        }
        return web.json_response(told, status=200 if told["status"] == "ok" else 503)

    async def show(request: web.Request) -> web.Response:
        if not _allowed(request, token):
            raise web.HTTPForbidden
        database, now = request.app[DATABASE], request.app[NOW]()
        outbox, due = await database.read(backlog.outbox), await database.read(backlog.due, now)
        metrics.keep(outbox, due, database.depth, pulse().failures, now)
        return web.Response(body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", health), web.get("/metrics", show)]


def _allowed(request: web.Request, token: str) -> bool:
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    # behind a proxy everybody comes from this machine; the proxy says so
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
    try:
        return not forwarded and ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
