"""Bots as processes of their own, to be killed, and the WeChat and the hospital that they serve. All go by one clock."""

import asyncio
import json
import os
import signal
import struct
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlmodel import select

from bot import app as roof
from bot import config
from bot.care import intake
from bot.his import discharges, sample
from bot.simulator.app import Options, build
from bot.simulator.clock import Clock
from storage.plans import Touchpoint

ROOT = Path(__file__).parent.parent
ZONE = ZoneInfo("Asia/Shanghai")
FRIDAY = datetime(2026, 11, 13, 11, 0, tzinfo=ZONE)  # all go home
MONDAY = datetime(2026, 11, 16, 9, 30, tzinfo=ZONE)  # all scan their code
TEN = datetime(2026, 11, 16, 10, 0, 1, tzinfo=ZONE).astimezone(UTC)  # all are to be asked how they are
TOKEN, SECRET, APPID, AES_KEY = "kill-token", "kill-secret", "wxkill0000000000", "suifangkill" * 3 + "0123456789"


class Bot:
    """A process that serves, and how to end it."""

    def __init__(self, settings, clock, folder):
        self.settings, self.clock, self.folder = settings, clock, folder
        self.log = folder / "bot.log"
        self.starter = self.process = None

    async def prepare(self):
        """Start what starts the bot: imports take their time only once."""
        told = self.settings.model_dump(exclude_defaults=True, mode="json")
        told |= {"wechat_secret": SECRET, "wechat_token": TOKEN, "wechat_aes_key": AES_KEY}
        told["wechat_templates"] = json.dumps(told["wechat_templates"])
        environment = {key: value for key, value in os.environ.items() if not key.startswith(config.PREFIX)}
        environment |= {"PYTHONPATH": str(ROOT), **{config.name_of(name): str(value) for name, value in told.items()}}
        with self.log.open("ab") as log:
            self.starter = await asyncio.create_subprocess_exec(
                sys.executable, str(ROOT / "tests" / "kill_bot.py"), cwd=self.folder, env=environment,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip

    async def start(self):
        """Serve, by the time that WeChat's clock shows."""
        self.look_up()
        self.starter.stdin.write(b"\n")
        async with asyncio.timeout(60):
            self.process = await self._told()
            while not await self.answers():
                assert alive(self.process), self.log.read_text("utf-8")
                await asyncio.sleep(0.01)

    def look_up(self):
        """Take over the time that WeChat's clock shows."""
        ahead = struct.pack("d", (self.clock.now() - datetime.now(UTC)).total_seconds())
        with (self.folder / "ahead").open("r+b" if (self.folder / "ahead").exists() else "wb") as file:
            file.write(ahead)

    async def answers(self):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.settings.port)
        except OSError:
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    async def kill(self):
        os.kill(self.process, signal.SIGKILL)
        assert await self._told() == -signal.SIGKILL

    async def pause(self, seconds):
        """Nothing moves in it for so long, as when the machine is out of memory or is itself a guest that was moved."""
        os.kill(self.process, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(self.process, signal.SIGCONT)

    async def stop(self):
        os.kill(self.process, signal.SIGTERM)
        assert await self._told() == 0

    async def end(self):
        """The process ends with its parent."""
        if self.starter is not None:
            self.starter.kill()
            await self.starter.wait()

    async def _told(self):
        line = await asyncio.wait_for(self.starter.stdout.readline(), 60)
        assert line, self.log.read_text("utf-8")
        return int(line)


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass
class Hospital:
    """What runs, and a look inside. `due` are the touchpoints whose time comes by TEN."""

    bots: list[Bot]
    simulator: web.Application
    database: Any
    practice: Any
    due: frozenset[int]


@asynccontextmanager
async def hospital(folder, ports, *, door, phones_port, patients, database_url=""):
    """The list imported, the simulator open, a bot for each of `ports` on its way; WeChat knocks at `door`."""
    wechat = Options(
        appid=APPID, secret=SECRET, token=TOKEN, aes_key=AES_KEY, mode="safe", callback_url=f"http://127.0.0.1:{door}/wechat",
        base_url=f"http://127.0.0.1:{phones_port}", clock=Clock(MONDAY.astimezone(UTC)),
        push_delays=(0.0, 3.0, 6.0),
    )  # fmt: skip
    settings = config.Settings(
        _env_file=None, data_dir=folder / "data", database_url=database_url, hospital="示例医院", hospital_phone="020-00000000",
        public_url=f"http://127.0.0.1:{door}", port=ports[0], wechat_appid=APPID, wechat_secret=SECRET, wechat_token=TOKEN,
        wechat_aes_key=AES_KEY, wechat_mode="safe", wechat_api=wechat.base_url, tick=0.2, log_level="error",
        wechat_templates={"follow_up": "TM-follow-up", "revisit": "TM-revisit"},
    )  # fmt: skip
    house = roof.open_house(settings, now=wechat.clock.now, migrate=True)
    made = sample.discharge_list(MONDAY.date(), patients=patients + 3)
    found = discharges.read("出院名单.xlsx", made, zone=ZONE, today=MONDAY.date())
    late = date(2026, 11, 30)
    rows = tuple(replace(row, discharged_at=FRIDAY.astimezone(UTC), revisit_on=late, procedure_on=None) for row in found.rows)
    await intake.import_list(
        house.database, house.practice, replace(found, rows=rows), name="名单", staff_id=None, now=house.now()
    )
    planned = select(Touchpoint.id).where(Touchpoint.state == "planned", Touchpoint.due_at <= TEN)
    due = frozenset(await house.database.read(lambda tx: tx.session.exec(planned).all()))
    simulator = build(wechat)
    runner = web.AppRunner(simulator, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", phones_port).start()
    bots = [Bot(settings.model_copy(update={"port": port}), wechat.clock, folder) for port in ports]
    try:
        await asyncio.gather(*(bot.prepare() for bot in bots))
        yield Hospital(bots, simulator, house.database, house.practice, due)
    finally:
        await asyncio.gather(*(bot.end() for bot in bots))
        await runner.cleanup()
        await house.database.close()
