"""The option that comes nearest in meaning: words of one axis (how often, how bad, who, where, which colour) are told alike in
options and in the reply, and characters that only one option has count, each with or without a denial."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from bot.reading.lexicon import Lexicon
from bot.reading.mentioned import Chosen
from bot.reading.signs import words

_CUT = re.compile(r"[,。!?;:\n]|(?=但是?(?!愿)|就是(?!$|说)|不过|可是|只是(?!$)|现在|今天(?!$)|后来|如今|又|倒是)")
_PAST = re.compile(
    r"前几天|前两天|前些天|前阵|之前|以前|原来|原先|刚开始|一开始|起初|刚出院|昨天|前天|上周|上个?月|住院|当时|那会|头几天|头两天|本来"
)
_OPEN = re.compile(
    r"(?P<q>[一-龥])[不没](?P=q)|[一-龥]什么[。!]*$|你说呢|[一-龥]不$|(?<![没有])什么(?![都也的时])[一-龥]{0,2}[好吗]?$"
)
_WAVERS = re.compile(
    r"时[一-龥]{1,2}时[一-龥]|一会儿?(?P<w>[^,。]{1,2})[^,。]{0,3}[, ]?一会儿?(?!(?P=w))"
    r"|有时候?[^,。]{1,5}[, ]?有时候?|有的[^,。]{1,5}有的"
)
_WAVERING = re.compile(r"时[一-龥]{1,2}时|有时|偶尔|波动|不稳|部分|一般|不定|看情况|基本")
CONCEDED = re.compile(r"(?P<x>[一-龥]{1,3})(?:倒)?[是归](?P=x)[了]?[,， ]?(?:但是?|就是|可|不过)?")
_PLAIN_NO = re.compile(
    r"(?:都|还|一直|现在|已经|一点|从来|压根|就)*"
    r"(?:不(?![好行错太怎大是知清晓记确一敢同够会能便])|没(?:有|去|怎么)?(?!什么|多|事|问题|意见))[一-龥]{1,2}(?:了|的|过|呢)?"
)
_YIELDS = re.compile(r"但|就是|不过|可是|只是|倒是")
_NO = re.compile(
    r"(?:不|没有?|无|未|别|不是|并非|没得|没怎么|不怎么|不太|不大|从不|不再|没再|并不|又不|也不|也没有?|都不|都没有?|不会|不用|不要|不想|不敢|不能|谈不上|算不上)"
    r"(?:再|有|什么|怎么|太|很|那么|多|啥|见|觉得|感觉|给|跟|和|让|叫|被|往|出|能|会|到|用|是|算|算是)?$"
)
_GONE = re.compile(
    r"(?:早就?|都|已经|就|也|现在|倒是?|去年|前年|早年|上个月)*"
    r"(?:扔|丢|撂|甩|走(?=了|的)|去世|过世|不在(?=了|$)|不用|不[要行][一-龥]?|没有?(?![好事]))[了掉过的]*(?:$|[,。!? ])"
)
_DENY = "不没无未别"
# Characters that carry no meaning of their own.
_EMPTY = frozenset(
    "的了是有在着过吗呢吧和或与及也都还就会能要可以人家上下大小多少时天次个分一二三四五六七八九十两几些点样情况这那我您你他她它们自己"
    "做用看说想去来到给把被对为从比跟按后前中里外出起开及不没无未别很太非常较挺最更真好坏正常间得地完全已经感觉现在以只再又每"
    "怎么什便方面者等于该种之其他了而且如让叫觉月年日号小程度左右内超达约且由什事物件各以所 ,。!?;:、()（）/-0123456789"
    "abcdefghijklmnopqrstuvwxyz"
)
_NONE = re.compile(r"(?:都|以上都|完全|从来?|还)?(?:没有?|无|不|未|否)")
_MANY = 24
# In longer texts a word of one character is as often part of another (干 in 口子干绷绷, 会 in 这会儿).
_SHORT = 12
# Of a text this long no option is chosen by a shared character or a word of one axis that is near.
_LONGEST = 16


@dataclass(slots=True)
class Axis:
    """Words that exclude each other. On a scale (`near` above 0) points are numbers and the nearest option is meant: to the
    last point said, or to the highest (`most`)."""

    name: str
    points: dict[str, tuple[str, ...]]
    near: float
    most: bool = False
    _lexicon: Lexicon[str] | None = field(default=None, repr=False)

    @property
    def lexicon(self) -> Lexicon[str]:
        """Its words, compiled when an option first asks for them."""
        if self._lexicon is None:
            self._lexicon = Lexicon([(form, point) for point, forms in self.points.items() for form in forms])
        return self._lexicon

    def said(self, text: str) -> list[tuple[int, int, str, bool]]:
        """The points named in a text: where, which, and whether it is denied."""
        return [
            (hit.start, hit.end, hit.what, _denied(text, hit.start) or _GONE.match(text, hit.end) is not None)
            for hit in self.lexicon.scan(text)
        ]


def compile_axes(rows: Iterable[Mapping[str, Any]]) -> tuple[Axis, ...]:
    """The axes of the table."""
    return tuple(
        Axis(
            str(row.get("axis") or ""),
            {str(point): tuple(words(forms)) for point, forms in (row.get("points") or {}).items()},
            float(row.get("near") or 0),
            row.get("take") == "most",
        )
        for row in rows
    )


def _denied(text: str, start: int) -> bool:
    return text[start] not in _DENY and _NO.search(text[max(0, start - 6) : start]) is not None


class Meaning:
    """What the options of one question mean, each for itself and against the others."""

    def __init__(self, labels: list[list[str]], axes: tuple[Axis, ...]) -> None:
        self.wavers = [index for index, forms in enumerate(labels) if any(_WAVERING.search(form) for form in forms)]
        self.size = len(labels)
        firsts = [forms[0] if forms else "" for forms in labels]
        self.labels = labels
        self.negative = [index for index, label in enumerate(firsts) if label[:1] in ("没", "无", "未", "不")]
        self.none = next((i for i, label in enumerate(firsts) if _NONE.match(label) and not label.startswith("不清楚")), None)
        rated = sum(any("满意" in form for form in forms) for forms in labels) > 1
        self.single: list[tuple[Axis, dict[int, set[str]]]] = []
        self.axes: list[tuple[Axis, dict[int, set[str]]]] = []
        for axis in axes if not rated else ():
            points: dict[int, set[str]] = {}
            for index, forms in enumerate(labels):
                for form in forms:
                    told = {point for _, _, point, denied in axis.said(form) if not denied}
                    if told:
                        points.setdefault(index, set()).update(told)
                        break
            if axis.near and points and self.none is not None and self.none not in points and "0" in axis.points:
                points[self.none] = {"0"}
            if points and len({frozenset(told) for told in points.values()}) == len(points):
                if len(points) > 1:
                    self.axes.append((axis, points))
                elif not {"没有", "没", "0"} & next(iter(points.values())):
                    self.single.append((axis, points))
        owners: dict[tuple[str, bool], set[int]] = {}
        for index, forms in enumerate(labels):
            for form in forms:
                for trait in _traits(form):
                    owners.setdefault(trait, set()).add(index)
        self.traits = {trait: next(iter(have)) for trait, have in owners.items() if len(have) == 1}
        self.shared = {trait for trait, have in owners.items() if len(have) > 1}

    def pick(self, text: str, breaks: frozenset[int] = frozenset()) -> Chosen:
        """The one option that the reply comes nearest to, if one stands out."""
        if len(text) > 80 or "?" in text:
            return Chosen()
        if _OPEN.search(text):
            return Chosen()
        if _WAVERS.search(text):
            one = self.wavers[0] if len(self.wavers) == 1 else -1
            return Chosen((one,), 0, len(text), sure=False, ranks=(3,)) if one >= 0 else Chosen(clash=True)
        conceded = CONCEDED.match(text)
        if conceded and len(text) > conceded.end():
            said = self._of(text[conceded.end() :])
            if said.picks:
                return said
        plainly = self._negative(text)
        if plainly is not None:
            return Chosen((plainly,), 0, len(text), sure=False, ranks=(4,))
        chosen = self._in_clauses(text, breaks)
        return chosen if len(text) <= _LONGEST or chosen.sure else Chosen()

    def _in_clauses(self, text: str, breaks: frozenset[int]) -> Chosen:
        clauses = _clauses(text, breaks)
        if len(clauses) > 1:
            for begin, end in reversed(clauses):
                if _YIELDS.match(text[begin:end]):
                    said = self._of(text[begin:end])
                    if said.picks:
                        return said
                    break
            if _PAST.search(text[clauses[0][0] : clauses[0][1]]):
                said = self._of(text[clauses[1][0] :])
                if said.picks:
                    return said
            elif len(clauses) <= 4:
                each = [self._of(text[begin:end]) for begin, end in clauses]
                firm = {one.picks[0] for one in each if one.picks and one.sure}
                if len(firm) > 1:
                    whole = self._of(text)
                    return whole if whole.sure and self._covers(whole.picks) else Chosen(clash=True)
        return self._of(text)

    def _negative(self, text: str) -> int | None:
        """不肿, 没去查: what a short denial says where only one option is a denial."""
        if _PLAIN_NO.fullmatch(text.strip(" ,。!")) is None or len(self.negative) != 1:
            return None
        index = self.negative[0]
        label = self.labels[index][0]
        if "变" in label or (re.search("没[有]?[看称量听吃碰感注]", text) and not re.search("[测量查看诊]", label)):
            return None
        traits = {trait for trait in _traits(text) if not trait[1]}
        return None if any(self.traits.get(trait, index) != index for trait in traits) else index

    def _covers(self, picks: tuple[int, ...]) -> bool:
        """Whether an option is one of several things in turn."""
        return any("轮" in form or "都" in form for index in picks for form in self.labels[index])

    def _of(self, text: str) -> Chosen:
        votes = [0.0] * self.size
        against = [0.0] * self.size
        for axis, points in self.axes:
            self._along(axis, points, text, votes, against)
        along = list(votes)
        for axis, points in self.single:
            self._along(axis, points, text, votes, [0.0] * self.size)
        for trait in _traits(text):
            index = self.traits.get(trait)
            weight = 1.0 if len(trait[0]) == 1 else 2.0
            if index is not None:
                votes[index] += weight
            elif trait not in self.shared:
                other = self.traits.get((trait[0], not trait[1]))
                if other is not None:
                    against[other] += weight
                    if trait[1] and len(trait[0]) == 1 and self.none is not None and self.none != other:
                        votes[self.none] += 0.5
        totals = [vote - less for vote, less in zip(votes, against, strict=True)]
        best = max(range(self.size), key=totals.__getitem__)
        rest = max((total for index, total in enumerate(totals) if index != best), default=0.0)
        if totals[best] >= 1 and totals[best] - rest >= 1 and (len(text) <= 8 or totals[best] >= 2):
            told = along[best] > 0
            return Chosen((best,), 0, len(text), sure=told and totals[best] >= 3, ranks=(3 if told else 4,))
        left = [index for index in range(self.size) if against[index] <= 0]
        if len(left) == 1 and self.size > 1 and totals[left[0]] >= 0:
            return Chosen((left[0],), 0, len(text), sure=False, ranks=(4,))
        return Chosen(clash=sum(total >= 2 for total in totals) > 1)

    def _along(self, axis: Axis, points: dict[int, set[str]], text: str, votes: list[float], against: list[float]) -> None:
        said = axis.said(text)
        shortest = 1 if len(points) > 1 and len(text) <= _SHORT else 2
        told = [point for start, end, point, denied in said if not denied and end - start >= shortest]
        for point in {point for _, _, point, denied in said if denied}:
            for index, have in points.items():
                if point in have:
                    against[index] += 2
        if not told:
            return
        if axis.near:
            at = max(map(float, told)) if axis.most else float(told[-1])
            gaps = sorted((min(abs(float(point) - at) for point in have), index) for index, have in points.items())
            if len(points) == 1:
                votes[gaps[0][1]] += 1.5 if gaps[0][0] == 0 else 0
            elif gaps[0][0] <= axis.near and (len(gaps) == 1 or gaps[0][0] < gaps[1][0]):
                votes[gaps[0][1]] += 3 if gaps[0][0] == 0 else 2
        else:
            for point in set(told):
                for index, have in points.items():
                    if point in have:
                        votes[index] += 3 if len(points) > 1 else 1.5


def _traits(text: str) -> set[tuple[str, bool]]:
    """Characters and pairs of them that mean something, each with whether it is denied."""
    found = set()
    for at, char in enumerate(text[: _MANY * 3]):
        pair = text[at : at + 2]
        empty = char in _EMPTY
        if empty and (len(pair) < 2 or pair[1] in _EMPTY):
            continue
        denied = _denied(text, at) or any(mark in text[max(0, at - 2) : at] for mark in _DENY)
        if not empty:
            found.add((char, denied))
        if len(pair) == 2 and pair.isalpha():
            found.add((pair, denied))
    return found


def _clauses(text: str, breaks: Iterable[int]) -> list[tuple[int, int]]:
    places = sorted({mark.end() for mark in _CUT.finditer(text)} | set(breaks) | {0, len(text)})
    return [(start, end) for start, end in pairwise(places) if text[start:end].strip(" ,。!?;:\n~")]
