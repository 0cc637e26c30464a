"""Which of the known questions a patient asks. It says so only when it is sure: every word of the message must be accounted
for by that one question, and nothing in it may be a matter of the body or of this one person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from bot.reading.normalise import Text
from bot.reading.signs import pattern, words

Normalise = Callable[[str], Text]
LONGEST = 60  # characters of a message that is one question
SPARE = 7  # one character in so many, and one at least, may be about something else: a name, a slip
_CONTENT = re.compile(r"[0-9a-z一-龥]")
# without one of these it is a statement, unless the reading calls it a question
_ASKS = re.compile("[吗么?怎咋谁]|(?<!没)什么时|如何|哪(?!有)|啥时|几[点号楼]|多[少久长]|能不能|可不可以|有没有|是不是|不$")
_NEVER = re.compile("(?!)")


@dataclass(frozen=True, slots=True)
class Known:
    """A known question: whole ways of asking it, groups of words of which each must occur, and words that must not. Words are
    patterns of the tables (`bot.reading.signs.pattern`), with spaces between them."""

    id: str
    asks: tuple[str, ...]
    about: tuple[str, ...] = ()
    without: str = ""


class Questions:
    """`never`: words that leave a message to a person, whatever else it says. `common`: words that everybody uses and that tell
    no question from another. Raises ValueError (Chinese) for a pattern that cannot be read."""

    def __init__(self, known: Iterable[Known], never: str, common: str, normalise: Normalise) -> None:
        self._known = tuple(known)
        self._normalise = normalise
        self._never = _pattern(never)
        self._common = tuple(_pattern(form) for form in words(common))
        for one in self._known:
            for forms in (*one.about, one.without):
                _pattern(forms)

    def find(self, text: str, *, asked: bool = False) -> str | None:
        """The id of the question that this is for sure; None when it is none of them, or could be two. `asked`: the reading
        calls it a question, so that nothing in it need say so."""
        said = self._normalise(text).text.strip()
        if not said or len(said) > LONGEST:
            return None
        if (verbatim := self._verbatim.get(_bare(said))) is not None:
            return verbatim
        if self._never.search(said) or not (asked or _ASKS.search(said)):
            return None
        common = self._marks(said, self._common)
        best: list[tuple[int, int, str]] = []
        for one in self._compiled:
            weight = one.weigh(said, common)
            if weight is not None:
                best.append((*weight, one.id))
        best.sort(reverse=True)
        if not best or (len(best) > 1 and best[0][:2] == best[1][:2]):
            return None
        return best[0][2]

    @cached_property
    def _compiled(self) -> tuple[_Compiled, ...]:
        # made when the first question comes: a house that starts does not wait for it
        return tuple(_Compiled(one, [self._normalise(ask).text for ask in one.asks]) for one in self._known)

    @cached_property
    def _verbatim(self) -> dict[str, str]:
        return {_bare(self._normalise(ask).text): one.id for one in self._known for ask in one.asks}

    @staticmethod
    def _marks(said: str, patterns: Iterable[re.Pattern[str]]) -> frozenset[int]:
        return frozenset(at for pattern in patterns for match in pattern.finditer(said) for at in range(*match.span()))


class _Compiled:
    """One known question, ready to be compared."""

    def __init__(self, known: Known, asks: list[str]) -> None:
        self.id = known.id
        self._about = tuple(_pattern(forms) for forms in known.about)
        self._without = _pattern(known.without)
        self._pairs = frozenset(ask[at : at + 2] for ask in asks for at in range(len(ask) - 1))

    def weigh(self, said: str, common: frozenset[int]) -> tuple[int, int] | None:
        """How much speaks for it: the groups that were met, and the characters of their words. None when it is another
        question, or something in the message has nothing to do with this one."""
        if not self._about or self._without.search(said):
            return None
        met: set[int] = set()
        for group in self._about:
            spans = [match.span() for match in group.finditer(said)]
            if not spans:
                return None
            met.update(at for span in spans for at in range(*span))
        told = met | common | {at + step for at in range(len(said) - 1) if said[at : at + 2] in self._pairs for step in (0, 1)}
        content = [at for at, char in enumerate(said) if _CONTENT.match(char)]
        rest = sum(at not in told for at in content)
        return (len(self._about), len(met)) if rest <= max(1, len(content) // SPARE) else None


def _pattern(forms: str) -> re.Pattern[str]:
    try:
        return pattern(forms) or _NEVER
    except re.error as error:
        raise ValueError(f"括号或符号不成对：{error.pattern!r}") from error


def _bare(text: str) -> str:
    return "".join(_CONTENT.findall(text))
