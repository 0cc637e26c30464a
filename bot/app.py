"""The whole house wired together: database, practice, WeChat, metronome and pages in one web application."""

from __future__ import annotations

import errno
import gc
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import SecretStr

from bot import practice as content
from bot.care import almanac, consent, conversation, delivery, escalation, followup, media, opening, parcel, privacy, publishing
from bot.care.practice import Practice
from bot.config import Settings, WrongSettings, name_of
from bot.scheduler import Chore, Scheduler
from bot.sms.folder import Folder
from bot.web import log, ops, webhook
from bot.web.keys import CALLBACK, DATABASE, FILES, NOW, PRACTICE, QRCODE, SETTINGS
from bot.web.site import add_site
from bot.wechat.callback import Callback
from bot.wechat.client import Client, open_session
from bot.wechat.media import Fetcher
from bot.wechat.sender import Account, Sender
from bot.wechat.tokens import SharedTokens
from storage import calendar, library
from storage.database import Database, Tx, open_database
from storage.files import Files
from storage.sealing import BadKey, Seal

# without these there is nobody to talk to
NEEDED = ("hospital", "public_url", "wechat_appid", "wechat_secret", "wechat_token")

SCHEDULER: web.AppKey[Scheduler] = web.AppKey("scheduler", Scheduler)
METRICS: web.AppKey[ops.Metrics] = web.AppKey("metrics", ops.Metrics)

_log = structlog.get_logger()


@dataclass(frozen=True)
class House:
    """What is open before the doors are: closed by the web application, or by `close` where there is none."""

    settings: Settings
    database: Database
    practice: Practice
    now: Callable[[], datetime]


def real_now() -> datetime:
    """The time outside."""
    return datetime.now(UTC)


def open_house(settings: Settings, *, now: Callable[[], datetime] = real_now, migrate: bool = False) -> House:
    """Open the database, read the content and publish the flows. Raises WrongSettings with all that is missing or wrong."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        seal = Seal.from_key_file(settings.key)
    except BadKey as wrong:
        raise WrongSettings([f"{name_of('key_file')}：{wrong}"]) from None
    database = open_database(settings.database)
    try:
        if migrate:
            database.migrate()
        elif database.behind:
            raise WrongSettings(["数据库还没有建好，或比程序旧：请先备份，再执行 suifang migrate"])
        practice = content.load(settings, seal, _calendar(database, now()))
        database.read_now(almanac.refresh, practice)
        if not database.write_now(consent.publish, practice, now()):
            raise WrongSettings([f"{settings.flows / 'consent.yaml'}：同意书的文字改了，请同时换 version"])
        publish_flows(database, settings, practice, now())
    except BaseException:
        database.close_now()
        raise
    return House(settings, database, practice, now)


def build(house: House, *, metrics: ops.Metrics | None = None) -> web.Application:
    """The application: WeChat's callback, the console, the patients' pages, health and metrics. It begins to work when it is
    started, and closes the house when it ends."""
    settings, counts = house.settings, metrics or ops.Metrics()
    # without a middleware of its own: what the pages need round them would be dear for WeChat's callback
    app = web.Application(client_max_size=16 << 20)
    app.on_response_prepare.append(_nameless)
    app[DATABASE], app[PRACTICE], app[NOW], app[SETTINGS] = house.database, house.practice, house.now, settings
    app[CALLBACK] = _callback(settings)
    app[FILES] = Files(settings.data_dir / "media", house.practice.seal)
    app[METRICS] = counts
    app.router.add_routes(ops.routes(counts, lambda: app[SCHEDULER], settings.metrics_token.get_secret_value()))
    add_site(app, settings.pages, around=(log.requests, _after_posts))

    def called(status: int, seconds: float, replied: bool) -> None:
        counts.callback(status, seconds, replied)
        app[SCHEDULER].knock_soon("outbox")

    async def life(app: web.Application) -> AsyncIterator[None]:
        session = open_session()
        secret = settings.wechat_secret.get_secret_value()
        tokens = SharedTokens(house.database)
        client = Client(settings.wechat_api, settings.wechat_appid, secret, tokens, session, now=house.now)
        send = counts.sending(_sender(settings, client, house.now))

        async def qrcode(scene: str, *, lasting: bool = False) -> str:
            made = client.create_qrcode(scene, None) if lasting else client.create_qrcode(scene)
            return (await made).url

        app[QRCODE] = qrcode
        chores = _chores(house, send, lambda: app[SCHEDULER].knock("outbox"))
        fetch = Fetcher(client).fetch
        chores["media"] = partial(media.fetch_due, house.database, house.practice, fetch, app[FILES], house.now)
        scheduler = app[SCHEDULER] = Scheduler(chores, settings.tick)
        scheduler.start()
        yield
        await scheduler.stop()
        await session.close()
        await house.database.close()

    app.cleanup_ctx.append(life)
    webhook.install(app, conversation.receive, delivery.requeue, called)  # after `life`, so that it ends before the database does
    return app


def _sender(settings: Settings, client: Client, now: Callable[[], datetime]) -> parcel.Sender:
    """Each lane by its own street."""
    account = Account(
        settings.wechat_templates,
        settings.wechat_subscriptions,
        settings.wechat_medical,
        settings.wechat_medical_business,
    )
    others: dict[str, parcel.Sender] = {}
    if settings.sms_folder is not None:
        others["sms"] = Folder(settings.sms_folder, now).send
    wechat = Sender(client, account, now).send

    async def send(one: parcel.Parcel) -> parcel.Receipt:
        return await others.get(one.lane, wechat)(one)

    return send


def missing(settings: Settings) -> list[str]:
    """The settings without which nobody can be reached, in words."""
    lacking = [field for field in NEEDED if not _given(settings, field)]
    return [f"{name_of(field)}：没有填（{Settings.model_fields[field].description}）" for field in lacking]


def run(settings: Settings, *, now: Callable[[], datetime] = real_now, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or Ctrl-C: then take nothing new, finish what is in hand, and return. `ready` is called once the
    door is open. Raises WrongSettings."""
    if lines := missing(settings):
        raise WrongSettings(lines)
    metrics = ops.Metrics()
    log.set_up(settings.log_level, count=metrics.error)

    def begun(words: str) -> None:
        gc.freeze()  # and it is never looked through again
        gc.enable()
        ready()

    gc.disable()  # what a start makes stays: looking through it again and again takes a fifth of the time
    try:
        app = build(open_house(settings, now=now), metrics=metrics)
        # aiohttp prints when it listens, and only then
        web.run_app(app, host=settings.host, port=settings.port, print=begun, access_log=None, shutdown_timeout=10)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise WrongSettings([f"{name_of('port')}：端口 {settings.port} 已被占用"]) from None
    finally:
        gc.enable()


