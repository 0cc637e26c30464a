"""The metronome. What is due stands in the database; a tick only asks for it, and loops until nothing is left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

# Does one bounded piece of what is due and says how many things it did; 0 when nothing is left.
Chore = Callable[[], Awaitable[int]]
# A chore that has not gone well for so long (seconds) means that the process is not healthy.
PATIENCE = 120.0
SOON = 0.2
REST = 0.05  # seconds at most between two pieces of a backlog

_log = structlog.get_logger()


@dataclass(slots=True)
class Beat:
    """How one chore has gone. `well` is the monotonic time of its last piece without an exception."""

    done: int = 0
    failures: int = 0
    well: float = 0.0
    queued: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Scheduler:
    """Runs each chore every `tick` seconds, and at once when knocked. An exception is counted and logged by its kind; the
    chore goes on at the next tick."""

    def __init__(self, chores: Mapping[str, Chore], tick: float = 2.0) -> None:
        self._chores = dict(chores)
        self._tick = tick
        self._clock = AsyncIOScheduler(job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
        self._in_hand: set[asyncio.Task[None]] = set()
        self._soon: dict[str, asyncio.TimerHandle] = {}
        self._running = False
        self.beats = {name: Beat() for name in self._chores}

    def start(self) -> None:
        """Begin to tick, at once for the first time; call it inside the event loop."""
        for name in self._chores:
            self.beats[name].well = time.monotonic()
            self._clock.add_job(self._tock, "interval", seconds=self._tick, args=[name], id=name)
        self._clock.start()
        self._running = True
        self.knock(*self._chores)

    def knock(self, *names: str) -> None:
        """Something was just committed for these chores: do them now, without waiting for the tick. A knock while a chore is
        at work brings one more round of it."""
        if not self._running:
            return
        for name in names:
            if not self.beats[name].queued:
                self.beats[name].queued = True
                task = asyncio.create_task(self._round(name))
                self._in_hand.add(task)
                task.add_done_callback(self._in_hand.discard)

    def knock_soon(self, name: str, delay: float = SOON) -> None:
        """As `knock`, but many within `delay` seconds count as one."""
        if self._running and name not in self._soon:
            self._soon[name] = asyncio.get_running_loop().call_later(delay, self._now, name)

    async def stop(self) -> None:
        """Begin nothing new and finish what is in hand. (APScheduler's own shutdown would cancel it.)"""
        if not self._running:
            return
        self._running = False
        for handle in self._soon.values():
            handle.cancel()
        self._clock.pause()
        await asyncio.gather(*self._in_hand)
        self._clock.shutdown(wait=False)

    @property
    def alive(self) -> bool:
        """Whether it runs, and each chore went well not long ago."""
        late = time.monotonic() - max(PATIENCE, 10 * self._tick)
        return self._running and all(beat.well > late for beat in self.beats.values())

    @property
    def failures(self) -> dict[str, int]:
        """Rounds of each chore that ended in an exception."""
        return {name: beat.failures for name, beat in self.beats.items()}

    def _now(self, name: str) -> None:
        del self._soon[name]
        self.knock(name)

    async def _tock(self, name: str) -> None:
        if not self.beats[name].turn.locked():
            self.knock(name)

    async def _round(self, name: str) -> None:
        beat, chore = self.beats[name], self._chores[name]
        async with beat.turn:
            beat.queued = False
            done = 1
            try:
                while done and self._running:
                    began = time.monotonic()
                    done = await chore()
                    beat.done += done
                    beat.well = time.monotonic()
                    if done:  # a backlog takes half of the machine at most: patients who write now come first
                        await asyncio.sleep(min(beat.well - began, REST))
            except Exception as error:
                beat.failures += 1
                # no message of the exception: a database error quotes what was to be written
                _log.error("chore failed", chore=name, error=type(error).__name__, failures=beat.failures)
