"""A parcel from the outbox to WeChat, and WeChat's answer back as a receipt."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from bot.care.parcel import Outcome, Parcel, Receipt
from bot.rules.fields import cut
from bot.wechat.client import Client
from bot.wechat.errors import ApiError, Reaction, Unreachable
from bot.wechat.xml import legal

_OUTCOMES: dict[Reaction, Outcome] = {
    Reaction.RETRY: "retry",
    Reaction.REFRESH: "operator",
    Reaction.GIVE_UP_LANE: "lane_shut",
    Reaction.CONTACT_GONE: "contact_gone",
    Reaction.OPERATOR: "operator",
}
_SENT_BEFORE = 45065
_DAY_USED_UP = 45009
_TENCENT = ZoneInfo("Asia/Shanghai")
_LANES = ("service", "template", "subscription", "medical")
_REPEATABLE = ("template", "medical")  # WeChat knows a second one by its key
_SAFE_ID = re.compile(r"[\x21-\x7e]{1,32}")


@dataclass(frozen=True, slots=True)
class Account:
    """What the account has set up, by our own names: ids of its templates and subscription templates, statuses and business of
    微信就医助手."""

    templates: Mapping[str, str]
    subscriptions: Mapping[str, str] = field(default_factory=dict)
    medical: Mapping[str, int] = field(default_factory=dict)
    business: int = 150


class Sender:
    """Sends by the lane that care chose."""

    def __init__(self, client: Client, account: Account, now: Callable[[], datetime]) -> None:
        self._client = client
        self._account = account
        self._now = now

    async def send(self, parcel: Parcel) -> Receipt:
        """Send one parcel. Never raises for what WeChat or the network does."""
        if parcel.lane not in _LANES:
            return Receipt("operator", error=f"通道 {parcel.lane} 不经过微信")
        if not parcel.openid:
            return Receipt("contact_gone", error="联系人已取消关注")
        try:
            return Receipt("sent", 0, remote_id=await self._hand_over(parcel))
        except ApiError as error:
            return self._refused(error, parcel)
        except Unreachable as error:
            if error.written and parcel.lane not in _REPEATABLE:
                return Receipt("unknown", error=error.kind)
            return Receipt(_OUTCOMES[error.reaction], error=error.kind, doubtful=error.written)
        except KeyError as error:
            return Receipt("operator", error=f"去信缺少 {error}，或没有设置它的模板编号")

    async def _hand_over(self, parcel: Parcel) -> str:
        body, openid = parcel.body, parcel.openid
        if parcel.lane == "service":
            await self._client.send_text(openid, str(body["text"]))
            return ""
        name, url = body["template"], str(body.get("url") or "")
        fields = {key: short(key, str(value)) for key, value in body.get("fields", {}).items()}
        if parcel.lane == "template":
            template_id = self._account.templates[name]
            return await self._client.send_template(openid, template_id, fields, url, message_id(parcel.key))
        if parcel.lane == "medical":
            status, order = self._account.medical[name], f"sf{parcel.contact_id}"
            key = message_id(parcel.key)
            await self._client.send_medical(openid, status, self._account.business, order, key, fields)
            return ""
        await self._client.send_subscription(openid, self._account.subscriptions[name], fields, url)
        return ""

    def _refused(self, error: ApiError, parcel: Parcel) -> Receipt:
        if error.code == _SENT_BEFORE:
            return Receipt("sent", error.code)
        told = f"{error.trouble.meaning}：{error.message.replace(parcel.openid, '…')}" + (
            f" rid {error.rid}" if error.rid else ""
        )
        after = self._until_midnight() if error.code == _DAY_USED_UP else error.trouble.after
        return Receipt(_OUTCOMES[error.reaction], error.code, retry_after=after, error=told[:300])

    def _until_midnight(self) -> float:
        """Seconds until WeChat's daily counters begin anew."""
        now = self._now().astimezone(_TENCENT)
        return (now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - now).total_seconds()


def message_id(key: str) -> str:
    """The outbound key as WeChat's client_msg_id: the key itself, or a digest of one that is long or odd."""
    return key if _SAFE_ID.fullmatch(key) else sha256(key.encode()).hexdigest()[:32]


def short(name: str, value: str) -> str:
    """A value as the template field `name` (`thing1`, `time2` …) takes it: one line, not too long, not empty. Times and numbers
    are left whole."""
    return cut(name, " ".join(legal(value).split()))
