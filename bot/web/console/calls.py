"""The phone worklist: whom to call, all that a caller needs, what came of it, and numbers for the wards to mend."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate

from aiohttp import web

from bot.care import byphone, facts
from bot.care import calls as desk
from bot.care.errors import Refused
from bot.care.practice import Practice
from bot.rules import calls as rules
from bot.web import forms, pages
from bot.web.console import answers
from bot.web.keys import DATABASE, NOW, PRACTICE
from bot.web.pages import SIGNED_IN
from storage import attempts, calls, register, staff, talk
from storage.patients import Episode, Patient
from storage.sealing import Unreadable
from storage.transaction import Tx

routes = web.RouteTableDef()
PAGE = 50
Act = Callable[Concatenate[Tx, Practice, int, int, ...], Any]
FAULTS = tuple(one.code for one in rules.OUTCOMES.values() if one.fault)
_TICKET = r"/calls/{id:\d{1,15}}"


@routes.get("/calls")
async def index(request: web.Request) -> web.StreamResponse:
    later, ward = "later" in request.query, forms.clean(request.query.get("ward", ""))[:60]
    page, now = forms.page(request.query.get("page", "1")), request.config_dict[NOW]()
    found = await request.config_dict[DATABASE].read(_list, now, later, ward, page)
    return pages.render(request, "console/calls.html", later=later, ward=ward, page=page, outcomes=rules.OUTCOMES, **found)


@routes.get("/calls/numbers")
async def numbers(request: web.Request) -> web.StreamResponse:
    """Numbers that are no good, for the wards."""
    ward = forms.clean(request.query.get("ward", ""))[:60]
    found = await request.config_dict[DATABASE].read(calls.faults, FAULTS, ward=ward)
    wards = sorted({one.episode.ward for one in found} | ({ward} if ward else set()))
    return pages.render(request, "console/numbers.html", faults=found, ward=ward, wards=wards, outcomes=rules.OUTCOMES)


@routes.get("/calls/numbers.csv")
async def numbers_csv(request: web.Request) -> web.StreamResponse:
    """The same as a table for Excel. It holds no number but its last four digits."""
    ward, me = forms.clean(request.query.get("ward", ""))[:60], request[SIGNED_IN]
    database, now = request.config_dict[DATABASE], request.config_dict[NOW]()
    found = await database.read(calls.faults, FAULTS, ward=ward)
    await database.write(staff.audit, me.staff_id, "export numbers", now, noun="call", noun_id=None)
    zone = request.config_dict[PRACTICE].zone
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(("病区", "住院号", "姓名", "出院日期", "号码", "尾号", "问题", "打电话的人", "时间", "备注"))
    for one in found:
        call, tail = one.call, one.patient.phone_tail or ""
        row = [
            one.episode.ward,
            one.episode.admission_no,
            one.patient.name,
            f"{one.episode.discharged_at.astimezone(zone):%Y-%m-%d}",
        ]
        if call is None:
            row += ["本人", "", "没有登记号码", "", "", ""]
        else:
            whose = "本人" if call.whose == "self" else "家属"
            row += [whose, tail if call.whose == "self" else "", rules.OUTCOMES[call.outcome].fault, one.caller]
            row += [f"{call.at.astimezone(zone):%Y-%m-%d %H:%M}", call.note]
        table.writerow([_harmless(cell) for cell in row])
    name = f"numbers-{now.astimezone(zone):%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=written.getvalue().encode("utf-8-sig"), content_type="text/csv", charset="utf-8", headers=headers)


@routes.get(_TICKET)
async def show(request: web.Request) -> web.StreamResponse:
    database, me, now = request.config_dict[DATABASE], request[SIGNED_IN], request.config_dict[NOW]()
    context = await database.read(_case, request.config_dict[PRACTICE], int(request.match_info["id"]), me.name, now)
    await database.write(staff.audit, me.staff_id, "view", now, noun="ticket", noun_id=context["ticket"].id)
    return pages.render(request, "console/call.html", **context)


@routes.post(_TICKET + "/outcome")
async def outcome(request: web.Request) -> web.StreamResponse:
    form = await forms.read(request)
    told = desk.Told(
        outcome=form.get("outcome", ""),
        note=form.get("note", "")[:2000],
        whose="kin" if form.get("whose") == "kin" else "self",
        again_at=_asked_for(form.get("again_at", ""), request.config_dict[PRACTICE]),
    )
    await _do(request, desk.record, told)
    raise web.HTTPSeeOther("/console/calls")


@routes.post(_TICKET + "/begin")
async def begin(request: web.Request) -> web.StreamResponse:
    form = await forms.read(request)
    point = form.get("point", "")
    if not point.isdecimal():
        raise Refused("请选择要填的问卷")
    await _do(request, byphone.begin, int(point[:15]), "kin" if form.get("whose") == "kin" else "self")
    return _back(request)


@routes.post(_TICKET + "/answer")
async def answer(request: web.Request) -> web.StreamResponse:
    form = await request.post()
    turn = str(form.get("turn", ""))
    chosen = [str(value) for value in form.getall("choice", [])]
    words = str(form.get("words", "")).strip() or "、".join(chosen)
    if not turn.isdecimal():
        raise Refused("这一页已经过时，请刷新")
    raised = await _do(request, byphone.said, int(turn[:6]), forms.clean(words))
    return _back(request, "?danger" if raised else "")


@routes.post(_TICKET + "/break")
async def break_off(request: web.Request) -> web.StreamResponse:
    await _do(request, byphone.broken_off)
    return _back(request)


@routes.post(_TICKET + "/kin")
async def kin(request: web.Request) -> web.StreamResponse:
    """The family's whole number. That it was looked at is written down first."""
    database, me, now = request.config_dict[DATABASE], request[SIGNED_IN], request.config_dict[NOW]()
    found = await database.read(register.of_ticket, int(request.match_info["id"]))
    episode = found[2] if found is not None else None
    if episode is None:
        raise web.HTTPNotFound
    sealed, episode_id = episode.kin_phone_sealed, episode.id
    if sealed is None:
        raise web.HTTPNotFound
    await database.write(staff.audit, me.staff_id, "reveal kin phone", now, noun="episode", noun_id=episode_id)
    try:
        number = request.config_dict[PRACTICE].seal.open(sealed, f"episode.kin_phone_sealed:{episode_id}")
    except Unreadable:
        number = ""
    return pages.render(request, "console/phone.html", number=number)


