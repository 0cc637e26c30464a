"""The pieces of a reply and what was found in each: cut at punctuation, at pauses that voice input left, at 除了 and 但是."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.reading.lexicon import Hit

_HOPES = re.compile(r"要是|如果|希望|能|再|多|早点")
_ASKED = re.compile(
    r"怎么(?:交|办|走|去|挂|约|取|开|报|补|弄|打|查|退|领|坐|申)|多少(?:啊|呀|呢|钱|[?]|$)|是多少|几[点天号楼]|在哪|哪里|哪儿|什么时候"
    r"|(?:能|可以|需要|要|还|用).{0,5}吗|能补|方便不|[能行要]不[能行要]"
)
_BUT = re.compile(r"才|还没|没人|半天|太|老是|这么|那么|难道|凭|又")


@dataclass(slots=True)
class Part:
    """A piece of a sentence: what was found in it and how it hangs on its neighbours."""

    number: int
    start: int
    sentence: int = 0
    end: int = 0
    hits: list[Hit[tuple[str, Any]]] = field(default_factory=list)
    exception: bool = False
    elsewhere: bool = False
    signs: bool = False
    asks: bool = False
    suggests: tuple[int, int] | None = None
    thanks: tuple[int, int] | None = None


def split(text: str, hits: Iterable[Hit[tuple[str, Any]]], breaks: Iterable[int], signs: Sequence[tuple[int, int]]) -> list[Part]:
    """The pieces of a text with the words found in each. `signs`: where symptoms are told."""
    parts = [Part(0, 0)]
    elsewhere = False
    sentence = 0
    pauses = sorted(breaks)
    for hit in hits:
        kind = hit.what[0]
        while pauses and pauses[0] <= hit.start:
            place = pauses.pop(0)
            last = parts[-1].hits[-1] if parts[-1].hits else None
            if last is not None and last.end <= place and last.what[0] not in ("no", "very", "staff", "aspect"):
                parts.append(Part(len(parts), place, sentence, elsewhere=elsewhere))
        if kind in ("stop", "comma", "except"):
            sentence += kind == "stop"
            elsewhere = elsewhere and kind != "stop"
            parts.append(Part(len(parts), hit.end, sentence, exception=kind == "except", elsewhere=elsewhere))
            continue
        part = parts[-1]
        if part.elsewhere and (kind == "here" or (kind == "staff" and text.startswith(("你们", "贵"), hit.start))):
            part = Part(len(parts), hit.start, sentence)
            parts.append(part)
            elsewhere = False
        if kind == "never":
            part.elsewhere = elsewhere = True
        elif kind == "suggest" and part.suggests is None and _proposes(text, hit):
            part.suggests = (hit.start, hit.end)
        elif kind == "thanks" and part.thanks is None:
            part.thanks = (hit.start, hit.end)
        part.hits.append(hit)
    for part, behind in zip(parts, [*parts[1:], None], strict=True):
        part.end = behind.start if behind is not None else len(text)
        part.signs = any(part.start <= start < part.end for start, _ in signs)
        part.asks = bool(_ASKED.search(text, part.start, part.end)) and not _BUT.search(text, part.start, part.end)
    return parts


def _proposes(text: str, hit: Hit[tuple[str, Any]]) -> bool:
    return not text.startswith("就", hit.start) or _HOPES.search(text, 0, hit.start) is not None
