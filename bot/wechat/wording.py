"""Texts as WeChat takes them: at most 600 characters and 2048 bytes a bubble, no characters that XML forbids."""

from __future__ import annotations

import re

from bot.wechat.xml import legal

MOST_CHARACTERS = 600
MOST_BYTES = 2048
# An ASCII mark ends a sentence only before a blank, so that no link is cut.
_END = re.compile(r"[。！？；…\n]+[”’」』）)]*|[!?.;](?=\s)")


def bubble(text: str) -> str:
    """The text of one bubble: legal characters only, cut after the last sentence that fits, or with … where no sentence
    ends in its second half. Longer texts have to be split before: what is cut here is lost."""
    text = legal(text)
    if len(text) * 4 <= MOST_BYTES:
        return text
    if len(text) <= MOST_CHARACTERS and len(text.encode()) <= MOST_BYTES:
        return text
    room = _whole_links(text[:MOST_CHARACTERS].encode()[:MOST_BYTES].decode(errors="ignore"))
    ends = [match.end() for match in _END.finditer(room)]
    if ends and ends[-1] > len(room) // 2:
        return room[: ends[-1]].rstrip()
    return room.encode()[: MOST_BYTES - 3].decode(errors="ignore")[: MOST_CHARACTERS - 1].rstrip() + "…"


def _whole_links(text: str) -> str:
    """The text up to a link that is open at its end."""
    opened = text.rfind("<a ")
    return text[:opened] if opened > 0 and text.find("</a>", opened) < 0 else text
