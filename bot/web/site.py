"""The pages of the house put together: the console for staff and the pages that a patient opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.web import auth, middleware, pages
from bot.web.console import account, calendar, calls, cards, flows, imports, media, patients, plans, privacy, tablet, tickets
from bot.web.phone import notice


def add_site(
    app: web.Application,
    templates: Path,
    *,
    around: Sequence[Middleware] = (),
    clock: Callable[[], datetime] = auth.real_now,
) -> None:
    """Hang the console and the phone pages into the web application, which holds the keys of `bot.web.keys`. `around` is put
    round every page. `clock` is the real time, by which logins live, whatever the demo does with its own."""
    app[auth.CLOCK] = clock
    pages.add_pages(app, templates)
    app.add_subapp("/console/", console(around))
    app.add_subapp("/t/", phone(around))
    app.router.add_get("/", _home)


def console(around: Sequence[Middleware]) -> web.Application:
    """The pages of the staff."""
    app = web.Application(
        middlewares=[*around, middleware.friendly, middleware.staff_only, middleware.own_requests_only],
    )
    app.on_response_prepare.append(middleware.harden)
    app.router.add_get("/", _home)
    app.router.add_get("/login", auth.show_login)
    app.router.add_post("/login", auth.sign_in)
    app.router.add_post("/logout", auth.sign_out)
    for noun in (tickets, patients, cards, imports, flows, media, account, plans, calendar, calls, privacy, tablet):
        app.router.add_routes(noun.routes)
    return app


def phone(around: Sequence[Middleware]) -> web.Application:
    """The pages that a patient opens from a notice: no login, no names."""
    app = web.Application(middlewares=[*around, middleware.friendly])
    app.on_response_prepare.append(middleware.harden)
    app.router.add_routes(notice.routes)
    return app


async def _home(request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther(auth.HOME)
