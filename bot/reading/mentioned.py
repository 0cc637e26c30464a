"""Which options a reply names in words, and which of those it denies, has behind it or says of somebody else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.reading.reading import Option

if TYPE_CHECKING:
    from bot.reading.options import Choices

_CLAUSE = re.compile(r"[,。!?;\n]|(?=但是?|就是|不过|可是|只是|现在|我自己|只(?=[吃用打有要做练想]))")
_NO = re.compile(
    r"(?:不|没有?|没得|无|未|别|不是|没怎么|没什么|并不|也不|也没有?|不怎么|没有?再|不太|不再|没有?出现|没有?什么|从不"
    r"|不用|不要|不需要|不想|谈不上|说不上|算不上|称不上|不能说|不敢说|没法说|莫|甭"
    r"|(?:哪里?|哪儿|怎么|岂|谈何|何来)(?:能|会|谈得上|算得上|说得上|算|有|是)?|(?<!可)能(?=.{1,4}[吗么]))"
    r"(?:太|很|是很|给我?派|给我?安排|让|找|挂|好(?=[差坏多大疼痛贵])|算是?|够|大|咋|见得|怎么|那么|再|有|觉得|感觉|明显|什么|人|谁|到|能|给我?|任何|打|吃|用|服|喝|做|练|得)?$"
)
_NO_TWICE = re.compile(r"(?:谈不上|说不上|算不上|不能说|不是|并非)$")
_NO_BEHIND = re.compile(
    r"(?:倒是?|也|都|是|可|还|就|这个|方面|的话|情况|现在|已经|早就?|目前|暂时|我|时候|时间|那[个会]|病|这[块个些]?|问题"
    r"|一点|从来|确实|到|打|联系|来)*"
    r"(?:吧?也?不(?:算|见得|至于|够格)|(?:个|什么)(?:屁|鬼|头|毛|球|什么|啥)|才怪|没有?(?!好|缓解|停|退|消|断|办|弄|处理|人|什么用|见)|没得|不用(?!药)|不要|不需要|不行|不可以|不方便|不可能|没空"
    r"|没时间|不成|不得闲|已经?(?:好|办|约|弄|处理|解决)|(?:约|办|弄|开|拿|复印|处理|解决)(?:好|完|到|过)?了|(?:扔|丢|撂|甩|收)(?:了|掉|一边|起来)"
    r"|(?:一个|半个)?(?:人影)?(?:都|也)?(?:没|不)(?:见|露)(?:面|人影?|影|过面)|(?:大夫|医生)?(?:已经)?(?:给)?排除|是(?:上个?(?:礼拜|周|星期|月)|以前|前几天|之前|老早|刚出院|住院)的?(?:那会|时候?)?的?事?"
    r"|是(?:我)?(?:老伴|老公|老婆|爸|妈|儿子|邻居|隔壁|别人|人家)的|(?:买|领|借|开)了?(?:就|也|但|可)?(?:没|不)|[^,。、]{0,6}(?:让|叫)[^,。、]{0,6}停|那个?(?:没|不))"
)
_OVER = re.compile(
    r"(?:也|都|就|现在|已经|早就?|早|自己|后来|全|基本|基本上)*(?:好了|没了|消了|退了|缓解了|正常了?|没事了?|不明显了?"
    r"|过去了|止住了|恢复了|停了)"
)
_PAST = re.compile(
    r"前几天|前两天|前些天|前一?阵|之前|以前|原来|原先|刚开始|一开始|起初|开始|刚出院|昨天|前天|上周|上个?月|住院(?:时"
    r"|期间|的时候)|当时|那会儿?|头几天|头两天"
)
_NOW = re.compile(r"现在|今天|目前|这两天|这几天|后来|如今|眼下|已经|这会儿?|今早|慢慢|渐渐|又")
_AGAIN = re.compile(r"但|就是|不过|可是|只是|现在|今天|又|而是")
_OTHER = re.compile(r"隔壁|邻居|别人|病友|同事|同病房|同屋|临床|邻床|朋友|人家|室友")
_KIN = re.compile(r"我(?:家)?(?:老公|老婆|爱人|妈|爸|儿子|女儿|老伴|孩子|媳妇|婆婆|公公|丈夫|妻子)")
_MYSELF = re.compile(r"我自己|我本人|我呢|我倒|我就|我是|自己")
_PRAISED = re.compile(
    r"(?:的|都|也|还|是|方面|态度|技术|服务|水平|很|挺|蛮|真|非常|特别|比较|比以前|和|跟|、|护士|医生|大夫|你们"
    r"|们)*(?:好(?!像|几|多|久|大|贵|慢|难|差|吵|脏)|不错|满意|没问题|可以|没得说|没意见|没话说|周到|行|棒|干净|便宜"
    r"|没毛病|还行|不赖|没什么)"
)
_WORDLESS = re.compile(r"[的了有在是着呢啊吧或与和及、,()（）/\s]+")
_OPPOSITE = ("高低", "多少", "好坏", "好差", "轻重", "硬软", "快慢", "大小", "早晚", "有无")
_DENIAL = re.compile(r"[不没无未别非莫甭]")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which options (indexes) a text means, by which words. `clash`: it means several where one is asked; `beyond`: a number
    that no option has. `ranks`: 0 a label, 1 a piece of one, 2 and more other words for it."""

    picks: tuple[int, ...] = ()
    start: int = 0
    end: int = 0
    sure: bool = True
    clash: bool = False
    beyond: bool = False
    denied: frozenset[int] = frozenset()
    ranks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Named:
    index: int
    start: int
    end: int
    rank: int
    clause: int


