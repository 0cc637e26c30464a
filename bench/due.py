"""What is due: a million planned touchpoints, a tick that finds nothing, and a claim of 500 with their notices."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import house
from bench.row import Row
from bot.care import escalation, followup
from storage import outbox

PATIENTS, EACH = 200_000, 5
CLAIM = 500
IDLE_BAR, CLAIM_BAR = 5.0, 50.0
ROUNDS = 7


def run() -> list[Row]:
    """The idle tick is all four chores with nothing due. The claim is begin_due as the scheduler calls it, in its chunks, until
    500 were looked at and invited."""
    with tempfile.TemporaryDirectory() as folder:
        home = house.open_house(Path(folder))
        try:
            morning = house.MORNING + timedelta(hours=1)
            house.populate(home, PATIENTS, each=EACH, due_at=morning)
            write, practice = home.database.write_now, home.practice
            before = morning - timedelta(hours=1)
            idle = []
            for _ in range(50):
                begun = perf_counter()
                for act in (followup.begin_due, followup.wake_due, escalation.climb_due):
                    assert write(act, practice, before) == 0
                assert not write(outbox.claim, before, before, 50)
                idle.append((perf_counter() - begun) * 1000)
            claims = []
            for _ in range(ROUNDS):
                begun, looked = perf_counter(), 0
                while looked < CLAIM:
                    looked += write(followup.begin_due, practice, morning)
                claims.append((perf_counter() - begun) * 1000 * CLAIM / looked)
            invited = home.database.read_now(outbox.next_due)
            assert invited is not None
        finally:
            home.database.close_now()
    return [
        Row(f"{PATIENTS * EACH:,} 个触达，没有到期：一次查看", median(idle), "ms", IDLE_BAR),
        Row(f"{CLAIM} 个到期触达，连同它们的通知写入", median(claims), "ms", CLAIM_BAR),
    ]
