"""A day of a hospital group: a million planned touchpoints, 50,000 of them due, half of the patients answering.

The plans' hour is ten o'clock: half of what is due begins then, all at once, and is worked off. At two those who are silent are
reminded. The other half is due bit by bit in the afternoon, while the clock runs fast. WeChat and the patients are one process
of their own: it takes what is sent, and answers it some moments later, question for question.
"""

from __future__ import annotations

import asyncio
import gc
import json
import mmap
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import bindparam, func, select, update

from bench import house, postgres
from bench.row import Row
from bot.wechat.crypto import signature
from storage.columns import table
from storage.contacts import Contact
from storage.messages import Inbound, Outbound
from storage.plans import Touchpoint
from storage.transaction import Tx

EACH = 5  # touchpoints a patient
BAR = 300.0  # touchpoints begun and sent a second, on one process
ARRIVALS = 100.0  # touchpoints that fall due in a real second of the afternoon
RATE = 43.0  # of the afternoon's clock; a lease of two minutes is still 2.8 real seconds
TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # a Tuesday, in China
TWO, AFTERNOON = TEN + timedelta(hours=4, minutes=10), TEN + timedelta(hours=4, minutes=30)
PATIENCE = 1800.0
FLOW = house.FLOW.replace(", go: temperature}", ", go: end}")
ANSWERS = (("多疼", "2"), ("体温", "36.8"), ("伤口", "1"), ("按时", "按时吃了"), ("走路", "能走"))
THINKS = (0.2, 2.0)  # real seconds
_CONTENT = re.compile(r"<Content><!\[CDATA\[(.*?)\]\]>", re.DOTALL)


@dataclass(frozen=True)
class Size:
    """How much of a day."""

    patients: int = 200_000
    due: int = 50_000

    @property
    def crowd(self) -> int:
        """So many are due at ten, the patients from 1 on; the others in the afternoon."""
        return self.due // 2


