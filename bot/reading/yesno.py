"""Yes or no out of a reply, said straight, twice denied, by a rhetorical question, or by what was done."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from bot.reading.lexicon import Lexicon

_CUT = re.compile(r"[,。!?;:\n]|(?=但是?|就是(?!$)|不过|可是|只是)")
_CONTRAST = re.compile(r"但是?|就是|不过|可是|只是|除了")
# Words that stand before what is said without changing it.
_LEAD = re.compile(
    r"(?:我们?|俺|他|她|那|这|都|也|就|还|倒是?|现在|目前|一直|已经|早就?|刚|刚刚|今天|昨天|是|嗯|哎|哦|当然|肯定|绝对|真的?|压根|根本|从来|应该"
    r"|反正|基本上?|大部分|全|药|早都|又|的确|确实)*"
)
_NOT_DENIED = r"(?!舒服|适|对劲|好受|良|得劲|正常|痛快|知道|清楚|错|用谢)"
_TWICE = re.compile(
    rf"不是(?:说)?(?:没有?|不(?!是|对)){_NOT_DENIED}|(?<!有)(?:没有|没|并非|不会|不可能|不能说|从不)(?:说"
    rf"|一[天次顿回])?(?:不(?!是){_NOT_DENIED}|没有?(?!说))"
    r"|不能不|不得不|无不|没有?.{0,3}不.{1,4}(?:时候|的|天|顿)$|没有?一[天次顿]不|(?:忘|漏|落|断|停|少)不了"
    r"|(?:从|从来|一[次顿天回片][都也]?|都|并)?(?:没有?|不|未|不曾)(?:忘|漏|落|断|缺|耽误)(?!了吃)"
)
_ASKED_BACK_YES = re.compile(
    r"(?:哪[天顿次回个][都也]?(?=[不没])|怎么|哪能|哪会|哪敢|岂能|谁说|怎么会|怎么能|怎么敢|怎么可能|哪有|凭什么|干嘛|为什么|哪里会|那还能|还能|能)(?:就"
    r"|会|能|可能|敢|是)?(?:没有?|不)(?!行了|起)(?!就?[没])"
    r"|不是.{1,3}(?:还)?(?:能)?是?(?:谁|哪个)|除了.{1,3}还(?:能)?(?:有)?(?:谁|是谁)|那还用(?:说|问)|这还用|还用(?:说|问)"
    r"|可不是|可不(?=$|嘛|吗)|废话"
)
_ASKED_BACK_NO = re.compile(
    r"哪有|哪能|哪会|哪里?(?:有|会|能|敢)|哪还|怎么可能|怎么会|谁(?:会|要|愿意|肯|能|敢|说|给|管|跟|告诉)|什么时候.{1,4}过|何曾"
    r"|(?P<a>[一-龥])(?:个|什么)(?:什么|屁|鬼|锤子|头|毛|啥|(?P=a))|^(?:好|行|有|会|能|对|是|方便)(?:个)?(?:什么"
    r"|啥)(?!时候)|才怪|才不|想得美|做梦"
)
_COPY_NO = re.compile(r"(?P<c>[一-龥])(?:倒|到|也|都|是)*(?:不|没有?)(?P=c)")
_ECHO = re.compile(r"有没有|是不是|会不会|能不能|要不要|行不行|(?P<q>[一-龥])[不没](?P=q)")
_CONCEDED = re.compile(r"^(?P<x>(?![不没])[一-龥]{1,4}?)(?:倒)?(?:是|归)(?P=x)")
_PART = re.compile(r"有(?:的|些|几次|时候?).{1,8}(?:有(?:的|些|几次|时候?))|一会儿?.{1,4}一会儿?|时.{1,3}时|有时候?.{1,3}有时候?")
_DONE = re.compile(
    r"[一-龥](?<![忘漏停断错烦累懒怕退消戒死算完好够少晚坏丢掉落拒走没不别再发快老病差])"
    r"(?:(?:了|过|着呢?)|(?:上|好|到|掉|完)(?<!完)(?:了|过))"
)
_SOMETIMES = re.compile(
    r"偶尔|有时|时不时|隔三差五|经常|常常|天天|每天|每顿|顿顿|次次|每次|老是|老[爱要想会]|总是|总[爱要想会]|一直|几声|两声|一两[声次回下]|几次"
    r"|几回|有一?[点些]|有丝|稍微|略微|轻微"
)
_STILL = re.compile(r"还(?!没|不|好|行|可以|是|早|未|要|能)(?:有点|有|在|会|老|总)?[一-龥]")
_NOT_DONE = re.compile(
    r"(?:还|都|也|就|从来|压根|根本|一直|并|又|再|暂时|目前|倒|早就?)*(?:没有?|未|不曾|不)(?![错用要清知确晓懂好])(?:人"
    r"|谁|[一-龥])"
)
_FORGOT = re.compile(r"吧?[?]?.{0,3}(?:我)?(?:忘了|不记得|记不[得清起]|想不起|没印象)")
_TENTATIVE = re.compile(r"好像|可能|也许|大概|似乎|说不准|不确定|吧[?]|吧。?我?忘")
_SHORT = frozenset("有是要会能得行对不没好中成未无可")


_TURNED = re.compile(f"{_ASKED_BACK_NO.pattern}|{_ASKED_BACK_YES.pattern}|{_TWICE.pattern}")
# 不是不想，是…: what follows says why not.
_UNABLE = re.compile(r"不是不[想敢愿肯能会]")
_CANNOT = re.compile(r"[一-龥]不(?:下|了|动|着|进|出|上|到|起|成|住)(?!不)")


class Lean(NamedTuple):
    """Which way a reply leans (None: it says both or that it does not know), by which words, and whether for sure."""

    value: bool | None
    start: int
    end: int
    sure: bool = True


def lean(text: str, breaks: Iterable[int], lexicon: Lexicon[str]) -> Lean | None:
    """What a reply says to a question that one answers with yes or no; None when it says nothing of the kind."""
    found: list[tuple[Lean, bool]] = []
    silent = False
    for start, end in _clauses(text, breaks):
        clause = text[start:end]
        vote = _vote(clause, lexicon)
        if vote is None:
            silent = silent or (not found and end - start >= 4)
        elif not (silent and vote.end - vote.start == 1):
            shifted = Lean(vote.value, start + vote.start, start + vote.end, vote.sure)
            found.append((shifted, _CONTRAST.match(clause) is not None))
    if not found:
        return None
    if _PART.search(text):
        return Lean(None, 0, len(text))
    first = found[0][0]
    if _FORGOT.search(text) and _TENTATIVE.search(text):
        return Lean(None, first.start, first.end)
    if first.value is None or _TURNED.match(text, first.start):
        return first
    if _CONCEDED.match(text[first.start : first.start + 10]):
        return first
    for vote, contrast in found[1:]:
        if vote.value == first.value or (not vote.sure and first.sure and not contrast):
            continue
        if vote.value is None and (contrast or not vote.sure):
            continue
        bare = first.end - first.start <= 2
        if contrast and (not bare or first.value) and not (bare and vote.sure):
            continue
        if not bare and not contrast and first.value and vote.value is False and first.sure:
            continue
        if bare and first.value is False and not contrast:
            continue
        return Lean(None, first.start, vote.end)
    return first


def turned(text: str) -> Lean | None:
    """A rhetorical question that answers: 怎么没有, 哪有, 哪天不烧."""
    match = _ASKED_BACK_YES.search(text)
    if match is None or _UNABLE.search(text):
        match = _ASKED_BACK_NO.search(text)
        return Lean(False, match.start(), len(text)) if match and match.start() <= 2 else None
    return Lean(True, match.start(), len(text)) if match.start() <= 4 else None


def _clauses(text: str, breaks: Iterable[int]) -> list[tuple[int, int]]:
    places = sorted({mark.end() for mark in _CUT.finditer(text)} | set(breaks) | {0, len(text)})
    return [(start, end) for start, end in pairwise(places) if text[start:end].strip(" ,。!?;:\n~")]


def _vote(clause: str, lexicon: Lexicon[str]) -> Lean | None:
    clause = clause.rstrip(" ,。;:\n~")
    size = len(clause)
    if _PART.search(clause):
        return Lean(None, 0, size)
    if _UNABLE.search(clause):
        return Lean(None, 0, size)
    match = _ASKED_BACK_YES.search(clause)
    if match:
        return Lean(True, match.start(), size)
    match = _ASKED_BACK_NO.search(clause)
    if match:
        return Lean(False, match.start(), size)
    if _ECHO.search(clause):
        return Lean(None, 0, size)
    match = _TWICE.search(clause)
    if match:
        return Lean(True, match.start(), size)
    match = _COPY_NO.search(clause)
    if match:
        return Lean(False, match.start(), match.end())
    match = _CONCEDED.match(clause)
    if match:
        return Lean(not re.match("[没不]", match[0]), 0, match.end())
    return _by_words(clause, lexicon)


def _by_words(clause: str, lexicon: Lexicon[str]) -> Lean | None:
    begin = _LEAD.match(clause).end()  # type: ignore[union-attr]
    size = len(clause)
    hits = lexicon.scan(clause)
    for hit in hits:
        if hit.what == "unsure":
            return Lean(None, hit.start, hit.end)
    for hit in hits:
        led = hit.start <= begin and (hit.start == 0 or hit.end > begin)
        if not led:
            continue
        word = clause[hit.start : hit.end]
        rest = clause[hit.end :]
        if word in "要会能得行中成可" and len(rest) > 4:
            return None
        plain = len(word) > 1 or len(re.sub(r"[的了呢啊呀吧嘛着滴嘞过]+", "", rest)) <= (3 if word in "没无未不有" else 2)
        return Lean(hit.what == "yes", hit.start, hit.end, plain)
    match = _CANNOT.search(clause)
    if match and match.start() <= begin + 1:
        return Lean(False, match.start(), match.end())
    match = _NOT_DONE.match(clause)
    if match:
        return Lean(False, match.start(), size, len(clause) <= 8)
    denied = re.search(r"[没不未无别]", clause)
    match = _DONE.search(clause)
    if match and denied is None:
        return Lean(True, 0, match.end(), match.start() <= begin + 1 and size <= 12)
    match = _SOMETIMES.search(clause) or _STILL.match(clause)
    if match and denied is None:
        return Lean(True, match.start(), size, False)
    if hits and size <= 20:
        return Lean(hits[0].what == "yes", hits[0].start, hits[0].end, False) if len({hit.what for hit in hits}) == 1 else None
    return None
