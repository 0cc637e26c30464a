"""A person's rights over their data: a copy of everything, and its deletion. For administrators alone; always written down."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from aiohttp import web

from bot.care import privacy
from bot.care.errors import Refused
from bot.care.practice import Practice
from bot.web import forms, pages, person
from bot.web.keys import DATABASE, FILES, NOW, PRACTICE
from bot.web.pages import SIGNED_IN
from storage import register
from storage.patients import Patient

routes = web.RouteTableDef()
MAY = frozenset({"admin"})


@routes.get(r"/patients/{id:\d{1,15}}/privacy")
async def show(request: web.Request) -> web.StreamResponse:
    patient = await _patient(request)
    terms = request.config_dict[PRACTICE].retention.terms.values()
    return pages.render(request, "console/privacy.html", patient=patient, terms=terms, reasons=privacy.REASONS, erased=None)


@routes.post(r"/patients/{id:\d{1,15}}/export")
async def export(request: web.Request) -> web.StreamResponse:
    """One file: to read (with the data in it), or the data alone."""
    await _patient(request)
    practice, now = request.config_dict[PRACTICE], request.config_dict[NOW]()
    database, patient_id = request.config_dict[DATABASE], int(request.match_info["id"])
    made = await database.write(privacy.export, practice, patient_id, request[SIGNED_IN].staff_id, now)
    machine = (await forms.read(request)).get("format") == "json"
    body = await asyncio.to_thread(_body, made, machine, practice)
    kind = "application/json" if machine else "text/html"
    # no name in the file's name: it stands in histories
    name = f"person-{patient_id}.{'json' if machine else 'html'}"
    headers = {"Content-Disposition": f'attachment; filename="{quote(name)}"', "Content-Type": f"{kind}; charset=utf-8"}
    return web.Response(body=body, headers=headers)


def _body(made: privacy.Copy, machine: bool, practice: Practice) -> bytes:
    return person.as_json(made) if machine else person.as_html(made, practice.zone).encode()


@routes.post(r"/patients/{id:\d{1,15}}/erase")
async def erase(request: web.Request) -> web.StreamResponse:
    """Asks for the record number once more, so that nobody erases the wrong person by a slip."""
    patient, form = await _patient(request), await forms.read(request)
    if form.get("hospital_no", "") != patient.hospital_no:
        raise Refused("病案号和这位患者的不一致，没有删除")
    practice, now, me = request.config_dict[PRACTICE], request.config_dict[NOW](), request[SIGNED_IN]
    done = await request.config_dict[DATABASE].write(
        privacy.erase, practice, int(request.match_info["id"]), me.staff_id, form.get("reason", ""), now
    )
    for name in done.files:
        await asyncio.to_thread(request.config_dict[FILES].drop, name)
    return pages.render(request, "console/privacy.html", patient=None, terms=(), reasons=(), erased=done)


async def _patient(request: web.Request) -> Patient:
    if request[SIGNED_IN].role not in MAY:
        raise Refused("只有系统管理员可以导出或删除个人信息")
    found = await request.config_dict[DATABASE].read(register.patient, int(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound
    return found
