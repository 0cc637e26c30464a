"""One writing for what people type in many: width, case, traditional characters, spaces, fillers, frequent slips. The way
back to the original is kept, so that every quote is a piece of what was really written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import opencc

from bot.reading.pinyin import Pinyin

_SIMPLE = opencc.OpenCC("t2s")
_KEPT = {
    "℃": "℃",
    "℉": "℉",
    "…": "。",
    "。": "。",
    "、": "、",
    "・": "、",
    "．": ".",
    "—": "-",
    "–": "-",
    "―": "-",
    "～": "-",
    "~": "-",
    "“": '"',
}
_KEPT |= {
    "”": '"',
    "‘": "'",
    "’": "'",
    "【": "[",
    "】": "]",
    "「": '"',
    "」": '"',
    "著": "着",
    "\t": " ",
    "\r": "\n",
    "\n": "\n",
    "°": "度",
}
_NOT_LATIN = re.compile(r"[^a-z一-龥0-9]+|[啊呀哦呢嗯]|请问")
_DROPPED = "\x00"


class _Characters(dict[int, str]):
    """Character to character, learnt on first sight; one always becomes one, so that positions hold."""

    def __missing__(self, code: int) -> str:
        self[code] = made = _character(chr(code))
        return made


def _character(char: str) -> str:
    if char in _KEPT:
        return _KEPT[char]
    wide = unicodedata.normalize("NFKC", char)
    if len(wide) != 1:
        return char
    category = unicodedata.category(wide)
    if category in ("Zs", "Zl", "Zp"):
        return " "
    if category[0] == "C" or category in ("Mn", "Me"):
        return _DROPPED
    if wide in ",!?;:":
        return wide
    simple = _SIMPLE.convert(wide)
    return (simple if len(simple) == 1 else wide).lower()


_CHARACTERS = _Characters()


@dataclass(frozen=True, slots=True)
class Text:
    """`text` is what is read; `breaks` are places in it where the writer left a space or a picture. Positions in `text`
    lead back to `raw` by `starts` and `ends` (None: the same positions)."""

    raw: str
    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None
    breaks: frozenset[int] = frozenset()

    def quote(self, start: int, end: int) -> str:
        """The original words behind a span."""
        if start >= end:
            return ""
        if self.starts is None or self.ends is None:
            return self.raw[start:end]
        return self.raw[self.starts[start] : self.ends[end - 1]]

    def part(self, start: int, end: int) -> Text:
        """A piece of the text that leads back to the same original."""
        starts = self.starts[start:end] if self.starts is not None else tuple(range(start, end))
        ends = self.ends[start:end] if self.ends is not None else tuple(range(start + 1, end + 1))
        breaks = frozenset(place - start for place in self.breaks if start < place < end)
        return Text(self.raw, self.text[start:end], starts, ends, breaks)

    def outside(self, start: int, end: int) -> str:
        """The original without a span, for what is left to read."""
        if start >= end:
            return self.raw.strip()
        first = self.starts[start] if self.starts is not None else start
        last = self.ends[end - 1] if self.ends is not None else end
        return f"{self.raw[:first]} {self.raw[last:]}".strip(" ,，。.、;；!！")


class Normaliser:
    """Applies the rewritings of the tables (written form to plain form) together with the general rules in one pass."""

    def __init__(self, rewrites: Mapping[str, str], fillers: tuple[str, ...], pinyin: Mapping[str, str] | None = None) -> None:
        self._rewrites = dict(rewrites)
        self._pinyin = Pinyin(pinyin or {})
        self._whole = {key: value for key, value in self._rewrites.items() if key.isascii() and key.replace(" ", "").isalpha()}
        inner = sorted((key for key in self._rewrites if key not in self._whole), key=len, reverse=True)
        words = "|".join(map(re.escape, inner)) or "(?!)"
        drops = "|".join(map(re.escape, sorted(fillers, key=len, reverse=True))) or "(?!)"
        heads = "".join(sorted(re.escape(char) for char in {word[0] for word in (*inner, *fillers)}))
        pictures = "☀-➿⬀-⯿\U0001f000-\U0001faff"
        self._pattern = re.compile(
            rf"(?=[{heads}\x00嗯\s.。·{pictures}])(?:"
            rf"(?P<word>{words})"
            rf"|(?P<drop>(?:{drops}|\x00)+|嗯+[ ,]*(?=[一-龥0-9a-z]))"
            r"|(?P<point>(?<=\d)\s*[.。·]\s*(?=\d))"
            r"|(?P<keep>(?<=[0-9a-z])[ ](?=[0-9a-z]))"
            r"|(?P<space> +)"
            rf"|(?P<picture>[{pictures}]))"
            r"|(?P<again>([^0-9\sa-z,。!?;])\8{2,})"
            r"|(?P<twice>([^0-9\sa-z,。!?;]{2,4})\10+)"
            r"|(?P<circled>[①-⓿㈠-㈩㊀-㊉⑴-⒇Ⅰ-ⅿ])"
        )

    def __call__(self, raw: str) -> Text:
        """The text as it is read."""
        text = raw.translate(_CHARACTERS)
        if len(text) < 40 and any("a" <= char <= "z" for char in text):
            whole = self._whole.get(_NOT_LATIN.sub(" ", text).strip()) or self._pinyin.read(text.strip())
            if whole:
                return Text(raw, whole, (0,) * len(whole), (len(raw),) * len(whole))
        if self._pattern.search(text) is None:
            return Text(raw, text)
        return self._rewritten(raw, text)

    def _rewritten(self, raw: str, text: str) -> Text:
        out: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        breaks: set[int] = set()
        done = 0
        for match in self._pattern.finditer(text):
            start, end = match.span()
            out.append(text[done:start])
            starts.extend(range(done, start))
            ends.extend(range(done + 1, start + 1))
            done = end
            kind = match.lastgroup
            if match["word"] is not None:
                new = self._rewrites[match["word"]]
            elif match["point"] is not None:
                new = "."
            elif match["keep"] is not None:
                new = " "
            elif match["again"] is not None:
                new = match["again"][0]
            elif match["twice"] is not None:
                new = match[10]
            elif match["circled"] is not None:
                new = unicodedata.normalize("NFKC", match["circled"]).strip("()").lower()
            else:
                new = ""
                if kind in ("space", "picture"):
                    breaks.add(len(starts))
                    if match["picture"] is not None and match["picture"] in self._rewrites:
                        new = self._rewrites[match["picture"]]
            out.append(new)
            starts.extend([start] * len(new))
            ends.extend([end] * len(new))
        out.append(text[done:])
        starts.extend(range(done, len(text)))
        ends.extend(range(done + 1, len(text) + 1))
        plain = "".join(out)
        if not plain.strip(" ,。!?;\n"):
            return Text(raw, text)
        return Text(raw, plain, tuple(starts), tuple(ends), frozenset(breaks - {0, len(plain)}))
