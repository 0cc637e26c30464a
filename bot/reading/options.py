"""One or several of the options of a question: by number in any writing, by label, part of a label, synonym, near miss."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from bot.reading.lexicon import Lexicon, literal
from bot.reading.reading import Option
from bot.reading.signs import words

_NUMERAL = {char: value for value, char in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_SPLIT = re.compile(r"[或和及与、/,，;；()（）\s]+|以及|或者")
LONG = 60
_EDGES = " ,，。.!！?？;；、:：~-\n\"'"
_POLITE = re.compile(
    r"^(?:嗯+|恩|那|那就|就|我|应该|我的|我觉得|我感觉|感觉|觉得|目前|现在|今天|总体|整体|总的来说|总体来说|都|算|还|也|是|属于|选项?|选择|填|回复|答案|答|回答|第)+"
    r"|(?:吧|了|的|呢|谢谢.*|啊|这个|那个|这项|那项|项|个|号|选项|啦|喽|哈|就行|就好)+$"
)
_WHOLE = re.compile(
    r"(?:我|那|就|嗯|应该|算)*(?:选择?|填|是|回复|答案?是?|选项)?(?:第)?(?P<n>[0-9]{1,3}|[a-h]|[一二三四五六七八九十两]|\([0-9]{1,2}\)|\([a-h]\))"
    r"(?:[.、:。)]|个|号|项|选项|种|个选项)*(?:吧|了|的|选|谢谢|呢)*"
)
_LEAD = re.compile(r"(?:选择?|第)?(?P<n>[0-9]{1,2}|[a-h])(?P<mark>[.、:,。) ]|个|项|号|吧)?(?P<rest>.+)", re.S)
_CHOSE = re.compile(
    r"(?:选择?了?|我填|改成|改为|改选|应该是|应该选|回复)(?:第)?(?P<n>[0-9]{1,2}|[a-h]|[一二三四五六七八九])(?![0-9分度天次])"
)
_NOTH = re.compile(r"第(?P<n>[0-9一二三四五六七八九十])(?:个|项|种|条)?")
_SEVERAL = re.compile(r"[0-9a-h一二三四五六七八九](?:[,，、.和跟与及 。;;还有]+(?:第)?[0-9a-h一二三四五六七八九](?:个|项)?)+")
_NO = re.compile(
    r"(?:不|没有?|无|未|别|不是|没怎么|没什么|并不|也不|也没有?|不怎么|没有?再|不太|不再|没有?出现|没有?什么|从不)(?:太|很|是很|怎么|那么|再|有|觉得|感觉|明显|什么)?$"
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which options (indexes) a text means, by which words. `clash`: it means several where one is asked; `beyond`: a number
    that no option has."""

    picks: tuple[int, ...] = ()
    start: int = 0
    end: int = 0
    sure: bool = True
    clash: bool = False
    beyond: bool = False
    denied: frozenset[int] = frozenset()
    long: bool = True


