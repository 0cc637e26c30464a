"""WeChat's API. Every call is tried once; only a token that WeChat no longer takes is fetched anew, once, and the call
repeated. What to do about any other trouble is the caller's to decide: see `bot.wechat.errors`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from mimetypes import guess_type
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson

from bot.wechat.errors import ApiError, Reaction, Unreachable
from bot.wechat.tokens import Token, Tokens, TokenStore
from bot.wechat.wording import bubble

# WeChat changes the token five minutes before it ends; the old one lives on for these five minutes.
SPARE = 200
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)
LARGEST = 12 << 20  # bytes of an answer; the largest picture a patient can send has ten megabytes
TOO_LARGE = "too large"
_JSON = {"Content-Type": "application/json; charset=utf-8"}


def open_session() -> aiohttp.ClientSession:
    """A session for the client. Idle connections are let go early: one that the other side has closed looks, when it is used
    again, like a message that may or may not have arrived."""
    connector = aiohttp.TCPConnector(limit=20, keepalive_timeout=10)
    return aiohttp.ClientSession(connector=connector, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())


@dataclass(frozen=True, slots=True)
class Scene:
    """A QR code with a parameter. `url` is what the code shows; it ends after `seconds` (None: never)."""

    ticket: str
    url: str
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opened a page inside WeChat. `snapshot`: the openid is a stand-in and must not be bound to anybody."""

    openid: str
    snapshot: bool


