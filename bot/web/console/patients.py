"""Patients: the list, the search, and one person with all that happened since the discharge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.care.practice import Practice
from bot.rules.calls import OUTCOMES
from bot.rules.cohort import REASONS
from bot.web import forms, pages, phrases
from bot.web.console import answers
from bot.web.keys import DATABASE, NOW, PRACTICE
from bot.web.pages import SIGNED_IN
from storage import calls, consents, register, staff, talk
from storage.patients import Patient
from storage.sealing import Unreadable
from storage.transaction import Tx

routes = web.RouteTableDef()
PAGE = 50


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened. `kind` is for the badge, `tone` for its colour."""

    at: datetime
    kind: str
    words: str
    tone: str = ""
    link: str = ""


@routes.get("/patients")
async def index(request: web.Request) -> web.StreamResponse:
    return await _lines(request, "", request.query.get("page", "1"))


@routes.post("/patients")
async def search(request: web.Request) -> web.StreamResponse:
    """By POST: a name or a number in an address would stay in histories and logs."""
    form = await forms.read(request)
    return await _lines(request, form.get("words", "")[:60], form.get("page", "1"))


async def _lines(request: web.Request, words: str, asked: str) -> web.StreamResponse:
    page = forms.page(asked)
    digits = re.sub(r"[\s-]", "", words)
    whole = digits.isdecimal() and len(digits) >= 7
    phone = request.config_dict[PRACTICE].seal.index(digits, "phone") if whole else None
    lines, more = await request.config_dict[DATABASE].read(
        register.lines, words=words, phone_index=phone, limit=PAGE, offset=(page - 1) * PAGE
    )
    return pages.render(request, "console/patients.html", lines=lines, more=more, page=page, words_sought=words)


@routes.get(r"/patients/{id:\d{1,15}}")
async def show(request: web.Request) -> web.StreamResponse:
    patient_id, me = int(request.match_info["id"]), request[SIGNED_IN]
    database, now = request.config_dict[DATABASE], request.config_dict[NOW]()
    found = await database.read(_all, request.config_dict[PRACTICE], patient_id)
    if found is None:
        raise web.HTTPNotFound
    await database.write(staff.audit, me.staff_id, "view", now, noun="patient", noun_id=patient_id)
    return pages.render(request, "console/patient.html", **found)


@routes.post(r"/patients/{id:\d{1,15}}/phone")
async def phone(request: web.Request) -> web.StreamResponse:
    """The whole number, for who has to call. That it was looked at is written down first."""
    patient_id, me = int(request.match_info["id"]), request[SIGNED_IN]
    database, now = request.config_dict[DATABASE], request.config_dict[NOW]()
    patient = await database.read(register.patient, patient_id)
    if patient is None or patient.phone_sealed is None:
        raise web.HTTPNotFound
    await database.write(staff.audit, me.staff_id, "reveal phone", now, noun="patient", noun_id=patient_id)
    try:
        number = request.config_dict[PRACTICE].seal.open(patient.phone_sealed, f"patient.phone_sealed:{patient_id}")
    except Unreadable:
        number = ""
    if pages.in_place(request):
        return pages.render(request, "console/phone.html", number=number)
    found = await database.read(_all, request.config_dict[PRACTICE], patient_id)
    return pages.render(request, "console/patient.html", **(found or {}) | {"number": number})


def _all(tx: Tx, practice: Practice, patient_id: int) -> dict[str, Any] | None:
    patient: Patient | None = register.patient(tx, patient_id)
    if patient is None:
        return None
    stays = register.stays(tx, patient_id)
    moments: list[Moment] = []
    for stay in stays:
        moments += _of_stay(tx, practice, stay)
    spoken = {calls.phone_id(tx, stay.episode.id) for stay in stays if stay.episode.id}
    for contact_id in {contact.id for stay in stays for _, contact, _ in stay.contacts} | spoken:
        moments += _of_talk(tx, practice, contact_id) if contact_id else []
    moments.sort(key=lambda moment: moment.at, reverse=True)
    titles = {protocol.id: protocol.title for protocol in practice.protocols}
    told = {"protocols": titles, "reasons": REASONS}
    return {"patient": patient, "stays": stays, "moments": moments, "number": None, **told}


