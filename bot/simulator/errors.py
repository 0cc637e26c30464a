"""WeChat's error codes in WeChat's own words."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, "
    "more details at https://mmbizurl.cn/s/JtxxFh33r",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40006: "invalid media size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40029: "invalid code",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40053: "invalid action info",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip, not in whitelist",
    40200: "invalid account type",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41008: "missing code",
    42001: "access_token expired",
    42003: "code expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43019: "require remove blacklist",
    43101: "user refuse to accept the msg",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit must slower retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45072: "command not found",
    45080: "client not in a valid period",
    45081: "send typing too fast",
    45098: "msgmenu list size is out of limit",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48002: "user block receive message",
    48004: "api forbidden for irregularities, view detail on mp.weixin.qq.com",
    48006: "forbid to clear quota because of reaching the limit",
    50002: "user limited",
    50005: "user is unsubscribed",
}


class Refusal(Exception):
    """The platform says no. `detail` replaces or, when it begins with a space, follows the usual words of the code."""

    def __init__(self, code: int, detail: str = "") -> None:
        words = MESSAGES.get(code, "error")
        super().__init__(code, words + detail if detail.startswith(" ") else detail or words)
        self.code: int = code
        self.words: str = self.args[1]

    def answer(self, now: datetime) -> dict[str, Any]:
        return {"errcode": self.code, "errmsg": f"{self.words} rid: {rid(now)}"}


def rid(now: datetime) -> str:
    """A request id as WeChat writes it: three groups of eight hexadecimal digits, the time first."""
    return f"{int(now.timestamp()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
