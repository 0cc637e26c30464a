"""The calls that send: service messages, typing, template and subscription messages, 就医助手."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.simulator import notices
from bot.simulator.call import Call
from bot.simulator.errors import Refusal
from bot.simulator.users import User

OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
TEXT_BYTES = 2048
MENU_OPTIONS = 20
TYPING = timedelta(seconds=15)
ACTIVE = timedelta(seconds=30)


def custom_send(call: Call) -> dict[str, Any]:
    """message/custom/send: content first, then the person, then window (45015) and count (45047)."""
    body = call.json()
    kind = str(body.get("msgtype"))
    if kind not in _CONTENT:
        raise Refusal(40008)
    content = body.get(kind)
    if not isinstance(content, Mapping):
        raise Refusal(44002 if content is None else 47001)
    shown = _CONTENT[kind](call, content)
    user = call.platform.user(body.get("touser"))
    if user.blacklisted:
        raise Refusal(43019)
    if user.refuses:
        raise Refusal(48002)
    if not user.follows or not user.window.is_open(call.now):
        raise Refusal(45015)
    if user.window.left <= 0:
        raise Refusal(45047)
    user.window.left -= 1
    call.platform.show(user, "account", _BUBBLE.get(kind, kind), **shown)
    return OK


def typing(call: Call) -> dict[str, Any]:
    """message/custom/typing: only within 30 s of the user's last action, not again while it lasts (15 s)."""
    body = call.json()
    command = body.get("command")
    if command not in ("Typing", "CancelTyping"):
        raise Refusal(45072)
    if not call.platform.options.verified:
        raise Refusal(40200)
    user = call.platform.user(body.get("touser"))
    if user.acted_at is None or not user.follows or call.now - user.acted_at > ACTIVE:
        raise Refusal(45080)
    if command == "Typing":
        if user.typing_until is not None and call.now < user.typing_until:
            raise Refusal(45081)
        user.typing_until = call.now + TYPING
    else:
        user.typing_until = None
    call.platform.changed(user.openid)
    return OK


def template_send(call: Call) -> dict[str, Any]:
    """message/template/send: followers only; the same client_msg_id within ten minutes is sent once."""
    if not call.platform.options.verified:
        raise Refusal(48001)
    body = call.json()
    user = call.platform.user(body.get("touser"))
    template_id = _template_id(call, body)
    template = call.platform.templates.get(template_id)
    rows = notices.rows(template, body.get("data"))
    if not user.follows:
        raise Refusal(43004)
    client_id = str(body.get("client_msg_id") or "")
    if client_id and (known := call.platform.job_of(user.openid, client_id, call.now)):
        return {**OK, "msgid": known}
    job = call.platform.new_job()
    if client_id:
        call.platform.remember_job(user.openid, client_id, job, call.now)
    if not user.refuses:
        _card(call, user, template.title if template else "服务通知", rows, body)
    call.after(call.platform.job_finished(user.openid, job, "failed:user block" if user.refuses else "success"))
    return {**OK, "msgid": job}


def subscribe_send(call: Call) -> dict[str, Any]:
    """message/subscribe/bizsend: needs an acceptance (43101); reaches people who do not follow, too."""
    body = call.json()
    user = call.platform.user(body.get("touser"))
    template_id = _template_id(call, body)
    page = body.get("page", "")
    if not isinstance(page, str):
        raise Refusal(41030, "invalid page")
    template = call.platform.templates.get(template_id)
    rows = notices.rows(template, body.get("data"), strict=True)
    left = user.accepts.get(template_id, 0)
    if left == 0 or user.refuses:
        raise Refusal(43101)
    if left > 0:
        user.accepts[template_id] = left - 1
    title = template.title if template else "订阅通知"
    _card(call, user, title, rows, {**body, "url": page}, service=not user.follows)
    call.after(call.platform.subscription_sent(user.openid, template_id, call.platform.new_job()))
    return OK


