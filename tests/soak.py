"""A hospital under all troubles at once, for as long as one likes: `python3 dev.py soak --seed N --minutes M`.

Round after round a new hospital lives through four days: on SQLite with one process, on PostgreSQL with three behind one door.
Meanwhile WeChat is busy, takes no token any more, has no quota left, is slow, hangs up, says things twice, late and in another
order; the database stands still; processes are killed (SIGKILL) or stopped for seconds. Patients talk on. Then the troubles end,
and what is kept is compared with what stands on the phones. The seed decides troubles, kills and talk; the machine decides
what they meet. Each round prints the seed that plays it alone."""

import argparse
import asyncio
import random
import socket
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

import postgres
import psycopg
from bots import TEN, hospital
from people import Person, Ward
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from bot.care import escalation
from bot.care.errors import Refused
from bot.cli.play import TALES
from bot.simulator.app import CLOCK, FAULTS, PLATFORM, PUSHER, TRAFFIC
from storage import codes, queue, sessions, staff
from storage.contacts import Contact
from storage.messages import Inbound, Outbound
from storage.plans import Touchpoint
from storage.sessions import Session
from storage.tickets import Ticket

KINDS = ("sqlite", "postgresql")
PROCESSES = {"sqlite": 1, "postgresql": 3}
PATIENTS = 40
DAYS = (4.4, 24.1, 53)  # hours after all were asked: a reminder, another try, and one when no window is open any more
SEND = ("/cgi-bin/message/custom/send", "/cgi-bin/message/template/send")
# what patients write beside their answers; each is worth an answer or a person
ASIDES = (
    "什么时候可以洗澡？",
    "复印病历找谁",
    "伤口今天有点渗血",
    "我要投诉，等了三个小时没人管",
    "这个药饭前吃还是饭后吃？",
    "我妈不太舒服",
)
SPREAD = 6  # seconds
PACE = (0.02, 0.25)
TROUBLES = (
    *("busy", "token for ever", "quota", "slow", "too slow", "cut", "cut after", "killed token"),
    *("late", "lost answer", "twice", "disorder", "stall"),
)
SENDING = ("busy", "slow", "too slow", "cut", "cut after")  # a stretch begins with one of them
SETTLED = ("sent", "handed", "unknown", "failed", "cancelled")


class Broken(AssertionError):
    """Something was lost or doubled."""


@dataclass
class Talker(Person):
    """Somebody who also writes unasked: `aside` are those messages with how they ended. Who is `sleepy` answers nothing from
    ten o'clock on, until the last day."""

    sleepy: bool = False
    wakes: bool = True
    aside: list = field(default_factory=list)

    def unread(self):
        return super().unread() if self.wakes else None

    @property
    def all_pushes(self):
        return [*self.pushes, *((push, future.result()) for push, future in self.aside if future.done())]


