"""Pages: the templates and how they are filled. Times are said in the hospital's zone; everything is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from jinja2.runtime import Context

from bot.web import phrases
from bot.web.assets import Assets
from bot.web.keys import NOW, PRACTICE
from storage.staff import SignedIn

# Who is signed in, once the middleware has found out
SIGNED_IN: web.RequestKey[SignedIn] = web.RequestKey("signed in", SignedIn)
ASSETS: web.AppKey[Assets] = web.AppKey("assets", Assets)


def add_pages(app: web.Application, templates: Path) -> None:
    """Give an application the page templates and the files under /static."""
    assets = app[ASSETS] = Assets(templates / "static")
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        moment=_moment, day=_day, clock=_clock, left=_left, age=_age, masked=phrases.masked, weekday=phrases.weekday
    )
    environment.globals.update(asset=assets.url, words=phrases)
    app.router.add_get("/static/{name:.+}", assets.serve)


def render(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A page, or a part of one."""
    filled = _common(request) | context
    return aiohttp_jinja2.render_template(template, request, filled, status=status)


def fragment(request: web.Request, template: str, **context: Any) -> str:
    """A part of a page as text."""
    return aiohttp_jinja2.render_string(template, request, _common(request) | context)


def in_place(request: web.Request) -> bool:
    """Whether htmx asks, and the answer goes into the page that is open."""
    return request.headers.get("HX-Request") == "true"


def _common(request: web.Request) -> dict[str, Any]:
    practice = request.config_dict[PRACTICE]
    return {
        "now": request.config_dict[NOW](),
        "zone": practice.zone,
        "hospital": practice.hospital,
        "name_of": practice.tables.name,
        "path": request.path,
        "me": request.get(SIGNED_IN),
    }


@jinja2.pass_context
def _moment(context: Context, at: datetime | None) -> str:
    return phrases.moment(at, context["now"], context["zone"]) if at else ""


@jinja2.pass_context
def _clock(context: Context, at: datetime) -> str:
    return f"{at.astimezone(context['zone']):%H:%M}"


@jinja2.pass_context
def _day(context: Context, at: date | datetime | None) -> str:
    if at is None:
        return ""
    on = at.astimezone(context["zone"]).date() if isinstance(at, datetime) else at
    return phrases.day(on, _today(context))


@jinja2.pass_context
def _left(context: Context, due_at: datetime) -> str:
    return phrases.left(due_at, context["now"])


@jinja2.pass_context
def _age(context: Context, born_on: date | None) -> str:
    return phrases.age(born_on, _today(context))


def _today(context: Mapping[str, Any] | Context) -> date:
    now: datetime = context["now"]
    return now.astimezone(context["zone"]).date()