def channel_send(call: Call) -> dict[str, Any]:
    """cityservice/sendchannelmsg (微信就医助手): `business_info` an object or JSON text; msg_id once for a user and order."""
    body = call.json()
    user = call.platform.user(body.get("open_id"))
    info = body.get("business_info")
    if isinstance(info, str):
        try:
            info = json.loads(info)
        except ValueError:
            raise Refusal(47001) from None
    if not isinstance(info, Mapping) or not isinstance(body.get("status"), int):
        raise Refusal(40097)
    key = f"{body.get('order_id')}\n{body.get('msg_id')}"
    if call.platform.job_of(user.openid, key, call.now) is None:
        job = call.platform.new_job()
        call.platform.remember_job(user.openid, key, job, call.now)
        rows = [{"key": str(name), "label": "", "value": str(value)} for name, value in info.items()]
        _card(call, user, "就医助手通知", rows, body, service=True)
    return OK


def templates(call: Call) -> dict[str, Any]:
    """template/get_all_private_template."""
    listed = [
        {
            "template_id": one.id,
            "title": one.title,
            "content": one.content,
            "primary_industry": "",
            "deputy_industry": "",
            "example": "",
        }
        for one in call.platform.templates.values()
    ]
    return {"template_list": listed}


def _template_id(call: Call, body: Mapping[str, Any]) -> str:
    wanted = body.get("template_id")
    known = call.platform.templates
    if not isinstance(wanted, str) or not wanted or (known and wanted not in known):
        raise Refusal(40037)
    return wanted


def _card(call: Call, user: User, title: str, rows: list[dict[str, str]], body: Mapping[str, Any], service: bool = False) -> None:
    url = str(body.get("url") or "")
    mini = bool(body.get("miniprogram"))
    call.platform.show(user, "account", "template", title=title, rows=rows, url=url, mini=mini, service=service)


# ── contents of service messages ──


def _text(call: Call, content: Mapping[str, Any]) -> dict[str, Any]:
    text = content.get("content")
    if not isinstance(text, str) or not text:
        raise Refusal(44004)
    if len(text.encode()) > TEXT_BYTES:
        raise Refusal(45002)
    return {"text": text}


def _media(call: Call, content: Mapping[str, Any]) -> dict[str, Any]:
    file = call.platform.media.get(str(content.get("media_id") or ""), call.now)
    return {"media_id": file.id, "url": f"/sim/media/{file.id}"}


def _news(call: Call, content: Mapping[str, Any]) -> dict[str, Any]:
    articles = content.get("articles")
    if not isinstance(articles, list) or not articles:
        raise Refusal(44004)
    if len(articles) > 1:
        raise Refusal(45008)
    if not isinstance(articles[0], Mapping):
        raise Refusal(47001)
    return {"articles": [{name: str(articles[0].get(name) or "") for name in ("title", "description", "url", "picurl")}]}


def _menu(call: Call, content: Mapping[str, Any]) -> dict[str, Any]:
    if not call.platform.options.verified:
        raise Refusal(40200)
    options = content.get("list")
    if not isinstance(options, list) or not options:
        raise Refusal(44004)
    if len(options) > MENU_OPTIONS:
        raise Refusal(45098)
    if not all(isinstance(one, Mapping) and one.get("content") and "id" in one for one in options):
        raise Refusal(47001)
    head, tail = str(content.get("head_content") or ""), str(content.get("tail_content") or "")
    return {"head": head, "tail": tail, "options": [{"id": str(one["id"]), "content": str(one["content"])} for one in options]}


def _article(call: Call, content: Mapping[str, Any]) -> dict[str, Any]:
    if not content.get("article_id"):
        raise Refusal(44004)
    return {"articles": [{"title": "图文消息", "description": "", "url": "", "picurl": ""}]}


def _mini(call: Call, content: Mapping[str, Any]) -> dict[str, Any]:
    if not content.get("pagepath") or not content.get("appid"):
        raise Refusal(40035)
    return {"articles": [{"title": str(content.get("title") or "小程序"), "description": "", "url": "", "picurl": ""}]}


_CONTENT = {
    "text": _text,
    "image": _media,
    "voice": _media,
    "video": _media,
    "news": _news,
    "mpnewsarticle": _article,
    "miniprogrampage": _mini,
    "msgmenu": _menu,
}
_BUBBLE = {"msgmenu": "menu", "mpnewsarticle": "news", "miniprogrampage": "news"}
