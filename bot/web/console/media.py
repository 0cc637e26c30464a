"""The photos and voices that patients sent, for who is signed in."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.web.keys import DATABASE, FILES, NOW
from bot.web.pages import SIGNED_IN
from storage import media, staff
from storage.sealing import Unreadable

routes = web.RouteTableDef()
_ENDINGS = {"image/jpeg": "jpg", "audio/amr": "amr", "audio/amr-wb": "amr", "audio/mpeg": "mp3", "audio/ogg": "ogg"}


@routes.get(r"/media/{id:\d{1,15}}")
async def whole(request: web.Request) -> web.StreamResponse:
    """A photo to look at, a voice to take down. That it was looked at is written down first."""
    found = await _found(request)
    me, now = request[SIGNED_IN], request.config_dict[NOW]()
    await request.config_dict[DATABASE].write(staff.audit, me.staff_id, "view media", now, noun="media", noun_id=found.id)
    return await _file(request, found, found.name)


@routes.get(r"/media/{id:\d{1,15}}/small")
async def small(request: web.Request) -> web.StreamResponse:
    """The thumbnail that stands in a talk, whose viewing is written down already."""
    found = await _found(request)
    return await _file(request, found, found.small)


async def _found(request: web.Request) -> media.Media:
    found: media.Media | None = await request.config_dict[DATABASE].read(media.get, int(request.match_info["id"]))
    if found is None or found.state != "kept":
        raise web.HTTPNotFound
    return found


async def _file(request: web.Request, found: media.Media, name: str) -> web.Response:
    try:
        content = await asyncio.to_thread(request.config_dict[FILES].read, name)
    except (FileNotFoundError, Unreadable):
        raise web.HTTPNotFound from None
    where = "inline" if found.kind == "image" else "attachment"
    ending = _ENDINGS.get(found.content_type, "bin")
    headers = {
        "Content-Disposition": f'{where}; filename="{found.id}.{ending}"',
        # whatever the bytes say, they are shown as what we made of them and run nothing
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return web.Response(body=content, content_type=found.content_type, headers=headers)