def _list(tx: Tx, now: datetime, later: bool, ward: str, page: int) -> dict[str, Any]:
    rows, more = calls.waiting(tx, now, later=later, ward=ward, limit=PAGE, offset=(page - 1) * PAGE)
    return {"rows": rows, "more": more, "counts": calls.counts(tx, now), "wards": calls.wards(tx)}


def _case(tx: Tx, practice: Practice, ticket_id: int, caller: str, now: datetime) -> dict[str, Any]:
    found = register.of_ticket(tx, ticket_id)
    if found is None:
        raise web.HTTPNotFound
    ticket, patient, episode, _ = found
    if ticket.matter != "phone" or patient is None or episode is None or episode.id is None:
        raise web.HTTPNotFound
    points = calls.points(tx, episode.id)
    known = _facts(tx, practice, patient, episode, points[0].title if points else "出院随访", caller, now)
    runs = talk.answers(tx, episode.id)
    return {
        "ticket": ticket,
        "patient": patient,
        "episode": episode,
        "points": points,
        "sheet": byphone.sheet(tx, practice, episode.id) if ticket.state != "closed" else None,
        "attempts": attempts.of_episode(tx, episode.id),
        "calls": calls.of_episode(tx, episode.id),
        "steps": practice.script.steps(known),
        "asides": practice.script.asides(known),
        "script": practice.script,
        "outcomes": rules.OUTCOMES,
        "groups": rules.GROUPS,
        "runs": runs,
        "told": answers.tell(tx, practice, (one for _, given in runs for one in given)),
        "titles": {run.id: answers.title(tx, practice, run) for run, _ in runs},
        "others": register.other_tickets(tx, ticket),
    }


def _facts(
    tx: Tx, practice: Practice, patient: Patient, episode: Episode, title: str, caller: str, now: datetime
) -> dict[str, Any]:
    known = facts.gather(tx, practice, episode.id or 0, relation="unknown", now=now)
    call = f"{known['surname']}{known['salutation']}" if known["salutation"] else patient.name
    return known | {"staff": caller, "call": call, "title": title, "name": patient.name}


def _asked_for(text: str, practice: Practice) -> datetime | None:
    """A local time as the browser's field gives it."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=practice.zone)
    except ValueError:
        raise Refused("再打的时间写法不对") from None


def _harmless(cell: str) -> str:
    """Excel takes a cell that begins like this for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell


async def _do(request: web.Request, act: Act, *details: Any) -> Any:
    ticket_id, me, now = int(request.match_info["id"]), request[SIGNED_IN], request.config_dict[NOW]()
    return await request.config_dict[DATABASE].write(act, request.config_dict[PRACTICE], ticket_id, me.staff_id, *details, now)


def _back(request: web.Request, more: str = "") -> web.StreamResponse:
    raise web.HTTPSeeOther(f"/console/calls/{request.match_info['id']}{more}#sheet")