class Door:
    """What stands before several processes: each connection goes to one of them that is open."""

    def __init__(self, ports, chance):
        self.ports, self.chance = ports, chance
        self.tasks = set()

    @asynccontextmanager
    async def open(self, port):
        server = await asyncio.start_server(self._enter, "127.0.0.1", port)
        try:
            yield
        finally:
            server.close()
            for task in list(self.tasks):
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _enter(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        try:
            for port in self.chance.sample(self.ports, len(self.ports)):
                with suppress(OSError):
                    inside, outside = await asyncio.open_connection("127.0.0.1", port)
                    try:
                        await asyncio.wait(
                            [asyncio.ensure_future(_copy(reader, outside)), asyncio.ensure_future(_copy(inside, writer))],
                            return_when=asyncio.FIRST_COMPLETED,
                        )
                    finally:
                        outside.close()
                    return
        finally:
            writer.close()
            self.tasks.discard(asyncio.current_task())


async def _copy(reader, writer):
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


class Troubles:
    """One after another, as the seed has it, while `on`."""

    def __init__(self, seed, house, stall, tell):
        self.chance = random.Random(f"{seed} troubles")
        self.deaths = random.Random(f"{seed} deaths")
        self.house, self.stall, self.tell = house, stall, tell
        self.faults, self.clock, self.platform = house.simulator[FAULTS], house.simulator[CLOCK], house.simulator[PLATFORM]
        self.traffic = house.simulator[TRAFFIC]
        self.met = Counter()

    @asynccontextmanager
    async def on(self, *, kills):
        """Troubles during the block; then all of them end, and every process serves."""
        going = [asyncio.create_task(self._faults()), asyncio.create_task(self._ends(kills))]
        try:
            yield going[1]
        finally:
            going[0].cancel()
            await asyncio.gather(*going, return_exceptions=True)
            self.faults.remove()
            self.platform.tokens.kill()  # and what was held is good for nothing
        for task in going:
            if not task.cancelled() and task.exception():
                raise task.exception()

    async def _faults(self):
        chance, add, begun = self.chance, self.faults.add, False
        while True:
            path = chance.choice(("*", SEND[0], *SEND))
            times = chance.randint(1, 6)
            kind = chance.choice(TROUBLES if begun else SENDING)
            begun = True
            self.met[kind] += 1
            self.tell(f"trouble: {kind}, {times} times, {path} where it matters")
            lasting, pause = None, chance.uniform(0.1, 0.8)
            match kind:
                case "busy":
                    add("busy", path=path, left=times)
                case "token for ever":
                    lasting = add("bad_token", path="*", left=None)
                case "quota":
                    lasting = add("quota", path=SEND[0], left=None)
                case "slow":
                    add("slow", path=path, left=times, seconds=chance.uniform(0.1, 1.5))
                case "too slow":  # the answer comes when nobody waits for it any more
                    add("slow", path=SEND[0], left=1, seconds=11)
                case "cut" | "cut after":
                    add("cut", path=path, left=times, done=kind == "cut after")
                case "killed token":
                    self.platform.tokens.kill()
                case "late":
                    add("slow", path="push", left=times, seconds=chance.uniform(1, 7))
                case "lost answer":
                    add("cut", path="push", left=times)
                case "twice":
                    add("duplicate", left=times)
                case "disorder":
                    add("out_of_order", left=times)
                case "stall":
                    await asyncio.to_thread(self.stall, chance.uniform(0.5, 4.6))
            await asyncio.sleep(pause)
            if lasting is not None:
                await asyncio.sleep(chance.uniform(0.5, 1.5))
                self.faults.remove(lasting.id)

    async def _ends(self, times):
        """One process at a time is killed in the middle of its work, or stands still; the others go on."""
        chance = self.deaths
        for _ in range(times):
            bot, way, rest = chance.choice(self.house.bots), chance.choice(("kill", "kill", "pause")), chance.uniform(0.3, 6)
            more, sending = chance.randint(1, 40), chance.random() < 0.5
            self.tell(f"{way} process {self.house.bots.index(bot) + 1}, {'sending' if sending else f'{more} requests later'}")
            await (self._sending() if sending else self._requests(more))
            self.met[way] += 1
            if way == "pause":
                await bot.pause(rest)
            else:
                await bot.kill()
                await asyncio.sleep(rest / 10)
                await bot.start()

    async def _requests(self, more):
        """So many more, or as many as there are in a while."""
        wanted, patience = self.traffic.count + more, time.monotonic() + 1.5
        while self.traffic.count < wanted and time.monotonic() < patience:
            await asyncio.sleep(0.002)

    async def _sending(self):
        """Until a message is on its way, if one leaves in a while."""
        slow = self.faults.add("slow", path=SEND[0], left=3, seconds=0.4)
        self.faults.active.insert(0, self.faults.active.pop())  # before all others
        patience = time.monotonic() + 1.5
        while not slow.hits and time.monotonic() < patience:
            await asyncio.sleep(0.002)


def staller(database_url):
    """What makes the database stand still for so many seconds, short enough that nobody's patience ends."""

    def sqlite(seconds):
        connection = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None, timeout=2)
        try:
            with suppress(sqlite3.OperationalError):
                connection.execute("BEGIN IMMEDIATE")
                time.sleep(seconds)
        finally:
            connection.close()

    def postgresql(seconds):
        with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
            connection.execute("LOCK TABLE inbound, outbound IN EXCLUSIVE MODE")
            time.sleep(seconds)

    return sqlite if database_url.startswith("sqlite") else postgresql


