"""Options meant by their number or place: 2, 选B, 第二个, 倒数第二个, 1和3, 2到4, 前三个, 除了3都有."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.reading.reading import Option

_NUMERAL = {char: value for value, char in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_EDGES = " ,，。.!！?？;；、:：~-\n\"'"
LONG = 60
POLITE = re.compile(
    r"^(?:嗯+|恩|那|那就|就|我|应该|我的|我觉得|我感觉|感觉|觉得|目前|现在|今天|总体|整体|总的来说|总体来说|都|算|还|也"
    r"|是|属于|选项?|选择|填|回复|答案|答|回答|第)+"
    r"|(?:吧|了|的|呢|谢谢.*|啊|这个|那个|这项|那项|项|个|号|选项|啦|喽|哈|就行|就好)+$"
)
_ONE = r"[0-9]{1,2}|[a-h]|[一二三四五六七八九十两]"
_WHOLE = re.compile(
    r"(?:我|那|就|嗯|应该|算)*(?:选择?|填|是|回复|答案?是?|选项)?(?:第)?(?P<n>[0-9]{1,3}|[a-h]|[一二三四五六七八九十两]"
    r"|\([0-9]{1,2}\)|\([a-h]\))"
    r"(?:[.、:。)]|个|号|项|选项|种|个选项)*(?:吧|了|的|选|谢谢|呢)*"
)
_LEAD = re.compile(
    r"(?:选择?|第)?(?:(?P<n>[0-9]{1,2}|[a-h])(?P<mark>[.、:,。) ]|个|项|号|吧)?"
    r"|(?P<c>[一二三四五六七八九])(?P<set>[.、:,。) ]|吧[, ]?))"
    r"(?P<rest>.+)",
    re.S,
)
_CHOSE = re.compile(
    r"(?:选择?了?|我填|改成|改为|改选|应该是|应该选|回复)(?:第)?(?P<n>[0-9]{1,2}|[a-h]|[一二三四五六七八九])(?![0-9分度天次])"
)
_NOTH = re.compile(r"(?P<back>倒数)?第(?P<n>[0-9一二三四五六七八九十])(?:个|项|种|条)?")
_AND = r"(?:[,，、.和跟与及 。;;加+]|还有|以及)+"
_SEVERAL = re.compile(rf"(?:{_ONE})(?:个|项)?(?:{_AND}(?:第)?(?:{_ONE})(?:个|项)?)+")
_RANGE = re.compile(r"([0-9a-h一二三四五六七八九])(?:到|至|-)(?:第)?([0-9a-h一二三四五六七八九])")
_FIRST = re.compile(
    r"(?:前面?|头|后面?|末)(?P<n>[一二两三四五六七八九十0-9])(?:个|项|种|样)?(?:都|全|一起)?(?:有|占|选|是|要|中|行|了|全占了?)*"
)
_OTHERS_NOT = re.compile(r"[,，。]?(?:别的|其他|其它|其余|剩下)的?(?:都|就|也)?(?:不用|没有?|不要|不需要|正常|还好|没事|算了).*$")
_ALL = re.compile(
    r"(?:以上|上面|上述|这些|这几[个样种]|每[个样种项]|样样|全部?|统统|通通|几[样种个])*(?:都|全|样样)+(?:有|要|选|占|是|吃|用|打|做|沾|练|想要|想"
    r"|占了|需要|中了)(?:了|的|吧)*|全选|全部|全有|全占了?|全要|样样有|全都要"
)
_EXCEPT = re.compile(
    rf"除了(?:第)?(?P<n>{_ONE})(?:个|项)?(?:以外|之外|外)?,?(?:其他|别的|其余|剩下|另外)?(?:的)?(?:都|全)(?:有|要|选|占"
    rf"|是)?.{{0,2}}"
)
_OTHER_COUNT = re.compile(
    r"[0-9.]|度|天|次|分|个月|周|点|斤|片|粒|月|号|年|岁|小时|块|元|百|千|万|到|-|/|ml|kg|℃|%|个(?:小时|半|多|星期|礼拜)"
    r"|遍|趟|回(?!复)|口|碗|顿|半"
)


class Ordinals:
    """The places of the options of one question."""

    def __init__(self, options: tuple[Option, ...], positions: Mapping[str, tuple[str, ...]]) -> None:
        self.size = size = len(options)
        first = {option.labels[0][:1]: index for index, option in enumerate(options) if option.labels}
        self._labelled = first if len(first) == size and all(char.isdigit() for char in first) else {}
        self.places: dict[str, int] = {}
        for place, forms in positions.items():
            if place == "2of3" and size % 2 == 0:
                continue
            at = size // 2 + 1 if place == "2of3" else int(place)
            index = at - 1 if at > 0 else size + at
            if 0 <= index < size:
                for form in forms:
                    self.places[form] = index

    def index(self, word: str) -> int:
        """The index that a written number or letter means, -1 for none."""
        word = word.strip("()")
        if word in self._labelled:
            return self._labelled[word]
        number = int(word) if word.isdigit() else _NUMERAL.get(word) or ord(word) - ord("a") + 1
        return number - 1 if 1 <= number <= self.size else -1

    def whole(self, text: str) -> tuple[int, ...] | None:
        """The one option where the whole reply is its number or place; (-1,) for a number that no option has, several where
        digits were run together ("12"); None when it is no number."""
        bare = text.strip(_EDGES)
        if bare.isdigit() and len(bare) == 1:
            return (self.index(bare),)
        polite = POLITE.sub("", bare) if len(bare) <= LONG else bare
        match = _WHOLE.fullmatch(bare) or _WHOLE.fullmatch(polite)
        if match:
            word = match["n"]
            if word.isdigit() and len(set(word)) > 1 and int(word) > self.size:
                digits = [int(digit) for digit in word]
                if all(0 < digit <= self.size for digit in digits):
                    return tuple(digit - 1 for digit in digits)
            return (self.index(word),)
        for form in (bare, polite, POLITE.sub("", polite)):
            if form in self.places:
                return (self.places[form],)
        return None

    def inside(self, text: str) -> tuple[int, int, int] | None:
        """An option chosen by number somewhere in a longer reply: index (-1 for none such) and place."""
        for form in (_CHOSE, _NOTH):
            match = form.search(text)
            if match:
                index = self.index(match["n"])
                if form is _NOTH and len({again["n"] for again in form.finditer(text)}) > 1:
                    return None
                if form is _NOTH and match["back"] and index >= 0:
                    index = self.size - 1 - index
                return index, match.start(), match.end()
        return None

    def lead(self, text: str, breaks: frozenset[int]) -> tuple[int, bool, str] | None:
        """The number that a reply begins with (2、红肿): its index, whether something sets it off, and what follows."""
        bare = text.strip(_EDGES)
        match = _LEAD.fullmatch(bare)
        if match is None or match["rest"].strip().isdigit():
            return None
        if match["c"]:
            return self.index(match["c"]), True, match["rest"]
        apart = text.find(bare) + match.end("n") in breaks
        if _OTHER_COUNT.match(match["rest"]) and not (match["mark"] or (apart and not match["rest"][0].isdigit())):
            return None
        return self.index(match["n"]), bool(match["mark"]) or apart, match["rest"]

    def several(self, text: str) -> tuple[int, ...] | None:
        """All options of a list of numbers; -1 among them for a number that no option has; None when it is no such list."""
        bare = text.strip(_EDGES)
        bare = _OTHERS_NOT.sub("", re.sub(r"^有[,，、:]", "", bare))
        everything = tuple(range(self.size))
        match = _EXCEPT.fullmatch(bare)
        if match and self.index(match["n"]) >= 0:
            return tuple(index for index in everything if index != self.index(match["n"]))
        bare = re.sub(r"^(?:我|那|就|选择?|有|第|是|要|需要|嗯)+", "", bare)
        tail = r"(?:这?[几两三四五]?(?:个|项|种|样))?(?:吧|了|都|全|样样|有|要|项|个|选|是|占|需要|中|行|的|谢谢|这些)*"
        match = re.fullmatch(rf"({_SEVERAL.pattern}){tail}", bare)
        if match:
            return tuple(dict.fromkeys(self.index(word) for word in re.findall(_ONE, match[1])))
        match = re.fullmatch(rf"{_RANGE.pattern}{tail}", bare)
        if match:
            low, high = self.index(match[1]), self.index(match[2])
            return tuple(range(low, high + 1)) if 0 <= low < high else (-1,)
        match = _FIRST.fullmatch(bare)
        if match:
            count = int(match["n"]) if match["n"].isdigit() else _NUMERAL[match["n"]]
            if 1 < count <= self.size:
                return everything[-count:] if bare[0] in "后末" else everything[:count]
        if re.fullmatch(r"[0-9]{2,9}|[a-h]{2,8}", bare) and (not bare.isdigit() or int(bare) > self.size):
            picks = [self.index(word) for word in bare]
            if -1 not in picks and len(set(picks)) == len(picks):
                return tuple(picks)
        if re.fullmatch(r"[一二三四五六七八九]{2,6}", bare) and self.size > 2:
            picks = [self.index(word) for word in bare]
            if -1 not in picks and picks == sorted(set(picks)):
                return tuple(picks)
        return None

    def all(self, text: str) -> bool:
        """Whether a reply takes every option: 都有, 全选, 样样都占."""
        return _ALL.fullmatch(text.strip(_EDGES)) is not None
