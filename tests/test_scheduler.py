"""The metronome: what is due gets done soon, completely, and never twice at once."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bot import scheduler
from bot.scheduler import Scheduler


class Pile:
    """A chore with `left` things to do, in pieces of at most two. Each piece waits for `gate`."""

    def __init__(self, left):
        self.left, self.done, self.at_work, self.most = left, 0, 0, 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.began = asyncio.Event()
        self.empty = asyncio.Event()
        self.error = None

    async def __call__(self):
        self.began.set()
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        try:
            await self.gate.wait()
            if self.error:
                error, self.error = self.error, None
                raise error
            piece = min(2, self.left)
            self.left -= piece
            self.done += piece
            if not piece:
                self.empty.set()
            return piece
        finally:
            self.at_work -= 1

    def add(self, number):
        self.left += number
        self.empty.clear()

    async def emptied(self):
        await asyncio.wait_for(self.empty.wait(), 5)


@pytest.fixture
async def started():
    """Start a scheduler over chores; it is stopped in the end."""
    running = []

    def start(tick=3600.0, **chores):
        made = Scheduler(chores, tick)
        made.start()
        running.append(made)
        return made

    yield start
    for each in running:
        await each.stop()


async def test_what_is_due_at_the_start_is_done_at_once_and_completely(started):
    pile = Pile(7)
    started(pile=pile)
    await pile.emptied()

    assert pile.done == 7


async def test_a_tick_finds_what_came_due_later(started):
    pile = Pile(0)
    started(tick=0.02, pile=pile)
    await pile.emptied()
    pile.add(3)
    await pile.emptied()

    assert pile.done == 3


async def test_a_knock_does_not_wait_for_the_tick(started):
    pile, other = Pile(0), Pile(0)
    ticking = started(pile=pile, other=other)
    await asyncio.gather(pile.emptied(), other.emptied())
    pile.add(3)
    other.began.clear()
    ticking.knock("pile")
    await pile.emptied()

    assert pile.done == 3
    assert not other.began.is_set()


async def test_a_thousand_knocks_while_at_work_bring_one_more_round_and_never_two_at_once(started):
    pile = Pile(1)
    pile.gate.clear()
    ticking = started(tick=0.02, pile=pile)
    await pile.began.wait()
    for _ in range(1000):
        ticking.knock("pile")
    waiting = len(ticking._in_hand)
    pile.gate.set()
    await pile.emptied()

    assert waiting == 2
    assert pile.most == 1
    assert pile.done == 1


async def test_a_hundred_soft_knocks_are_one_round_a_little_later(started):
    pile = Pile(0)
    ticking = started(pile=pile)
    await pile.emptied()
    pile.add(1)
    for _ in range(100):
        ticking.knock_soon("pile", 0.01)
    waiting = len(ticking._soon), len(ticking._in_hand)
    await pile.emptied()

    assert waiting == (1, 0)
    assert pile.done == 1


async def test_a_knock_during_the_last_look_is_not_lost(started):
    pile = Pile(0)
    pile.gate.clear()
    ticking = started(pile=pile)
    await pile.began.wait()
    ticking.knock("pile")
    pile.began.clear()
    pile.gate.set()
    await asyncio.wait_for(pile.began.wait(), 5)

    assert pile.most == 1


async def test_an_exception_is_counted_without_its_words_and_the_chore_goes_on(started):
    pile = Pile(2)
    pile.error = ValueError("张三 13800000001")
    with capture_logs() as logs:
        ticking = started(tick=0.02, pile=pile)
        await pile.emptied()

    assert pile.done == 2
    assert ticking.beats["pile"].failures == 1
    assert logs == [{"event": "chore failed", "chore": "pile", "error": "ValueError", "failures": 1, "log_level": "error"}]


async def test_stop_finishes_what_is_in_hand_and_begins_nothing_new(started):
    pile = Pile(9)
    pile.gate.clear()
    ticking = started(pile=pile)
    await pile.began.wait()
    stopping = asyncio.create_task(ticking.stop())
    await asyncio.sleep(0)
    finished_early = stopping.done()
    pile.gate.set()
    await stopping
    ticking.knock("pile")
    await asyncio.sleep(0)

    assert not finished_early
    assert (pile.done, pile.left, pile.at_work) == (2, 7, 0)


async def test_it_is_alive_while_its_chores_go_well(started, monkeypatch):
    pile = Pile(0)
    ticking = Scheduler({"pile": pile}, 0.02)
    before = ticking.alive
    ticking = started(tick=0.02, pile=pile)
    running = ticking.alive
    monkeypatch.setattr(scheduler, "PATIENCE", -1e9)
    monkeypatch.setattr(ticking, "_tick", -1e9)
    failing_for_long = ticking.alive
    await ticking.stop()

    assert (before, running, failing_for_long, ticking.alive) == (False, True, False, False)
