"""The ticket list and the page of one ticket: the talk, what was read from it, and what a person does about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Concatenate

from aiohttp import web

from bot.care import escalation
from bot.care.errors import Refused
from bot.care.practice import Practice
from bot.rules import lane
from bot.rules import tickets as rules
from bot.web import forms, pages, phrases
from bot.web.console import answers
from bot.web.keys import DATABASE, NOW, PRACTICE
from bot.web.pages import SIGNED_IN
from storage import inbox, register, staff, talk
from storage.contacts import Contact
from storage.patients import Episode, Patient
from storage.readings import Record
from storage.sessions import Answer, Session
from storage.tickets import Complaint, Ticket, TicketEntry
from storage.transaction import Tx

routes = web.RouteTableDef()
PAGE = 50
LONGEST_REPLY = 600  # characters of one bubble
Act = Callable[Concatenate[Tx, Practice, int, int, ...], None]
QUEUES = {"todo": "待处理", "mine": "我的", "overdue": "超时", "all": "全部", "closed": "已关闭"}


@routes.get("/tickets")
async def index(request: web.Request) -> web.StreamResponse:
    queue = request.query.get("queue", "todo")
    if queue not in QUEUES:
        raise web.HTTPNotFound
    ward, page = forms.clean(request.query.get("ward", ""))[:60], forms.page(request.query.get("page", "1"))
    me, now, database = request[SIGNED_IN], request.config_dict[NOW](), request.config_dict[DATABASE]
    listed = await database.read(_list, queue, me.staff_id, now, ward, page)
    context = {"queue": queue, "queues": QUEUES, "ward": ward, "page": page, **listed}
    context["query"] = f"queue={queue}&page={page}"
    if not pages.in_place(request):
        return pages.render(request, "console/tickets.html", **context)
    return _if_new(request, pages.fragment(request, "console/tickets_live.html", **context))


def _list(tx: Tx, queue: str, staff_id: int, now: datetime, ward: str, page: int) -> dict[str, Any]:
    rows, more = inbox.rows(tx, queue, staff_id, now, ward=ward, limit=PAGE, offset=(page - 1) * PAGE)
    return {"rows": rows, "more": more, "counts": inbox.counts(tx, staff_id, now), "wards": inbox.wards(tx)}


@dataclass(frozen=True, slots=True)
class Case:
    """All that the page of a ticket shows."""

    ticket: Ticket
    patient: Patient | None
    episode: Episode | None
    contact: Contact | None
    talk: list[talk.Said | talk.Sent]
    earlier: bool
    entries: list[TicketEntry]
    complaints: list[tuple[Complaint, Record]]
    others: list[Ticket]
    runs: list[tuple[Session, list[Answer]]]
    told: dict[int, answers.Told]
    titles: dict[int, str]
    relation: str
    names: dict[int, str]


def _case(tx: Tx, practice: Practice, ticket_id: int, lines: int) -> Case:
    found = register.of_ticket(tx, ticket_id)
    if found is None:
        raise web.HTTPNotFound
    ticket, patient, episode, contact = found
    said, earlier = talk.of_contact(tx, contact.id, limit=lines) if contact and contact.id else ([], False)
    said = [
        line for line in said if isinstance(line, talk.Sent) or line.message.kind != "event" or phrases.event(line.message.event)
    ]
    runs = talk.answers(tx, ticket.episode_id) if ticket.episode_id else []
    given = [answer for _, some in runs for answer in some]
    given += [answer for line in said if isinstance(line, talk.Said) for answer in line.answers]
    return Case(
        ticket=ticket,
        patient=patient,
        episode=episode,
        contact=contact,
        talk=said,
        earlier=earlier,
        entries=register.entries(tx, ticket_id),
        complaints=register.complaints(tx, ticket_id),
        others=register.other_tickets(tx, ticket),
        runs=runs,
        told=answers.tell(tx, practice, given),
        titles={run.id: answers.title(tx, practice, run) for run, _ in runs if run.id is not None},
        relation=register.relation(tx, ticket.contact_id, ticket.episode_id),
        names=staff.names(tx),
    )


@routes.get(r"/tickets/{id:\d{1,15}}")
async def show(request: web.Request) -> web.StreamResponse:
    context = await _context(request)
    if not pages.in_place(request):
        me, now = request[SIGNED_IN], request.config_dict[NOW]()
        await request.config_dict[DATABASE].write(
            staff.audit, me.staff_id, "view", now, noun="ticket", noun_id=context["case"].ticket.id
        )
        return pages.render(request, "console/ticket.html", **context)
    return _if_new(request, pages.fragment(request, "console/ticket_live.html", live=True, **context))


@routes.post(r"/tickets/{id:\d{1,15}}/accept")
async def accept(request: web.Request) -> web.StreamResponse:
    return await _act(request, escalation.accept)


@routes.post(r"/tickets/{id:\d{1,15}}/take-over")
async def take_over(request: web.Request) -> web.StreamResponse:
    return await _act(request, escalation.take_over)


@routes.post(r"/tickets/{id:\d{1,15}}/hand-back")
async def hand_back(request: web.Request) -> web.StreamResponse:
    return await _act(request, escalation.hand_back)


@routes.post(r"/tickets/{id:\d{1,15}}/reply")
async def reply(request: web.Request) -> web.StreamResponse:
    text = await _words(request, "回复的内容")
    return await _act(request, escalation.reply, text)


@routes.post(r"/tickets/{id:\d{1,15}}/note")
async def note(request: web.Request) -> web.StreamResponse:
    text = await _words(request, "备注的内容")
    return await _act(request, escalation.note, text)


@routes.post(r"/tickets/{id:\d{1,15}}/close")
async def close(request: web.Request) -> web.StreamResponse:
    form = await forms.read(request)
    outcome, note = form.get("outcome", ""), form.get("note", "")[:2000]
    await _do(request, escalation.close, outcome, note)
    if pages.in_place(request):
        return web.Response(status=204, headers={"HX-Redirect": "/console/tickets"})  # on to the next one
    raise web.HTTPSeeOther("/console/tickets")


async def _words(request: web.Request, what: str) -> str:
    text = (await forms.read(request)).get("text", "")
    if not text:
        raise Refused(f"请先填写{what}。")
    if len(text) > LONGEST_REPLY:
        raise Refused(f"{what}有 {len(text)} 字，最多 {LONGEST_REPLY} 字，请删短一些。")
    return text


async def _do(request: web.Request, act: Act, *details: str) -> None:
    ticket_id, me, now = int(request.match_info["id"]), request[SIGNED_IN], request.config_dict[NOW]()
    await request.config_dict[DATABASE].write(act, request.config_dict[PRACTICE], ticket_id, me.staff_id, *details, now)


async def _act(request: web.Request, act: Act, *details: str) -> web.StreamResponse:
    """Do it and show the ticket as it is now: in place for htmx, else by going back to its page."""
    await _do(request, act, *details)
    if not pages.in_place(request):
        raise web.HTTPSeeOther(f"/console/tickets/{request.match_info['id']}")
    return pages.render(request, "console/ticket_live.html", live=True, **await _context(request))


async def _context(request: web.Request) -> dict[str, Any]:
    ticket_id, now = int(request.match_info["id"]), request.config_dict[NOW]()
    lines = 2000 if "all" in request.query else 200
    case = await request.config_dict[DATABASE].read(_case, request.config_dict[PRACTICE], ticket_id, lines)
    return {
        "case": case,
        "window": _window(case.contact, now),
        "whole": "all" in request.query,
        "outcomes": rules.outcomes(case.ticket.matter),
    }


def _window(contact: Contact | None, now: datetime) -> dict[str, Any]:
    """Whether a person's message can leave now, and why not."""
    if contact is None:
        return {"open": False, "why": "没有绑定微信，只能电话联系。"}
    window = lane.Window(contact.window_until, contact.quota_left)
    stopped = contact.state == "stopped"
    reach = lane.Reach(bool(contact.openid), contact.followed, stopped, window, templates=False)
    if lane.choose(reach, "staff", now).way == "service":
        return {"open": True, "until": contact.window_until, "left": contact.quota_left, "reserve": lane.RESERVE}
    if not contact.openid:
        return {"open": False, "why": "微信账号已取消关注或已解绑，发不到，请打电话。"}
    shut = "微信对话窗口已关闭（患者超过 48 小时没有发言）"
    if window.left(now):
        shut = f"微信允许的条数只剩留给安全提示的 {lane.RESERVE} 条"
    elif contact.window_until and contact.window_until > now:
        shut = "微信允许的条数已用完"
    return {"open": False, "why": f"{shut}，现在发不出去。请打电话，或等患者再次发言。"}


def _if_new(request: web.Request, html: str) -> web.StreamResponse:
    """Nothing when the page already shows just this, so that the screen does not flicker and the focus stays."""
    mark = sha256(html.encode()).hexdigest()[:16]
    if request.headers.get("X-Shown") == mark:
        return web.Response(status=204)
    return web.Response(text=html, content_type="text/html", headers={"X-Shown": mark})
