"""What stands between a browser and every page: headers, errors, login, and no requests from elsewhere."""

from __future__ import annotations

import secrets
import traceback
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.care.errors import Refused
from bot.web import auth, forms, pages
from bot.web.keys import SETTINGS

_log = structlog.get_logger()

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OPEN = (auth.show_login, auth.sign_in)  # all that needs no login
_SAFE = frozenset({"GET", "HEAD"})
_SAYS = {
    400: "发来的内容读不出来。请刷新页面后再试。",
    403: "这个操作被拒绝了。请刷新页面后再试。",
    404: "没有找到这个页面，可能已被删除，或地址有误。",
    405: "这个操作不能这样进行。请刷新页面后再试。",
    413: "文件太大了。",
}


async def harden(request: web.Request, response: web.StreamResponse) -> None:
    """Security headers on every answer (a signal, so that errors have them too)."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if urlsplit(request.config_dict[SETTINGS].public_url).scheme == "https" and auth.is_secure(request):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


@web.middleware
async def friendly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors become a page in Chinese, without a traceback; what is unexpected gets a number that stands in the log too."""
    try:
        return await handler(request)
    except Refused as refused:
        return _say(request, 409, refused.message)
    except web.HTTPRedirection:
        raise
    except web.HTTPException as error:
        return _say(request, error.status, _SAYS.get(error.status, "操作没有成功。"))
    except Exception as error:
        number = secrets.token_hex(3).upper()
        # no message of the exception: a database error quotes what was to be written
        where = [
            f"{step.filename.rsplit('/', 1)[-1]}:{step.lineno} {step.name}" for step in traceback.extract_tb(error.__traceback__)
        ]
        _log.error("page failed", number=number, error=type(error).__name__, route=_route(request), where=where)
        return _say(request, 500, f"系统出错了，已记录。请稍后再试；仍不行，请把编号 {number} 告诉系统管理员。")


def _say(request: web.Request, status: int, message: str) -> web.Response:
    template = "console/error.html" if request.path.startswith("/console") else "phone/error.html"
    if pages.in_place(request):
        template = "console/message.html"
    return pages.render(request, template, status=status, message=message, title=HTTPStatus(status).phrase)


@web.middleware
async def own_requests_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An act must come from our own page: by what the browser says, and by the token of the login."""
    if request.method in _SAFE:
        return await handler(request)
    if not _from_here(request):
        raise web.HTTPForbidden
    person = request.get(pages.SIGNED_IN)
    if person and not request.content_type.startswith("multipart/"):  # a form with a file: `upload` looks at it itself
        token = request.headers.get("X-CSRF-Token") or (await forms.read(request)).get("csrf", "")
        if not auth.is_token_of(person, token):
            raise web.HTTPForbidden
    return await handler(request)


def _from_here(request: web.Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin", "").partition("://")[2]  # plain http: browsers send no Sec-Fetch-Site
    public = urlsplit(request.config_dict[SETTINGS].public_url).netloc
    return origin != "" and origin in (request.host, public)


@web.middleware
async def staff_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Everything needs a login, but for what is named open."""
    person = await auth.who(request)
    if person:
        request[pages.SIGNED_IN] = person
        await auth.keep_alive(request, person)
    elif request.match_info.handler not in OPEN:
        return _to_login(request)
    return await handler(request)


def _to_login(request: web.Request) -> web.Response:
    if pages.in_place(request):
        back = "/" + request.headers.get("HX-Current-URL", "").partition("://")[2].partition("/")[2]
        return web.Response(status=401, headers={"HX-Redirect": _login(back)})
    return web.Response(status=303, headers={"Location": _login(request.path if request.method in _SAFE else "")})


def _login(back: str) -> str:
    return f"/console/login?next={quote(back)}" if back else "/console/login"


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""
