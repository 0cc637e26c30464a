"""WeChat's error codes and what each asks of us."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple


class Reaction(Enum):
    """What to do about an error. RETRY: the same again, later. REFRESH: a new access token, then once more. GIVE_UP_LANE:
    this message cannot go this way, try another. CONTACT_GONE: the account does not follow us or never was ours.
    OPERATOR: the hospital's settings, quota or permissions are wrong, or this program is."""

    RETRY = "retry"
    REFRESH = "refresh"
    GIVE_UP_LANE = "give up this lane"
    CONTACT_GONE = "contact gone"
    OPERATOR = "operator must act"


class Trouble(NamedTuple):
    """A code's reaction and its meaning for staff. `after`: seconds before another try makes sense, None where that is
    the caller's to say."""

    reaction: Reaction
    meaning: str
    after: float | None = None


_R, _T, _L, _G, _O = Reaction

TROUBLES: dict[int, Trouble] = {
    -1: Trouble(_R, "微信系统繁忙"),
    45011: Trouble(_R, "调用太频繁，下一分钟再试", 60),
    # the access token
    40001: Trouble(_T, "接口凭证不是最新的，或 AppSecret 有误"),
    40014: Trouble(_T, "接口凭证无效"),
    42001: Trouble(_T, "接口凭证已过期"),
    41001: Trouble(_O, "请求里缺少接口凭证（程序问题）"),
    # the contact
    40003: Trouble(_G, "不是本公众号的用户"),
    43004: Trouble(_G, "用户没有关注公众号"),
    50005: Trouble(_G, "用户已取消关注"),
    43019: Trouble(_L, "用户在公众号的黑名单里"),
    48002: Trouble(_L, "用户关闭了接收消息"),
    # this message, this way
    43101: Trouble(_L, "用户没有订阅这条通知，或订阅次数已用完"),
    43107: Trouble(_L, "用户关闭了订阅通知"),
    43108: Trouble(_L, "用户屏蔽了订阅通知"),
    45015: Trouble(_L, "超过48小时没有互动，或用户已取消关注"),
    45047: Trouble(_L, "用户下次发消息之前，客服消息条数已用完"),
    40007: Trouble(_L, "素材编号无效或已过期"),
    40200: Trouble(_L, "公众号类型不支持这种消息"),
    45002: Trouble(_L, "消息内容太长"),
    45098: Trouble(_L, "菜单消息的选项太多"),
    47003: Trouble(_L, "模板字段的内容不合规定"),
    # signing in by a page
    40029: Trouble(_L, "网页授权码无效，请重新打开页面"),
    40163: Trouble(_L, "网页授权码已被使用，请重新打开页面"),
    42003: Trouble(_L, "网页授权码已过期，请重新打开页面"),
    # nothing to do: "typing" is a courtesy
    45072: Trouble(_L, "输入状态的指令有误"),
    45080: Trouble(_L, "用户近30秒没有互动，不能显示输入状态"),
    45081: Trouble(_L, "输入状态已在显示"),
    # mass messages sent twice
    45065: Trouble(_L, "相同编号的消息已经发过"),
    45066: Trouble(_R, "相同编号的消息重试太快", 60),
    45067: Trouble(_O, "消息编号太长（程序问题）"),
    # settings, permissions, quotas
    40002: Trouble(_O, "凭证类型有误（程序问题）"),
    40013: Trouble(_O, "AppID 有误"),
    40125: Trouble(_O, "AppSecret 有误"),
    40243: Trouble(_O, "AppSecret 已被冻结"),
    41002: Trouble(_O, "缺少 AppID"),
    41004: Trouble(_O, "缺少 AppSecret"),
    40037: Trouble(_O, "模板编号无效，可能已被删除"),
    40164: Trouble(_O, "本机的 IP 不在公众号的白名单里"),
    89503: Trouble(_O, "此 IP 调用接口需要管理员确认"),
    89501: Trouble(_O, "此 IP 正在等待管理员确认"),
    89506: Trouble(_O, "管理员拒绝了此 IP，24小时内不能再申请"),
    89507: Trouble(_O, "管理员拒绝了此 IP，1小时内不能再申请"),
    41028: Trouble(_O, "小程序的 form_id 有误"),
    41029: Trouble(_O, "小程序的 form_id 已用过"),
    41030: Trouble(_O, "小程序页面路径有误"),
    45009: Trouble(_O, "今天的接口调用次数已用完，零点恢复"),
    45056: Trouble(_O, "标签数已到上限"),
    45157: Trouble(_O, "标签名重复或不合规定"),
    45158: Trouble(_O, "标签名太长"),
    45159: Trouble(_O, "标签编号无效"),
    48001: Trouble(_O, "公众号没有这个接口的权限"),
    48004: Trouble(_O, "接口因违规被封禁，请登录公众平台查看"),
    48006: Trouble(_O, "本月清零次数已用完"),
    48008: Trouble(_O, "公众号没有发送这类消息的权限"),
    50002: Trouble(_O, "公众号受到限制或处罚"),
    **dict.fromkeys(range(61451, 61459), Trouble(_O, "客服账号设置有误")),
    65400: Trouble(_O, "没有启用新版客服功能"),
    # mistakes of this program
    40008: Trouble(_O, "消息类型有误（程序问题）"),
    40033: Trouble(_O, "请求里有 \\u 转义（程序问题）"),
    44002: Trouble(_O, "请求内容为空（程序问题）"),
    44004: Trouble(_O, "消息文字为空（程序问题）"),
    45008: Trouble(_O, "图文条数超过限制（程序问题）"),
    47001: Trouble(_O, "请求不是合法的 JSON（程序问题）"),
}

# A code that nobody told us about concerns, as far as we know, only this message: it goes another way.
UNKNOWN = Trouble(_L, "微信返回了未收录的错误码")

_RID = re.compile(r"\s*rid:\s*([\w-]+)\s*$")


def trouble(code: int) -> Trouble:
    """What a code asks of us."""
    return TROUBLES.get(code, UNKNOWN)


class ApiError(Exception):
    """WeChat refused a call. `code` is its errcode, `rid` the request's id at WeChat (to ask Tencent about), `message` its
    own words without the rid. The exception's text holds code and rid only, and may be logged."""

    def __init__(self, code: int, message: str = "") -> None:
        found = _RID.search(message)
        self.code = code
        self.rid = found.group(1) if found else ""
        self.message = message[: found.start()] if found else message
        self.trouble = trouble(code)
        self.reaction = self.trouble.reaction
        super().__init__(f"errcode {code}" + (f" rid {self.rid}" if self.rid else ""))


class Unreachable(Exception):
    """WeChat did not answer, or not in its own form. `written`: the request may have reached it, so the call may have had its
    effect. `kind` is a word for logs; no address and no content is in it."""

    def __init__(self, kind: str, *, written: bool, reaction: Reaction = Reaction.RETRY) -> None:
        super().__init__(kind)
        self.kind = kind
        self.written = written
        self.reaction = reaction
