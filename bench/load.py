"""A load generator on raw sockets, in a process of its own: fast enough not to be what is measured.

Closed loop: each of some connections sends as soon as it has its answer. Open loop: arrivals at random moments (Poisson),
latency counted from the moment of arrival, so that a slow server cannot slow its own load.
"""

from __future__ import annotations

import json
import pickle
import random
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

WARM_UP = 0.5  # seconds whose answers are not counted


@dataclass
class Outcome:
    """What came back. `rate` in answers a second, latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    worst: float
    sent: int
    refused: int
    empty: int


def closed(port: int, requests: Sequence[bytes], connections: int = 32, seconds: float = 3.0) -> Outcome:
    """As fast as the server answers, `requests` in turn; ends early when they are used up."""
    return _elsewhere(port, requests, {"connections": connections, "seconds": seconds, "rate": 0.0})


def open_loop(port: int, requests: Sequence[bytes], rate: float, seconds: float = 10.0, connections: int = 256) -> Outcome:
    """`rate` arrivals a second."""
    return _elsewhere(port, requests, {"connections": connections, "seconds": seconds, "rate": rate})


def _elsewhere(port: int, requests: Sequence[bytes], how: dict[str, float]) -> Outcome:
    with tempfile.NamedTemporaryFile(suffix=".requests") as file:
        pickle.dump(list(requests), file)
        file.flush()
        done = subprocess.run([sys.executable, "-m", "bench.load", file.name, str(port), json.dumps(how)], capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return Outcome(**json.loads(done.stdout))


class _Run:
    def __init__(self, port: int, requests: list[bytes], connections: int) -> None:
        self.requests = requests
        self.next = 0
        self.poll = select.epoll()
        self.socks: dict[int, socket.socket] = {}
        self.pending: dict[int, float] = {}
        self.buffers: dict[int, bytes] = {}
        self.latencies: list[float] = []
        self.refused = self.empty = self.answered = 0
        self.counting = False
        for _ in range(connections):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setblocking(False)
            self.socks[sock.fileno()] = sock
            self.poll.register(sock.fileno(), select.EPOLLIN)

    def send(self, number: int, since: float) -> None:
        self.pending[number] = since
        self.buffers[number] = b""
        self.socks[number].sendall(self.requests[self.next])
        self.next += 1

    def receive(self, number: int, now: float) -> bool:
        """Whether the answer on this connection is whole."""
        data = self.buffers[number] + self.socks[number].recv(65536)
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self.buffers[number] = data
            return False
        at = data.find(b"Content-Length: ")
        length = int(data[at + 16 : data.index(b"\r\n", at)]) if 0 <= at < end else 0
        if len(data) < end + 4 + length:
            self.buffers[number] = data
            return False
        since = self.pending.pop(number)
        self.refused += data[9:12] != b"200"
        if self.counting:
            self.latencies.append(now - since)
            self.answered += 1
            self.empty += length == 0
        return True

    def outcome(self, seconds: float) -> Outcome:
        spread = sorted(self.latencies) or [float("nan")]
        at = [spread[min(len(spread) - 1, int(len(spread) * share))] * 1000 for share in (0.5, 0.99, 1.0)]
        return Outcome(self.answered / seconds, *at, self.next, self.refused, self.empty)


def _closed(run: _Run, seconds: float) -> Outcome:
    begun = time.perf_counter()
    until = begun + WARM_UP + seconds
    for number in list(run.socks)[: len(run.requests)]:
        run.send(number, time.perf_counter())
    counted_from = begun
    while run.pending and (now := time.perf_counter()) < until:
        if not run.counting and now > begun + WARM_UP:
            run.counting, counted_from = True, now
        for number, _ in run.poll.poll(1):
            now = time.perf_counter()
            if run.receive(number, now) and run.next < len(run.requests):
                run.send(number, now)
    return run.outcome(time.perf_counter() - counted_from)


def _open(run: _Run, rate: float, seconds: float) -> Outcome:
    chance = random.Random(2026)
    idle, late = list(run.socks), deque[float]()
    begun = time.perf_counter()
    arrival, until = begun, begun + WARM_UP + seconds
    while run.pending or arrival < until or late:
        now = time.perf_counter()
        run.counting = run.counting or now > begun + WARM_UP
        while arrival <= now and arrival < until:
            late.append(arrival)
            arrival += chance.expovariate(rate)
        while late and idle and run.next < len(run.requests):
            run.send(idle.pop(), late.popleft())
        if run.next >= len(run.requests) and not run.pending:
            break
        for number, _ in run.poll.poll(0):
            if run.receive(number, time.perf_counter()):
                idle.append(number)
        if now > until + 20:
            break
    return run.outcome(seconds)


def _main(file: str, port: str, how: str) -> None:
    with open(file, "rb") as stored:  # noqa: PTH123
        requests = pickle.load(stored)
    told = json.loads(how)
    run = _Run(int(port), requests, int(told["connections"]))
    outcome = _open(run, told["rate"], told["seconds"]) if told["rate"] else _closed(run, told["seconds"])
    json.dump(vars(outcome), sys.stdout)


if __name__ == "__main__":
    _main(*sys.argv[1:])
