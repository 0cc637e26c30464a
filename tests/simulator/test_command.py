"""`suifang simulate` as a process of its own: it starts, serves, says what is wrong, and stops at once with a page open."""

import asyncio
import os
import signal
import sys

import pytest
from aiohttp import ClientConnectionError, ClientSession
from aiohttp.test_utils import unused_port
from typer.testing import CliRunner

from bot.cli import app

RUNNER = CliRunner()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--mode", "odd"], "plain"), (["--mode", "safe"], "43"), (["--mode", "safe", "--aes-key", "abc"], "43")],
)
def test_wrong_settings_are_named(arguments, said):
    told = RUNNER.invoke(app, ["simulate", *arguments])
    assert told.exit_code == 2
    assert said in told.output


async def test_it_starts_serves_and_stops_with_a_stream_open():
    port = unused_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "simulate", "--port", str(port), "--phones", "2",
        env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        first = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        assert f"http://127.0.0.1:{port}/" in first
        async with ClientSession(f"http://127.0.0.1:{port}") as session:
            state = await reached(session)
            assert [one["name"] for one in state["phones"]] == ["手机1", "手机2"]
            async with session.get("/sim/stream") as stream:
                await stream.content.readline()
                process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(process.wait(), 3) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def reached(session):
    """The state, as soon as the port answers."""
    for _ in range(100):
        try:
            async with session.get("/sim/state") as answer:
                return await answer.json()
        except ClientConnectionError:
            await asyncio.sleep(0.05)
    raise TimeoutError
