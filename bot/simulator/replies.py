"""Passive replies: what an answer to a push shows on the phone, or why it cannot be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.simulator import xml
from bot.simulator.crypto import BadCipher, Sealer, sign
from bot.simulator.options import Options

TEXT_BYTES = 2048


class BadReply(Exception):
    """The platform cannot read this answer; the user is told that the account is out of order."""


def read(body: bytes, openid: str, options: Options, sealer: Sealer | None) -> dict[str, Any] | None:
    """The bubble of an answer (`kind` and its body), None for an empty one or `success`; BadReply otherwise."""
    try:
        text = body.decode().strip()
    except UnicodeDecodeError as error:
        raise BadReply("not UTF-8") from error
    if text in ("", "success"):
        return None
    try:
        fields = xml.read(text)
    except xml.BadXML as error:
        raise BadReply(f"not XML: {error}") from error
    if sealer is not None and "Encrypt" in fields:
        fields = _unsealed(fields, options, sealer)
    elif options.mode == "safe":
        raise BadReply("not encrypted in safe mode")
    if fields.get("ToUserName") != openid or fields.get("FromUserName") != options.account_id:
        raise BadReply("addressed wrongly")
    if not str(fields.get("CreateTime", "")).strip().isdecimal():
        raise BadReply("CreateTime is not a number")
    return _bubble(fields)


def _unsealed(fields: Mapping[str, Any], options: Options, sealer: Sealer) -> dict[str, Any]:
    parts = [fields.get(name) for name in ("TimeStamp", "Nonce", "Encrypt")]
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) != len(parts) or sign(options.token, *texts) != fields.get("MsgSignature"):
        raise BadReply("MsgSignature is wrong")
    try:
        return xml.read(sealer.open(texts[2]))
    except (BadCipher, xml.BadXML) as error:
        raise BadReply(f"cannot be opened: {error}") from error


def _bubble(fields: Mapping[str, Any]) -> dict[str, Any]:
    kind = fields.get("MsgType")
    if kind == "text":
        content = fields.get("Content")
        if not isinstance(content, str) or not content:
            raise BadReply("Content is empty")
        if len(content.encode()) > TEXT_BYTES:
            raise BadReply("Content is longer than 2048 bytes")
        return {"kind": "text", "text": content}
    if kind in ("image", "voice", "video"):
        inner = fields.get(kind.capitalize())
        if not isinstance(inner, Mapping) or not inner.get("MediaId"):
            raise BadReply("MediaId is missing")
        return {"kind": kind, "media_id": inner["MediaId"]}
    if kind == "music":
        return {"kind": "text", "text": "[音乐]"}
    if kind == "news":
        return {"kind": "news", "articles": _articles(fields)[:1]}
    if kind == "transfer_customer_service":
        return {"kind": "notice", "text": "正在为您转接人工客服"}
    raise BadReply(f"MsgType {kind!r}")


def _articles(fields: Mapping[str, Any]) -> list[dict[str, str]]:
    inner = fields.get("Articles")
    items = inner.get("item") if isinstance(inner, Mapping) else None
    listed = [one for one in (items if isinstance(items, list) else [items]) if isinstance(one, Mapping)]
    if not listed:
        raise BadReply("Articles are missing")
    names = {"title": "Title", "description": "Description", "url": "Url", "picurl": "PicUrl"}
    return [{name: str(one.get(tag, "")) for name, tag in names.items()} for one in listed]
