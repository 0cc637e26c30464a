"""The simulator as one aiohttp application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.simulator import page
from bot.simulator.api import Api
from bot.simulator.clock import Clock
from bot.simulator.control import Control
from bot.simulator.faults import Faults
from bot.simulator.live import Live
from bot.simulator.options import Options, Template
from bot.simulator.phones import Phones
from bot.simulator.platform import Platform
from bot.simulator.push import Pusher
from bot.simulator.traffic import Traffic

__all__ = ["CLOCK", "FAULTS", "OPTIONS", "PLATFORM", "PUSHER", "TRAFFIC", "Options", "Template", "build"]

OPTIONS = web.AppKey("OPTIONS", Options)
PLATFORM = web.AppKey("PLATFORM", Platform)
CLOCK = web.AppKey("CLOCK", Clock)
PUSHER = web.AppKey("PUSHER", Pusher)
FAULTS = web.AppKey("FAULTS", Faults)
TRAFFIC = web.AppKey("TRAFFIC", Traffic)
MAX_BODY = 12 << 20


@web.middleware
async def only_own_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Pages of other sites must not press the buttons of `/sim/`: there is no login here."""
    origin = request.headers.get("Origin")
    if origin and request.path.startswith("/sim/") and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden(text="another site's page")
    return await handler(request)


def build(options: Options) -> web.Application:
    """The platform for one official account: its API, its pushes to `options.callback_url`, `/sim/*` and the phones page."""
    clock = options.clock or Clock()
    platform = Platform(options, clock)
    faults, traffic = Faults(), Traffic()
    pusher = Pusher(platform, options, faults, traffic)
    live = Live(platform, clock)
    faults.changed = live.changed
    app = web.Application(client_max_size=MAX_BODY, middlewares=[only_own_pages])
    app[OPTIONS], app[PLATFORM], app[CLOCK] = options, platform, clock
    app[PUSHER], app[FAULTS], app[TRAFFIC] = pusher, faults, traffic
    Api(platform, faults, traffic, pusher).mount(app)
    phones = Phones(platform, pusher, live)
    phones.mount(app)
    Control(options, platform, clock, faults, traffic, pusher, phones, live).mount(app)
    page.mount(app)

    async def lifetime(app: web.Application) -> AsyncIterator[None]:
        yield
        await pusher.close()

    async def end_streams(app: web.Application) -> None:
        live.stop()

    app.cleanup_ctx.append(lifetime)
    app.on_shutdown.append(end_streams)
    return app
