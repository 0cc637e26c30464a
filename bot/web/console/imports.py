"""Discharge lists: upload one, see what came of each row, look up earlier ones."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from aiohttp import BodyPartReader, web

from bot.care import intake
from bot.care.discharge import Discharges, RowIssue
from bot.care.errors import Refused
from bot.his import discharges
from bot.web import auth, forms, pages
from bot.web.keys import DATABASE, NOW, PRACTICE
from bot.web.pages import SIGNED_IN
from storage import library, staff

routes = web.RouteTableDef()
LARGEST = 20 * 1024 * 1024


@routes.get("/imports")
async def index(request: web.Request) -> web.StreamResponse:
    database = request.config_dict[DATABASE]
    earlier, names = await database.read(library.imports), await database.read(staff.names)
    return pages.render(request, "console/imports.html", imports=earlier, names=names, one=None)


@routes.get(r"/imports/{id:\d{1,15}}")
async def show(request: web.Request) -> web.StreamResponse:
    database = request.config_dict[DATABASE]
    one = await database.read(library.one_import, int(request.match_info["id"]))
    if one is None:
        raise web.HTTPNotFound
    earlier, names = await database.read(library.imports), await database.read(staff.names)
    return pages.render(request, "console/imports.html", imports=earlier, names=names, one=one)


@routes.post("/imports")
async def upload(request: web.Request) -> web.StreamResponse:
    """Read the file off the event loop, keep its good rows, and show what came of it."""
    try:
        sent = await _received(request)
    except ValueError:  # a form without its boundary, or cut off
        raise web.HTTPBadRequest from None
    practice, now = request.config_dict[PRACTICE], request.config_dict[NOW]()
    found = await asyncio.to_thread(discharges.read, sent.name, sent.body, zone=practice.zone, today=practice.today(now))
    if not found.rows and all(issue.row == 0 for issue in found.issues):
        raise Refused("；".join(issue.message for issue in found.issues) or "文件里没有患者。")
    made = await intake.import_list(
        request.config_dict[DATABASE],
        practice,
        _with_ignored(found),
        name=sent.name,
        staff_id=request[SIGNED_IN].staff_id,
        now=now,
    )
    where = f"/console/imports/{made}"
    if pages.in_place(request):
        return web.Response(status=204, headers={"HX-Redirect": where})
    raise web.HTTPSeeOther(where)


def _with_ignored(found: Discharges) -> Discharges:
    """A column whose name was not understood is told as well: it may be a misspelt one."""
    if not found.ignored:
        return found
    told = RowIssue(0, "", f"这些列没有用到：{'、'.join(found.ignored)}", kept=True)
    return replace(found, issues=(*found.issues, told))


@dataclass(frozen=True, slots=True)
class Sent:
    name: str
    body: bytes


async def _received(request: web.Request) -> Sent:
    """The one file of the form, after its token: part by part, so that a large or foreign one is not read at all."""
    if not request.content_type.startswith("multipart/form-data"):
        raise web.HTTPUnsupportedMediaType
    token, person = request.headers.get("X-CSRF-Token", ""), request[SIGNED_IN]
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "csrf":
            token = (await part.read_chunk(200)).decode("ascii", "replace").strip()
        elif part.name == "file":
            if not auth.is_token_of(person, token):
                raise web.HTTPForbidden
            name = forms.clean((part.filename or "").replace("\\", "/").rsplit("/", 1)[-1])[:200]
            if not name:
                raise Refused("请先选择要导入的文件。")
            return Sent(name, await _body(part))
    raise Refused("请先选择要导入的文件。")


async def _body(part: BodyPartReader) -> bytes:
    body = bytearray()
    while chunk := await part.read_chunk(65536):
        body += chunk
        if len(body) > LARGEST:
            raise Refused(f"文件超过 {LARGEST // 1024 // 1024} MB，请拆成几份再导入。")
    if not body:
        raise Refused("文件是空的。")
    return bytes(body)
