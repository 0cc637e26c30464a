"""One or several of the options of a question: by number, label, part of a label, synonym, meaning or near miss."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from rapidfuzz.distance import Levenshtein

from bot.reading import amounts, kin, mentioned, several, stance
from bot.reading.concepts import Concept
from bot.reading.lexicon import Lexicon, expand, literal
from bot.reading.meaning import CONCEDED, Axis, Meaning
from bot.reading.mentioned import Chosen
from bot.reading.ordinals import LONG, POLITE, Ordinals
from bot.reading.reading import Option
from bot.reading.restated import PASSED, left_open, only, restated
from bot.reading.signs import words
from bot.reading.yesno import lean

_SPLIT = re.compile(r"[或和及与、/,，;；()（）\s]+|以及|或者")
_EDGES = " ,，。.!！?？;；、:：~-\n\"'"
# Characters that a slip of the finger does not put in the place of another: they turn the meaning.
_TURNING = frozenset("不没无未别非很太挺较最真好坏多少有难易高低上下左右轻重大小还都也算够更蛮老")
_NONE = ("没有", "无", "没", "从来没有", "没有过")
_UNDONE = re.compile("没(?!有|空|时间|工夫|功夫|兴趣|必要|想)([一-龥])")
# A reply this long that only leans to yes or no may be about something else.
_LONG_LEAN = 12
_AND_YET = re.compile(r"(?:就是|但是?|不过|只是|可是)[^,。]{2,}")
_EMPTY = (
    "不需要", "不用", "都正常", "正常", "无异常", "一切正常", "暂无", "没用", "未用", "没做", "没吃",
    "没有", "都没有", "以上都没有", "无", "以上都不", "都不", "没什么", "均无", "都没", "全没有",
)  # fmt: skip


_BARE = frozenset(("不满意", "没问题", "不清楚", "不知道"))
# Options that are things to blame: a thing that is 不行 is chosen, not denied.
_BLAMED = ("差", "高", "慢", "长", "脏", "贵", "吵", "不好", "不及时", "少", "难吃")


# A reply that asks on is not sure to answer.
_WONDERS = re.compile(
    r"再[填说回聊]|换个|等下|晚点|人工|什么|[吗么?]$|(?:能|要|好|行|可)不(?:能|要|好|行|可)|不$|怎么|多少|哪|几时|什么时候|为什么"
)


class Choices:
    """The options of one question, ready to be matched."""

    def __init__(
        self,
        options: tuple[Option, ...],
        synonyms: Mapping[str, tuple[str, ...]],
        positions: Mapping[str, tuple[str, ...]],
        concepts: tuple[Concept, ...],
        axes: tuple[Axis, ...],
        fold: Callable[[str], str],
        yesno: Lexicon[str],
    ) -> None:
        self.options = options
        self.ordinals = Ordinals(options, positions)
        self.yesno = yesno
        self.kin = kin.labels([option.labels[0] for option in options if option.labels])
        self.stances = stance.stances(options)
        self.amounts = amounts.bounds([option.labels[0] if option.labels else "" for option in options])
        self.empty = next((i for i, option in enumerate(options) if any(word.startswith(_EMPTY) for word in option.labels)), None)
        first = {option.labels[0]: index for index, option in enumerate(options) if option.labels}
        self.blame = any(label.endswith(_BLAMED) for option in options for label in option.labels)
        self.opposite = {index: first[f"不{label}"] for label, index in first.items() if f"不{label}" in first}
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

        folded = [[fold(label) for label in option.labels] for option in options]
        self.meaning = Meaning(folded, axes)
        for index, labels in enumerate(folded):
            for label in labels:
                add(label, index, 0)
                pieces = [piece for piece in _SPLIT.split(label) if piece]
                for piece in pieces:
                    add(piece, index, 1)
                for piece in [label, *pieces]:
                    for form in synonyms.get(piece, ()):
                        add(fold(form), index, 2)
            if labels and not any(label in synonyms for label in labels):
                for key, forms in synonyms.items():
                    if len(key) >= 2 and labels[0].startswith(key) and not any(other[0] == key for other in folded if other):
                        add(key, index, 2)
                        for form in forms:
                            add(form, index, 3)
        self.rank = rank
        clear = [(form, indexes.copy().pop()) for form, indexes in owners.items() if len(indexes) == 1]
        self.topics: frozenset[int] = frozenset()
        self.single = set("少差无")
        patterns: list[tuple[str, tuple[str, int]]] = []
        for concept in concepts:
            meant = concept.meant_by(folded)
            if len(meant) == 1:
                patterns += [(form, (form, meant[0])) for form in concept.said]
                self.single |= {word for form in concept.said for word in expand(form, 2) if len(word) == 1}
                self.topics |= {meant[0]} if concept.topic else set()
        for index, labels in enumerate(folded):
            patterns += [(form, (form, index)) for label in labels for form in stance.deeds(label)]
        self.lexicon: Lexicon[tuple[str, int]] = Lexicon([(literal(form), (form, index)) for form, index in clear] + patterns)
        self.exact = dict(clear)
        # labels long enough and plain enough to count where they were not asked for
        self.whole = [form for form in self.exact if len(form) >= 3 and rank[form] <= 1 and form not in _BARE]
        self.longer = [(form, index) for form, index in self.exact.items() if len(form) >= 3 and rank[form] <= 1]

    def known(self, text: str) -> int | None:
        """The option of which a whole reply is a label or a synonym."""
        bare = text.strip(_EDGES)
        index = self.exact.get(bare)
        if index is None and len(bare) <= LONG:
            index = self.exact.get(POLITE.sub("", POLITE.sub("", bare)))
        return index

    def one(self, text: str, breaks: frozenset[int] = frozenset()) -> Chosen:
        """The one option that is meant, by what the reply comes down to."""
        told = restated(text)
        if told == text or self.known(text) is not None:
            return self._one(text, breaks)
        chosen = self._one(told, frozenset())
        if chosen.beyond or (not chosen.picks and self._one(text, breaks).picks):
            return Chosen(clash=True)
        return replace(chosen, start=0, end=len(text))

    def _over(self, text: str, chosen: Chosen) -> Chosen:
        """What is over was there: 现在不吐了 is no 没有, nor is 我儿子办的我没去."""
        if chosen.picks and len(text) > 3 and self.options[chosen.picks[0]].labels[0] in _NONE and PASSED.search(text):
            return Chosen(clash=True)
        return chosen

    def _one(self, text: str, breaks: frozenset[int]) -> Chosen:
        numbered = self.numbered(text, breaks)
        if numbered is not None:
            return numbered
        index = self.known(text)
        if index is not None:
            return Chosen((index,), 0, len(text))
        if (alone := only(text)) is not None:
            return self._one(alone, frozenset())
        if left_open(text):
            return Chosen(clash=True)
        if self.kin:
            said = kin.pick(text, self.kin, breaks)
            if said is not None:
                return Chosen((said[0],), said[1], min(said[2], len(text)))
        if self.amounts:
            within = amounts.within(text, self.amounts)
            if within is not None:
                return Chosen((within,), 0, len(text))
        near = self.near(text, 0)
        if near.picks:
            return near
        return self._over(text, self._weighed(text, breaks, self._told(text, breaks)))

    def _weighed(self, text: str, breaks: frozenset[int], chosen: Chosen) -> Chosen:
        """What the words name against what the whole means: agreed it is sure, against each other it is open."""
        if len(chosen.picks) == 1 and chosen.sure and chosen.ranks[:1] == (0,) and chosen.end - chosen.start > 2:
            return chosen
        meant = self.meaning.pick(text, breaks)
        plain = meant.sure and _WONDERS.search(text) is None
        if len(chosen.picks) != 1 or chosen.clash:
            fits = not chosen.picks or meant.picks[:1] == () or meant.picks[0] in chosen.picks or meant.sure
            if meant.picks and fits and meant.picks[0] not in chosen.denied:
                return replace(meant, sure=plain)
            return chosen
        if meant.picks == chosen.picks:
            return replace(chosen, sure=chosen.sure or plain)
        if meant.picks:
            whole = chosen.sure and chosen.end - chosen.start >= len(text) - 1
            if whole or meant.ranks == (4,) or (chosen.sure and not meant.sure):
                return chosen
            return Chosen(clash=True) if chosen.sure or not meant.sure else replace(meant, sure=False)
        part = not chosen.sure or 2 * (chosen.end - chosen.start) < len(text)
        return Chosen(clash=True) if meant.clash and part and not chosen.denied else chosen

    def _told(self, text: str, breaks: frozenset[int]) -> Chosen:
        chosen = mentioned.scan(self, text, breaks)
        told = (self.stances.get("yes"), self.stances.get("no"))
        named = len(chosen.picks) == 1 and chosen.ranks[:1] == (0,) and chosen.end - chosen.start > 1
        if len(chosen.picks) == 1 and (named or chosen.picks[0] not in told):
            return chosen  # 喘不上气 is the label that says yes, whatever the 不 in it
        by_stance = self._by_stance(text, breaks)
        if by_stance is not None and all(index in told for index in chosen.picks):
            return by_stance
        if len(chosen.picks) > 1 and not self.opposite and (turn := _AND_YET.search(text)):
            after = mentioned.scan(self, text[turn.start() :], frozenset())
            if len(after.picks) == 1:
                return replace(after, start=turn.start() + after.start, end=turn.start() + after.end, sure=False)
        if chosen.picks:
            return chosen if len(chosen.picks) == 1 else mentioned.strongest(self, text, chosen)
        if chosen.denied:
            against = {index for index in chosen.denied if index in self.opposite}
            if len(against) == 1 == len(chosen.denied):
                return Chosen((self.opposite[against.pop()],), 0, len(text), sure=False)
            left = [index for index in range(len(self.options)) if index not in chosen.denied]
            if len(left) == 1 and len(self.options) > 1:
                return Chosen((left[0],), 0, len(text), sure=False)
            return chosen
        return self.near(text, 1)

    def several(self, text: str, breaks: frozenset[int] = frozenset()) -> Chosen:
        """All options that are meant."""
        return several.several(self, text, breaks)

    def numbered(self, text: str, breaks: frozenset[int]) -> Chosen | None:
        whole = self.ordinals.whole(text)
        if whole is not None:
            if whole == (-1,):
                return Chosen(beyond=True)
            return Chosen(whole, 0, len(text), clash=len(whole) > 1)
        inside = self.ordinals.inside(text)
        if inside is not None:
            return Chosen(beyond=True) if inside[0] < 0 else Chosen((inside[0],), inside[1], inside[2])
        lead = self.ordinals.lead(text, breaks)
        if lead is None:
            return None
        index, apart, rest = lead
        named = mentioned.scan(self, rest, frozenset())
        if index < 0 or not (apart or named.picks == (index,)):
            return None
        if named.picks and index not in named.picks and min(named.ranks, default=9) <= 1:
            return Chosen((index, *named.picks), clash=True)
        begin = text.find(text.strip(_EDGES))
        return Chosen((index,), begin, len(text) if named.picks else max(begin + 1, text.rfind(rest)))

    def _by_stance(self, text: str, breaks: frozenset[int]) -> Chosen | None:
        """What says yes chooses the option that says yes."""
        known = self.stances
        if "yes" not in known:
            if "unsure" in known:
                said = lean(text, breaks, self.yesno)
                if said is not None and said.value is None and any(hit.what == "unsure" for hit in self.yesno.scan(text)):
                    return Chosen((known["unsure"],), 0, len(text), sure=False)
            return None
        if stance.to_come(text, bool(known["done"])):
            return Chosen((known["no"],), 0, len(text), sure=False)
        if (conceded := CONCEDED.match(text)) and len(text) > conceded.end() + 2:
            return Chosen(clash=True)
        said = lean(text, breaks, self.yesno)
        if said is None or (len(text) >= _LONG_LEAN and not said.sure):
            return None
        if said.value is None:
            unsure = any(hit.what == "unsure" for hit in self.yesno.scan(text))
            if "unsure" in known and unsure:
                return Chosen((known["unsure"],), 0, len(text), sure=False)
            return Chosen(clash=True)
        label = self.options[known["no"]].labels[0]
        undone = _UNDONE.search(text) if not said.value and label.startswith("不") else None
        if undone and undone[1] not in label:
            return None  # 没去 is no 不方便
        return Chosen((known["yes" if said.value else "no"],), said.start, said.end, sure=said.sure)

    def near(self, text: str, slack: int) -> Chosen:
        """A label with one slip in it. Without `slack` only one wrong character that turns no meaning (飞常满意)."""
        bare = POLITE.sub("", text.strip(_EDGES)) if len(text) <= LONG else ""
        if not 3 <= len(bare) <= 12:
            return Chosen()
        close = {
            index
            for form, index in self.longer
            if abs(len(form) - len(bare)) <= slack
            and Levenshtein.distance(form, bare, score_cutoff=1) <= 1
            and not (slack == 0 and any(old != new and new in _TURNING for old, new in zip(form, bare, strict=False)))
        }
        if len(close) == 1:
            return Chosen((close.pop(),), 0, len(text), sure=False)
        return Chosen()


def compile_synonyms(data: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Synonyms of labels from the table."""
    return {str(label): tuple(words(forms)) for label, forms in data.items()}
