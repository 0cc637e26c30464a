"""The whole house: it answers, keeps what it answered, says how it is, and stops without losing anything."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from sqlmodel import select

from bot import app as roof
from bot import config
from bot.wechat.crypto import signature
from storage.database import open_database
from storage.messages import Inbound, Outbound
from storage.revisions import Revision

ROOT = Path(__file__).parent.parent
TOKEN = "t0ken"


def settings(folder, **other):
    given = {
        "hospital": "示例医院", "hospital_phone": "000-00000000", "public_url": "http://127.0.0.1", "wechat_appid": "wx0",
        "wechat_secret": "s", "wechat_token": TOKEN, "wechat_mode": "plain", "wechat_api": "http://127.0.0.1:9",
        "data_dir": folder / "data", "port": 0, "log_level": "error",
    }  # fmt: skip
    return config.Settings(**{**given, **other})


def message(text, number=1, openid="otest0000000000000000000001"):
    """A signed text as WeChat posts it: query and body."""
    stamp = str(int(time.time()))
    query = {"signature": signature(TOKEN, stamp, "n"), "timestamp": stamp, "nonce": "n"}
    body = (
        f"<xml><ToUserName>gh_1</ToUserName><FromUserName>{openid}</FromUserName><CreateTime>{stamp}</CreateTime>"
        f"<MsgType>text</MsgType><Content>{text}</Content><MsgId>{number}</MsgId></xml>"
    )
    return {"params": query, "data": body.encode()}


def rows(tx, *columns):
    return list(tx.session.exec(select(*columns)).all())


@pytest.fixture
def house(tmp_path):
    """A house over an empty database; closed by the application, or here."""
    made = roof.open_house(settings(tmp_path), migrate=True)
    yield made
    if not made.database._closed:
        made.database.close_now()


async def test_a_stranger_gets_an_answer_and_both_are_kept(house, aiohttp_client):
    client = await aiohttp_client(roof.build(house))
    answer = await client.post("/wechat", **message("你好"))
    text = await answer.text()
    kept = await house.database.read(rows, Inbound.text)
    sent = await house.database.read(rows, Outbound.state, Outbound.reply_to)

    assert answer.status == 200
    assert "<Content>" in text
    assert kept == ["你好"]
    assert [state for state, _ in sent] == ["handed"]


async def test_who_is_not_wechat_leaves_no_trace(house, aiohttp_client):
    client = await aiohttp_client(roof.build(house))
    forged = message("你好")
    forged["params"]["signature"] = "0" * 40
    answer = await client.post("/wechat", **forged)

    assert answer.status == 403
    assert await house.database.read(rows, Inbound.id) == []


async def test_the_doors_are_all_there(house, aiohttp_client):
    client = await aiohttp_client(roof.build(house))
    pages = {
        path: (await client.get(path, allow_redirects=False)).status for path in ("/healthz", "/metrics", "/console/login", "/")
    }
    console = await client.get("/console/tickets", allow_redirects=False)

    assert pages == {"/healthz": 200, "/metrics": 200, "/console/login": 200, "/": 303}
    assert console.headers["Location"].startswith("/console/login")


async def test_flows_are_published_once_and_again_only_when_they_change(house, tmp_path):
    first = await house.database.read(rows, Revision.flow, Revision.number)
    again = roof.open_house(house.settings)
    second = await again.database.read(rows, Revision.flow, Revision.number)
    await again.database.close()

    assert len(first) > 5
    assert sorted(second) == sorted(first)


async def test_a_broken_flow_file_does_not_stop_the_hospital(house, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    for name in ("flows", "templates"):
        (own / name).symlink_to(config.shipped(name))
    (own / "flows").unlink()
    (own / "flows").mkdir()
    for path in config.shipped("flows").iterdir():
        (own / "flows" / path.name).symlink_to(path)
    broken = own / "flows" / "general_day3.yaml"
    text = broken.read_text("utf-8")
    broken.unlink()
    broken.write_text(text.replace("nodes:", "nodse:"), "utf-8")
    again = roof.open_house(house.settings.model_copy(update={"content": own}))
    numbers = await again.database.read(rows, Revision.number)
    await again.database.close()

    assert set(numbers) == {1}


def test_a_hospital_without_its_flows_does_not_open(tmp_path):
    for folder in ("protocols", "scripts"):
        (tmp_path / "flows" / folder).mkdir(parents=True)
    for name in (*sorted(config.TABLES), "protocols/general", "scripts/phone"):
        (tmp_path / "flows" / f"{name}.yaml").symlink_to(config.shipped("flows") / f"{name}.yaml")

    with pytest.raises(config.WrongSettings, match=r"随访方案用到的话术没有或有错误：.*general_day3"):
        roof.open_house(settings(tmp_path, content=tmp_path), migrate=True)


async def test_what_a_message_made_leaves_by_the_outbox_at_once(tmp_path, aiohttp_server, aiohttp_client):
    taken = asyncio.Queue()

    async def wechat(request):
        told = await request.json()
        if request.path.endswith("stable_token"):
            return web.json_response({"access_token": "a", "expires_in": 7200})
        await taken.put(told["touser"])
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    platform = web.Application()
    platform.router.add_post("/{path:.*}", wechat)
    server = await aiohttp_server(platform)
    made = roof.open_house(settings(tmp_path, wechat_api=str(server.make_url("")), tick=60), migrate=True)
    client = await aiohttp_client(roof.build(made))
    now = datetime.now(UTC)
    await client.post("/wechat", **message("你好"))

    def second_bubble(tx):
        [contact] = tx.session.exec(select(Inbound.contact_id)).all()
        at = {"due_at": now - timedelta(seconds=1), "created_at": now}
        tx.session.add(Outbound(key="second", contact_id=contact, lane="service", body={"text": "还有"}, state="pending", **at))

    await made.database.write(second_bubble)
    await client.post("/wechat", **message("在吗", 2))

    assert await asyncio.wait_for(taken.get(), 5) == "otest0000000000000000000001"


async def _started(process, port):
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while process.poll() is None:
            try:
                async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    return answer.status
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
    raise AssertionError(process.stderr.read())


@pytest.fixture
def served(tmp_path, unused_tcp_port):
    """`suifang serve` in a process of its own."""
    made = settings(tmp_path, port=unused_tcp_port)
    made.data_dir.mkdir()
    database = open_database(made.database)
    database.migrate()
    database.close_now()
    told = made.model_dump(include={"hospital", "public_url", "wechat_appid", "wechat_mode", "wechat_api", "data_dir", "port"})
    told |= {"wechat_secret": "s", "wechat_token": TOKEN}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **{config.name_of(name): str(value) for name, value in told.items()}}
    command = [sys.executable, "-m", "bot", "serve"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    process.settings = made
    yield process
    process.kill()
    process.stderr.close()
    process.wait()


@pytest.mark.slow
async def test_sigterm_answers_what_is_in_hand_and_ends_with_zero(served):
    url = f"http://127.0.0.1:{served.settings.port}"
    assert await _started(served, served.settings.port) == 200
    async with aiohttp.ClientSession() as session:

        async def post(number):
            async with session.post(f"{url}/wechat", **message("你好", number, f"otest{number:023d}")) as answer:
                return answer.status, bool(await answer.read())

        posts = [asyncio.create_task(post(number)) for number in range(40)]
        await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        served.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*posts, return_exceptions=True)
    ended = await asyncio.to_thread(served.wait, 30)
    database = open_database(served.settings.database)
    kept = len(database.read_now(rows, Inbound.id))
    database.close_now()
    answered = [one for one in answers if one == (200, True)]

    assert ended == 0
    assert len(answered) >= 1
    assert kept >= len(answered)
