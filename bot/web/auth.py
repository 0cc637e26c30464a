"""Signing in: argon2 off the event loop, logins kept on the server, attempts counted by user and by address."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from urllib.parse import urlsplit

from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.care.errors import Refused
from bot.web import forms, pages
from bot.web.keys import DATABASE, SETTINGS
from bot.web.pages import SIGNED_IN
from storage import staff

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
WITHIN = timedelta(minutes=15)
TRIES_OF_USER = 10
TRIES_OF_ADDRESS = 100  # a hospital often stands behind one address
SEEN_EVERY = timedelta(minutes=1)
HOME = "/console/tickets"

# Logins live by real time, also where the demo's clock is moved
CLOCK: web.AppKey[Callable[[], datetime]] = web.AppKey("login clock")

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's second set: 19 MiB, about 50 ms
_hashing = asyncio.Semaphore(2)


def hash_password(password: str) -> str:
    """The argon2id hash to keep. Takes about 50 ms."""
    return _hasher.hash(password)


def real_now() -> datetime:
    return datetime.now(UTC)


def cookie_name(request: web.Request) -> str:
    return "__Host-suifang" if is_secure(request) else "suifang"


def is_secure(request: web.Request) -> bool:
    """Whether the browser came over https, also when a proxy in front of us ended it."""
    public = urlsplit(request.config_dict[SETTINGS].public_url)
    return request.secure or (public.scheme == "https" and request.host == public.netloc)


def hashed(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def is_token_of(person: staff.SignedIn, token: str) -> bool:
    """Whether a form came from a page of this login."""
    return hmac.compare_digest(token.encode("utf-8", "surrogateescape"), person.csrf.encode())


async def who(request: web.Request) -> staff.SignedIn | None:
    """Who is signed in, if anybody."""
    token = request.cookies.get(cookie_name(request), "")
    if not token:
        return None
    now = request.config_dict[CLOCK]()
    return await request.config_dict[DATABASE].read(staff.signed_in, hashed(token), now, idle=IDLE, absolute=ABSOLUTE)


async def keep_alive(request: web.Request, person: staff.SignedIn) -> None:
    """A person did something: the idle time begins anew. A page that refreshes itself does not count."""
    now = request.config_dict[CLOCK]()
    if now - person.seen_at >= SEEN_EVERY and "live" not in request.query:
        await request.config_dict[DATABASE].write(staff.seen, person.login_id, now)


async def show_login(request: web.Request) -> web.StreamResponse:
    if await who(request):
        raise web.HTTPSeeOther(_next(request.query.get("next", "")))
    return pages.render(request, "console/login.html", next=_next(request.query.get("next", "")), message="", username="")


async def sign_in(request: web.Request) -> web.StreamResponse:
    form = await forms.read(request)
    username, password = form.get("username", "")[:40], str((await request.post()).get("password", ""))  # as it was typed
    wanted, now, database = _next(form.get("next", "")), request.config_dict[CLOCK](), request.config_dict[DATABASE]
    try:
        right = await is_password_of(request, username, password)
    except Refused as refused:
        return pages.render(request, "console/login.html", status=429, next=wanted, message=refused.message, username=username)
    member = await database.read(staff.by_username, username)
    if member is None or not right:
        message = "用户名或密码不对。"
        return pages.render(request, "console/login.html", status=401, next=wanted, message=message, username=username)
    token = secrets.token_urlsafe(32)
    await database.write(staff.open_login, member, hashed(token), secrets.token_urlsafe(32), now)
    if _hasher.check_needs_rehash(member.password) and member.id is not None:
        await database.write(staff.set_password, member.id, await hashed_password(password))
    response = web.HTTPSeeOther(wanted)
    response.set_cookie(cookie_name(request), token, path="/", httponly=True, samesite="Lax", secure=is_secure(request))
    raise response


async def is_password_of(request: web.Request, username: str, password: str) -> bool:
    """Whether it is, in the same time for a user who does not exist. Raises Refused after too many attempts."""
    now, database, address = request.config_dict[CLOCK](), request.config_dict[DATABASE], request.remote or ""
    limits = {"of_user": TRIES_OF_USER, "of_address": TRIES_OF_ADDRESS}
    if not await database.write(staff.try_login, username, address, now, within=WITHIN, **limits):
        raise Refused(f"尝试次数过多。请 {WITHIN.seconds // 60} 分钟后再试，或请系统管理员帮助。")
    member = await database.read(staff.by_username, username)
    kept = member.password if member else await asyncio.to_thread(_of_nobody)
    return await _verify(kept, password) and member is not None


async def hashed_password(password: str) -> str:
    """The hash to keep, made off the event loop."""
    async with _hashing:
        return await asyncio.to_thread(_hasher.hash, password)


async def sign_out(request: web.Request) -> web.StreamResponse:
    person = request[SIGNED_IN]
    now = request.config_dict[CLOCK]()
    await request.config_dict[DATABASE].write(staff.end_login, person.login_id, person.staff_id, now)
    response = web.HTTPSeeOther("/console/login")
    response.del_cookie(cookie_name(request), path="/", httponly=True, samesite="Lax", secure=is_secure(request))
    raise response


@cache
def _of_nobody() -> str:
    """Not made at the start, which it would lengthen."""
    return _hasher.hash(secrets.token_hex(16))


async def _verify(kept: str, password: str) -> bool:
    def check() -> bool:
        try:
            return _hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    async with _hashing:  # a flood of logins must not take all memory and threads
        return await asyncio.to_thread(check)


def _next(wanted: str) -> str:
    """Only a page of the console may follow a login."""
    return wanted if wanted.startswith("/console/") and "\\" not in wanted and "//" not in wanted else HOME
