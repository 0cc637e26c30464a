"""The webhook: signed text in, the session stepped, committed durably, reply out; against a bare echo in the same run.

The load comes from a process of its own; echo and house are measured in turn, so that both meet the same machine."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from sqlmodel import SQLModel, func, select

from bench import house, load, postgres
from bench.row import Row
from storage.database import open_database
from storage.messages import Inbound
from storage.sessions import Answer

PATIENTS = 1000
ROUNDS = 5
SECONDS = 2.0
LATENCY_SECONDS = 10.0
MOST_ASKED = 24_000  # requests prepared for one round; more than can be answered in it
DUE = 100_000
SHARES = {("sqlite", "plain"): 0.17, ("sqlite", "safe"): 0.13, ("postgresql", "plain"): 0.06}
# of sentences, each of which is read whole
SENTENCES = {("sqlite", "plain"): 0.12, ("sqlite", "safe"): 0.10}
ARRIVALS = {500: 15.0, 1000: 25.0}
DRAINING_P99 = 40.0


@contextmanager
def serving(*argv: str) -> Iterator[int]:
    """A server in a process of its own; its port."""
    process = subprocess.Popen([sys.executable, "-m", *argv], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def hospital(*, mode: str, api: int, database_url: str = "", due: int = 0) -> Iterator[int]:
    """The house with its patients in the middle of a talk."""
    with tempfile.TemporaryDirectory() as folder:
        how = {
            "folder": folder,
            "mode": mode,
            "api": f"http://127.0.0.1:{api}",
            "patients": PATIENTS,
            "due": due,
            "shift": house.SHIFT,
        }
        with serving("bench.house", json.dumps(how | {"database_url": database_url})) as port:
            yield port
        _all_stepped(database_url or f"sqlite:///{folder}/data/suifang.sqlite")


def share(kind: str, mode: str, echo: int, database_url: str = "", *, sentences: bool = False) -> list[Row]:
    """The house's rate as a part of the echo's, closed loop."""
    ours, theirs, used = [], [], 0
    replies, bar = (house.SENTENCES, SENTENCES[kind, mode]) if sentences else (house.SHORT, SHARES[kind, mode])
    with hospital(mode=mode, api=echo, database_url=database_url) as port:
        for _ in range(ROUNDS):
            prepared = house.requests(PATIENTS, MOST_ASKED, mode=mode, first=used, replies=replies)
            theirs.append(load.closed(echo, prepared * 4, seconds=SECONDS).rate)
            outcome = load.closed(port, prepared, seconds=SECONDS)
            _all_answered(outcome)
            used += outcome.sent
            ours.append(outcome.rate)
    part = median(mine / unit for mine, unit in zip(ours, theirs, strict=True))
    note = f"{median(ours):.0f}/s，空回声 {median(theirs):.0f}/s"
    said = "整句" if sentences else "短答"
    return [Row(f"回调，{kind}，{mode}，{said}：占空回声的份额", part, "", bar, most=False, note=note)]


def latency(echo: int) -> list[Row]:
    """Open loop: Poisson arrivals."""
    rows, used = [], 0
    with hospital(mode="plain", api=echo) as port:
        for rate, bar in ARRIVALS.items():
            prepared = house.requests(PATIENTS, int(rate * (LATENCY_SECONDS + 2)), first=used)
            outcome = load.open_loop(port, prepared, rate, LATENCY_SECONDS)
            _all_answered(outcome)
            used += outcome.sent
            rows.append(Row(f"回调，每秒 {rate} 封随机到达：p99", outcome.p99, "ms", bar, note=f"p50 {outcome.p50:.1f} ms"))
    return rows


def draining(echo: int) -> list[Row]:
    """Open loop while a backlog of due touchpoints is worked off."""
    with hospital(mode="plain", api=echo, due=DUE) as port:
        prepared = house.requests(PATIENTS, int(500 * (LATENCY_SECONDS + 2)))
        outcome = load.open_loop(port, prepared, 500, LATENCY_SECONDS)
        _all_answered(outcome)
    what = f"回调，每秒 500 封，同时处理 {DUE:,} 个到期触达：p99"
    return [Row(what, outcome.p99, "ms", DRAINING_P99, note=f"p50 {outcome.p50:.1f} ms")]


def _all_stepped(database_url: str) -> None:
    """Every message that was kept has answered a question of its talk: nothing easier was measured."""
    database = open_database(database_url)
    try:
        told, read = database.read_now(lambda tx: tx.session.exec(select(_count(Inbound), _count(Answer))).one())
    finally:
        database.close_now()
    if told != read or not told:
        raise RuntimeError(f"{told} messages, {read} answers read in them")


def _count(table: type[SQLModel]) -> Any:
    return select(func.count()).select_from(table).scalar_subquery()


def _all_answered(outcome: load.Outcome) -> None:
    if outcome.refused or outcome.empty:
        raise RuntimeError(f"of {outcome.sent} messages {outcome.refused} were refused and {outcome.empty} had no reply")


def run() -> list[Row]:
    """All of it."""
    with serving("bench.echo") as echo:
        rows = [row for mode in ("plain", "safe") for row in share("sqlite", mode, echo)]
        rows += [row for mode in ("plain", "safe") for row in share("sqlite", mode, echo, sentences=True)]
        with postgres.started() as url:
            rows += share("postgresql", "plain", echo, url) if url else []
        return rows + latency(echo) + draining(echo)
