"""The calendar of odd days and the hours of sending, as staff keep them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from itertools import groupby
from typing import Any

from aiohttp import web

from bot.care import almanac
from bot.care.errors import Refused
from bot.rules.sending import Sending
from bot.web import forms, pages
from bot.web.keys import DATABASE, NOW, PRACTICE
from bot.web.pages import SIGNED_IN
from storage import calendar
from storage.settings import CalendarDay
from storage.transaction import Tx

routes = web.RouteTableDef()
MAY = frozenset({"admin", "supervisor"})
PAGE = "/console/calendar"


@routes.get("/calendar")
async def index(request: web.Request) -> web.StreamResponse:
    practice, now = request.config_dict[PRACTICE], request.config_dict[NOW]()
    today, database = practice.today(now), request.config_dict[DATABASE]
    asked = request.query.get("year", "")
    year = (
        int(asked) if asked.isascii() and asked.isdecimal() and 2000 <= int(asked[:4]) <= 2100 and len(asked) == 4 else today.year
    )
    days = await database.read(calendar.of_year, year)
    unknown = [one for one in (today.year, today.year + 1) if not await database.read(calendar.has_make_up_days, one)]
    return pages.render(
        request,
        "console/calendar.html",
        year=year,
        today=today,
        spans=_spans(days),
        unknown=unknown,
        sending=practice.almanac.sending,
        may=request[SIGNED_IN].role in MAY,
    )


@routes.post("/calendar/days")
async def set_days(request: web.Request) -> web.StreamResponse:
    form = await forms.read(request)
    try:
        first = date.fromisoformat(form.get("first", ""))
        last = date.fromisoformat(form.get("last", "") or form.get("first", ""))
    except ValueError:
        raise Refused("请选择日期") from None
    await _write(request, almanac.set_days, first, last, form.get("kind", ""), form.get("name", ""))
    raise web.HTTPSeeOther(f"{PAGE}?year={first.year}")


@routes.post("/calendar/seed")
async def seed(request: web.Request) -> web.StreamResponse:
    """Add what is known by now of a year; what staff set stays."""
    asked = (await forms.read(request)).get("year", "")
    if not re.fullmatch("20[0-9]{2}", asked):
        raise Refused("请选择年份")
    from bot.his.calendar import china  # a third of a second, once a year

    await _write(request, almanac.add_year, china([int(asked)]))
    raise web.HTTPSeeOther(f"{PAGE}?year={asked}")


@routes.post("/calendar/sending")
async def set_sending(request: web.Request) -> web.StreamResponse:
    form = await forms.read(request)
    try:
        sending = Sending(
            windows=form.get("windows", "")[:80],
            quiet_from=time.fromisoformat(form.get("quiet_from", "")),
            quiet_until=time.fromisoformat(form.get("quiet_until", "")),
            pause_on_holidays=form.get("pause_on_holidays") == "yes",
            most=int(form.get("most", "")),
            days=int(form.get("days", "")),
        )
    except ValueError as wrong:
        words = str(wrong)
        raise Refused(words if not words.isascii() else "时间应如 21:00，次数和天数应为整数") from None
    await _write(request, almanac.set_sending, sending)
    raise web.HTTPSeeOther(PAGE)


async def _write(request: web.Request, act: Callable[..., Any], *given: Any) -> None:
    """Do it, and let this process follow at once; others follow within a tick."""
    me, database, practice = request[SIGNED_IN], request.config_dict[DATABASE], request.config_dict[PRACTICE]
    if me.role not in MAY:
        raise Refused("只有系统管理员或主管可以改日历和发送时段")
    now = request.config_dict[NOW]()

    def edit(tx: Tx) -> None:
        act(tx, practice, *given, me.staff_id, now)

    await database.write(edit)
    await database.read(almanac.refresh, practice)


def _spans(days: list[CalendarDay]) -> list[tuple[date, date, bool, str]]:
    """Runs of days of one kind and name: 10月1日 to 10月7日, a holiday, 国庆节."""

    def run(numbered: tuple[int, CalendarDay]) -> tuple[int, bool]:
        number, one = numbered
        return one.day.toordinal() - number, one.working

    found = []
    for _, several in groupby(enumerate(days), key=run):
        listed = [one for _, one in several]
        names = dict.fromkeys(one.name.partition("（")[0] for one in listed if one.name)
        if len(names) > 1:
            names.pop("休息日", None)  # the names of the seed say which day a rest day was moved from; the table shows it
        found.append((listed[0].day, listed[-1].day, listed[0].working, "、".join(names)))
    return found
