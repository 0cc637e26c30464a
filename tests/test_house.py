"""The whole house over HTTP: patients on their phones, WeChat between, a nurse at the console. Nothing is looked up inside."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from sqlmodel import select

from bot.cli import demo
from bot.cli.play import Patient
from storage.database import open_database
from storage.messages import Inbound, Outbound

ROOT = Path(__file__).parent.parent
MONDAY = datetime.fromisoformat("2026-11-16T08:50:00+08:00")
TEN = datetime.fromisoformat("2026-11-16T10:00:00+08:00")
COMPLAINT = "我要投诉，护士扎针扎了三次才扎上，态度还很差"


async def until(look, seconds=10):
    """What `look` finds, once it finds something."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.05)


@dataclass
class Town:
    """The phones, the clock and the console, by their addresses."""

    http: aiohttp.ClientSession
    running: demo.Demo

    async def sim(self, path, **body):
        url = f"{self.running.phones}sim/{path}"
        async with self.http.post(url, json=body) if body else self.http.get(url) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def phones(self):
        return (await self.sim("phones"))["phones"]

    async def act(self, phone, what, **body):
        """What the person does, and how WeChat's push of it ended."""
        return (await self.sim(f"phones/{phone['openid']}/{what}?wait=1", **body))["delivery"]

    async def say(self, phone, text):
        return (await self.act(phone, "text", text=text))["text"]

    async def chat(self, phone, wanted):
        """The last bubble, once it holds this."""

        async def look():
            bubble = (await self.sim(f"phones/{phone['openid']}"))["bubbles"][-1]
            return bubble if wanted in str(bubble) else None

        return await until(look)

    async def to_the_notices(self):
        """Let time pass until people are written to: who, in the order of the phones."""

        async def look():
            if datetime.fromisoformat((await self.sim("clock"))["now"]) < TEN:
                await self.sim("clock", next=True)
            found = [phone for phone in await self.phones() if "提醒" in phone["last_text"]]
            return found if len(found) > 1 else None

        return await until(look)

    async def confirm(self, phone):
        """Open the talk and say who one is; the first question."""
        assert "月份" in await self.say(phone, "你好")
        assert "您同意吗" in await self.say(phone, re.search(r"(\d+)月", phone["name"])[1])
        return await self.say(phone, "1")

    async def console(self, path, **form):
        """A page of the console, and where it is."""
        home = self.running.console.removesuffix("/console/")
        url = f"{home}/console/{path}"
        async with self.http.post(url, data=form, headers={"Origin": home}) if form else self.http.get(url) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()


@asynccontextmanager
async def town(folder, mode):
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
        demo.running(folder, patients=15, start=MONDAY, mode=mode) as running,
    ):
        yield Town(http, running)


def ticket_of(page, name):
    """The way to this patient's ticket in the list."""
    rows = [row for row in re.split(r"<tr", page) if name in row]
    return re.search(r"/console/(tickets/\d+)", rows[0])[1]


def real_name(phone):
    return re.search(r"[\u4e00-\u9fff]{3}(?=（|$)|(?<=）)[\u4e00-\u9fff]{3}", phone["name"])[0]