def scan(choices: Choices, text: str, breaks: frozenset[int]) -> Chosen:
    """The options named in words; denied ones are kept apart."""
    edges = sorted({mark.end() for mark in _CLAUSE.finditer(text)} | breaks | {0, len(text)})
    named: list[_Named] = []
    denied: dict[int, str] = {}
    chain, clause = -1, 0
    for hit in choices.lexicon.scan(text.replace("满意度", "□□□")):
        form, index = hit.what
        rank = choices.rank.get(form, 2)
        if hit.end - hit.start == 1 and form not in choices.single and choices.rank.get(form, 0) > 1:
            continue
        while clause + 2 < len(edges) and edges[clause + 1] <= hit.start:
            clause += 1
        begin, end = edges[clause], edges[clause + 1] if clause + 1 < len(edges) else len(text)
        before, behind = text[max(begin, hit.start - 6) : hit.start], text[hit.end : end]
        own = text[hit.start]
        if own in "不没" and hit.start and text[hit.start - 1] == text[hit.start + 1 : hit.start + 2]:
            continue  # 抽不抽 asks
        if own in "不没无" and _NO_TWICE.search(before):
            denied[index] = denied.get(index, "") + text[hit.start : hit.end]
            continue
        joined = chain >= 0 and own not in "不没无" and text[chain - 1] not in "了的"
        listed = joined and re.fullmatch(r"[、和或及跟与也]?", text[chain : hit.start]) is not None
        if (_NO.search(before) and own not in "不没无") or listed:
            denied[index] = denied.get(index, "") + text[hit.start : hit.end]
            chain = hit.end
            continue
        blamed = choices.blame and re.match(
            r"(?:也|都|就|实在|真|太|是)*不(?:行|好|咋|怎么|太|满意|干净|及时|新鲜|好吃|热情)", behind
        )
        if not blamed and _taken_back(text, hit.start, hit.end, behind):
            denied[index] = denied.get(index, "") + text[hit.start : hit.end]
            if re.match(r"[都也]", behind):
                while named and re.fullmatch(r"[、和及跟与也,]?", text[named[-1].end : hit.start]):
                    last = named.pop()
                    denied[last.index] = denied.get(last.index, "") + text[last.start : last.end]
            chain = -1
            continue
        chain = -1
        theirs = _KIN.search(text[begin : hit.start]) is not None
        if (
            theirs
            and re.match(r"我(?!家?(?:老公|老婆|爱人|妈|爸|儿子|女儿|老伴|孩子|媳妇|婆婆|公公|丈夫|妻子))", text)
            and begin > 0
        ):
            continue
        if theirs and re.search(r"(?:^|[,。 ])我(?:没有?|无|不|倒|就)", text[hit.end :] if not breaks else text):
            denied[index] = denied.get(index, "")
            continue
        if _OTHER.search(text[begin : hit.start]) or (_KIN.search(text[begin : hit.start]) and _MYSELF.search(text[end:])):
            continue
        named.append(_Named(index, hit.start, hit.end, rank, clause))
    named = [name for name in named if not _gone(text, edges, name, named)]
    named = [
        name
        for name in named
        if text[name.start : name.end] not in denied.get(name.index, "") or _AGAIN.search(text[: name.start])
    ]
    if not named:
        return Chosen(denied=frozenset(denied))
    best: dict[int, int] = {}
    for name in named:
        best[name.index] = min(name.rank, best.get(name.index, 9))
    said = max(name.end - name.start for name in named)
    sure = min(best.values()) <= 1 or 2 * said >= len(text.strip(" ,。!?"))
    start, end = min(name.start for name in named), max(name.end for name in named)
    return Chosen(tuple(best), start, end, sure, denied=frozenset(denied), ranks=tuple(best.values()))


