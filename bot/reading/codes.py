"""The table of complaints and the words of praise and blame, compiled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.reading.facts import Facts
from bot.reading.lexicon import Lexicon
from bot.reading.signs import words

_GROUPS = ("doctor", "nurse", "technician", "window", "caregiver", "property", "other")
_GOOD = {"very_good": 2, "good": 1, "meh": 0, "bad": -1, "very_bad": -2, "twice": 1}


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    name: str
    owner: str
    severity: int
    most: int
    type: str
    group: str


class MatterTables:
    """The tables of complaints and evaluations, compiled."""

    def __init__(self, data: Mapping[str, Any], moods: Mapping[str, Any], surnames: str) -> None:
        self.codes: dict[str, Code] = {}
        entries: list[tuple[str, tuple[str, Any]]] = [(form, ("skip", None)) for form in words(moods.get("skip"))]
        marks = [(f"[{mark}]", ("stop" if mark != "," else "comma", None)) for mark in "。!?;\n,"]
        for row in data.get("codes") or ():
            code = _code(row)
            self.codes[code.code] = code
            entries += [(form, ("code", code)) for form in words(row["words"])]
        direct = entries
        rest: list[tuple[str, tuple[str, Any]]] = []
        for name in ("twice", "none", "very_bad", "very_good", "bad", "meh", "good"):
            rest += [(form, ("none", None) if name == "none" else ("mood", _GOOD[name])) for form in words(moods.get(name))]
        rest += [(form, ("deed", None)) for form in words(moods.get("deed"))]
        rest += [(form, ("sarcasm", None)) for form in words(moods.get("sarcasm"))]
        for name in ("here", "never", "clinical"):
            rest += [(form, (name, None)) for form in words(moods.get(name))]
        for group, forms in (data.get("staff") or {}).items():
            if group not in _GROUPS:
                raise ValueError(f"没有这类人员：{group}")
            rest += [(form, ("staff", group)) for form in words(forms)]
        for code, forms in (data.get("aspects") or {}).items():
            if code not in self.codes:
                raise ValueError(f"方面表里的编号不存在：{code}")
            rest += [(form, ("aspect", self.codes[code])) for form in words(forms)]
        for name in ("thanks", "suggest", "demand", "except", "raise"):
            rest += [(form, (name, None)) for form in words(data.get(name))]
        rest += [(form, ("no", None)) for form in words(moods.get("no"))]
        rest += [(form, ("very", None)) for form in words(moods.get("very"))]
        self.lexicon: Lexicon[tuple[str, Any]] = Lexicon([*direct, *rest, *marks])
        self.facts = Facts(data.get("ideas") or {}, data.get("facts") or {}, data.get("masks"), self.codes)
        self.absorbs = {tuple(pair.split("=")) for pair in words(data.get("absorbs"))}
        self.doctor = dict(pair.split("=") for pair in words(data.get("doctor_codes")))
        names = "".join(surnames.split()) or "　"
        title = "(?:主任医师|副主任|主任|医生|大夫|教授|院长|护士长|护士|医师|师傅|专家|阿姨|老师)"
        after = "(?=$|[,。!?;\n人很特真太态技医服好的对和给每从说一不没就也都非耐细认热]|[^一-龥])"
        self.person = re.compile(
            rf"(?:护士长|护士|医生|主任|大夫|护工|教授)(?P<behind>小[{names}]|[{names}][一-龥]{{1,2}}?){after}"
            rf"|(?P<before>[{names}][一-龥]{{0,2}}?|[小老][{names}])(?={title})"
        )


def _code(row: Mapping[str, Any]) -> Code:
    try:
        severity, most = int(row["severity"]), int(row["most"])
        kind = str(row.get("type") or "dissatisfaction")
        group = str(row.get("group") or "")
        code = Code(str(row["code"]), str(row["name"]), str(row["owner"]), severity, most, kind, group)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"投诉分类表有一行写错了：{error}") from error
    if not 1 <= code.severity <= code.most <= 3 or code.type not in ("complaint", "dissatisfaction"):
        raise ValueError(f"{code.code}：程度应为 1 到 3，类型应为 complaint 或 dissatisfaction")
    return code
