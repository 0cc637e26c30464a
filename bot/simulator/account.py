"""The calls about the account itself: tokens, users, QR codes, menu, media, OAuth, limits."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from bot.simulator.call import Call
from bot.simulator.errors import Refusal
from bot.simulator.media import File
from bot.simulator.sending import OK

USERS_A_PAGE = 10_000


def token(call: Call) -> dict[str, Any]:
    """GET /cgi-bin/token: a new token each time."""
    _credentials(call, call.query, "client_credential")
    value, seconds = call.platform.tokens.plain(call.now)
    return {"access_token": value, "expires_in": seconds}


def stable_token(call: Call) -> dict[str, Any]:
    """POST /cgi-bin/stable_token: the same token while it is valid."""
    body = call.json()
    _credentials(call, body, "client_credential")
    value, seconds = call.platform.tokens.stable(call.now, force=body.get("force_refresh") is True)
    return {"access_token": value, "expires_in": seconds}


def _credentials(call: Call, given: Mapping[str, Any], grant: str) -> None:
    options = call.platform.options
    if not given.get("appid"):
        raise Refusal(41002)
    if not given.get("secret"):
        raise Refusal(41004)
    if given.get("grant_type") != grant:
        raise Refusal(40002)
    if given["appid"] != options.appid:
        raise Refusal(40013)
    if given["secret"] != options.secret:
        raise Refusal(40125)


def user_info(call: Call) -> dict[str, Any]:
    """user/info: no name and no picture since 2021-12-27; only `subscribe` 0 for one who does not follow."""
    user = call.platform.user(call.query.get("openid"))
    if not user.follows:
        return {"subscribe": 0, "openid": user.openid}
    return {
        "subscribe": 1,
        "openid": user.openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": int(user.followed_at.timestamp()) if user.followed_at else 0,
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": "ADD_SCENE_QR_CODE" if user.scene else "ADD_SCENE_SEARCH",
        "qr_scene": int(user.scene) if user.scene.isdecimal() else 0,
        "qr_scene_str": "" if user.scene.isdecimal() else user.scene,
    }


def user_get(call: Call) -> dict[str, Any]:
    followers = [one.openid for one in call.platform.users.values() if one.follows]
    start = 0
    if after := call.query.get("next_openid", ""):
        if after not in call.platform.users:
            raise Refusal(40003)
        start = followers.index(after) + 1 if after in followers else len(followers)
    page = followers[start : start + USERS_A_PAGE]
    answer: dict[str, Any] = {"total": len(followers), "count": len(page), "next_openid": page[-1] if page else ""}
    return answer | ({"data": {"openid": page}} if page else {})


def qrcode_create(call: Call) -> dict[str, Any]:
    wanted = call.json()
    scene = call.platform.scenes.create(wanted, call.now)
    answer: dict[str, Any] = {"ticket": scene.ticket, "url": scene.url}
    if scene.until is not None:
        answer["expire_seconds"] = int((scene.until - call.now).total_seconds())
    return answer


def menu_create(call: Call) -> dict[str, Any]:
    buttons = call.json().get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refusal(40016)
    for button in buttons:
        _button(button, 16)
        below = button.get("sub_button") or []
        if not isinstance(below, list) or len(below) > 5:
            raise Refusal(40023)
        for one in below:
            _button(one, 60)
    call.platform.menu = {"button": buttons}
    call.platform.changed("")
    return OK


def _button(button: Any, name_bytes: int) -> None:
    if not isinstance(button, dict):
        raise Refusal(47001)
    if not 1 <= len(str(button.get("name") or "").encode()) <= name_bytes:
        raise Refusal(40018)
    if button.get("sub_button"):
        return
    kind = button.get("type")
    if not isinstance(kind, str) or not kind:
        raise Refusal(40017)
    if kind == "view":
        if not 1 <= len(str(button.get("url") or "").encode()) <= 1024:
            raise Refusal(40020)
    elif kind != "miniprogram" and not 1 <= len(str(button.get("key") or "").encode()) <= 128:
        raise Refusal(40019)


def menu_get(call: Call) -> dict[str, Any]:
    if call.platform.menu is None:
        raise Refusal(46003)
    return {"menu": call.platform.menu}


def menu_delete(call: Call) -> dict[str, Any]:
    call.platform.menu = None
    call.platform.changed("")
    return OK


def media_upload(call: Call) -> dict[str, Any]:
    if call.upload is None:
        raise Refusal(41005)
    name, data = call.upload
    file = call.platform.media.upload(call.query.get("type", ""), name, data, call.now)
    id_name = "thumb_media_id" if file.kind == "thumb" else "media_id"
    return {"type": file.kind, id_name: file.id, "created_at": int(call.now.timestamp())}


def media_get(call: Call) -> dict[str, Any] | File:
    file = call.platform.media.get(call.query.get("media_id", ""), call.now)
    if file.kind == "video":
        return {"video_url": f"{call.platform.options.base_url}/sim/media/{file.id}"}
    return file


def oauth_token(call: Call) -> dict[str, Any]:
    """sns/oauth2/access_token: a code is good once, for five minutes; in snapshot mode the openid is not the real one."""
    if not call.query.get("code"):
        raise Refusal(41008)
    _credentials(call, call.query, "authorization_code")
    openid, scope = call.platform.codes.redeem(call.query["code"], call.now)
    user = call.platform.user(openid)
    answer: dict[str, Any] = {
        "access_token": secrets.token_urlsafe(60),
        "expires_in": 7200,
        "refresh_token": secrets.token_urlsafe(60),
        "openid": openid,
        "scope": scope,
    }
    return answer | {"openid": f"oSnap{secrets.token_urlsafe(17)}", "is_snapshotuser": 1} if user.snapshot else answer


def ticket(call: Call) -> dict[str, Any]:
    if call.query.get("type") not in ("jsapi", "wx_card"):
        raise Refusal(40097)
    return {**OK, "ticket": secrets.token_urlsafe(64), "expires_in": 7200}


def addresses(call: Call) -> dict[str, Any]:
    return {"ip_list": ["127.0.0.1"]}


def clear_quota(call: Call) -> dict[str, Any]:
    if call.json().get("appid") != call.platform.options.appid:
        raise Refusal(40013)
    call.platform.limits.clear(call.now)
    return OK


def clear_quota_v2(call: Call) -> dict[str, Any]:
    if call.json().get("appsecret") != call.platform.options.secret:
        raise Refusal(40125)
    return clear_quota(call)