def _of_stay(tx: Tx, practice: Practice, stay: register.Stay) -> list[Moment]:
    episode = stay.episode
    moments = [Moment(episode.discharged_at, "出院", f"{episode.department} {phrases.LEAVINGS[episode.outcome]}")]
    for ticket in stay.tickets:
        words = f"{phrases.LEVELS[ticket.level]} · {phrases.MATTERS[ticket.matter]}：{ticket.reason}"
        link = f"/console/tickets/{ticket.id}"
        moments.append(Moment(ticket.raised_at, "工单", words, ticket.level, link))
        if ticket.closed_at:
            moments.append(
                Moment(ticket.closed_at, "工单", f"关闭：{ticket.outcome or ''} {ticket.closing_note}".strip(), "good", link)
            )
    for call, name in calls.of_episode(tx, episode.id) if episode.id else []:
        outcome = OUTCOMES[call.outcome].name
        moments.append(Moment(call.at, "电话", f"{name}：{outcome}{'，' if call.note else ''}{call.note}", "person"))
    for binding, _, _ in stay.contacts:
        who = phrases.RELATIONS[binding.relation]
        moments.append(Moment(binding.bound_at, "绑定", "绑定微信"))
        if binding.confirmed_at:
            moments.append(Moment(binding.confirmed_at, "绑定", f"身份确认：{who}{_kin(binding.kin)}", "good"))
        if binding.ended_at:
            moments.append(Moment(binding.ended_at, "绑定", f"解除绑定 {binding.ended_for or ''}".strip(), "warn"))
    moments += _of_consents(tx, episode.id)
    runs = talk.answers(tx, episode.id) if episode.id else []
    told = answers.tell(tx, practice, (answer for _, given in runs for answer in given))
    for run, given in runs:
        name = answers.title(tx, practice, run)
        moments.append(Moment(run.started_at, "随访", f"开始：{name}"))
        if run.ended_at:
            said = "；".join(f"{told[answer.id].question} {told[answer.id].words}" for answer in given if answer.id in told)
            words = f"{name} {phrases.SESSION_STATES[run.status]}" + (f"\n{said}" if said else "")
            moments.append(Moment(run.ended_at, "随访", words, "good" if run.status == "completed" else "warn"))
    return moments


def _kin(kin: str) -> str:
    return f"（{kin}）" if kin else ""


def _of_consents(tx: Tx, episode_id: int | None) -> list[Moment]:
    """What was agreed to, refused and taken back, with the words."""
    moments: list[Moment] = []
    for one in consents.of_episode(tx, episode_id) if episode_id else []:
        whose = phrases.CAPACITIES[one.capacity]
        words = f"{whose}{phrases.CONSENTS[one.answer]}使用健康信息（同意书 {one.version}）：“{one.words}”"
        moments.append(Moment(one.at, "同意", words, "good" if one.answer == "agreed" else "warn"))
        if one.ended_at and one.ended_for == "withdrawn" and one.answer == "agreed":
            moments.append(Moment(one.ended_at, "同意", f"撤回同意：“{one.ended_words}”", "warn"))
    return moments


def _of_talk(tx: Tx, practice: Practice, contact_id: int) -> list[Moment]:
    moments: list[Moment] = []
    for line in talk.of_contact(tx, contact_id, limit=300)[0]:
        if isinstance(line, talk.Sent):
            sent = line.message
            words, _ = phrases.delivery(sent.state, sent.delivered, sent.errcode, sent.lane)
            text = sent.body.get("text") or f"[{phrases.LANES[sent.lane]}] {_notice(sent.body)}"
            moments.append(Moment(line.at, line.author or "机器人", f"{text}（{words}）"))
        elif line.message.kind == "event":
            if words := phrases.event(line.message.event):
                moments.append(Moment(line.at, "微信", words))
        else:
            kind = "" if line.message.kind == "text" else f"[{phrases.KINDS.get(line.message.kind, line.message.kind)}] "
            tone = line.message.triage if line.message.triage in ("L0", "L1", "L2") else "person"
            moments.append(Moment(line.at, "患者", kind + line.message.text, tone))
    return moments


def _notice(body: Mapping[str, Any]) -> str:
    """The words of a notice, field by field."""
    fields = (body.get("fields") or {}).values()
    return " · ".join(str(field.get("value", "")) if isinstance(field, Mapping) else str(field) for field in fields)
