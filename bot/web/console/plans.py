"""Protocols: what runs by them, who is not followed and why, and taking running plans over to a changed one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.care import moving
from bot.care.errors import Refused
from bot.care.practice import Practice
from bot.rules.cohort import REASONS
from bot.rules.protocol import COUNTS, Protocol, TouchpointPlan
from bot.web import pages
from bot.web.keys import DATABASE, NOW, PRACTICE
from bot.web.pages import SIGNED_IN
from storage import patients, planning, revisits
from storage.transaction import Tx

routes = web.RouteTableDef()
MAY = frozenset({"admin", "supervisor"})
SHOWN = 200
_SAID = {
    "day": "出院后{}天",
    "week": "出院后{}周",
    "month": "出院满{}个月",
    "day_after_procedure": "手术后{}天",
    "week_after_procedure": "手术后{}周",
    "month_after_procedure": "手术满{}个月",
    "before_revisit": "复诊前{}天",
    "week_before_revisit": "复诊前{}周",
    "month_before_revisit": "复诊前{}个月",
    "after_revisit": "复诊后{}天",
}


@routes.get("/plans")
async def index(request: web.Request) -> web.StreamResponse:
    practice, now = request.config_dict[PRACTICE], request.config_dict[NOW]()
    found = await request.config_dict[DATABASE].read(_all, practice, now)
    return pages.render(request, "console/plans.html", **found)


@routes.get(r"/plans/{protocol:[a-z][a-z0-9_]{0,79}}")
async def show(request: web.Request) -> web.StreamResponse:
    """One protocol, and what a move would change."""
    practice, now = request.config_dict[PRACTICE], request.config_dict[NOW]()
    protocol = next((one for one in practice.protocols if one.id == request.match_info["protocol"]), None)
    if protocol is None:
        raise web.HTTPNotFound
    database = request.config_dict[DATABASE]
    changes = await database.read(moving.preview, practice, protocol.id, now, SHOWN + 1)
    behind = (await database.read(moving.behind, practice))[protocol.id]
    points = [(said(point), point) for point in protocol.touchpoints]
    may = request[SIGNED_IN].role in MAY
    return pages.render(
        request, "console/plan.html", protocol=protocol, points=points, changes=changes[:SHOWN], behind=behind, may=may
    )


@routes.post(r"/plans/{protocol:[a-z][a-z0-9_]{0,79}}/move")
async def move(request: web.Request) -> web.StreamResponse:
    practice, me = request.config_dict[PRACTICE], request[SIGNED_IN]
    if me.role not in MAY:
        raise Refused("只有系统管理员或主管可以移动正在走的计划")
    name, database = request.match_info["protocol"], request.config_dict[DATABASE]
    while await database.write(moving.move, practice, name, me.staff_id, request.config_dict[NOW]()):
        pass
    raise web.HTTPSeeOther(f"/console/plans/{name}")


def said(point: TouchpointPlan) -> str:
    """When a touchpoint is, in words: 出院后3天 10:00."""
    when = next(_SAID[name].format(number) for name in COUNTS if (number := getattr(point, name)) is not None)
    return f"{when} {point.at:%H:%M}"


def _all(tx: Tx, practice: Practice, now: datetime) -> dict[str, Any]:
    counts, behind = planning.counts(tx), moving.behind(tx, practice)
    lines = []
    known = {one.id: one for one in practice.protocols}
    for name in [*sorted(known, key=lambda name: -known[name].priority), *sorted({name for name, _ in counts} - known.keys())]:
        states = {state: counts.get((name, state), 0) for state in ("running", "completed", "stopped", "not_drawn")}
        protocol: Protocol | None = known.get(name)
        lines.append({"id": name, "protocol": protocol, "behind": behind.get(name, 0), **states})
    today = practice.today(now)
    excluded = sorted(patients.exclusions(tx).items(), key=lambda pair: -pair[1])
    tally = revisits.tally(tx, today - timedelta(days=30), today - timedelta(days=1))
    return {"lines": lines, "excluded": [(REASONS.get(code, code), count) for code, count in excluded], "tally": tally}
