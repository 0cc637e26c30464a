"""The flows that are in use, to read: as the patient meets them, and as they stand in the file."""

from __future__ import annotations

from aiohttp import web

from bot.engine import parse
from bot.web import pages
from bot.web.keys import DATABASE
from storage import library

routes = web.RouteTableDef()


@routes.get("/flows")
async def index(request: web.Request) -> web.StreamResponse:
    return pages.render(request, "console/flows.html", flows=await request.config_dict[DATABASE].read(library.published))


@routes.get(r"/flows/{flow:[\w-]{1,80}}")
async def show(request: web.Request) -> web.StreamResponse:
    revision = await request.config_dict[DATABASE].read(library.revision, request.match_info["flow"])
    if revision is None:
        raise web.HTTPNotFound
    flow, _ = parse.parse(revision.text)
    return pages.render(request, "console/flow.html", revision=revision, flow=flow)