def _given(settings: Settings, field: str) -> bool:
    value = getattr(settings, field)
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _callback(settings: Settings) -> Callback:
    token, aes_key = settings.wechat_token.get_secret_value(), settings.wechat_aes_key.get_secret_value()
    try:
        return Callback(token, aes_key or None, settings.wechat_appid, settings.wechat_mode)
    except ValueError as wrong:
        raise WrongSettings([f"{name_of('wechat_token')}：{wrong}"]) from None


def _calendar(database: Database, now: datetime) -> dict[date, bool]:
    days = database.read_now(calendar.days)
    if {now.year, now.year + 1} - {day.year for day in days}:
        from bot.his.calendar import china  # a third of a second, once a year

        database.write_now(calendar.seed, china((now.year, now.year + 1)))
        days = database.read_now(calendar.days)
    return days


def publish_flows(database: Database, settings: Settings, practice: Practice, now: datetime) -> None:
    """Publish what changed in the flow files. A file with mistakes is left out, so that a typing error cannot stop the
    hospital: its last revision stays. It is an error only where a plan needs a flow that has no revision at all."""
    texts = content.flow_texts(settings.flows)
    published = {revision.flow: revision.text for revision in database.read_now(library.published)}
    if not texts.items() <= published.items():
        good, issues = publishing.inspect(texts)
        for name, found in issues.items():
            errors = [f"第{issue.line}行 {issue.code}" for issue in found if issue.level == "error"]
            if errors:
                _log.error("flow not published", file=name, issues=errors[:5])
        for flow in good:
            if flow.id in texts:
                database.write_now(publishing.publish, flow, texts[flow.id], now)
                published[flow.id] = texts[flow.id]
            else:
                _log.error("flow not published", file=flow.id, issues=["文件名与 id 不同"])
    needed = {
        opening.IDENTITY,
        opening.AGREEMENT,
        *(point.flow for protocol in practice.protocols for point in protocol.touchpoints),
    }
    if lacking := sorted(needed - published.keys()):
        raise WrongSettings([f"随访方案用到的话术没有或有错误：{'、'.join(lacking)}。请执行 suifang flow check {settings.flows}"])


def _chores(house: House, send: parcel.Sender, posted: Callable[[], None]) -> dict[str, Chore]:
    """What is done when its time comes. What makes messages rings the outbox, so that they leave at once."""
    database, practice, now = house.database, house.practice, house.now

    def chore(act: Callable[[Tx, Practice, datetime], int]) -> Chore:
        async def do() -> int:
            done = await database.write(act, practice, now())
            if done:
                posted()
            return done

        return do

    async def calendar_() -> int:
        await database.read(almanac.refresh, practice)
        return 0

    async def outbox() -> int:
        return await delivery.flush(database, practice, send, now)

    return {
        "calendar": calendar_,
        "touchpoints": chore(followup.begin_due),
        "talks": chore(followup.wake_due),
        "tickets": chore(escalation.climb_due),
        "outbox": outbox,
        "kept": chore(privacy.expire),
    }


@web.middleware
async def _after_posts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What a person or a patient did may have made a message: it leaves now, not at the next tick."""
    response = await handler(request)
    if request.method == "POST":
        request.config_dict[SCHEDULER].knock_soon("outbox")
    return response


async def _nameless(request: web.Request, response: web.StreamResponse) -> None:
    """Strangers need not know which versions answer them."""
    response.headers["Server"] = "suifang"