class Clock:
    """One clock for all processes: a file that says from when on which time was shown, and how fast it goes."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(1024))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 1024)

    def now(self) -> datetime:
        """The time of the day that is played."""
        (count,) = struct.unpack_from("q", self._map, 0)
        real, shown, rate = struct.unpack_from("ddd", self._map, 24 * count)
        return datetime.fromtimestamp(shown + (time.time() - real) * rate, UTC)

    def set(self, shown: datetime, rate: float = 1.0) -> None:
        """It shows this now. Nobody reads a line that is half written."""
        (count,) = struct.unpack_from("q", self._map, 0)
        struct.pack_into("ddd", self._map, 24 * (count + 1), time.time(), shown.timestamp(), rate)
        struct.pack_into("q", self._map, 0, count + 1)


def run(small: bool = False) -> list[Row]:
    """Both databases; `small` is a fiftieth of it."""
    size = Size(4_000, 1_000) if small else Size()
    rows = _day("sqlite", 1, size)
    with postgres.started() as url:
        return rows + (_day("postgresql", 2, size, url) if url else [])


def _day(kind: str, processes: int, size: Size, database_url: str = "") -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        clock = Clock(Path(folder) / "clock")
        clock.set(TEN - timedelta(minutes=5))
        home = house.open_house(Path(folder), database_url=database_url, now=clock.now, flow=FLOW)
        try:
            house.populate(home, size.patients, each=EACH, due_at=TEN + timedelta(days=30))
            home.database.write_now(_make_due, size)
            _, stub = stack.enter_context(_process("stub", {"folder": folder}))
            how = {"folder": folder, "database_url": database_url, "api": f"http://127.0.0.1:{stub}"}
            served = [stack.enter_context(_process("serve", how)) for _ in range(processes)]
            _ask(stub, "/go", {"ports": [port for _, port in served]})
            clock.set(TEN)
            talked = _rested(stub, size.crowd)
            clock.set(TWO)
            _rested(stub, 0)
            clock.set(AFTERNOON, RATE)
            told = _rested(stub, size.due)
            memory = [_peak(process.pid) for process, _ in served]
            crowd, spread, messages = home.database.read_now(_told, size)
        finally:
            home.database.close_now()
    if told["refused"] or len(crowd) + len(spread) != size.due:
        raise RuntimeError(f"{told['refused']} messages were refused, {len(crowd) + len(spread)} of {size.due} were sent")
    late = sorted(seconds / RATE for seconds in spread)
    where = f"{kind}，{processes} 个进程"
    many = f"{size.patients * EACH:,} 个计划触达，{size.due:,} 个到期"
    seconds = (datetime.fromisoformat(talked["last"]) - TEN).total_seconds()
    begun, bar = len(crowd) / max(crowd), BAR if processes == 1 else None
    said, half = talked["messages"] / seconds, f"p50 {_at(late, 0.5):.2f} s"
    return [
        Row(f"一天，{where}：每秒开始并发出", begun, "个", bar, most=False, note=many),
        Row(f"一天，{where}：同时一半患者作答，每秒收发消息", said, "条", note=f"全天 {messages:,} 条"),
        Row(f"一天，{where}：每秒 {ARRIVALS:.0f} 个到期，从到期到发出 p99", _at(late, 0.99), "s", note=half),
        Row(f"一天，{where}：患者等待回答 p99", told["p99"] * 1000, "ms"),
        Row(f"一天，{where}：每个进程的内存峰值", max(memory), "MB"),
    ]


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _due_at(number: int, size: Size) -> datetime:
    if number <= size.crowd:
        return TEN
    return AFTERNOON + timedelta(seconds=(number - size.crowd) / ARRIVALS * RATE)


def _make_due(tx: Tx, size: Size) -> None:
    """One touchpoint of each of the first patients is due today; every second of them has written to us yesterday."""
    point, contact = table(Touchpoint), table(Contact)
    move = update(point).where(point.c.episode_id == bindparam("number_"), point.c.day == "day0").values(due_at=bindparam("at_"))
    tx.connection.execute(move, [{"number_": number, "at_": _due_at(number, size)} for number in range(1, size.due + 1)])
    recent = update(contact).where(contact.c.id <= size.due, contact.c.id % 2 == 0)
    tx.connection.execute(recent.values(window_until=TEN + timedelta(hours=24), quota_left=5))


def _told(tx: Tx, size: Size) -> tuple[list[float], list[float], int]:
    """Seconds of the day from due to sent, for those of ten o'clock and of the afternoon; and how many messages there were."""
    sent, point = table(Outbound).c, table(Touchpoint).c
    first = (
        select(point.episode_id, func.min(sent.sent_at))
        .join(point.id.table, point.id == sent.touchpoint_id)
        .where(sent.state == "sent")
        .group_by(point.episode_id)
    )
    waited: tuple[list[float], list[float]] = [], []
    for number, at in tx.connection.execute(first):
        waited[number > size.crowd].append((at - _due_at(number, size)).total_seconds())
    count = [tx.connection.execute(select(func.count()).select_from(table(kind))).scalar_one() for kind in (Inbound, Outbound)]
    return *waited, sum(count)


def _rested(stub: int, least: int) -> dict[str, Any]:
    """Wait until so many were written to and nothing moves any more for a while."""
    until, before, calm = time.monotonic() + PATIENCE, -1, 0
    while time.monotonic() < until:
        told = _ask(stub, "/told")
        moved, before = told["messages"] != before, told["messages"]
        calm = 0 if moved or told["talking"] else calm + 1
        if calm > 5 and told["reached"] >= least:
            return told
        time.sleep(0.5)
    raise RuntimeError(f"not done after {PATIENCE:.0f} seconds: {told}")