class Round:
    """One hospital's four days. `tell` hears what happens to it."""

    def __init__(self, seed, house, stall, tell):
        self.house, self.clock = house, house.simulator[CLOCK]
        self.troubles = Troubles(seed, house, stall, tell)
        self.chance = random.Random(f"{seed} talk")
        self.ward = Ward([], house.simulator[PLATFORM], house.simulator[PUSHER].submit, random.Random(f"{seed} pace"), PACE)
        self.tell = tell
        self.nurses = random.Random(f"{seed} nurse")
        self.nurse = house.database.write_now(staff.add, "soak", "护士", "x", "nurse", self.clock.now())
        self.notes = 0

    async def live(self, kills, hours, peace):
        """`kills` in each troubled stretch: while all scan their codes (unless in `peace`), at ten, and at each of these `hours`
        after it."""
        house = self.house
        for code in await house.database.read(codes.listed):
            user = house.simulator[PLATFORM].add(f"{code.name}（{code.born_on.month}月生）", code=code.token)
            tale = dict(self.chance.choice(TALES)[1]) if self.chance.random() < 0.5 else {}
            self.ward.people.append(Talker(user, tale, sleepy=self.chance.random() < 0.3))
        living = asyncio.create_task(self.ward.live())
        try:
            await self._start()
            if peace:
                await self._everybody(self.ward.scan, 0.5)
                await self.calm()
            else:
                await self._troubled(self._everybody(self.ward.scan, 3), kills)
            for person in self.ward.people:
                person.wakes = not person.sleepy
            for after in (0, *hours):
                if after:
                    await self._restart()
                await self._troubled(self._asides(), kills, TEN + timedelta(hours=after))
                await self._later(TEN + timedelta(hours=after + 0.05))  # leases have run out
                await self.calm()
            for person in self.ward.people:
                person.wakes = True
            for more in (
                0.05,
                0.2,
                0.4,
            ):  # what can be repeated is; then nothing is under way any more, and what was in doubt is known to be
                await self._later(TEN + timedelta(hours=max((0, *hours)) + more))
                await self.calm()
            await asyncio.gather(*(bot.stop() for bot in house.bots))
        finally:
            living.cancel()
            with suppress(asyncio.CancelledError):
                await living

    async def _troubled(self, doing, kills, moment=None):
        """What begins at this moment begins among troubles."""
        async with self.troubles.on(kills=kills) as ends:
            if moment is not None:
                await self._later(moment)
            await asyncio.gather(doing, ends, self._nurse(SPREAD))
        await self.calm()

    async def calm(self, seconds=120):
        """Wait until nobody has anything more to say or to hear."""
        until = time.monotonic() + seconds
        while why := await self._unrest():
            if time.monotonic() > until:
                raise Broken(f"it does not come to rest: {why}")
            await asyncio.sleep(0.05)

    async def _unrest(self):
        """What still moves; empty if nothing does."""
        if self.house.simulator[PUSHER].waiting:
            return "pushes under way"
        if any(one.waits or any(not future.done() for _, future in one.aside) for one in self.ward.people):
            return "patients who have something to say"
        return await self.house.database.read(busy, self.clock.now())

    async def _start(self):
        await asyncio.gather(*(bot.start() for bot in self.house.bots))

    async def _nurse(self, seconds):
        """A nurse writes to those whose tickets are open, each time something new, and gives the talk back."""
        until, database, practice = time.monotonic() + seconds, self.house.database, self.house.practice
        while time.monotonic() < until:
            await asyncio.sleep(self.nurses.uniform(0.1, 0.3))
            tickets = await database.read(_tickets)
            if not tickets:
                continue
            ticket, self.notes = self.nurses.choice(tickets), self.notes + 1
            with suppress(Refused, TimeoutError, DBAPIError):
                now, words = self.clock.now(), f"护士第{self.notes}次留言，收到，我们在看。"
                await database.write(escalation.reply, practice, ticket, self.nurse, words, now)
            with suppress(Refused, TimeoutError, DBAPIError):
                await database.write(escalation.hand_back, practice, ticket, self.nurse, self.clock.now())

    async def _restart(self):
        """As an admin does."""
        await asyncio.gather(*(bot.stop() for bot in self.house.bots))
        await self._start()

    async def _later(self, moment):
        """It is so late now, all at once."""
        self.clock.advance_to(moment)
        self.tell(f"-- {self.clock.now():%d %H:%M}")
        self.house.bots[0].look_up()
        await asyncio.sleep(0.5)  # two ticks

    async def _everybody(self, act, seconds):
        async def one(person, after):
            await asyncio.sleep(after)
            act(person)

        await asyncio.gather(*(one(person, self.chance.uniform(0, seconds)) for person in self.ward.people))

    async def _asides(self):
        """Some write unasked, while their answers are still under way."""
        for person in self.chance.sample(self.ward.people, len(self.ward.people) // 3):
            await asyncio.sleep(self.chance.uniform(0, 0.3))
            text = self.chance.choice((*ASIDES, ""))
            if not person.user.follows:
                continue
            platform = self.ward.platform
            push = platform.say(person.user, text) if text else platform.voice(person.user, 3)
            person.aside.append((push, self.ward.submit(push)))


def _tickets(tx):
    """Those about somebody who can be written to."""
    return list(tx.session.exec(select(Ticket.id).where(Ticket.state != "closed", Ticket.contact_id.is_not(None))).all())


def spread(tx, due, chance):
    """They fall due one after another, so that each meets other troubles."""
    for touchpoint_id in sorted(due):
        tx.session.get(Touchpoint, touchpoint_id).due_at = TEN + timedelta(seconds=chance.uniform(0, SPREAD))


def busy(tx, now):
    """What is to be done now. What a killed process had in its hands is not, nor what waits for a repair, nor what is to follow
    either of them."""
    later = (Outbound.state == "pending") & (Outbound.due_at > now)
    held = select(Outbound.contact_id).where(later | (Outbound.state == "leased"))
    waiting = select(Outbound.key).where(Outbound.state == "pending", Outbound.due_at <= now, Outbound.contact_id.not_in(held))
    found = {"touchpoints": queue.next_due(tx), "talks": sessions.next_due(tx)}
    due = [f"{name} due at {moment}" for name, moment in found.items() if moment is not None and moment <= now]
    return "; ".join([*due, *tx.session.exec(waiting.limit(3)).all()])


class Kept:
    """The database after the days, by what one looks for."""

    def __init__(self, tx):
        def every(kind):
            return list(tx.session.exec(select(kind)).all())

        self.contacts = {contact.openid: contact for contact in every(Contact)}
        self.heard = {message.key: message for message in every(Inbound)}
        self.joined = {message.joins for message in self.heard.values()}
        self.outbox = every(Outbound)
        self.replies = {row.reply_to: row for row in self.outbox if row.reply_to is not None}
        self.touchpoints = every(Touchpoint)
        self.sessions = every(Session)
        self.tickets = every(Ticket)
        self.states = Counter(row.state for row in self.outbox)

    def wrong(self, people, due):
        """What was lost or doubled, in words; nothing if all is well."""
        for person in people:
            contact = self.contacts.get(person.user.openid)
            yield from self._answers(person, contact)
            if contact is not None:
                yield from self._shown(person, contact)
        for touchpoint in self.touchpoints:
            if touchpoint.id in due:
                yield from self._begun(touchpoint)
        for row in self.outbox:
            if row.state not in SETTLED and row.due_at <= max(one.created_at for one in self.outbox):
                yield f"message {row.key} still {row.state} {row.errcode} {row.error}"
            if row.state == "failed" and row.reply_to is not None and not self._watched(row.contact_id):
                yield f"reply {row.key} failed and nobody was told: {row.errcode} {row.error}"
            if row.state == "unknown" and row.lane in ("service", "reply") and row.attempts > 1 and row.doubtful_at is not None:
                yield f"message {row.key} was in doubt and sent again"

    def _answers(self, person, contact):
        """Every message is answered, with the words that are kept, or waits for a person; or WeChat said that it failed."""
        given_up = 0
        for push, delivery in person.all_pushes:
            inbound = self.heard.get(str(push.fields.get("MsgId", "")))
            reply = self.replies.get(inbound.id) if inbound else None
            given_up += delivery.outcome in ("silent", "malformed")
            if delivery.outcome in ("silent", "malformed") or "MsgId" not in push.fields:
                continue
            what = f"{person.user.openid} {push.fields.get('Content', push.fields['MsgType'])}"
            if inbound is None:
                yield f"accepted and not kept: {what}"
            elif delivery.outcome == "answered":
                if reply is None or reply.body["text"] != delivery.text:
                    yield f"answered with other words than are kept: {what}"
            elif not (reply or self._watched(contact.id) or inbound.joins or inbound.id in self.joined):
                yield f"neither answered nor waiting for a person: {what}"
        told = sum(bubble.body.get("fault", False) for bubble in person.user.chat)
        if told > given_up:
            yield f"{person.user.openid}: WeChat gave up {told} times, {given_up} known"

    def _watched(self, contact_id):
        """Whether a person has something to do about this contact."""
        episodes = {one.episode_id for one in self.sessions if one.contact_id == contact_id}
        return any(
            ticket.contact_id == contact_id or (ticket.contact_id is None and ticket.episode_id in episodes)
            for ticket in self.tickets
        )

    def _shown(self, person, contact):
        """Each message that was written is on the phone once: surely if it is kept as sent, perhaps if it is in doubt."""
        rows = [row for row in self.outbox if row.contact_id == contact.id]
        shown = Counter(_words(bubble.body) for bubble in person.user.chat if bubble.side == "account")
        if twice := shown - Counter(_words(row.body) for row in rows):
            yield f"{person.user.openid} was shown more often than written: {dict(twice)}"
        if lost := Counter(_words(row.body) for row in rows if row.state == "sent") - shown:
            yield f"{person.user.openid} was not shown what is kept as sent: {dict(lost)}"

    def _begun(self, touchpoint):
        """No touchpoint is forgotten; no patient is asked twice on a day; of its talks one goes on."""
        name = f"touchpoint {touchpoint.id} ({touchpoint.flow}, {touchpoint.state}, {touchpoint.reason})"
        rows = [row for row in self.outbox if row.touchpoint_id == touchpoint.id and row.state in ("sent", "unknown")]
        asked = {(row.key.split(":")[0], row.created_at) for row in rows if row.key.startswith(("begin:", "invite:"))}
        days = Counter((kind, moment.date()) for kind, moment in asked)
        talks = [one for one in self.sessions if one.touchpoint_id == touchpoint.id and one.purpose == "follow-up"]
        if touchpoint.state == "planned":
            yield f"{name} was forgotten"
        if touchpoint.state in ("begun", "done") and not talks:
            yield f"{name} has no talk"
        if len([one for one in talks if one.status not in ("expired", "interrupted")]) > 1:
            yield f"{name} has {len(talks)} talks"
        if max(days.values(), default=0) > 1:
            yield f"{name} asked more than once a day: {sorted(asked)}"


def _words(body):
    return body.get("text", "a notice")


async def play(folder, kind, seed, *, server=None, patients=PATIENTS, kills=3, hours=DAYS, peace=False, tell=lambda line: None):
    """One round; what was wrong, and a line about what was met."""
    took = time.monotonic()
    *ports, door, phones = free_ports(PROCESSES[kind] + 2)
    database_url = f"sqlite:///{folder}/data/suifang.sqlite"
    if kind == "postgresql":
        name = f"soak_{seed}"
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        database_url = server.url(name)
    entrance = Door(ports, random.Random(f"{seed} door"))
    told = ports[0] if len(ports) == 1 else door
    setting = hospital(folder, ports, door=told, phones_port=phones, patients=patients, database_url=database_url)
    async with entrance.open(door), setting as house:
        one = Round(seed, house, staller(database_url), tell)
        await house.database.write(spread, house.due, random.Random(f"{seed} spread"))
        await one.live(kills, hours, peace)
        kept = await house.database.read(Kept)
        wrong = list(kept.wrong(one.ward.people, house.due))
        crashes = [line for line in house.bots[0].log.read_text("utf-8").splitlines() if not _expected(line)]
        wrong += [f"log: {line[:300]}" for line in crashes]
    pushes = [delivery for person in one.ward.people for _, delivery in person.all_pushes]
    outcomes = Counter(delivery.outcome for delivery in pushes)
    took = time.monotonic() - took
    line = (
        f"{kind} seed {seed}: {took:.0f} s, messages {dict(outcomes)}, outbox {dict(kept.states)}, met {dict(one.troubles.met)}"
    )
    return wrong, line


def _expected(line):
    """Errors that the troubles themselves bring, and that the next tick or WeChat's next try mends."""
    return any(word in line for word in ("OperationalError", "LockNotAvailable", "TimeoutError"))


def free_ports(count):
    """Ports that nobody listens at now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def main(argv):
    """Rounds until the minutes are over; exit code 1 at the first one in which something was lost or doubled."""
    parser = argparse.ArgumentParser(prog="dev.py soak", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--database", choices=KINDS, help="one kind only")
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--quiet", action="store_true", help="one line a round, not one for each trouble")
    args = parser.parse_args(argv)
    kinds = [args.database] if args.database else list(KINDS)
    until, seed = time.monotonic() + args.minutes * 60, args.seed
    tell = (lambda line: None) if args.quiet else lambda line: print(f"  {line}", flush=True)  # noqa: T201
    with ExitStack() as stack:
        server = None
        if "postgresql" in kinds:
            try:
                server = stack.enter_context(postgres.running())
            except postgres.Unavailable as error:
                print(f"no PostgreSQL here: {error}", file=sys.stderr)  # noqa: T201
                kinds.remove("postgresql")
        while kinds:
            for kind in kinds:
                with tempfile.TemporaryDirectory() as folder:
                    wrong, line = asyncio.run(play(Path(folder), kind, seed, server=server, patients=args.patients, tell=tell))
                print("\n".join([line, *wrong]), flush=True)  # noqa: T201
                if wrong:
                    print(f"again: python3 dev.py soak --seed {seed} --database {kind} --minutes 0")  # noqa: T201
                    return 1
            seed += 1
            if time.monotonic() > until:
                break
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
