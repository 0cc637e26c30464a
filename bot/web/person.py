"""A copy of everything about a person as one file that anybody can read in a browser, with the same data for machines in it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from bot.care.privacy import Copy
from bot.web import phrases

TITLES = {
    "patient": "基本信息",
    "episode": "住院",
    "revisit": "复诊",
    "care_plan": "随访计划",
    "touchpoint": "每一次联系",
    "enrolment": "绑定码",
    "contact": "微信账号",
    "binding": "微信绑定",
    "claim": "病区码登记",
    "consent": "知情同意",
    "inbound": "您发来的消息",
    "outbound": "发给您的消息",
    "media": "照片和语音",
    "session": "随访对话",
    "answer": "您的回答",
    "finding": "读出的身体情况",
    "record": "读出的意见",
    "approved_use": "用过的标准答复",
    "ticket": "工单",
    "ticket_entry": "工单经过",
    "complaint": "投诉",
    "audit_entry": "谁看过、办过",
}
_COLUMNS = {
    "name": "姓名", "sex": "性别", "born_on": "出生日期", "phone": "手机", "id_no": "身份证号", "hospital_no": "病案号",
    "admission_no": "住院号", "times": "次数", "department": "科室", "ward": "病区", "doctor": "医生", "nurse": "护士",
    "admitted_on": "入院", "discharged_at": "出院", "outcome": "离院方式", "diagnosis": "诊断", "icd10": "诊断编码",
    "procedure": "手术", "procedure_on": "手术日期", "revisit_on": "复诊日期", "medication": "带药", "risks": "注意",
    "kin_name": "联系人", "kin_relation": "联系人关系", "kin_phone": "联系人电话", "state": "状态", "reason": "原因",
    "flow": "话术", "title": "名称", "due_at": "时间", "text": "内容", "body": "内容", "at": "时间", "created_at": "时间",
    "received_at": "收到", "sent_at": "发出", "value": "值", "quote": "原话", "words": "原话", "version": "版本",
    "answer": "答复", "capacity": "身份", "ended_at": "结束", "ended_for": "结束原因", "relation": "关系", "kin": "亲属",
    "bound_at": "绑定", "confirmed_at": "核对", "matter": "事项", "level": "级别", "raised_at": "产生", "closed_at": "关闭",
    "closing_note": "处理说明", "kind": "种类", "type": "种类", "code": "编码", "severity": "轻重", "act": "动作", "noun": "对象",
    "day": "日期", "started_at": "开始", "node": "问题", "openid": "微信账号",
}  # fmt: skip
_WORDS = {"matter": phrases.MATTERS, "level": phrases.LEVELS, "relation": phrases.RELATIONS, "capacity": phrases.CAPACITIES}
_STYLE = (
    "body{font:14px/1.6 sans-serif;margin:24px auto;max-width:1000px;padding:0 16px;color:#1d2733}"
    "table{border-collapse:collapse;width:100%;margin:0 0 24px;table-layout:auto}th,td{border:1px solid #d9dfe6;padding:4px 8px;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#f3f5f8;white-space:nowrap}h2{margin:24px 0 8px}"
    ".one th{width:9em}"
)


def as_json(copy: Copy) -> bytes:
    """The copy for machines."""
    data = {"name": copy.name, "hospital": copy.hospital, "made_at": copy.made_at.isoformat(), "tables": copy.tables}
    return orjson.dumps(data, option=orjson.OPT_INDENT_2)


def as_html(copy: Copy, zone: ZoneInfo) -> str:
    """The copy for people. It stands alone: no script, no address, nothing to load."""
    parts = [
        f"<h1>{escape(copy.name)} 的个人信息</h1>",
        f"<p>{escape(copy.hospital)}，{copy.made_at.astimezone(zone):%Y年%m月%d日 %H:%M} 导出。含健康信息，请妥善保管。</p>",
    ]
    order = [*(name for name in TITLES if name in copy.tables), *(name for name in copy.tables if name not in TITLES)]
    for name in order:
        if rows := copy.tables[name]:
            parts += [f"<h2>{escape(TITLES.get(name, name))}（{len(rows)}）</h2>", _table(rows, zone)]
    machine = as_json(copy).decode().replace("<", "\\u003c")  # nothing in it can end the element
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(copy.name)} 的个人信息</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}"
        f'<script type="application/json" id="data">{machine}</script></body></html>'
    )


def _table(rows: list[dict[str, Any]], zone: ZoneInfo) -> str:
    """Columns that hold something; those with a name in words first. One row stands upright."""
    filled = [column for column in rows[0] if any(row.get(column) not in (None, "", [], {}) for row in rows)]
    columns = [one for one in filled if one in _COLUMNS] or filled
    if len(rows) == 1:
        lines = "".join(f"<tr><th>{_COLUMNS.get(one, one)}</th><td>{_said(one, rows[0], zone)}</td></tr>" for one in columns)
        return f'<table class="one">{lines}</table>'
    head = "".join(f"<th>{_COLUMNS.get(one, one)}</th>" for one in columns)
    body = "".join("<tr>" + "".join(f"<td>{_said(one, row, zone)}</td>" for one in columns) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _said(column: str, row: Mapping[str, Any], zone: ZoneInfo) -> str:
    value = row.get(column)
    if value is None:
        return ""
    if column in _WORDS:
        return escape(_WORDS[column].get(value, str(value)))
    if column == "body" and isinstance(value, dict):
        return escape(str(value.get("text") or " ".join(str(one) for one in (value.get("fields") or {}).values())))
    if isinstance(value, str) and column.endswith(("at", "_at")) and "T" in value:
        return escape(phrases.stamp(value, zone))
    return escape("、".join(map(str, value)) if isinstance(value, list) else str(value))
