"""Cards to print: the QR code by which a patient's WeChat is bound to the stay, and what to expect of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import segno
from aiohttp import web
from markupsafe import Markup

from bot.care import binding
from bot.care.errors import Refused
from bot.web import forms, pages
from bot.web.keys import DATABASE, NOW, PRACTICE, QRCODE
from bot.web.pages import SIGNED_IN
from bot.wechat.errors import ApiError, Reaction, Unreachable
from storage import codes, staff
from storage.transaction import Tx

routes = web.RouteTableDef()
LIFE = timedelta(days=30)  # of a code of WeChat's; printed anew, it lives as long again
DATES = 4  # contacts named on a card
MOST = 60  # cards printed at once
SPANS = (3, 7, 30)  # days since the discharge
AT_ONCE = 4  # calls of WeChat's side by side


@dataclass(frozen=True, slots=True)
class Printed:
    """A card with its code drawn."""

    card: codes.Card
    qr: Markup
    home_on: date
    until: datetime
    dates: list[date]


def draw(address: str) -> Markup:
    """The QR code of an address as SVG that fills its box. It needs no style of its own, as the page's policy wants it."""
    return Markup(segno.make(address, error="m", micro=False).svg_inline(omitsize=True, border=2))  # noqa: S704 - drawn by segno


@routes.get(r"/episodes/{id:\d{1,15}}/card")
async def show(request: web.Request) -> web.StreamResponse:
    database, now = request.config_dict[DATABASE], request.config_dict[NOW]()
    card = await database.read(codes.of_episode, int(request.match_info["id"]))
    if card is None:
        raise web.HTTPNotFound
    if card.state != "home":
        raise Refused("这位患者现在不随访，不需要绑定码。")
    found, trouble = await _printed(request, [card] if card.used_at is None else [])
    if found:
        await database.write(_note, found, request[SIGNED_IN].staff_id, now)
    return _page(request, "console/card.html", trouble, card=card, printed=found)


@routes.post(r"/episodes/{id:\d{1,15}}/card")
async def another(request: web.Request) -> web.StreamResponse:
    """A further code, for a member of the family."""
    episode_id, me, now = int(request.match_info["id"]), request[SIGNED_IN], request.config_dict[NOW]()
    database, practice = request.config_dict[DATABASE], request.config_dict[PRACTICE]
    try:
        await database.write(binding.another_code, practice, episode_id, me.staff_id, now)
    except LookupError:
        raise web.HTTPNotFound from None
    raise web.HTTPSeeOther(f"/console/episodes/{episode_id}/card")


@routes.get("/cards")
async def ward(request: web.Request) -> web.StreamResponse:
    """All unused codes of a ward, several on a page; without a ward, the wards that have some."""
    wanted, days = forms.clean(request.query.get("ward", ""))[:60], request.query.get("days", "")
    span = next((one for one in SPANS if str(one) == days), SPANS[0])
    database, now = request.config_dict[DATABASE], request.config_dict[NOW]()
    since = _morning(request, now) - timedelta(days=span)
    wards = await database.read(codes.unused_by_ward, since)
    listed = await database.read(codes.unused, wanted, since, MOST) if wanted else []
    found, trouble = await _printed(request, listed)
    if found:
        await database.write(_note, found, request[SIGNED_IN].staff_id, now)
    more = wards.get(wanted, 0) - len(listed)
    return _page(
        request, "console/cards.html", trouble, printed=found, ward=wanted, wards=wards, days=span, spans=SPANS, more=more
    )


def _page(request: web.Request, template: str, trouble: str, **context: object) -> web.Response:
    phone = request.config_dict[PRACTICE].hospital_phone
    return pages.render(request, template, status=503 if trouble else 200, trouble=trouble, phone=phone, **context)


async def _printed(request: web.Request, cards: list[codes.Card]) -> tuple[list[Printed], str]:
    """The cards with their codes; or none, and why not."""
    practice, now, few = request.config_dict[PRACTICE], request.config_dict[NOW](), asyncio.Semaphore(AT_ONCE)
    due = await request.config_dict[DATABASE].read(codes.planned, [card.episode_id for card in cards]) if cards else {}

    async def one(card: codes.Card) -> Printed:
        async with few:
            address = await request.config_dict[QRCODE](card.token)
        dates = sorted({at.astimezone(practice.zone).date() for at in due.get(card.episode_id, [])})
        home_on = card.discharged_at.astimezone(practice.zone).date()
        return Printed(card, draw(address), home_on, now + LIFE, dates[:DATES])

    made = await asyncio.gather(*(one(card) for card in cards), return_exceptions=True)
    for trouble in made:
        if isinstance(trouble, BaseException):
            return [], why(trouble)
    return [each for each in made if isinstance(each, Printed)], ""


def why(trouble: BaseException) -> str:
    """What went wrong, for a nurse."""
    kept = "原来的码都还在，没有作废。"
    match trouble:
        case ApiError() if trouble.reaction is Reaction.OPERATOR:
            return f"微信没有给二维码：{trouble.trouble.meaning}（{trouble.code}）。请告诉系统管理员。{kept}"
        case ApiError():
            return f"微信暂时没有给二维码（{trouble.code}）。请稍后再打开这一页。{kept}"
        case Unreachable():
            return f"现在连不上微信，二维码没有生成。请稍后再打开这一页。{kept}"
    raise trouble


def _note(tx: Tx, printed: list[Printed], staff_id: int, now: datetime) -> None:
    for one in printed:
        staff.audit(tx, staff_id, "print code", now, noun="episode", noun_id=one.card.episode_id)


def _morning(request: web.Request, now: datetime) -> datetime:
    zone = request.config_dict[PRACTICE].zone
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
