"""All the options that one reply means: lists of numbers, named things, all but this, only this, none."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.reading import mentioned
from bot.reading.mentioned import Chosen
from bot.reading.yesno import lean

if TYPE_CHECKING:
    from bot.reading.options import Choices

_EDGES = " ,，。.!！?？;；、:：~-\n\"'"
_BESIDES = re.compile(
    r"除(?:了|开|去|掉)?(.{1,12}?)(?:以外|之外|外)?[, ]?(?:其他|其它|别的|其余|剩下)?的?(?:我)?(?:都|全)+(?![没不好正])[一-龥]?"
)
# Only this one: 除了贵没别的, 除了慢别的都好.
_ONLY = re.compile(
    r"除(?:了|开|去)?(.{1,12}?)(?:以外|之外|外)?[, ]?(?:就|也|都)?(?:没(?:有|啥|什么)?(?:别的|其他|其它|什么|啥)?"
    r"|(?:别的|其他|其它|其余)(?:的|方面)?(?:都|也|就)?(?:没|不|好|挺好|正常|满意|行|还行|可以|还好))"
)
_NOTHING = re.compile(
    r"(?:什么|哪)(?:[一-龥]{0,4})(?:都|也)(?:没|不|用不着)|一(?:个|样|种|项|次|点)(?:都|也)?(?:没|不)|^(?:都|全|通通|统统)(?:没有?|不)"
    r"[一-龥]{0,2}[了的吧。!]*$"
    r"|(?:现在|今天|如今|后来|眼下)(?:都|全|也|早)*(?:退|消|好|没|过去|不[一-龥]{1,2})(?:干净|下去|掉|完)?了[。!]*$"
    r"|^[^,。!?;]{4,14}(?:都|也|全|通通|统统)(?:不|没)[疼痛痒咳晕喘有肿][过了]?[。!]*$"
)
_DIGIT = re.compile("[0-9]")
_LISTED = re.compile(r"[,，、。;；和跟与及还]|另外|以及")
# A clause that names nothing of the writer's own, or takes back what it names.
_SKIPPED = re.compile(
    r"前阵|前[几两]天|之前|以前|上[周个]|原来|[不没无未别]|[好退消停还]了|早|隔壁|邻居|别人|病友|同事|朋友|人家|室友|蛮好|挺好|很好|不错|叫不上|[?]"
)
_AND_YET = re.compile(r"(?:就是|但是?|不过|只是|可是)[^,。]{2,}")


def several(choices: Choices, text: str, breaks: frozenset[int] = frozenset()) -> Chosen:
    """All options that are meant."""
    listed = choices.ordinals.several(text)
    if listed is not None:
        picks = tuple(index for index in listed if index != choices.empty or len(listed) == 1)
        return Chosen(beyond=True) if -1 in listed else Chosen(picks, 0, len(text))
    only = _ONLY.search(text)
    if only and len(picks := mentioned.scan(choices, only[1], frozenset()).picks or choices.meaning.pick(only[1]).picks) == 1:
        return Chosen(picks, 0, len(text))
    besides = _BESIDES.search(text)
    but = mentioned.scan(choices, besides[1], frozenset()).picks or choices.meaning.pick(besides[1]).picks if besides else ()
    if but and (left := {*but, choices.empty}) != {choices.empty}:
        return Chosen(tuple(index for index in range(len(choices.options)) if index not in left), 0, len(text))
    if choices.ordinals.all(text):
        return Chosen(tuple(index for index in range(len(choices.options)) if index != choices.empty), 0, len(text))
    numbered = choices.numbered(text, breaks)
    if numbered is not None and not numbered.clash:
        return numbered
    index = choices.known(text)
    if index is not None:
        return Chosen((index,), 0, len(text))
    if (
        choices.empty is not None
        and not _DIGIT.search(text)
        and _NOTHING.search(text)
        and (text[0] in "先前刚上原昨早" or ("," not in text and len(text) > 6))
    ):
        return Chosen((choices.empty,), 0, len(text), sure=False)
    chosen = mentioned.scan(choices, text, breaks)
    if choices.topics:
        chosen = mentioned.topics(choices, text, chosen)
    if not chosen.picks and choices.empty is not None:
        said = lean(text, breaks, choices.yesno)
        others = len(choices.options) - 1 - len(chosen.denied)
        led = said is not None and (said.start <= 1 or bool(chosen.denied)) and not (chosen.denied and others > 1)
        if _NOTHING.search(text) and len(chosen.denied) in (0, len(choices.options) - 1):
            return Chosen((choices.empty,), 0, len(text))
        if said is not None and led and said.value is False and (said.sure or chosen.denied) and not _AND_YET.search(text):
            return Chosen((choices.empty,), said.start, said.end, sure=said.sure)
    if chosen.picks or chosen.denied or len(text) > 4:
        more = _pieces(choices, text, breaks, chosen)
        if more != chosen.picks:
            return replace(chosen, picks=more, start=0, end=len(text))
    if chosen.picks or chosen.denied:
        return chosen
    near = choices.near(text, 1)
    return near if near.picks or _SKIPPED.search(text) else mentioned.overlap(choices.options, text)


def _pieces(choices: Choices, text: str, breaks: frozenset[int], chosen: Chosen) -> tuple[int, ...]:
    """What each clause or listed thing of its own adds to what was named: 饮食和用药, 态度差, 等得久."""
    places = sorted({mark.end() for mark in _LISTED.finditer(text)} | breaks | {0, len(text)})
    picks = list(chosen.picks)
    for start, end in pairwise(places):
        piece = text[start:end].strip(_EDGES)
        if not 1 < len(piece) <= 14 or _SKIPPED.search(piece) or mentioned.scan(choices, piece, frozenset()).picks:
            continue
        said = choices.meaning.pick(piece)
        if said.ranks == (4,) and len(piece) > 5 and (picks or chosen.denied):
            continue  # a shared character adds nothing to what is named
        if said.picks and said.picks[0] != choices.empty and said.picks[0] not in (*picks, *chosen.denied):
            picks.append(said.picks[0])
    return tuple(picks)