class Choices:
    """The options of one question, ready to be matched."""

    def __init__(
        self,
        options: tuple[Option, ...],
        synonyms: Mapping[str, tuple[str, ...]],
        positions: Mapping[str, tuple[str, ...]],
        fold: object,
    ) -> None:
        self.options = options
        normal = fold if callable(fold) else str
        owners: dict[str, set[int]] = {}
        rank: dict[str, int] = {}

        def add(form: str, index: int, weight: int) -> None:
            form = form.strip(_EDGES)
            if not form or form.isdigit():
                return
            known = rank.get(form, 9)
            if weight < known:
                owners[form], rank[form] = {index}, weight
            elif weight == known:
                owners[form].add(index)

        for index, option in enumerate(options):
            for label in option.labels:
                label = normal(label)
                add(label, index, 0)
                pieces = [piece for piece in _SPLIT.split(label) if piece]
                for piece in pieces:
                    add(piece, index, 1)
                for piece in [label, *pieces]:
                    for form in synonyms.get(piece, ()):
                        add(form, index, 2)
            if len(option.labels) and not any(normal(label) in synonyms for label in option.labels):
                for key, forms in synonyms.items():
                    if (
                        len(key) >= 2
                        and normal(option.labels[0]).startswith(key)
                        and not any(normal(other.labels[0]) == key for other in options if other.labels)
                    ):
                        add(key, index, 2)
                        for form in forms:
                            add(form, index, 3)
        self.rank = rank
        clear = [(form, tuple(indexes)) for form, indexes in owners.items() if len(indexes) == 1]
        self.lexicon: Lexicon[tuple[str, int]] = Lexicon([(literal(form), (form, indexes[0])) for form, indexes in clear])
        self.exact = {form: indexes[0] for form, indexes in clear}
        self.longer = [(form, index) for form, index in self.exact.items() if len(form) >= 3 and rank[form] <= 1]
        self.positions: dict[str, int] = {}
        size = len(options)
        for place, forms in positions.items():
            at = size // 2 if place == "2of3" else int(place)
            if place == "2of3" and size % 2 == 0:
                continue
            index = at - 1 if at > 0 else size + at
            if 0 <= index < size:
                for form in forms:
                    self.positions[form] = index

    def _index(self, word: str) -> int:
        """The option index that a written number means, -1 for none."""
        word = word.strip("()")
        if word.isdigit():
            number = int(word)
        elif word in _NUMERAL:
            number = _NUMERAL[word]
        else:
            number = ord(word) - ord("a") + 1
        values = [option.value for option in self.options]
        labelled = {
            option.labels[0][:1]: index
            for index, option in enumerate(self.options)
            if option.labels and option.labels[0][:1].isdigit()
        }
        if word in labelled and len(labelled) == len(values):
            return labelled[word]
        return number - 1 if 1 <= number <= len(self.options) else -1

    def by_number(self, text: str) -> Chosen | None:
        """2, 选B, 第二个, 2、红肿, 改成3; None when the text speaks no number."""
        bare = text.strip(_EDGES)
        match = _WHOLE.fullmatch(bare) or (_WHOLE.fullmatch(_POLITE.sub("", bare)) if len(bare) <= LONG else None)
        if match:
            return self._numbered(match["n"], text)
        place = self.positions.get(bare) or (self.positions.get(_POLITE.sub("", bare)) if len(bare) <= LONG else None)
        if place is not None or bare in self.positions:
            return Chosen((self.positions.get(bare, place or 0),), 0, len(text))
        for form in (_CHOSE, _NOTH):
            match = form.search(text)
            if match:
                index = self._index(match["n"])
                if index < 0:
                    return Chosen(beyond=True)
                return Chosen((index,), match.start(), match.end())
        match = _LEAD.fullmatch(bare)
        if match and not re.match(
            r"[0-9.]|度|天|次|分|个月|周|点|斤|片|粒|月|号|年|岁|小时|块|元|百|千|万|到|-|/|ml|kg|℃|%", match["rest"]
        ):
            index = self._index(match["n"])
            labels = self._labels(match["rest"])
            if index >= 0 and (match["mark"] or labels.picks == (index,)):
                named = [
                    self.rank.get(form, 9)
                    for form, other in self.exact.items()
                    if other in labels.picks and form in match["rest"]
                ]
                if labels.picks and index not in labels.picks and min(named, default=9) <= 1:
                    return Chosen((index, *labels.picks), clash=True)
                begin = text.find(bare)
                return Chosen((index,), begin, begin + len(bare) if labels.picks else begin + match.start("rest"))
        return None

    def _numbered(self, word: str, text: str) -> Chosen:
        beyond = word.isdigit() and len(set(word)) > 1 and int(word) > len(self.options)
        if beyond and all(0 < int(digit) <= len(self.options) for digit in word):
            return Chosen(tuple(int(digit) - 1 for digit in word), 0, len(text), clash=True)
        index = self._index(word)
        return Chosen((index,), 0, len(text)) if index >= 0 else Chosen(beyond=True)

    def _labels(self, text: str) -> Chosen:
        """The options named in words; denied ones are kept apart."""
        bare = text.strip(_EDGES)
        index = self.exact.get(bare)
        if index is None and len(bare) <= LONG:
            index = self.exact.get(_POLITE.sub("", _POLITE.sub("", bare)))
        if index is not None:
            at = text.find(bare)
            return Chosen((index,), at, at + len(bare))
        picks: dict[int, tuple[int, int, int]] = {}
        denied: set[int] = set()
        chain = -1
        for hit in self.lexicon.scan(text.replace("满意度", "□□□")):
            form, index = hit.what
            size = hit.end - hit.start
            if size == 1 and self.rank.get(form, 9) > 1 and form not in "少差无":
                continue
            before = text[max(0, hit.start - 5) : hit.start]
            listed = chain >= 0 and re.fullmatch(r"[、和或及跟与也]?", text[chain : hit.start]) is not None
            if (_NO.search(before) and form[0] not in "不没无") or listed:
                denied.add(index)
                chain = hit.end
                continue
            chain = -1
            known = picks.get(index)
            if known is None or size > known[2]:
                picks[index] = (hit.start, hit.end, size)
        chosen = tuple(picks)
        if not chosen:
            return Chosen(denied=frozenset(denied))
        start = min(picks[index][0] for index in chosen)
        end = max(picks[index][1] for index in chosen)
        return Chosen(chosen, start, end, sure=True, denied=frozenset(denied), long=max(picks[index][2] for index in chosen) > 1)

    def _weaker(self, chosen: Chosen, text: str) -> Chosen:
        """Labels beat synonyms when several options are named."""
        strong: list[int] = []
        for hit in self.lexicon.scan(text):
            form, index = hit.what
            if index in chosen.picks and self.rank.get(form, 9) <= 1 and hit.end - hit.start >= 2 and index not in strong:
                strong.append(index)
        if len(strong) == 1:
            return Chosen((strong[0],), chosen.start, chosen.end, sure=False, denied=chosen.denied, long=True)
        return Chosen(chosen.picks, chosen.start, chosen.end, clash=True, denied=chosen.denied)

    def one(self, text: str) -> Chosen:
        """The one option that is meant."""
        numbered = self.by_number(text)
        if numbered is not None:
            return numbered
        chosen = self._labels(text)
        if len(chosen.picks) > 1:
            return self._weaker(chosen, text)
        if not chosen.picks and chosen.denied:
            left = [index for index in range(len(self.options)) if index not in chosen.denied]
            if len(left) == 1 and len(self.options) > 1:
                return Chosen((left[0],), 0, len(text), sure=False)
        if not chosen.picks and not chosen.denied:
            return self._near(text)
        return chosen

    def _near(self, text: str) -> Chosen:
        bare = _POLITE.sub("", text.strip(_EDGES)) if len(text) <= LONG else ""
        if not 3 <= len(bare) <= 12:
            return Chosen()
        close = {
            index
            for form, index in self.longer
            if abs(len(form) - len(bare)) <= 1 and Levenshtein.distance(form, bare, score_cutoff=1) <= 1
        }
        if len(close) == 1:
            return Chosen((close.pop(),), 0, len(text), sure=False)
        return Chosen()

    def several(self, text: str) -> Chosen:
        """All options that are meant."""
        bare = text.strip(_EDGES)
        match = re.fullmatch(r"(?:选择?|我选|有)?(" + _SEVERAL.pattern + r")(?:吧|了|都有|项|个)*", bare)
        if match:
            picks = [self._index(word) for word in re.findall(r"[0-9]+|[a-h]|[一二三四五六七八九]", match[1])]
            return Chosen(beyond=True) if -1 in picks else Chosen(tuple(dict.fromkeys(picks)), 0, len(text))
        if re.fullmatch(r"[0-9]{2,9}|[a-h]{2,8}", bare) and (not bare.isdigit() or int(bare) > len(self.options)):
            picks = [self._index(word) for word in bare]
            if -1 not in picks and len(set(picks)) == len(picks):
                return Chosen(tuple(picks), 0, len(text))
        numbered = self.by_number(text)
        if numbered is not None and not numbered.clash:
            return numbered
        chosen = self._labels(text)
        if not chosen.picks and not chosen.denied:
            return self._near(text)
        return chosen


def compile_synonyms(data: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Synonyms of labels from the table."""
    return {str(label): tuple(words(forms)) for label, forms in data.items()}
