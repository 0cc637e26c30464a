"""Twenty times in a busy day the bot is killed (SIGKILL) and started again: nobody is forgotten, and nobody is told twice.

The bot is a process of its own on SQLite; WeChat is the simulator, which asks again after 3 and 6 seconds (really 5 and 10).
Both go by one clock, which is set forward only while the bot is down. The patients answer whatever they are asked, and when
WeChat shows them that the service is out of order, they do what people do: they try again."""

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from people import Person, Ward
from sqlmodel import select

from bot import app as roof
from bot import config
from bot.care import intake
from bot.cli.play import TALES
from bot.his import discharges, sample
from bot.simulator.app import CLOCK, FAULTS, PLATFORM, PUSHER, TRAFFIC, Options, build
from bot.simulator.clock import Clock
from storage import codes, queue, sessions
from storage.contacts import Contact
from storage.messages import Inbound, Outbound
from storage.plans import Touchpoint
from storage.sessions import Session

ROOT = Path(__file__).parent.parent
ZONE = ZoneInfo("Asia/Shanghai")
FRIDAY = datetime(2026, 11, 13, 11, 0, tzinfo=ZONE)  # all go home
MONDAY = datetime(2026, 11, 16, 9, 30, tzinfo=ZONE)  # all scan their code
TEN = datetime(2026, 11, 16, 10, 0, 1, tzinfo=ZONE).astimezone(UTC)  # all are to be asked how they are
PATIENTS, KILLS = 200, 20
TOKEN, SECRET, APPID, AES_KEY = "kill-token", "kill-secret", "wxkill0000000000", "suifangkill" * 3 + "0123456789"


class Bot:
    """The process that serves, and how to end it."""

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
        ahead = (self.clock.now() - datetime.now(UTC)).total_seconds()
        self.starter.stdin.write(f"{ahead}\n".encode())
        async with asyncio.timeout(60):
            self.process = await self._told()
            while not await self.answers():
                assert alive(self.process), self.log.read_text("utf-8")
                await asyncio.sleep(0.01)

    async def answers(self):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.settings.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def kill(self):
        os.kill(self.process, signal.SIGKILL)
        assert await self._told() == -signal.SIGKILL

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


