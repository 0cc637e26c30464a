"""`suifang demo`: a hospital, its patients' phones and a WeChat of our own, all in one process on this machine."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aiohttp import web

    from bot.app import House
    from bot.simulator.options import Mode
    from bot.simulator.platform import Platform

HOSPITAL, PHONE = "示例医院", "020-00000000"
USER, PASSWORD = "hushi", "suifang-demo"
# as an account's administrator would have chosen them from WeChat's library
NOTICES = {
    "follow_up": (
        "出院随访提醒",
        "随访内容：{{thing1.DATA}}\n随访时间：{{time2.DATA}}\n医院名称：{{thing3.DATA}}\n温馨提示：{{thing4.DATA}}",
    ),
    "revisit": (
        "复诊提醒",
        "提醒内容：{{thing1.DATA}}\n提醒时间：{{time2.DATA}}\n医院名称：{{thing3.DATA}}\n温馨提示：{{thing4.DATA}}",
    ),
}
NOT_SCANNED = 3  # patients who went home without scanning the code: the phone worklist needs some


@dataclass(frozen=True)
class Demo:
    """What runs: addresses, and the parts that the player and the tests hold on to."""

    phones: str
    console: str
    flows: Path
    house: House
    bot: web.Application
    simulator: web.Application


def demo(
    data: Annotated[Path | None, typer.Option(help="数据放在这个文件夹并保留；不填则用完即删")] = None,
    port: Annotated[int, typer.Option(help="工作台的端口；被占用时另选")] = 8080,
    phones_port: Annotated[int, typer.Option(help="手机页面的端口；被占用时另选")] = 8081,
    play: Annotated[bool, typer.Option(help="自动演一段：患者们自己回复，时间自己走")] = False,
    patients: Annotated[int, typer.Option(min=1, max=200, help="虚构的出院患者人数")] = 30,
) -> None:
    """演示：虚构的出院名单、模拟的微信手机、工作台，都在这台机器上，不连外网。"""
    with tempfile.TemporaryDirectory(prefix="suifang-demo-") as scratch:
        folder = data or Path(scratch)
        asyncio.run(_run(folder, port, phones_port, play=play, patients=patients))


@asynccontextmanager
async def running(
    folder: Path,
    port: int = 0,
    phones_port: int = 0,
    *,
    patients: int = 30,
    start: datetime | None = None,
    mode: Mode = "safe",
) -> AsyncIterator[Demo]:
    """The demo, with its list imported and most codes scanned. Port 0: any that is free."""
    from aiohttp import web

    from bot import app as roof
    from bot import config
    from bot.simulator.app import PLATFORM, PUSHER, Options, build
    from bot.simulator.clock import Clock
    from bot.simulator.options import Template

    port, phones_port = _free(port), _free(phones_port)
    content = _own_content(folder)
    wechat = Options(
        appid="wxdemo0000000000",
        secret="demo-secret",  # noqa: S106
        token="demotoken",  # noqa: S106
        aes_key="suifangdemo" * 3 + "0123456789",
        mode=mode,
        callback_url=f"http://127.0.0.1:{port}/wechat",
        account_name=f"{HOSPITAL}随访",
        base_url=f"http://127.0.0.1:{phones_port}",
        retries_by="real",
        templates=tuple(Template(f"TM-{name}", title, content) for name, (title, content) in NOTICES.items()),
    )
    settings = config.load(
        data_dir=folder,
        database_url="",
        key_file=None,
        content=content,
        hospital=HOSPITAL,
        hospital_phone=PHONE,
        public_url=f"http://127.0.0.1:{port}",
        port=port,
        wechat_appid=wechat.appid,
        wechat_secret=wechat.secret,
        wechat_token=wechat.token,
        wechat_aes_key=wechat.aes_key,
        wechat_mode=wechat.mode,
        wechat_api=wechat.base_url,
        wechat_templates={name: f"TM-{name}" for name in NOTICES},
        tick=0.5,
        log_level="error",
    )
    clock = wechat.clock = Clock(start or _morning(settings))
    house = roof.open_house(settings, now=clock.now, migrate=True)
    wechat.next_due = lambda: house.database.read(_next_due)
    bot, simulator = roof.build(house), build(wechat)
    # what a moved clock made due is done at once
    clock.listeners.append(lambda: bot[roof.SCHEDULER].knock("touchpoints", "talks", "tickets", "outbox"))
    runners = [web.AppRunner(one, access_log=None, shutdown_timeout=2) for one in (simulator, bot)]
    for runner, where in zip(runners, (phones_port, port), strict=True):
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", where).start()
    try:
        await _first_day(house, patients)
        await _phones(house, simulator[PLATFORM], simulator[PUSHER].submit)
        yield Demo(
            f"http://127.0.0.1:{phones_port}/",
            f"http://127.0.0.1:{port}/console/",
            settings.flows,
            house,
            bot,
            simulator,
        )
    finally:
        for runner in runners:
            await runner.cleanup()


async def _run(folder: Path, port: int, phones_port: int, *, play: bool, patients: int) -> None:
    from bot.cli import play as player
    from bot.web import log

    log.set_up("error")
    async with running(folder, port, phones_port, patients=patients) as demo:
        typer.echo(
            f"""
