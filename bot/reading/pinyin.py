"""Messages typed in pinyin: 'zhuanyuan le', 'fa shao 38.5'. A message is only taken for pinyin when words of the table cover
every letter of it; the fewest, longest words win."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ALL = re.compile(r"[a-z' ,.!?。0-9]*[a-z][a-z' ,.!?。0-9]*")
_RUN = re.compile(r"(?P<letters>[a-z]+)|(?P<number>[0-9]+(?:[.][0-9]+)?)|[,.!?。]")
LONGEST = 60
# Fewer letters than this are no message in pinyin.
LEAST = 3


class Pinyin:
    """The words of the table (words.yaml, pinyin), by their letters."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = {letters: plain for plain, spelt in words.items() for letters in str(spelt).split()}
        self._most = max(map(len, self._words), default=0)

    def read(self, text: str) -> str | None:
        """The words that a message in pinyin stands for, None for any other message."""
        if len(text) > LONGEST or _ALL.fullmatch(text) is None:
            return None
        said = []
        for run in _RUN.finditer(re.sub("[ ']", "", text)):
            words = self._run(run[0]) if run["letters"] else run[0]
            if words is None:
                return None
            said.append(words)
        return "".join(said) if sum(map(str.isalpha, text)) >= LEAST else None

    def _run(self, letters: str) -> str | None:
        best: list[tuple[int, str] | None] = [(0, "")] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - self._most), end):
                before, word = best[start], self._words.get(letters[start:end])
                reached = best[end]
                if before is not None and word is not None and (reached is None or before[0] + 1 < reached[0]):
                    best[end] = (before[0] + 1, before[1] + word)
        found = best[len(letters)]
        return found[1] if found is not None else None
