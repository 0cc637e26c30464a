"""`suifang demo`: a hospital, its patients' phones and a WeChat of our own, all in one process on this machine."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import ports

if TYPE_CHECKING:
    from aiohttp import web

    from bot.app import House
    from bot.config import Settings
    from bot.simulator.options import Mode
    from bot.simulator.platform import Platform, Push

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
    try:
        typer.echo("正在准备演示…")
        with tempfile.TemporaryDirectory(prefix="suifang-demo-") as scratch:
            folder = data or Path(scratch)
            asyncio.run(_run(folder, port, phones_port, play=play, patients=patients))
    except (KeyboardInterrupt, asyncio.CancelledError):
        typer.echo("\n已停止。")


@asynccontextmanager
async def running(
    folder: Path,
    port: int = 0,
    phones_port: int = 0,
    *,
    patients: int = 30,
    start: datetime | None = None,
    mode: Mode = "safe",
    say: Callable[[str], object] = lambda words: None,
) -> AsyncIterator[Demo]:
    """The demo, with its list imported and most codes scanned; a folder that was kept goes on where it ended. Port 0: any
    that is free. `say` hears what is not as it was asked for."""
    from aiohttp import web

    from bot import app as roof
    from bot import config
    from bot.simulator.app import PLATFORM, PUSHER, Options, build
    from bot.simulator.clock import Clock
    from bot.simulator.options import Template

    port, phones_port = ports.free(port, say), ports.free(phones_port, say)
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
    clock = wechat.clock = Clock(max(start or _morning(settings), _ended(settings)))
    house = roof.open_house(settings, now=clock.now, migrate=True)
    wechat.next_due = lambda: house.database.read(_next_due)
    runners: list[web.AppRunner] = []
    try:
        bot, simulator = roof.build(house), build(wechat)
        # what a moved clock made due is done at once
        clock.listeners.append(lambda: bot[roof.SCHEDULER].knock("touchpoints", "talks", "tickets", "outbox"))
        await _phones(house, simulator[PLATFORM])
        for one, where in ((simulator, phones_port), (bot, port)):
            runners.append(web.AppRunner(one, access_log=None, shutdown_timeout=2))
            await runners[-1].setup()
            await web.TCPSite(runners[-1], "127.0.0.1", where).start()
        if await _first_day(house, patients):
            await _phones(house, simulator[PLATFORM])
            await _scans(simulator[PLATFORM], simulator[PUSHER].submit)
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
        await house.database.close()


async def _run(folder: Path, port: int, phones_port: int, *, play: bool, patients: int) -> None:
    from bot.cli import play as player
    from bot.web import log

    log.set_up("error")
    # while it starts, Ctrl-C need not wait for the loop
    gentle = signal.signal(signal.SIGINT, signal.default_int_handler)
    async with running(folder, port, phones_port, patients=patients, say=typer.echo) as demo:
        signal.signal(signal.SIGINT, gentle)
        typer.echo(
            f"""
随访演示已启动（患者是虚构的，时间由您拨动）

  手机    {demo.phones}      患者的微信；上方可以拨动时间，点“到下一次联系”
  工作台  {demo.console}   用户名 {USER}  密码 {PASSWORD}
  话术    {demo.flows}       用文本编辑器改：对话存盘即发布，新会话就用上；
          红线、用语、时限、方案等表，下次启动时读取（须用 --data 保留文件夹）

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
            if name == "flows":  # in the demo somebody has signed the answers
                answers = content / name / "answers.yaml"
                words = answers.read_text("utf-8").replace("approver: 待医院确认", "approver: 演示护理部", 1)
                answers.write_text(words, "utf-8")
    return content


def _morning(settings: Settings) -> datetime:
    """Today, shortly before the first sending window."""
    today = datetime.now(settings.zone).date()
    return datetime.combine(today, time(8, 50), settings.zone)


def _ended(settings: Settings) -> datetime:
    """After all that happened in a folder that was kept: time does not go back."""
    from storage import moments
    from storage.database import open_database

    at = None
    if (settings.data_dir / "suifang.sqlite").exists():
        database = open_database(settings.database)
        try:
            database.migrate()
            at = database.read_now(moments.latest)
        finally:
            database.close_now()
    return at + timedelta(seconds=1) if at else datetime.min.replace(tzinfo=UTC)


async def _first_day(house: House, patients: int) -> bool:
    """Import the invented list and open an account for the nurse. False for a folder that was kept and has both already."""
    from bot.care import intake
    from bot.his import discharges, sample
    from bot.web.auth import hash_password
    from storage import staff

    now = house.now()
    if await house.database.read(staff.by_username, USER) is not None:
        return False
    password = hash_password(PASSWORD)
    for username, name, role in (
        (USER, "示例护士", "nurse"),
        ("zhuren", "示例主任", "supervisor"),
        ("guanli", "示例管理员", "admin"),
    ):
        await house.database.write(staff.add, username, name, password, role, now)
    today = house.practice.today(now)
    made = sample.discharge_list(today, patients=patients)
    found = discharges.read("出院名单.xlsx", made, zone=house.settings.zone, today=today)
    await intake.import_list(house.database, house.practice, found, name="出院名单.xlsx", staff_id=None, now=now)
    return True


async def _phones(house: House, platform: Platform) -> None:
    """A phone for each patient; whoever is bound has the account and the window of before. The birth month is in the name,
    since whoever plays the patient is asked for it."""
    from storage import codes

    for code in await house.database.read(codes.listed):
        if code.openid in platform.users:
            continue
        month = f"{code.born_on.month}月生 " if code.born_on else ""
        user = platform.add(f"{month}{code.name}", code.openid or "", bool(code.followed), code.token)
        if code.openid:
            left = code.quota_left or 0
            user.window.until, user.window.left, user.window.quota = code.window_until, left, left
            platform.show(user, "notice", "notice", text="演示重新启动过，以前的消息请看工作台")


async def _scans(platform: Platform, submit: Callable[[Push], Awaitable[object]]) -> None:
    """Most of the patients scanned the ward's code when they left."""
    for user in list(platform.users.values())[:-NOT_SCANNED]:
        push = platform.scan(user, user.code)
        if push is not None:
            await submit(push)


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