class Client:
    """The API of one account. Methods raise ApiError when WeChat refuses and Unreachable when it does not answer."""

    def __init__(
        self,
        base_url: str,
        appid: str,
        secret: str,
        tokens: TokenStore,
        session: aiohttp.ClientSession,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._appid = appid
        self._secret = secret
        self._session = session
        self._now = now
        self._timeout = timeout
        self._tokens = Tokens(appid, tokens, self._fetch_token, now)

    # --- messages

    async def send_text(self, openid: str, text: str) -> None:
        """A service message. It may be sent twice if it is sent again after Unreachable with `written`."""
        body = {"touser": openid, "msgtype": "text", "text": {"content": bubble(text)}}
        await self._call("/cgi-bin/message/custom/send", body, needs="errcode")

    async def send_template(
        self, openid: str, template_id: str, data: Mapping[str, str], url: str = "", client_msg_id: str = ""
    ) -> str:
        """A template notice; its message id. The same openid and `client_msg_id` are delivered once within ten minutes."""
        body = {"touser": openid, "template_id": template_id, "data": _values(data)}
        body |= {name: value for name, value in (("url", url), ("client_msg_id", client_msg_id)) if value}
        return str((await self._call("/cgi-bin/message/template/send", body, needs="msgid"))["msgid"])

    async def send_subscription(self, openid: str, template_id: str, data: Mapping[str, str], page: str = "") -> None:
        """A notice the patient has subscribed to. Unlike a template notice it has no key against doubles."""
        body = {"touser": openid, "template_id": template_id, "data": _values(data)} | ({"page": page} if page else {})
        await self._call("/cgi-bin/message/subscribe/bizsend", body, needs="errcode")

    async def send_medical(
        self, openid: str, status: int, business_id: int, order: str, key: str, info: Mapping[str, str]
    ) -> None:
        """A notice of 微信就医助手, which is open to public hospitals. One with the same `order` and `key` is sent once."""
        body = {"open_id": openid, "app_id": self._appid, "status": status, "business_id": business_id, "order_id": order}
        await self._call("/cityservice/sendchannelmsg", {**body, "msg_id": key, "business_info": dict(info)}, needs="errcode")

    async def typing(self, openid: str) -> bool:
        """Show "正在输入" for 15 seconds; False if WeChat does not want to just now."""
        try:
            await self._call("/cgi-bin/message/custom/typing", {"touser": openid, "command": "Typing"}, needs="errcode")
        except ApiError as error:
            if error.code in (45072, 45080, 45081, 40200):
                return False
            raise
        return True

    # --- people

    async def create_qrcode(self, scene: str, seconds: int | None = 2_592_000) -> Scene:
        """A QR code that tells who was invited. `scene`: 1 to 64 characters, without personal data; `seconds`: at most 30 days,
        None for one of the account's 100,000 codes without an end."""
        body: dict[str, Any] = {"action_info": {"scene": {"scene_str": scene}}}
        body |= (
            {"action_name": "QR_LIMIT_STR_SCENE"}
            if seconds is None
            else {"action_name": "QR_STR_SCENE", "expire_seconds": seconds}
        )
        made = await self._call("/cgi-bin/qrcode/create", body, needs="url")
        return Scene(str(made.get("ticket", "")), str(made["url"]), seconds)

    async def user_info(self, openid: str) -> dict[str, Any]:
        """What WeChat tells of a user: `subscribe` (0 or 1), `subscribe_time`, `subscribe_scene`, `qr_scene_str` …"""
        return await self._call("/cgi-bin/user/info", params={"openid": openid, "lang": "zh_CN"}, needs="subscribe")

    async def visitor(self, code: str) -> Visitor:
        """Who came back from the sign-in page with this code."""
        params = {"appid": self._appid, "secret": self._secret, "code": code, "grant_type": "authorization_code"}
        who = _told(await self._request("GET", "/sns/oauth2/access_token", params=params), needs="openid")
        return Visitor(str(who["openid"]), who.get("is_snapshotuser") == 1)

    # --- the account

    async def create_menu(self, buttons: list[dict[str, Any]]) -> None:
        """Replace the menu below the talk."""
        await self._call("/cgi-bin/menu/create", {"button": buttons}, needs="errcode")

    async def upload_media(self, kind: str, name: str, content: bytes) -> str:
        """Put up an image, voice, video or thumb for three days; its media id."""

        def form() -> aiohttp.FormData:
            data = aiohttp.FormData()
            data.add_field("media", content, filename=name, content_type=guess_type(name)[0] or "application/octet-stream")
            return data

        return str((await self._call("/cgi-bin/media/upload", form=form, params={"type": kind}, needs="media_id"))["media_id"])

    async def get_media(self, media_id: str) -> bytes:
        """What a patient sent, within three days. For a video WeChat gives only an address: Unreachable."""
        answer = await self._with_token("GET", "/cgi-bin/media/get", {"media_id": media_id}, None, None)
        refused = _refusal(answer)
        if refused is not None:
            raise refused
        if answer.startswith(b'{"video_url"'):
            raise Unreachable("only a video's address", written=False, reaction=Reaction.GIVE_UP_LANE)
        return answer

    # --- the way there

    async def _call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        form: Callable[[], aiohttp.FormData] | None = None,
        params: Mapping[str, str] | None = None,
        needs: str,
    ) -> dict[str, Any]:
        method = "GET" if body is None and form is None else "POST"
        raw = None if body is None else orjson.dumps(body)
        return _told(await self._with_token(method, path, params or {}, raw, form), needs=needs)

    async def _with_token(
        self, method: str, path: str, params: Mapping[str, str], raw: bytes | None, form: Callable[[], aiohttp.FormData] | None
    ) -> bytes:
        token = await self._tokens.get()
        answer = await self._request(method, path, params={"access_token": token, **params}, data=form() if form else raw)
        refused = _refusal(answer)
        if refused is None or refused.reaction is not Reaction.REFRESH:
            return answer
        token = await self._tokens.get(failed=token)
        answer = await self._request(method, path, params={"access_token": token, **params}, data=form() if form else raw)
        refused = _refusal(answer)
        if refused is not None and refused.reaction is Reaction.REFRESH:
            refused.reaction = Reaction.OPERATOR
            raise refused
        return answer

    async def _fetch_token(self) -> Token:
        body = {"grant_type": "client_credential", "appid": self._appid, "secret": self._secret, "force_refresh": False}
        asked = self._now()
        try:
            answer = await self._request("POST", "/cgi-bin/stable_token", data=orjson.dumps(body))
        except Unreachable as error:
            raise Unreachable(f"token: {error.kind}", written=False) from None
        try:
            told = _told(answer, needs="access_token")
            life = int(told["expires_in"])
            return Token(str(told["access_token"]), asked + timedelta(seconds=life - min(SPARE, life // 4)))
        except ApiError as error:
            if error.reaction is Reaction.REFRESH:
                error.reaction = Reaction.OPERATOR
            raise
        except (Unreachable, KeyError, TypeError, ValueError):
            raise Unreachable("token: not in WeChat's form", written=False) from None

    async def _request(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, data: bytes | aiohttp.FormData | None = None
    ) -> bytes:
        headers = _JSON if isinstance(data, bytes) else None
        try:
            async with self._session.request(
                method, self._base + path, params=params, data=data, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as answer:
                content = await _whole(answer)
        # aiohttp's own words hold the address with the token in it, so only their kind is kept.
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(type(error).__name__, written=False) from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unreachable(type(error).__name__, written=True) from None
        if answer.status == 200:
            return content
        # 429 and 503 turn a request away at the door; after a gateway's other excuses it may have gone through.
        if answer.status >= 500 or answer.status == 429:
            raise Unreachable(f"HTTP {answer.status}", written=answer.status not in (429, 503))
        raise Unreachable(f"HTTP {answer.status}", written=False, reaction=Reaction.OPERATOR)


def sign_in_url(appid: str, back_to: str, state: str, base_url: str = "https://open.weixin.qq.com") -> str:
    """The page that tells us, without asking the patient anything, which account opens `back_to`."""
    query = {"appid": appid, "redirect_uri": back_to, "response_type": "code", "scope": "snsapi_base", "state": state}
    return f"{base_url}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    """The answer's body. Raises Unreachable for more of it than WeChat ever sends."""
    parts, size = [], 0
    async for part in answer.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise Unreachable(TOO_LARGE, written=True, reaction=Reaction.OPERATOR)
    return b"".join(parts)


def _values(data: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"value": value} for name, value in data.items()}


def _refusal(answer: bytes) -> ApiError | None:
    """The error in an answer, if it is JSON and holds one."""
    if answer.lstrip()[:1] != b"{":
        return None
    try:
        told = orjson.loads(answer)
        code = int(told.get("errcode") or 0)
    except (ValueError, TypeError):
        return None
    return ApiError(code, str(told.get("errmsg", ""))) if code else None


def _told(answer: bytes, *, needs: str) -> dict[str, Any]:
    """An answer in WeChat's form that holds `needs`. Raises ApiError for a refusal, Unreachable for anything else."""
    refused = _refusal(answer)
    if refused is not None:
        raise refused
    try:
        told = orjson.loads(answer)
    except ValueError:
        told = None
    if not isinstance(told, dict) or needs not in told or told.get("errcode", 0) not in (0, "0"):
        raise Unreachable("not in WeChat's form", written=True)
    return told
