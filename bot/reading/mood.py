"""Evaluations in a reply: how good, of what, meant or mocked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.reading.lexicon import Hit
from bot.reading.parts import Part
from bot.reading.reading import Record

# "不贵", "没那么吵": the denial of a fault is a modest good word.
FLIPPED = re.compile(r"(?:不|没那么|不算|不太|不怎么)(?:差|贵|难吃|脏|吵|凶|慢|乱|麻烦|冷|挤|复杂|久|长|黑|坑)$")
# Words that speak of the hospital whatever was asked.
EXPLICIT = re.compile(r"满意|失望|评|服务|态度|寒心|星|投诉|医院|[0零]分|糟心|没得说|没话说|再也不|良心|黑店|破")
_LOUD = re.compile(r"^(?:真|太|超|可真|好得|可以可以|这么|非常|特别|十分|多亏|谢谢你们|五星|感谢|点赞|满分|佩服)|得很|极了")
_RAISED = re.compile(r"(?:这么|那么|真是?|太|可真?|好一个)$")
_WHOLE = re.compile(r"整体|总体|总的|总之|总评|最后|综合|你们医院|医院")
_SERVED = re.compile(r"服务|态度|耐心|负责|热情|细心|周到|关心")
_SPHERES = (
    frozenset(("RR01", "RR02", "CQ02", "CQ04", "RL01", "RL02", "RC01", "RC03", "MI04", "MI05", "CQ06")),
    frozenset(("MI01", "MI02", "MI03")),
    frozenset(("CQ01", "CS01", "CS02", "CS04", "CS05", "CQ03")),
    frozenset(("ME01", "ME02", "ME04")),
)


@dataclass(slots=True)
class Mood:
    """An evaluation: `good` from -2 to 2; `about` what it is said of: '' for the whole, staff, an aspect, clinical. `named`: it
    speaks of the hospital by its words; `verdict`: of the whole; `deed`: it tells what somebody did; `denied`: a fault is
    denied."""

    start: int
    end: int
    good: int
    about: str
    clause: int
    group: str = ""
    sarcastic: bool = False
    staffed: tuple[int, int] | None = None
    code: str = ""
    named: bool = False
    verdict: bool = False
    deed: bool = False
    explicit: bool = False
    denied: bool = False


def moods(text: str, part: Part, *, signs: bool) -> list[Mood]:
    """The evaluations of a part. `signs`: the reply speaks of symptoms, so that 差 and 好 may be about the body."""
    found: list[Mood] = []
    no: Hit[tuple[str, Any]] | None = None
    about, group, code = "", "", ""
    staffed: tuple[int, int] | None = None
    named = False
    edge = -1
    for hit in part.hits:
        kind, what = hit.what
        if kind == "no":
            no, edge = hit, hit.end
        elif kind == "very":
            edge = hit.end if edge == hit.start else edge
        elif kind == "staff":
            word = text[hit.start : hit.end]
            named = True
            if what == "other" and ("院" in word or word in ("你们", "大家", "科室", "他们", "她们")):
                continue
            about, group, staffed = about if about == "aspect" else "staff", what, (hit.start, hit.end)
        elif kind == "aspect":
            about, code = "aspect", what.code
        elif kind == "clinical":
            about = about or "clinical"
        elif kind in ("mood", "deed", "sarcasm") or (kind == "code" and FLIPPED.search(text, hit.start, hit.end)):
            good = what if kind == "mood" else 1
            if no is not None and edge == hit.start:
                good = -1 if good > 0 else 1
            mood = Mood(hit.start, hit.end, good, about, part.number, group, False, staffed, code, named)
            mood.deed = kind == "deed"
            mood.explicit = EXPLICIT.search(text, hit.start, hit.end) is not None
            mood.verdict = _WHOLE.search(text, part.start, hit.end) is not None
            if kind == "code":
                mood.about = "aspect"
            if not mood.code and _SERVED.search(text, hit.start, hit.end):
                mood.code = "RR01"
            if mood.about == "" and signs and not (named or mood.explicit):
                mood.about = "clinical"
            elif mood.about == "clinical" and mood.explicit:
                mood.about = ""
            if not part.elsewhere:
                found.append(mood)
            no = None
    return found


def mock(text: str, parts: Sequence[Part], found: Sequence[Mood], bad: Sequence[tuple[Record, int]], *, marked: bool) -> None:
    """Mark praise that mocks: loud praise beside a mishap of its own sphere with no 但是 between, or thanks for a mishap.
    `bad`: records with the number of their part; `marked`: words such as 真行 or 呵呵 stand in the text."""
    if not bad:
        if marked and any(mood.good < 0 for mood in found):
            _mark(text, found)
        return
    if marked:
        _mark(text, found)
        return
    for mood in found:
        if mood.good <= 0 or mood.about == "clinical" or "满意" in text[mood.start : mood.end]:
            continue
        loud = mood.good == 2 or _LOUD.search(text[mood.start : mood.end + 2]) or _RAISED.search(text, 0, mood.start)
        for record, place in bad:
            first, last = sorted((place, mood.clause))
            turned = any(part.exception for part in parts[first : last + 1])
            near = last - first <= 1
            if mood.about == "staff" and record.staff_group and mood.group and mood.group != record.staff_group:
                continue
            same = mood.code == record.code or any(
                record.code in sphere and (mood.code in sphere or (mood.about == "staff" and sphere is _SPHERES[0]))
                for sphere in _SPHERES
            )
            if near and not turned and ((same and (loud or mood.code)) or (loud and mood.about == "" and not mood.verdict)):
                mood.sarcastic = True


def _mark(text: str, found: Sequence[Mood]) -> None:
    for mood in found:
        if mood.good > 0 and mood.about != "clinical" and "满意" not in text[mood.start : mood.end]:
            mood.sarcastic = True
