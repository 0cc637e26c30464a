"""The page behind a notice: whom it is from, why it came, how to go on and how to stop it. It knows no patient."""

from __future__ import annotations

from aiohttp import web

from bot.web import pages
from bot.web.keys import PRACTICE

routes = web.RouteTableDef()


@routes.get("/{token}")
async def show(request: web.Request) -> web.StreamResponse:
    """The same calm page for every token: the link proves nothing and tells nothing."""
    return pages.render(request, "phone/notice.html", phone=request.config_dict[PRACTICE].hospital_phone)
