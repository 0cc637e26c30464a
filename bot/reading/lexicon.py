"""Words of the tables, found in a text in one pass. A small pattern language keeps the tables short and readable:
`(a|b)` one of, `[ab]` one of these characters, `x?` may be missing, `x*` any times, `x+` at least once, `~` up to four
characters of the same clause that deny nothing, `#` a number."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")

GAP = r"[^,。!?;:\n不没无别未]{0,4}?"
WIDEST = 5  # a gap and the character behind it
NUMERALS = "0123456789零一二两三四五六七八九十百千万几半好"
NUMBER = rf"[{NUMERALS}.多]{{1,9}}"
_NUMBER = re.compile(NUMBER)
_SPECIAL = re.compile(r"[()\[\]|?*+~#]")
_PLAIN = re.compile(r"[^()\[\]|?*+]+(?![?*+])")
_RUN = re.compile(f"[{NUMERALS}]+")
_FIRST = operator.itemgetter(0)
MOST = 64


class Hit(NamedTuple, Generic[T]):
    """`what` was found at `start` (inclusive) to `end` (exclusive)."""

    start: int
    end: int
    what: T


def expand(pattern: str, keep: int = 60, most: int = 20 * MOST) -> list[str]:
    """The literal forms of a pattern, each cut after `keep` characters; `~` and `#` stay. Raises ValueError for brackets
    that do not match and for more than `most` forms."""
    forms, rest = _sequence(pattern, 0, keep, most, top=True)
    if rest != len(pattern):
        raise ValueError(f"括号不成对：{pattern}")
    return forms


def _sequence(pattern: str, at: int, keep: int, most: int, *, top: bool) -> tuple[list[str], int]:
    branches: list[str] = []
    forms = [""]
    full = False
    while at < len(pattern):
        plain = _PLAIN.match(pattern, at)
        if plain is not None:
            at = plain.end()
            if not full:
                said = plain[0]
                forms = [form + said for form in forms] if at <= keep else [(form + said)[:keep] for form in forms]
                full = at >= keep and min(map(len, forms)) == keep
            continue
        char = pattern[at]
        if char == "(":
            piece, at = _sequence(pattern, at + 1, keep, most, top=False)
            if at >= len(pattern):
                raise ValueError(f"括号没有闭合：{pattern}")
            at += 1
        elif char == "[":
            close = pattern.find("]", at)
            if close < 0:
                raise ValueError(f"方括号没有闭合：{pattern}")
            piece, at = list(pattern[at + 1 : close]), close + 1
        elif char == ")":
            break
        elif char == "|" and not top:
            branches += forms
            forms, at, full = [""], at + 1, False
            continue
        else:
            piece, at = [char], at + 1
        if at < len(pattern) and pattern[at] in "?*+":
            piece, at = (piece if pattern[at] == "+" else [*piece, ""]), at + 1
        if full:
            continue
        forms = [(form + end)[:keep] for form in forms for end in piece]
        if len(forms) > most:
            forms = list(dict.fromkeys(forms))
            if len(forms) > most:
                raise ValueError(f"写法展开后太多，请拆成几个：{pattern}")
        full = at >= keep and min(map(len, forms)) == keep
    return list(dict.fromkeys(branches + forms)), at


def few(pattern: str) -> list[str] | None:
    """All forms when they are few and the pattern repeats nothing, else None."""
    if "*" in pattern or "+" in pattern:
        return None
    try:
        forms = expand(pattern, most=2 * MOST)
    except ValueError as error:
        if "太多" in str(error):
            return None
        raise
    return forms if len(forms) <= MOST else None


def _regex(text: str) -> str:
    return "".join(
        GAP if char == "~" else NUMBER if char == "#" else char if char in "()[]|?*+" else re.escape(char) for char in text
    )


class _Tail:
    """The rest of a pattern behind its literal head, compiled when it is first needed: most are never met. `need`: the
    character that stands behind a gap, by which most are ruled out."""

    __slots__ = ("back", "match", "need", "order", "pattern", "what")

    def __init__(self, pattern: str, back: int, order: int, what: Any) -> None:
        self.pattern, self.back, self.order, self.what = pattern, back, order, what
        behind = pattern[1:2] if back == 0 and pattern[0] == "~" else ""
        self.need = "" if behind in ("~", "#") else behind
        self.match: Callable[[str, int], re.Match[str] | None] = self._first

    def _first(self, text: str, place: int) -> re.Match[str] | None:
        self.match = re.compile(_regex(self.pattern)).match
        return self.match(text, place)


class Lexicon(Generic[T]):
    """Patterns with what they stand for. The first entry of a form wins; in a text the leftmost, longest form wins."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._forms: dict[str, tuple[int, T]] = {}
        self._tails: dict[str, list[_Tail]] = {}  # by literal head
        self._numbered: dict[str, list[_Tail]] = {}  # by the character after the number that they begin with
        for order, (pattern, what) in enumerate(entries):
            known = (order, what)
            if _SPECIAL.search(pattern) is None:
                self._forms.setdefault(pattern, known)
                continue
            whole = few(pattern)
            forms = expand(pattern, 2) if whole is None else whole
            if pattern[0] == "~" or "" in forms:
                raise ValueError(f"词条不能以 ~ 开头，也不能全部可缺：{pattern}")
            if whole is None:
                for head, behind in {(_head(form), form[1:2]) for form in forms}:
                    self._tail(head, behind, _Tail(pattern, len(head), order, what))
                continue
            for form in forms:
                head = _head(form)
                if head == form:
                    self._forms.setdefault(form, known)
                else:
                    self._tail(head, form[1:2], _Tail(form[len(head) :], 0, order, what))
        # how long the words are that begin with these two characters, or with this one whatever follows
        self._pairs: dict[str, list[int]] = {}
        self._singles: dict[str, list[int]] = {}
        for word in sorted({*self._forms, *self._tails}, key=len):
            if len(word) == 1:
                self._singles[word] = [1]
                continue
            lengths = self._pairs.get(word[:2])
            if lengths is None:
                lengths = self._pairs[word[:2]] = self._singles.get(word[0], []).copy()
            if lengths[-1:] != [len(word)]:
                lengths.append(len(word))
        self._begins = frozenset([*map(_FIRST, {*self._pairs, *self._singles}), *(NUMERALS if self._numbered else "")])

    def _tail(self, head: str, behind: str, tail: _Tail) -> None:
        if head:
            self._tails.setdefault(head, []).append(tail)
        else:
            self._numbered.setdefault(behind if behind not in ("~", "#") else "", []).append(tail)

    def _number(self, text: str, at: int) -> tuple[Any, int, int]:
        """The longest hit of the patterns that begin with a number."""
        best, found, order = None, 0, 0
        run = _NUMBER.match(text, at)
        behind = text[run.end() : run.end() + 1] if run else ""
        for tail in (*self._numbered.get(behind, ()), *self._numbered.get("", ())):
            match = tail.match(text, at)
            if match and (match.end() > found or (match.end() == found and tail.order < order)):
                best, found, order = tail.what, match.end(), tail.order
        return best, found, order

    def scan(self, text: str) -> list[Hit[T]]:
        """Every hit that does not overlap one further left, in order."""
        if self._begins.isdisjoint(text):
            return []
        hits: list[Hit[T]] = []
        begins, singles, forms, tails = self._pairs, self._singles, self._forms, self._tails
        numbers = {run.start() for run in _RUN.finditer(text)} if self._numbered else ()
        at, size = 0, len(text)
        while at < size:
            best: Any = None
            found = order = 0
            if numbers and at in numbers:
                best, found, order = self._number(text, at)
            lengths = begins.get(text[at : at + 2]) or singles.get(text[at])
            if lengths is not None:
                for length in lengths:
                    end = at + length
                    if end > size:
                        break
                    word = text[at:end]
                    form = forms.get(word)
                    if form is not None and (end > found or (end == found and form[0] < order)):
                        found, (order, best) = end, form
                    if word in tails:
                        behind = text[end : end + WIDEST]
                        for tail in tails[word]:
                            if tail.need in behind:
                                match = tail.match(text, end - tail.back)
                                if match and (match.end() > found or (match.end() == found and tail.order < order)):
                                    best, found, order = tail.what, match.end(), tail.order
            if found:
                hits.append(Hit(at, found, best))
                at = found
            else:
                at += 1
        return hits

    def every(self, text: str) -> list[Hit[T]]:
        """Every hit at every place, those inside others too."""
        hits: list[Hit[T]] = []
        begins, singles, forms, tails = self._pairs, self._singles, self._forms, self._tails
        numbers = {run.start() for run in _RUN.finditer(text)} if self._numbered else ()
        size = len(text)
        for at, char in enumerate(text):
            if numbers and at in numbers:
                best, end, _ = self._number(text, at)
                if end:
                    hits.append(Hit(at, end, best))
            for length in begins.get(text[at : at + 2]) or singles.get(char) or ():
                end = at + length
                if end > size:
                    break
                word = text[at:end]
                if word in forms:
                    hits.append(Hit(at, end, forms[word][1]))
                if word in tails:
                    behind = text[end : end + WIDEST]
                    for tail in tails[word]:
                        if tail.need in behind:
                            match = tail.match(text, end - tail.back)
                            if match:
                                hits.append(Hit(at, match.end(), tail.what))
        return hits


def _head(form: str) -> str:
    """The literal beginning of a form."""
    return form.partition("~")[0].partition("#")[0]


def literal(text: str) -> str:
    """A pattern that stands for exactly this text."""
    return "".join(f"[{char}]" if char in "()|?*+~#" else char for char in text.replace("[", "").replace("]", ""))
