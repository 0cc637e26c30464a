"""One's own account: a new password, which ends every other login."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from bot.care.errors import Refused
from bot.web import auth, pages
from bot.web.keys import DATABASE
from bot.web.pages import SIGNED_IN
from storage import staff
from storage.transaction import Tx

routes = web.RouteTableDef()
SHORTEST, LONGEST = 10, 200  # characters; length is what helps, so no rules about kinds of characters


@routes.get("/account")
async def show(request: web.Request) -> web.StreamResponse:
    return pages.render(request, "console/account.html", shortest=SHORTEST, message="", done=False)


@routes.post("/account")
async def change(request: web.Request) -> web.StreamResponse:
    """Asks for the old password again, and counts wrong ones as the login does: a desk may stand unwatched."""
    try:
        await _change(request)
    except Refused as refused:
        return pages.render(request, "console/account.html", status=409, shortest=SHORTEST, message=refused.message, done=False)
    return pages.render(request, "console/account.html", shortest=SHORTEST, message="", done=True)


async def _change(request: web.Request) -> None:
    form, me, database = await request.post(), request[SIGNED_IN], request.config_dict[DATABASE]
    old, new, again = (str(form.get(name, "")) for name in ("old", "new", "again"))  # as they were typed
    if new != again:
        raise Refused("两次输入的新密码不一样。")
    if not SHORTEST <= len(new) <= LONGEST:
        raise Refused(f"新密码要有 {SHORTEST} 到 {LONGEST} 个字符。")
    if new == old or me.username.lower() in new.lower():
        raise Refused("新密码不能和旧密码一样，也不能包含用户名。")
    if not await auth.is_password_of(request, me.username, old):
        raise Refused("旧密码不对。")
    await database.write(_keep, me, await auth.hashed_password(new), request.config_dict[auth.CLOCK]())


def _keep(tx: Tx, me: staff.SignedIn, password: str, now: datetime) -> None:
    staff.set_password(tx, me.staff_id, password)
    staff.end_logins(tx, me.staff_id, now, but=me.login_id)
    staff.forgive(tx, me.username)
    staff.audit(tx, me.staff_id, "change password", now, noun="staff", noun_id=me.staff_id)
