"""`suifang check`: what is missing or wrong before the hospital relies on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

if TYPE_CHECKING:
    from bot.care.approved import Approved
    from bot.config import Settings
    from bot.wechat.tokens import Token


class Found(NamedTuple):
    """One line of the report."""

    verdict: Literal["好", "注意", "错误"]
    about: str
    words: str = ""


def check(online: Annotated[bool, typer.Option("--online", help="同时向微信取一次凭证")] = False) -> None:
    """检查设置、密钥、数据库、话术、时间；有错误时退出码为 1。"""
    from bot import config

    found = list(_settings())
    try:
        settings = config.load()
    except config.WrongSettings:
        settings = None
    if settings is not None:
        found += [*_address(settings), *_key(settings), *_database(settings), *_content(settings)]
        found += asyncio.run(_online(settings)) if online else []
    for one in found:
        typer.echo(f"[{one.verdict}] {one.about}" + (f"：{one.words}" if one.words else ""))
    wrong = sum(one.verdict == "错误" for one in found)
    typer.echo(f"有{wrong}处错误。" if wrong else "可以启动。")
    raise typer.Exit(1 if wrong else 0)


def _settings() -> Iterator[Found]:
    from bot import app, config

    for name in config.stray_variables():
        yield Found("注意", name, "没有这个设置，请检查拼写")
    try:
        settings = config.load()
    except config.WrongSettings as wrong:
        yield from (Found("错误", "设置", line) for line in wrong.lines)
        return
    lacking = app.missing(settings)
    yield from (Found("错误", "设置", line) for line in lacking)
    if not settings.hospital_phone:
        yield Found("注意", "设置", f"{config.name_of('hospital_phone')} 没有填，给患者的安全提示里就没有医院电话")
    if not settings.wechat_templates:
        yield Found("注意", "设置", f"{config.name_of('wechat_templates')} 没有填，48 小时窗口以外联系不到患者")
    if not lacking:
        yield Found("好", "设置")


def _address(settings: Settings) -> Iterator[Found]:
    if settings.public_url and not settings.public_url.startswith("https://"):
        yield Found("注意", "网址", "public_url 不是 https：登录密码和患者页面会明文传输")
    if settings.wechat_mode != "safe":
        yield Found("注意", "微信", f"wechat_mode 是 {settings.wechat_mode}，正式使用建议 safe（安全模式）")
    local = datetime.now(UTC).astimezone(settings.zone)
    yield Found("好", "时间", f"{settings.timezone} 现在是 {local:%Y-%m-%d %H:%M}，请核对")


def _key(settings: Settings) -> Iterator[Found]:
    from storage.sealing import BadKey, Seal

    if not settings.key.exists():
        yield Found("注意", "密钥", f"{settings.key} 还没有，第一次启动时生成；请随即备份")
        return
    try:
        Seal.from_key_file(settings.key, create=False)
    except BadKey as wrong:
        yield Found("错误", "密钥", str(wrong))
    else:
        yield Found("好", "密钥", f"{settings.key}，请确认已备份")


def _database(settings: Settings) -> Iterator[Found]:
    from storage import calendar
    from storage.database import open_database

    if settings.database.startswith("sqlite:") and not settings.data_dir.is_dir():
        yield Found("错误", "数据库", "还没有建立，请执行 suifang migrate")
        return
    database = open_database(settings.database)
    try:
        if database.behind:
            yield Found("错误", "数据库", "还没有建好，或比程序旧：请先备份，再执行 suifang migrate")
            return
        yield Found("好", "数据库", database.dialect)
        coming = datetime.now(settings.zone).year + 1
        if not database.read_now(calendar.has_make_up_days, coming) and datetime.now(settings.zone).month >= 11:
            yield Found("注意", "日历", f"{coming} 年的调休上班日还没有录入，通常在 11 月公布")
    except Exception as error:
        yield Found("错误", "数据库", f"连不上（{type(error).__name__}），请检查地址、账号和网络")
    finally:
        database.close_now()


def _content(settings: Settings) -> Iterator[Found]:
    from bot import practice
    from bot.care import publishing
    from bot.config import WrongSettings
    from storage.sealing import Seal

    if not settings.flows.is_dir():
        yield Found("错误", "内容", f"没有文件夹 {settings.flows}")
        return
    try:
        ready = practice.load(settings, Seal({1: bytes(32)}), {})
    except WrongSettings as wrong:
        yield from (Found("错误", "内容", line) for line in wrong.lines)
    else:
        yield from _answers(ready.approved, ready.today(datetime.now(UTC)))
        yield from (Found("注意", "通知", f"{line}，发出时会截断") for line in ready.words.too_long())
        unwritten = {point.notice for plan in ready.protocols for point in plan.touchpoints} - ready.words.notices.keys()
        yield from (Found("错误", "通知", f"方案用到的 {name} 在 messages.yaml 里没有") for name in sorted(unwritten))
        lacking = {ready.words.template(name) for name in ready.words.notices} - settings.wechat_templates.keys()
        if settings.wechat_templates and lacking:
            yield Found("注意", "通知", f"没有设置模板编号的通知不能用模板消息发：{'、'.join(sorted(lacking))}")
    good, issues = publishing.inspect(practice.flow_texts(settings.flows))
    for name, several in issues.items():
        for issue in several:
            verdict: Literal["注意", "错误"] = "错误" if issue.level == "error" else "注意"
            yield Found(verdict, "话术", f"{settings.flows / name}.yaml 第{issue.line}行 {issue}")
    yield Found("好", "话术", f"{len(good)} 个可用")


def _answers(approved: Approved, today: date) -> Iterator[Found]:
    """What of the approved answers is not given, and why."""
    for why, ids in approved.idle(today).items():
        named = "、".join(ids[:5]) + (f" 等 {len(ids)} 条" if len(ids) > 5 else "")
        yield Found("注意", "核准答复", f"{named}{why}，不会自动回答，改由人答复（answers.yaml）")
    for id_, ask in approved.unsure():
        yield Found("注意", "核准答复", f"{id_} 的问法“{ask}”认不准：和别的问题分不开，或被 never 里的词拦住")


async def _online(settings: Settings) -> list[Found]:
    """Fetch a token as the bot does, and ask about an openid that nobody has: only the first of the two can fail."""
    from bot.app import real_now
    from bot.wechat.client import Client, open_session
    from bot.wechat.errors import ApiError, Unreachable

    if not settings.wechat_appid:
        return []
    secret, held = settings.wechat_secret.get_secret_value(), _Held()
    async with open_session() as session:
        try:
            await Client(settings.wechat_api, settings.wechat_appid, secret, held, session, now=real_now).user_info("nobody")
        except ApiError as refused:
            if held.token is None:
                return [Found("错误", "微信", f"凭证取不到：{refused.code} {refused.trouble.meaning}")]
        except Unreachable as why:
            return [Found("错误", "微信", f"连不上 {settings.wechat_api}（{why.kind}），请检查网络")]
    return [Found("好", "微信", "凭证有效")]


class _Held:
    """A token store for one look: the check must not disturb the token that is in use."""

    def __init__(self) -> None:
        self.token: Token | None = None

    async def get(self, appid: str) -> Token | None:
        return self.token

    async def put(self, appid: str, token: Token) -> None:
        self.token = token
