"""How the pages say dates, time left, numbers that must stay half hidden, and the words of the tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

LEVELS = {"L0": "危急", "L1": "紧急", "L2": "较急", "L3": "一般"}
MATTERS = {
    "danger": "红线",
    "complaint": "投诉",
    "question": "咨询",
    "follow-up": "随访未完成",
    "phone": "电话随访",
    "other": "其他",
}
TICKET_STATES = {"open": "待处理", "accepted": "处理中", "waiting": "等患者", "closed": "已关闭"}
ENTRIES = {
    "raised": "生成工单",
    "added": "又有新情况",
    "accepted": "接手处理",
    "taken over": "接管对话",
    "climbed": "阶梯通知",
    "note": "内部备注",
    "call": "打电话",
    "not sent": "没有发出",
    "reply": "回复患者",
    "handed back": "交还机器人",
    "closed": "关闭",
}
TOUCHPOINT_STATES = {
    "planned": "待发送",
    "invited": "已邀请，等回复",
    "begun": "进行中",
    "done": "已完成",
    "missed": "未回复",
    "stopped": "已停止",
    "phone": "转电话",
}
EPISODE_STATES = {"home": "随访中", "readmitted": "再次入院", "transferred": "转院", "dead": "死亡", "excluded": "不随访"}
REVISIT_STATES = {"": "", "coming": "会来", "declined": "说不来", "came": "来过了", "missed": "没有来"}
PLAN_STATES = {"running": "进行中", "completed": "已完成", "stopped": "已停止"}
LEAVINGS = {"1": "医嘱离院", "2": "转院", "3": "转社区", "4": "非医嘱离院", "5": "死亡", "9": "其他"}
RELATIONS = {"unknown": "身份未确认", "self": "本人", "family": "家属"}
CAPACITIES = {"self": "本人", "family": "家属", "guardian": "监护人"}
CONSENTS = {"agreed": "同意", "refused": "不同意"}
CONTACT_STATES = {"active": "正常", "unfollowed": "已取消关注", "stopped": "已退订", "gone": "账号失效", "telephone": "电话"}
LANES = {
    "reply": "微信回复",
    "service": "微信消息",
    "subscription": "订阅通知",
    "template": "模板通知",
    "medical": "就医助手",
    "wecom": "企业微信",
    "sms": "短信",
    "phone": "电话",
}
RECORD_TYPES = {"complaint": "投诉", "dissatisfaction": "不满", "suggestion": "建议", "praise": "表扬"}
SEVERITIES = {1: "轻", 2: "中", 3: "重"}
GROUPS = {"nurse": "护士", "doctor": "医生"}
SESSION_STATES = {
    "waiting": "等回复",
    "completed": "已完成",
    "expired": "未回复结束",
    "failed": "出错结束",
    "interrupted": "中断",
}
KINDS = {
    "image": "图片",
    "voice": "语音",
    "video": "视频",
    "shortvideo": "视频",
    "location": "位置",
    "link": "链接",
    "unknown": "暂不支持的消息",
}
EVENTS = {
    "subscribe": "关注了公众号",
    "unsubscribe": "取消了关注",
    "scan": "扫描了二维码",
    "click": "点了菜单",
    "view": "打开了菜单链接",
    "view_miniprogram": "从菜单打开了小程序",
    "subscribe_msg_popup_event": "答复了通知订阅的询问",
    "subscribe_msg_change_event": "改了通知订阅",
    "user_authorization_revoke": "撤回了授权",
}
# WeChat's notes to the machine: what they say stands at the message they are about
TECHNICAL = frozenset({"templatesendjobfinish", "subscribe_msg_sent_event", "masssendjobfinish", "location"})
ROLES = {
    "nurse": "随访护士",
    "ward": "病区",
    "department": "职能科室",
    "supervisor": "主管",
    "doctor": "值班医生",
    "editor": "话术管理员",
    "approver": "临床审核",
    "admin": "系统管理员",
    "auditor": "审计",
    "director": "院领导",
}
_WEEK = "一二三四五六日"


def moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """今天 14:05, 昨天 09:00, 11月3日 09:00, 2025年11月3日 09:00: as short as it can be said on the day of `now`."""
    local = at.astimezone(zone)
    return f"{day(local.date(), now.astimezone(zone).date())} {local:%H:%M}"


def day(on: date, today: date) -> str:
    """今天, 明天, 昨天, 11月3日, or with its year when that is another one."""
    near = {0: "今天", 1: "明天", -1: "昨天"}.get((on - today).days)
    if near:
        return near
    short = f"{on.month}月{on.day}日"
    return short if on.year == today.year else f"{on.year}年{short}"


def weekday(on: date) -> str:
    """周六."""
    return f"周{_WEEK[on.weekday()]}"


def span(length: timedelta) -> str:
    """The two largest units of a length of time: 2 天 3 小时, 1 小时 5 分, 23 分钟."""
    minutes = int(length.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} 天 {hours} 小时" if hours else f"{days} 天"
    if hours:
        return f"{hours} 小时 {rest} 分" if rest else f"{hours} 小时"
    return f"{rest} 分钟" if rest else "不到 1 分钟"


def left(due_at: datetime, now: datetime) -> str:
    """还剩 23 分钟, or 已超时 1 小时 5 分 once the deadline has passed."""
    if due_at > now:
        return f"还剩 {span(due_at - now)}"
    return f"已超时 {span(now - due_at)}"


def event(name: str) -> str:
    """What somebody did, in words; "" for what concerns no person."""
    return "" if name in TECHNICAL else EVENTS.get(name, "微信里的其他操作")


def age(born_on: date | None, today: date) -> str:
    """56 岁; for a child under two, in months; empty when not known."""
    if born_on is None or born_on > today:
        return ""
    months = (today.year - born_on.year) * 12 + today.month - born_on.month - (today.day < born_on.day)
    return f"{months // 12} 岁" if months >= 24 else f"{months} 月龄"


def masked(phone: str | None) -> str:
    """138****0001; a number too short to hide keeps its last two digits only."""
    if not phone:
        return ""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 9 else "*" * max(len(phone) - 2, 1) + phone[-2:]


def delivery(state: str, delivered: str, errcode: int | None, lane: str = "") -> tuple[str, str]:
    """The real fate of a message that was sent, and its tone: ok, wait, bad or doubt."""
    if lane == "phone":
        return "电话里说的", "ok"
    if lane == "sms" and state == "sent":
        return "已交给短信程序", "ok"
    if delivered == "success":
        return "已送达", "ok"
    if delivered:
        return ("发送失败：对方拒收" if "block" in delivered else "发送失败：微信未能送达"), "bad"
    match state:
        case "handed":
            return "已交给微信", "ok"
        case "sent":
            return "微信已接收", "ok"
        case "failed":
            return f"发送失败：{failure(errcode)}", "bad"
        case "unknown":
            return "不确定是否送达，未重发", "doubt"
        case "cancelled":
            return "已取消", "bad"
        case "leased":
            return "发送中", "wait"
        case _:
            return "待发送", "wait"


def failure(errcode: int | None) -> str:
    """What WeChat's refusal means to a nurse."""
    match errcode:
        case 45015 | 45047:
            return f"对话窗口已关闭或条数用完（{errcode}）"
        case 43004 | 40003:
            return f"对方未关注公众号（{errcode}）"
        case 43101:
            return "对方未同意接收通知（43101）"
        case None:
            return "请电话联系"
        case _:
            return f"微信返回 {errcode}"


def stamp(text: str, zone: tzinfo) -> str:
    """2026-11-18 10:05 at the hospital, of an ISO time; what is none stays."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M}"
    except ValueError:
        return text