随访演示已启动（{patients}位虚构的出院患者，时间由您拨动）

  手机    {demo.phones}      患者的微信；上方可以拨动时间，点“到下一次联系”
  工作台  {demo.console}   用户名 {USER}  密码 {PASSWORD}
  话术    {demo.flows}       用文本编辑器改，存盘即发布，下一次会话就用上

按 Ctrl+C 结束。{"" if play else "想看它自己演一段：加 --play"}"""
        )
        tasks = [asyncio.create_task(_watch(demo))]
        if play:
            tasks.append(asyncio.create_task(player.play(demo, typer.echo)))
        await asyncio.gather(*tasks)


def _own_content(folder: Path) -> Path:
    """A copy of the shipped content that may be edited without touching the original."""
    from bot import config

    content = folder / "content"
    for name in ("flows", "templates"):
        if not (content / name).is_dir():
            shutil.copytree(config.shipped(name), content / name)
    return content


def _morning(settings: object) -> datetime:
    """Today, shortly before the first sending window."""
    from bot.config import Settings

    assert isinstance(settings, Settings)
    today = datetime.now(settings.zone).date()
    return datetime.combine(today, time(8, 50), settings.zone)


async def _first_day(house: House, patients: int) -> None:
    """Import the invented list and open an account for the nurse; a folder that was kept has both already."""
    from bot.care import intake
    from bot.his import discharges, sample
    from bot.web.auth import hash_password
    from storage import staff

    now = house.now()
    if await house.database.read(staff.by_username, USER) is not None:
        return
    password = hash_password(PASSWORD)
    for username, name, role in ((USER, "示例护士", "nurse"), ("zhuren", "示例主任", "supervisor")):
        await house.database.write(staff.add, username, name, password, role, now)
    today = house.practice.today(now)
    made = sample.discharge_list(today, patients=patients)
    found = discharges.read("出院名单.xlsx", made, zone=house.settings.zone, today=today)
    await intake.import_list(house.database, house.practice, found, name="出院名单.xlsx", staff_id=None, now=now)


async def _phones(house: House, platform: Platform, submit: object) -> None:
    """A phone for each patient, most of whom scanned the ward's code when they left. The birth month is in the name, since
    whoever plays the patient is asked for it."""
    from storage import codes

    listed = await house.database.read(codes.listed)
    for number, code in enumerate(listed):
        month = f"{code.born_on.month}月生 " if code.born_on else ""
        user = platform.add(f"{month}{code.name}", code=code.token)
        if number < len(listed) - NOT_SCANNED and code.used_at is None:
            push = platform.scan(user, code.token)
            if push is not None:
                await submit(push)  # type: ignore[operator]


async def _watch(demo: Demo) -> None:
    """Publish a flow file when it was saved, and say what is wrong with it."""
    from bot import practice
    from bot.care import publishing

    known = practice.flow_texts(demo.flows)
    while True:
        await asyncio.sleep(1)
        texts = await asyncio.to_thread(practice.flow_texts, demo.flows)
        changed = {name for name, text in texts.items() if known.get(name) != text}
        if not changed:
            continue
        known = texts
        good, issues = await asyncio.to_thread(publishing.inspect, texts)
        for name in sorted(changed):
            for issue in issues.get(name, []):
                typer.echo(f"{name}.yaml 第{issue.line}行：{issue}")
        for flow in good:
            if flow.id in texts and await demo.house.database.write(publishing.publish, flow, texts[flow.id], demo.house.now()):
                typer.echo(f"已发布 {flow.title}（{flow.id}），新开始的会话用新版")


def _next_due(tx: object) -> datetime | None:
    from bot.care import followup

    due = followup.next_due(tx)  # type: ignore[arg-type]
    return due + timedelta(seconds=1) if due else None


def _free(port: int) -> int:
    """The port, or another when it is taken."""
    for wanted in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")