@pytest.mark.parametrize("mode", ["safe", "plain"])
async def test_from_a_scanned_code_to_a_closed_ticket(tmp_path, mode):
    async with town(tmp_path, mode) as here:
        # those who had not scanned their codes at the ward do so now
        for phone in [phone for phone in await here.phones() if not phone["follows"]]:
            welcome = await here.act(phone, "scan", scene=phone["code"])
            assert (welcome["outcome"], "示例医院" in welcome["text"]) == ("answered", True)

        *those, angry = await here.to_the_notices()
        for ill in those:  # not every talk asks for the temperature
            asked = await here.confirm(ill)
            patient = Patient(SimpleNamespace(name=ill["name"]), {})
            while "体温" not in asked and (answer := patient.answer(asked)):
                asked = await here.say(ill, answer)
            if "体温" in asked:
                break
        assert "120" in await here.say(ill, "有点发烧，38度9")
        await here.confirm(angry)
        assert "如实记下" in await here.say(angry, COMPLAINT)

        # the nurse sees both, the fever first
        page = await here.console("login", username=demo.USER, password=demo.PASSWORD, next="/console/tickets")
        assert page.index(real_name(ill)) < page.index(real_name(angry))
        complaint = await here.console(ticket_of(page, real_name(angry)))
        assert "扎了三次才扎上" in complaint
        assert "投诉记录" in complaint
        ticket = ticket_of(page, real_name(ill))
        page = await here.console(ticket)
        assert "38度9" in page
        csrf = page.split('name="csrf" value="')[1].split('"')[0]

        # takes over, writes, hears the patient while the bot is silent, and closes
        await here.console(f"{ticket}/take-over", csrf=csrf)
        await here.chat(ill, "医护人员")
        await here.console(f"{ticket}/reply", csrf=csrf, text="请下午带出院小结来急诊。")
        assert (await here.chat(ill, "急诊"))["side"] == "account"
        assert (await here.act(ill, "text", text="好的，几点钟"))["outcome"] == "empty"
        assert "好的，几点钟" in await here.console(ticket)
        await here.console(f"{ticket}/close", csrf=csrf, outcome="已联系本人", note="下午来诊")
        assert ticket in await here.console("tickets?queue=closed")
        await here.chat(ill, "自动")

        # all write at once, and the house is closed
        phones = [phone for phone in await here.phones() if phone["follows"]]
        saying = [asyncio.create_task(here.say(phone, f"还在吗{number}")) for number, phone in enumerate(phones)]
        await asyncio.wait(saying, return_when=asyncio.FIRST_COMPLETED)
    answers = [one for one in await asyncio.gather(*saying, return_exceptions=True) if isinstance(one, str) and one]

    database = open_database(f"sqlite:///{tmp_path / 'suifang.sqlite'}")
    said = set(await database.read(lambda tx: tx.session.exec(select(Inbound.text)).all()))
    outbox = await database.read(lambda tx: tx.session.exec(select(Outbound.state, Outbound.reply_to, Outbound.body)).all())
    await database.close()
    assert answers
    assert {"有点发烧，38度9", COMPLAINT, "好的，几点钟"} <= said
    assert set(answers) <= {body["text"] for _, reply_to, body in outbox if reply_to}
    assert {state for state, _, _ in outbox} <= {"handed", "sent"}


async def test_a_demo_that_was_kept_goes_on(tmp_path):
    async with town(tmp_path, "plain") as here:
        everybody = await here.phones()
        before = {phone["openid"]: phone["name"] for phone in everybody if phone["follows"]}
        first = (await here.to_the_notices())[0]
        asked = await here.confirm(first)
        stopped = datetime.fromisoformat((await here.sim("clock"))["now"])

    async with town(tmp_path, "plain") as here:
        phones = await here.phones()
        assert {phone["openid"]: phone["name"] for phone in phones if phone["follows"]} == before
        assert len(phones) == len(everybody) > len(before) > 0
        assert timedelta(0) <= datetime.fromisoformat((await here.sim("clock"))["now"]) - stopped < timedelta(minutes=5)
        again = next(phone for phone in phones if phone["openid"] == first["openid"])
        answer = Patient(SimpleNamespace(name=first["name"]), {}).answer(asked)
        said = await here.say(again, answer)
        assert said  # the talk goes on with its next question
        assert said != asked


async def test_a_port_that_is_taken_is_told_and_no_version(tmp_path):
    told = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with demo.running(tmp_path, port, patients=1, say=told.append) as running, aiohttp.ClientSession() as http:
            assert told == [f"端口 {port} 已被占用，改用 {running.console.split(':')[2].split('/')[0]}。"]
            for path in ("login", "nowhere", "../healthz", "../nowhere"):
                async with http.get(running.console + path) as answer:
                    assert answer.headers["Server"] == "suifang"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
@pytest.mark.parametrize("until", ["正在准备演示…", "按 Ctrl+C 结束"])
def test_ctrl_c_ends_the_demo_quietly(until):
    command = [sys.executable, "-u", "-m", "bot", "demo", "--port", "0", "--phones-port", "0", "--patients", "2"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if until in line:
                break
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert rest.splitlines()[-1] == "已停止。"