def _taken_back(text: str, start: int, end: int, behind: str) -> bool:
    """咳嗽不咳了, 便秘倒没有, 上午不行, 头晕好了."""
    word = text[start:end]
    if word[0] in "不没无未" or word.endswith(("好", "好转", "正常")):
        return False
    if _NO_BEHIND.match(behind) or _OVER.match(behind):
        return True
    match = re.match(r"(?:也|都|早就?|现在|已经|倒|是)*(?:不|没有?)(?:再|怎么|太)?(.)", behind)
    return match is not None and match[1] in word


def _gone(text: str, edges: list[int], name: _Named, named: list[_Named]) -> bool:
    """Said of the past while something else is said of now."""
    begin, end = edges[name.clause], name.start
    if _PAST.search(text[begin:end]) is None:
        return False
    return any(
        other.clause > name.clause and other.index != name.index and _NOW.search(text[edges[name.clause + 1] : other.start])
        for other in named
    )


def strongest(choices: Choices, text: str, chosen: Chosen) -> Chosen:
    """Labels beat synonyms when several options are named."""
    strong: list[int] = []
    for hit in choices.lexicon.scan(text):
        form, index = hit.what
        if index in chosen.picks and choices.rank.get(form, 9) <= 1 and hit.end - hit.start >= 2 and index not in strong:
            strong.append(index)
    if len(strong) == 1:
        return replace(chosen, picks=(strong[0],), sure=False)
    return replace(chosen, clash=True)


def topics(choices: Choices, text: str, chosen: Chosen) -> Chosen:
    """Of things that may be good or bad those that are praised are not chosen where others are blamed or nothing may be."""
    praised: set[int] = set()
    blamed: set[int] = set()
    for hit in choices.lexicon.scan(text):
        index = hit.what[1]
        if index in choices.topics and index in chosen.picks:
            (praised if _PRAISED.match(text[hit.end :]) else blamed).add(index)
    if not praised:
        return chosen
    left = tuple(index for index in chosen.picks if index in blamed or index not in choices.topics)
    if blamed:
        return replace(chosen, picks=tuple(index for index in left if index != choices.empty))
    return replace(chosen, picks=(choices.empty,)) if choices.empty is not None else chosen


def overlap(options: tuple[Option, ...], text: str) -> Chosen:
    """The one option with which a reply shares a word of two characters, denied in both or in neither."""
    pairs: dict[str, set[int]] = {}
    for index, option in enumerate(options):
        for label in option.labels:
            for piece in _WORDLESS.split(label):
                for at in range(len(piece) - 1):
                    pairs.setdefault(piece[at : at + 2], set()).add(index)
    shared = [(pair, indexes) for pair, indexes in pairs.items() if pair in text]
    meant = {index for _, indexes in shared if len(indexes) == 1 for index in indexes}
    if len(meant) != 1 or len(text) > 20:
        return Chosen()
    index = meant.pop()
    label = "".join(options[index].labels[:1])
    if bool(_DENIAL.search(label)) != bool(_DENIAL.search(text)) or "?" in text:
        return Chosen()
    if any((one in label and other in text) or (other in label and one in text) for one, other in map(tuple, _OPPOSITE)):
        return Chosen()
    at = min(text.find(pair) for pair, indexes in shared if indexes == {index})
    return Chosen((index,), at, at + 2, sure=False, ranks=(3,))