def _ask(port: int, path: str, body: Any = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{path}", data), timeout=60) as answer:
        return dict(json.load(answer))


def _peak(process: int) -> float:
    """The most memory it ever held, in MB."""
    status = Path(f"/proc/{process}/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text("utf-8")) if status.exists() else None
    return int(found.group(1)) / 1024 if found else float("nan")


@contextmanager
def _process(part: str, how: dict[str, Any]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    argv = [sys.executable, "-m", "bench.day", part, json.dumps(how)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _serve(folder: str, database_url: str, api: str) -> None:
    """One process of the house."""
    from aiohttp import web

    from bot import app
    from bot.web import log

    log.set_up("error")
    gc.disable()
    clock = Clock(Path(folder) / "clock")
    home = house.open_house(Path(folder), database_url=database_url, api=api, now=clock.now)

    def ready(_: str) -> None:
        gc.freeze()  # as serve does
        gc.enable()

    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    web.run_app(app.build(home), sock=listener, access_log=None, print=ready, shutdown_timeout=5)


class Stub:
    """WeChat, as far as it is needed, and the patients behind it: half of them answer."""

    def __init__(self, clock: Clock) -> None:
        from aiohttp import web

        self.clock = clock
        self.ports: list[int] = []
        self.count: Counter[str] = Counter()
        self.reached: set[str] = set()
        self.waits: list[float] = []
        self.last = clock.now()
        self.chance = random.Random(2026)
        self.talks: set[asyncio.Task[None]] = set()
        self.app = web.Application()
        self.app.router.add_post("/cgi-bin/message/{kind}/send", self.send)
        self.app.router.add_post("/cgi-bin/stable_token", self.token)
        self.app.router.add_post("/go", self.go)
        self.app.router.add_get("/told", self.told)
        self.app.cleanup_ctx.append(self._life)
        self.web = web

    async def _life(self, app: Any) -> Any:
        import aiohttp

        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))
        yield
        for talk in self.talks:
            talk.cancel()
        await self.session.close()

    async def token(self, request: Any) -> Any:
        return self.web.json_response({"access_token": "t", "expires_in": 7200})

    async def go(self, request: Any) -> Any:
        self.ports = (await request.json())["ports"]
        return self.web.json_response({})

    async def told(self, request: Any) -> Any:
        waits = sorted(self.waits) or [0.0]
        return self.web.json_response(
            {
                "reached": len(self.reached),
                "messages": self.count["sent"] + self.count["said"],
                "refused": self.count["refused"],
                "talking": len(self.talks),
                "last": self.last.isoformat(),
                "p99": _at(waits, 0.99),
            }
        )

    async def send(self, request: Any) -> Any:
        """A message for a patient, who may answer it. Reminders are answered by nobody."""
        body = orjson.loads(await request.read())
        openid = body["touser"]
        self.count["sent"] += 1
        self.last = self.clock.now()
        if openid not in self.reached:
            self.reached.add(openid)
            if int(openid.removeprefix("obench")) % 4 < 2:
                talk = asyncio.create_task(self._talk(openid, body.get("text", {}).get("content", "")))
                self.talks.add(talk)
                talk.add_done_callback(self.talks.discard)
        return self.web.json_response({"errcode": 0, "errmsg": "ok", "msgid": self.count["sent"]})

    async def _talk(self, openid: str, heard: str) -> None:
        for _ in range(8):
            said = next((answer for key, answer in ANSWERS if key in heard), "" if heard else "你好")
            if not said:
                return
            await asyncio.sleep(self.chance.uniform(*THINKS))
            heard = await self._say(openid, said)

    async def _say(self, openid: str, said: str) -> str:
        self.count["said"] += 1
        now = str(int(self.clock.now().timestamp()))
        body = (
            f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
            f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{said}]]></Content>"
            f"<MsgId>{23000000000000000 + self.count['said']}</MsgId></xml>"
        )
        query = f"signature={signature(house.TOKEN, now, 'n')}&timestamp={now}&nonce=n"
        address = f"http://127.0.0.1:{self.chance.choice(self.ports)}/wechat?{query}"
        began = time.perf_counter()
        async with self.session.post(address, data=body.encode(), headers={"Content-Type": "text/xml"}) as answer:
            text = await answer.text()
        self.waits.append(time.perf_counter() - began)
        self.last = self.clock.now()
        self.count["refused"] += answer.status != 200
        found = _CONTENT.search(text)
        return found.group(1) if found else "."


def _stub(folder: str) -> None:
    from aiohttp import web

    stub = Stub(Clock(Path(folder) / "clock"))
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    web.run_app(stub.app, sock=listener, access_log=None, print=None, shutdown_timeout=1)


if __name__ == "__main__":
    {"serve": _serve, "stub": _stub}[sys.argv[1]](**json.loads(sys.argv[2]))
