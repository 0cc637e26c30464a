"""Whom a reply names and whom it praises: praise thanks a person or a ward, in words or by telling a good deed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.reading.codes import MatterTables
from bot.reading.mood import Mood
from bot.reading.normalise import Text
from bot.reading.parts import Part
from bot.reading.reading import Record

_REQUEST = re.compile(r"请|麻烦|帮|能不能|可以|让|叫|想|吗|转告|安排|联系|\?|什么|怎么|需要|发我|给我发")
_HOSPITAL = re.compile(r"你们|贵院|贵医院|医院|大家|他们|她们")
_PRICED = re.compile(r"便宜|实惠|合理|方便|快捷|顺利|成功|用得着")
_ADDRESSED = re.compile(r"(?:说|讲|告诉|跟我说|问|看|给我|让|叫|建议|开)(?:我|你|没|这|是|恢复|过|可以|要|伤|一|的|,)")


def person(text: Text, tables: MatterTables, names: Sequence[str], start: int, end: int) -> str | None:
    """The name of a member of staff between two places, as written."""
    for name in names:
        if name and text.text.find(name, start, end) >= 0:
            return name
    match = tables.person.search(text.text, start, end)
    if match is None:
        return None
    start, end = match.span("behind" if match["behind"] else "before")
    return None if "谢" in text.text[start + 1 : end] else text.quote(start, end) or None


def praise(text: Text, tables: MatterTables, names: Sequence[str], parts: Sequence[Part], moods: Sequence[Mood]) -> list[Record]:
    """One record for each person or ward that is thanked or well spoken of."""
    records: list[Record] = []
    for part in parts:
        record = None if part.elsewhere else _of(text, tables, names, parts, part, moods)
        if record is not None and not any(other.person == record.person for other in records):
            records.append(record)
    return records


def _of(
    text: Text, tables: MatterTables, names: Sequence[str], parts: Sequence[Part], part: Part, moods: Sequence[Mood]
) -> Record | None:
    said = text.text
    staff = [hit for hit in part.hits if hit.what[0] == "staff"]
    close = [hit for hit in staff if not _HOSPITAL.search(said, hit.start, hit.end)]
    name = person(text, tables, names, part.start, part.end)
    good = [mood for mood in moods if mood.clause == part.number and mood.good > 0 and not mood.sarcastic]
    good = [mood for mood in good if mood.about in ("staff", "aspect") or name or (close and mood.about == "")]
    good = [mood for mood in good if not any(_ADDRESSED.match(said, hit.end) for hit in close if hit.end <= mood.start)]
    good = [mood for mood in good if not _PRICED.fullmatch(said, mood.start, mood.end)]
    if part.exception and not good:
        return None
    thanks = part.thanks
    thanked = thanks is not None and bool(staff) and _warm(said, thanks, close, bool(name))
    if thanks is not None and not staff and name is None and part.number:
        before = parts[part.number - 1]
        bad = any(hit.what[0] == "code" for hit in before.hits)
        if before.sentence == part.sentence and not bad and not _REQUEST.search(said, before.start, before.end):
            staff = close = [
                hit for hit in before.hits if hit.what[0] == "staff" and not _HOSPITAL.search(said, hit.start, hit.end)
            ]
            name = person(text, tables, names, before.start, before.end)
            thanked = bool(staff) or name is not None
    if not good and (close or name) and part.number + 1 < len(parts):
        behind = parts[part.number + 1]
        if not behind.exception and not behind.elsewhere and not any(hit.what[0] in ("staff", "code") for hit in behind.hits):
            good = [mood for mood in moods if mood.clause == behind.number and mood.good > 0 and mood.about == ""]
            good = [mood for mood in good if not mood.sarcastic and not any(_ADDRESSED.match(said, hit.end) for hit in close)]
    told = [mood for mood in moods if mood.clause == part.number and mood.deed and not mood.sarcastic]
    if told and not staff and name is None:
        beside = (*parts[max(0, part.number - 1) : part.number], *parts[part.number + 1 : part.number + 2])
        staff = [hit for other in beside if not other.elsewhere for hit in other.hits if hit.what[0] == "staff"]
        good = told
    if thanks is not None and "锦旗" in said[thanks[0] : thanks[1]]:
        return Record("praise", None, None, (close or staff)[0].what[1] if staff else None, name, text.quote(*thanks))
    if not (close or name):
        good = [mood for mood in good if mood.deed or mood.about == "aspect"]
    if not (staff or name) or not (good or thanked):
        return None
    spans = [(hit.start, hit.end) for hit in staff] + [(mood.start, mood.end) for mood in good] + ([thanks] if thanks else [])
    quote = text.quote(min(start for start, _ in spans), max(end for _, end in spans))
    return Record("praise", None, None, (close or staff)[0].what[1] if staff else None, name, quote)


def _warm(said: str, thanks: tuple[int, int], close: Sequence[object], named: bool) -> bool:
    """Whether thanks are more than the good manners that end a message."""
    if any(word in said for word in ("全体", "全科", "救", "锦旗")):
        return True
    word = said[thanks[0] : thanks[1]]
    if word[:1] not in "谢多感辛" or len(said) > 8:
        return bool(close) or named or any(strong in word for strong in ("表扬", "锦旗", "感激"))
    return named and len(said) > 6
