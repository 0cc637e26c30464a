"""Why a reply was read as it was, in lines that a nurse can follow."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.reading import numbers
from bot.reading.reading import Option, Question, Reading
from bot.reading.tables import Tables
from bot.reading.triage import Triage

_KINDS = {
    "sign": "征象", "phenomenon": "现象", "part": "部位", "veto": "不算征象", "no": "否定", "mild": "轻", "severe": "重",
    "double": "双重否定", "if": "设想", "ask": "在问", "unsure": "不确定", "other": "别人", "kin": "亲属", "child": "孩子",
    "self": "本人", "past": "以前", "recent": "不久前", "now": "现在", "again": "又", "break": "转折", "gone": "好转",
    "relation": "代答", "end": "设想到此",
}  # fmt: skip
_STATUS = {
    "present": "有",
    "negated": "否认",
    "resolved": "已好",
    "hypothetical": "设想或提问",
    "other_person": "别人的",
    "uncertain": "不确定",
}
_ANSWERS = {"ok": "已答", "unclear": "没看明白，再问一次", "out_of_range": "数值不可能，再问一次", "off_topic": "说的是别的事"}
_TYPES = {"complaint": "投诉", "dissatisfaction": "不满", "suggestion": "建议", "praise": "表扬"}


def explain(text: str, reading: Reading, tables: Tables, *, question: Question | None = None, proxy: bool = False) -> list[str]:
    """The clauses, what was found in them, what each rule decided and what was suppressed."""
    source = tables.normalise(text)
    plain = source.text
    triage = Triage(source, numbers.find(plain), tables.flags, tables.signs, question=question, proxy=proxy)
    lines = [f"原文：{text}"]
    if plain != text:
        lines.append(f"规整：{plain}")
    lines.append("分句：")
    ends = [clause.start for clause in triage.clauses[1:]] + [len(plain)]
    for clause, end in zip(triage.clauses, ends, strict=True):
        found = [hit for hit in triage.hits if clause.start <= hit.start < end and hit.what[0] in _KINDS]
        words = "  ".join(f"{plain[hit.start : hit.end]}[{_KINDS[hit.what[0]]}]" for hit in found)
        if plain[clause.start : end].strip(" ,。!?;\n"):
            lines.append(f"  · {plain[clause.start : end].strip(' ,。!?;')}" + (f"    {words}" if words else ""))
    lines.append("依据：" + ("" if reading.notes else "没有要紧的词"))
    lines += [f"  · {note}" for note in reading.notes]
    lines += _conclusions(reading, tables)
    return lines


def _conclusions(reading: Reading, tables: Tables) -> list[str]:
    lines = [f"分诊：{reading.triage if reading.triage != 'none' else '无'}"]
    for finding in reading.findings:
        kept = f"（压下：{finding.suppressed}）" if finding.suppressed else ""
        value = "" if finding.value is None else f" {finding.value:g}"
        name = f"{finding.flag} {tables.name(finding.flag)} {finding.level}"
        lines.append(f"  · {name} {_STATUS[finding.status]}{value}：“{finding.quote}”{kept}")
    for record in reading.records:
        about = f"{record.code} {tables.name(record.code)}" if record.code else ""
        more = " ".join(filter(None, [about, f"{record.severity}级" if record.severity else "", record.person or ""]))
        lines.append(f"记录：{_TYPES[record.type]} {more}：“{record.quote}”")
    if reading.answer is not None:
        answer = reading.answer
        sure = "" if answer.sure or answer.status != "ok" else "（推断）"
        lines.append(f"回答：{_ANSWERS[answer.status]}" + (f" {answer.value}{sure}" if answer.status == "ok" else ""))
    lines.append(f"意图：{'、'.join(reading.intents) or '无'}    满意度：{reading.satisfaction or '未说'}")
    return lines


def to_json(reading: Reading) -> dict[str, Any]:
    """The reading as the contract's object (without `id`)."""
    answer = reading.answer
    return {
        "answer": None if answer is None else {"status": answer.status, "value": answer.value},
        "intents": list(reading.intents),
        "satisfaction": reading.satisfaction,
        "records": [
            {
                "type": record.type,
                "code": record.code,
                "severity": record.severity,
                "staff_group": record.staff_group,
                "person": record.person,
                "quote": record.quote,
            }
            for record in reading.records
        ],
        "findings": [
            {
                "flag": finding.flag,
                "level": finding.level,
                "status": finding.status,
                "value": finding.value,
                "quote": finding.quote,
                "suppressed": finding.suppressed,
            }
            for finding in reading.findings
        ],
        "triage": reading.triage,
    }


def from_json(data: Any) -> tuple[str, Question | None, bool, date | None]:
    """Text, question, proxy and today of one line of the contract. Raises ValueError in Chinese for anything else."""
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise ValueError("缺少 text")
    today = data.get("today")
    try:
        day = date.fromisoformat(today) if today else None
    except (TypeError, ValueError):
        raise ValueError("today 应为日期，例如 2026-11-21") from None
    return data["text"], question_from_json(data.get("question")), bool(data.get("proxy", False)), day


KINDS = ("choice", "multichoice", "number", "scale", "yesno", "date", "text", "feedback", "image")


def question_from_json(data: Any) -> Question | None:
    """A question object of the contract. Raises ValueError in Chinese."""
    if data is None:
        return None
    if not isinstance(data, dict) or data.get("kind") not in KINDS:
        raise ValueError(f"question.kind 应为 {'、'.join(KINDS)} 之一")
    try:
        options = tuple(Option(str(row["value"]), tuple(map(str, row["labels"]))) for row in data.get("options") or ())
        low, high = (None if data.get(name) is None else float(data[name]) for name in ("min", "max"))
    except (KeyError, TypeError, ValueError):
        raise ValueError("question 的 options、min、max 写得不对") from None
    if data["kind"] in ("choice", "multichoice") and not options:
        raise ValueError("选择题没有 options")
    return Question(data["kind"], options, low, high, str(data.get("unit") or ""), tuple(map(str, data.get("about") or ())))