@asynccontextmanager
async def hospital(folder, port, phones_port):
    """The list imported, the simulator open, the bot's first process on its way: yields bot, simulator and a look inside."""
    wechat = Options(
        appid=APPID, secret=SECRET, token=TOKEN, aes_key=AES_KEY, mode="safe", callback_url=f"http://127.0.0.1:{port}/wechat",
        base_url=f"http://127.0.0.1:{phones_port}", clock=Clock(MONDAY.astimezone(UTC)),
        push_delays=(0.0, 3.0, 6.0),
    )  # fmt: skip
    settings = config.Settings(
        _env_file=None, data_dir=folder / "data", hospital="示例医院", hospital_phone="020-00000000",
        public_url=f"http://127.0.0.1:{port}", port=port, wechat_appid=APPID, wechat_secret=SECRET, wechat_token=TOKEN,
        wechat_aes_key=AES_KEY, wechat_mode="safe", wechat_api=wechat.base_url, tick=0.2, log_level="error",
        wechat_templates={"follow_up": "TM-follow-up", "revisit": "TM-revisit"},
    )  # fmt: skip
    house = roof.open_house(settings, now=wechat.clock.now, migrate=True)
    made = sample.discharge_list(MONDAY.date(), patients=PATIENTS + 3)
    found = discharges.read("出院名单.xlsx", made, zone=ZONE, today=MONDAY.date())
    late = date(2026, 11, 30)
    rows = tuple(replace(row, discharged_at=FRIDAY.astimezone(UTC), revisit_on=late, procedure_on=None) for row in found.rows)
    await intake.import_list(
        house.database, house.practice, replace(found, rows=rows), name="名单", staff_id=None, now=house.now()
    )
    simulator = build(wechat)
    runner = web.AppRunner(simulator, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", phones_port).start()
    bot = Bot(settings, wechat.clock, folder)
    try:
        await bot.prepare()
        yield bot, simulator, house.database
    finally:
        await bot.end()
        await runner.cleanup()
        await house.database.close()


def everything(tx):
    """What the database holds, by kind."""
    return {kind: list(tx.session.exec(select(kind)).all()) for kind in (Contact, Inbound, Outbound, Touchpoint, Session)}


class Kept:
    """The database after the day, by what one looks for."""

    def __init__(self, found):
        self.contacts = {contact.openid: contact.id for contact in found[Contact]}
        self.heard = {message.key: message.id for message in found[Inbound]}
        self.outbox = found[Outbound]
        self.replies = {row.reply_to: row for row in self.outbox if row.reply_to is not None}
        self.touchpoints = found[Touchpoint]
        self.sessions = found[Session]
        self.states = Counter(row.state for row in self.outbox)
        self.sent_again = sum(row.lane == "template" and row.state == "sent" and row.attempts > 1 for row in self.outbox)

    def to(self, person):
        """What was written for this person."""
        contact = self.contacts[person.user.openid]
        return [row for row in self.outbox if row.contact_id == contact]

    def due_by(self, moment):
        """The touchpoints whose time had come by then."""
        return [touchpoint for touchpoint in self.touchpoints if touchpoint.due_at <= moment or touchpoint.state != "planned"]


def busy(tx, now):
    """Whether something is to be done now. What a killed process had in its hands is not, nor what is to follow it: its lease
    has to run out."""
    held = select(Outbound.contact_id).where(Outbound.state == "leased")
    waiting = select(Outbound.id).where(Outbound.state == "pending", Outbound.contact_id.not_in(held)).limit(1)
    due = [moment for moment in (queue.next_due(tx), sessions.next_due(tx)) if moment is not None and moment <= now]
    return bool(due) or tx.session.exec(waiting).first() is not None


async def kills(bot, traffic, chance, times, downtime):
    """Kill the bot in the middle of its work, after a random number of requests (or when it has none), and start it again,
    by its clock some seconds later."""
    for _ in range(times):
        wanted, patience = traffic.count + chance.randint(1, 60), time.monotonic() + 2
        while traffic.count < wanted and time.monotonic() < patience:
            await asyncio.sleep(0.001)
        await asyncio.sleep(chance.uniform(0, 0.02))
        await bot.kill()
        bot.clock.advance(timedelta(seconds=chance.uniform(*downtime)))
        await bot.start()


async def everybody(ward, act, seconds):
    """All of them do it, each at a moment of their own."""

    async def one(person):
        await asyncio.sleep(ward.chance.uniform(0, seconds))
        act(person)

    await asyncio.gather(*map(one, ward.people))


async def calm(ward, database, seconds=90):
    """Wait until nobody has anything more to say or to hear."""
    async with asyncio.timeout(seconds):
        while any(one.waits for one in ward.people) or await database.read(busy, ward.platform.clock.now()):
            await asyncio.sleep(0.05)


async def later(bot, moment):
    """Stop as an admin does, and go on at another moment."""
    await bot.stop()
    bot.clock.advance_to(moment)
    await bot.start()


def every_message_is_answered(person, kept):
    """On the phone, with the words that are kept. What WeChat gave up on it said so, and the patient's next try was answered."""
    for push, delivery in person.pushes:
        if delivery.outcome == "answered" and "MsgId" in push.fields:
            row = kept.replies[kept.heard[str(push.fields["MsgId"])]]
            assert delivery.text == row.body["text"]
    given_up = sum(delivery.outcome == "silent" for _, delivery in person.pushes)
    assert sum(bubble.body.get("fault", False) for bubble in person.user.chat) == given_up
    assert person.pushes[-1][1].outcome == "answered"


def nothing_is_shown_twice(person, kept):
    """Each message that was written is on the phone once: surely if it is kept as sent, perhaps if it is in doubt."""
    rows = kept.to(person)
    written = Counter(words(row.body) for row in rows)
    sent = Counter(words(row.body) for row in rows if row.state == "sent")
    shown = Counter(words(bubble.body) for bubble in person.user.chat if bubble.side == "account")
    assert shown - written == Counter()
    assert sent - shown == Counter()


def words(body):
    return body.get("text", "a notice")


def is_begun_once(touchpoint, kept):
    """Each attempt made one message; the talk itself began once at most."""
    keys = {row.key for row in kept.outbox if row.touchpoint_id == touchpoint.id}
    attempts = {tuple(key.split(":")[:3]) for key in keys}
    talks = [one for one in kept.sessions if one.touchpoint_id == touchpoint.id and one.purpose == "follow-up"]
    assert touchpoint.state != "planned"
    assert touchpoint.begun_at or touchpoint.state != "missed"
    assert len(attempts) == touchpoint.attempts
    assert len(talks) == (touchpoint.begun_at is not None)


async def a_day_of_kills(bot, simulator, database, seed):
    """All scan their codes, half write something, all are asked how they are: with twenty kills in it. Afterwards what was in
    doubt runs out, who was silent is reminded, and who heard nothing is asked again the next day."""
    chance, platform, clock, traffic = Random(seed), simulator[PLATFORM], simulator[CLOCK], simulator[TRAFFIC]
    people = []
    for number, code in enumerate(await database.read(codes.listed)):
        user = platform.add(f"{code.name}（{code.born_on.month}月生）", code=code.token)
        people.append(Person(user, dict(TALES[number][1]) if number < len(TALES) else {}))
    ward = Ward(people, platform, simulator[PUSHER].submit, Random(seed + 1))
    simulator[FAULTS].add("slow", left=None, seconds=0.1)  # so that something is under way at any moment
    living = asyncio.create_task(ward.live())
    try:
        await bot.start()
        scanning = asyncio.create_task(everybody(ward, ward.scan, 4))
        await kills(bot, traffic, chance, 6, (0, 5))
        await scanning
        await calm(ward, database)
        for person in people[::2]:
            ward.say(person, "1")
        await calm(ward, database)

        await bot.kill()
        clock.advance_to(TEN)
        await bot.start()
        await kills(bot, traffic, chance, KILLS - 7, (10, 30))
        await calm(ward, database)
        for hours in (0.05, 4.2, 24):
            await later(bot, TEN + timedelta(minutes=10, hours=hours))
            await calm(ward, database)
        await bot.stop()
    finally:
        living.cancel()
    return ward


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [20261116])
async def test_twenty_kills_in_a_day_lose_nothing_and_double_nothing(tmp_path, unused_tcp_port_factory, seed):
    async with hospital(tmp_path, unused_tcp_port_factory(), unused_tcp_port_factory()) as (bot, simulator, database):
        ward = await a_day_of_kills(bot, simulator, database, seed)
        kept = Kept(await database.read(everything))

    given_up = [push for push in ward.pushes if push.outcome == "silent"]
    hit = [push for push in ward.pushes if push.attempts > 1]
    told = f"{len(ward.pushes)} messages, {len(hit)} hit by a kill, {len(given_up)} given up by WeChat; outbox {kept.states}"

    assert bot.log.read_text("utf-8") == ""
    assert len(ward.people) == PATIENTS
    assert len(hit) > KILLS, told
    assert kept.states["unknown"] > 0, told
    assert kept.sent_again > 0, told
    assert len(given_up) < len(ward.pushes) / 3, told  # the bot was there more often than not
    assert {push.outcome for push in ward.pushes} <= {"answered", "silent"}
    for person in ward.people:
        every_message_is_answered(person, kept)
        nothing_is_shown_twice(person, kept)
    for touchpoint in kept.due_by(TEN):
        is_begun_once(touchpoint, kept)
