"""What WeChat posts to us, read into `Inbound`, and what it gets back. Plain, compatible and safe (AES) mode."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from bot.care.inbound import Inbound
from bot.wechat import xml
from bot.wechat.crypto import BadSignature, Envelope, check, signature, stamp
from bot.wechat.wording import bubble
from bot.wechat.xml import BadBody

__all__ = ["BadBody", "BadSignature", "Callback", "Mode"]

Mode = Literal["plain", "compatible", "safe"]

KINDS = {
    "text": "text",
    "image": "image",
    "voice": "voice",
    "video": "video",
    "shortvideo": "video",
    "location": "location",
    "link": "link",
    "event": "event",
}
# What a sticker or another kind that WeChat does not forward arrives as.
_UNSUPPORTED = "【收到不支持的消息类型，暂无法显示】"
_USED = frozenset({"ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Encrypt"})
_PLAIN_TEXT = _USED - {"Encrypt"} | {"Content"}
_USED_IN_TEXT = _USED | {"Content", "bizmsgmenuid"}
_USED_ELSEWHERE = _USED | {"Event", "EventKey"}
_NAME = re.compile(r"[A-Za-z0-9_@.\-]{1,64}")
_LONGEST_KEY = 200


class Callback:
    """The callback address of one account. `mode` is what is set at mp.weixin.qq.com; in compatible mode both plain and
    encrypted messages are taken, so that an account can be moved from one to the other. Raises ValueError on settings
    that cannot work (Chinese)."""

    def __init__(self, token: str, aes_key: str | None, appid: str, mode: Mode = "plain") -> None:
        if not token:
            raise ValueError("缺少公众号的令牌（Token）")
        if mode != "plain" and not aes_key:
            raise ValueError("兼容模式和安全模式需要消息加解密密钥（EncodingAESKey）")
        self._token = token
        self._envelope = Envelope(aes_key, appid) if aes_key and mode != "plain" else None
        self._mode = mode

    def verify(self, query: Mapping[str, str], now: datetime) -> str:
        """The echostr that proves the address to WeChat. Raises BadSignature."""
        check(query.get("signature"), self._token, *stamp(query, now))
        return query.get("echostr", "")

    def sealed(self, query: Mapping[str, str]) -> bool:
        """Whether this request is encrypted, and its answer too."""
        return self._mode == "safe" or (self._mode == "compatible" and query.get("encrypt_type") == "aes")

    def decode(self, query: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """The message or event in a request. The signature is checked before anything is parsed.
        Raises BadSignature (answer 403) or BadBody (answer 400); neither holds personal data."""
        time, nonce = stamp(query, now)
        check(query.get("signature"), self._token, time, nonce)
        if self.sealed(query):
            assert self._envelope is not None
            envelope = (xml.flat(body) or xml.fields(xml.parse(body))).get("Encrypt", "")
            check(query.get("msg_signature"), self._token, time, nonce, envelope)
            body = self._envelope.open(envelope)
        return read(body)

    def encode(self, inbound: Inbound, text: str | None, now: datetime, nonce: str, *, sealed: bool | None = None) -> bytes:
        """The HTTP answer to `inbound`: a text reply, or empty for none (WeChat then shows nothing and does not send again).
        `nonce` signs an encrypted answer; `sealed` is what `sealed(query)` said, by default what the mode says."""
        text = bubble(text) if text else ""
        if not text.strip():
            return b""
        time = str(int(now.timestamp()))
        reply = (
            f"<xml><ToUserName><![CDATA[{inbound.openid}]]></ToUserName><FromUserName><![CDATA[{inbound.account}]]></FromUserName>"
            f"<CreateTime>{time}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>{xml.cdata(text)}</Content></xml>"
        ).encode()
        if self._envelope is None or sealed is False:
            return reply
        envelope = self._envelope.seal(reply)
        return (
            f"<xml><Encrypt><![CDATA[{envelope}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signature(self._token, time, nonce, envelope)}]]></MsgSignature>"
            f"<TimeStamp>{time}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        ).encode()


def read(body: bytes) -> Inbound:
    """A decrypted document as Inbound. `detail` keeps every element that has no field of its own, under WeChat's names
    (`MsgID`, `Status`, `Latitude`, `PicUrl`, `List.1.TemplateId` …). Raises BadBody."""
    root, found = None, xml.flat(body)
    if found is None:
        root = xml.parse(body)
        found = xml.fields(root)
    try:
        openid, account = found["FromUserName"], found["ToUserName"]
        named, time = found["MsgType"].lower(), found["CreateTime"]
    except KeyError:
        raise BadBody("an element is missing") from None
    if not _NAME.fullmatch(openid) or not _NAME.fullmatch(account):
        raise BadBody("not a name of WeChat's")
    if not time.isascii() or not time.isdigit() or len(time) > 11:
        raise BadBody("not a time")
    at = datetime.fromtimestamp(int(time), UTC)
    kind = KINDS.get(named, "unknown")

    if kind == "text":
        text = found.get("Content", "")
        more = len(found) > len(_PLAIN_TEXT)
        detail = {name: value for name, value in found.items() if value and name not in _USED_IN_TEXT} if more else {}
        if text == _UNSUPPORTED:
            kind, text = "unknown", ""
        key = _message_key(found, openid, time, body)
        return Inbound(key, openid, account, kind, at, text, tapped=found.get("bizmsgmenuid", ""), detail=detail)

    detail = {name: value for name, value in found.items() if value and name not in _USED_ELSEWHERE}
    if root is not None:
        detail |= xml.nested(root)
    if kind != "event":
        if kind == "unknown":
            detail["MsgType"] = found["MsgType"]
        media_id = detail.pop("MediaId", "") if len(detail.get("MediaId", "")) <= _LONGEST_KEY else ""
        # what WeChat's machine heard in a voice, where it still listens
        text = detail.pop("Recognition", "") if kind == "voice" else ""
        key = _message_key(found, openid, time, body)
        return Inbound(key, openid, account, kind, at, text, media_id=media_id, detail=detail)

    event = found.get("Event", "").lower()
    if not event or len(event) > 60:
        raise BadBody("an event without a name")
    event_key = found.get("EventKey", "")
    if event == "subscribe":
        event_key = event_key.removeprefix("qrscene_")
    # Two notices to one patient may finish in one second: their ids tell them apart.
    mark = event_key or "+".join(value for name, value in detail.items() if name.endswith("MsgID"))
    key = _mark(f"{openid}:{time}:{event}:{mark}".encode())
    return Inbound(key, openid, account, "event", at, event=event, event_key=event_key, detail=detail)


def _message_key(found: dict[str, str], openid: str, time: str, body: bytes) -> str:
    message_id = found.get("MsgId", "")
    if _NAME.fullmatch(message_id):
        return message_id
    return _mark(f"{openid}:{time}:".encode() + body)


def _mark(what: bytes) -> str:
    """The key outlives the account, whose name may not be kept once it has left."""
    return sha256(what).hexdigest()
