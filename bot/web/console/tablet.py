"""Codes to be scanned in the ward: one patient's, large on a tablet, and the ward's own, to be framed. And bindings ended."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.care import binding, facts
from bot.care.errors import Refused
from bot.web import forms, pages
from bot.web.console import cards
from bot.web.keys import DATABASE, NOW, PRACTICE, QRCODE
from bot.web.pages import SIGNED_IN
from storage import codes, register, staff, wards

routes = web.RouteTableDef()
_WARDS = timedelta(days=90)  # a ward that nobody went home from for so long is not offered
_SALUTATION = {"男": "先生", "女": "女士"}


@routes.get("/tablet")
async def index(request: web.Request) -> web.StreamResponse:
    """Whom the nurse may choose: patients of the ward who have not scanned their code."""
    database, now = request.config_dict[DATABASE], request.config_dict[NOW]()
    ward = forms.clean(request.query.get("ward", request[SIGNED_IN].ward))[:60]
    since = now - timedelta(days=cards.SPANS[1])
    wards_ = await database.read(codes.unused_by_ward, since)
    listed = await database.read(codes.unused, ward, since, cards.MOST) if ward else []
    return pages.render(request, "console/tablets.html", ward=ward, wards=wards_, listed=listed)


@routes.get(r"/episodes/{id:\d{1,15}}/tablet")
async def show(request: web.Request) -> web.StreamResponse:
    """The patient's code and nothing that others could learn from: no whole name, no number, no menu."""
    card = await _card(request)
    qr, trouble = None, ""
    if card.used_at is None:
        try:
            qr = cards.draw(await request.config_dict[QRCODE](card.token))
        except Exception as error:
            trouble = cards.why(error)
        me, now = request[SIGNED_IN], request.config_dict[NOW]()
        await request.config_dict[DATABASE].write(
            staff.audit, me.staff_id, "show code", now, noun="episode", noun_id=card.episode_id
        )
    status = 503 if trouble else 200
    return pages.render(
        request, "console/tablet.html", status=status, card=card, qr=qr, trouble=trouble, called=await _called(request, card)
    )


@routes.get(r"/episodes/{id:\d{1,15}}/tablet/state")
async def state(request: web.Request) -> web.StreamResponse:
    """Asked every two seconds while the code is shown."""
    return pages.render(request, "console/tablet_state.html", card=await _card(request))


@routes.post(r"/episodes/{id:\d{1,15}}/tablet")
async def another(request: web.Request) -> web.StreamResponse:
    """A further code, for a member of the family who stands by."""
    card, now = await _card(request), request.config_dict[NOW]()
    practice = request.config_dict[PRACTICE]
    await request.config_dict[DATABASE].write(binding.another_code, practice, card.episode_id, request[SIGNED_IN].staff_id, now)
    raise web.HTTPSeeOther(f"/console/episodes/{card.episode_id}/tablet")


@routes.get("/wards")
async def ward_codes(request: web.Request) -> web.StreamResponse:
    """The ward's code to be printed: one for ever."""
    database, now = request.config_dict[DATABASE], request.config_dict[NOW]()
    names = await database.read(wards.names, now - _WARDS)
    ward = forms.clean(request.query.get("ward", ""))[:60]
    qr, trouble = None, ""
    if ward in names:
        practice, me = request.config_dict[PRACTICE], request[SIGNED_IN]
        code = await database.write(binding.ward_code, practice, ward, me.staff_id, now)
        address = code.address
        if not address and code.id is not None:
            try:
                address = await request.config_dict[QRCODE](code.token, lasting=True)
                await database.write(wards.drawn, code.id, address)
            except Exception as error:
                trouble = cards.why(error)
        qr = cards.draw(address) if address else None
    context = {"ward": ward, "names": names, "qr": qr, "trouble": trouble, "phone": request.config_dict[PRACTICE].hospital_phone}
    return pages.render(request, "console/wards.html", status=503 if trouble else 200, **context)


@routes.post(r"/bindings/{id:\d{1,15}}/end")
async def release(request: web.Request) -> web.StreamResponse:
    """End a binding: an old phone, a wrong account."""
    practice, me, now = request.config_dict[PRACTICE], request[SIGNED_IN], request.config_dict[NOW]()
    database, binding_id = request.config_dict[DATABASE], int(request.match_info["id"])
    try:
        await database.write(binding.release, practice, binding_id, me.staff_id, now)
    except LookupError:
        raise web.HTTPNotFound from None
    patient_id = await database.read(register.of_binding, binding_id)
    raise web.HTTPSeeOther(f"/console/patients/{patient_id}")


async def _card(request: web.Request) -> codes.Card:
    card = await request.config_dict[DATABASE].read(codes.of_episode, int(request.match_info["id"]))
    if card is None:
        raise web.HTTPNotFound
    if card.state != "home":
        raise Refused("这位患者现在不随访，不需要绑定码。")
    return card


async def _called(request: web.Request, card: codes.Card) -> str:
    """赵女士: enough for the one who stands before it."""
    patient = await request.config_dict[DATABASE].read(register.patient, card.patient_id)
    return facts.surname(card.name) + (_SALUTATION.get(patient.sex, "") if patient else "")
