"""Twenty times in a busy day the bot is killed (SIGKILL) and started again: nobody is forgotten, and nobody is told twice.

The bot is a process of its own on SQLite; WeChat is the simulator, which asks again after 3 and 6 seconds (really 5 and 10).
Both go by one clock, which is set forward only while the bot is down. The patients answer whatever they are asked, and when
WeChat shows them that the service is out of order, they do what people do: they try again."""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from bots import TEN, hospital
from people import Person, Ward
from sqlmodel import select

from bot.cli.play import TALES
from bot.simulator.app import CLOCK, FAULTS, PLATFORM, PUSHER, TRAFFIC
from storage import codes, queue, sessions
from storage.contacts import Contact
from storage.messages import Inbound, Outbound
from storage.plans import Touchpoint
from storage.sessions import Session

PATIENTS, KILLS = 200, 20


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
    port, phones_port = unused_tcp_port_factory(), unused_tcp_port_factory()
    async with hospital(tmp_path, [port], door=port, phones_port=phones_port, patients=PATIENTS) as house:
        [bot] = house.bots
        ward = await a_day_of_kills(bot, house.simulator, house.database, seed)
        kept = Kept(await house.database.read(everything))

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
    for touchpoint in kept.touchpoints:
        if touchpoint.id in house.due:
            is_begun_once(touchpoint, kept)
