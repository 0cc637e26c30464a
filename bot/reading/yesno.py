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
    r"|好像|可能|也许|大概|似乎|貌似|估计|反正|基本上?|大部分|全|药|早都|又|的确|确实)*"
)
_NOT_DENIED = r"(?!舒服|适|对劲|好受|良|得劲|正常|痛快|知道|清楚|错|用谢)"
_TWICE = re.compile(
    rf"不是(?:说)?(?:没有?|不(?!是|对)){_NOT_DENIED}|(?<!有)(?:没有|没|并非|不会|不可能|不能说|从不)(?:说"
    rf"|一[天次顿回])?(?:不(?!是){_NOT_DENIED}|没有?(?!说))"
    r"|不能不|不得不|无不|没有?.{0,3}不.{1,4}(?:时候|的|天|顿)$|没有?(?:哪|一)(?:天|次|回|顿|晚|夜|个)[一-龥]{0,5}不|[没不][一-龥]{0,3}才怪|(?P<k>[来去走爬吃喝坐做])也(?:要|得)(?P=k)|没有?一[天次顿]不|(?:忘|漏|落|断|停|少)不了"
    r"|(?:从|从来|一[次顿天回片][都也]?|都|并)?(?:没有?|不|未|不曾)(?:忘|漏|落|断|缺|耽误)(?!了吃)"
)
_ASKED_BACK_YES = re.compile(
    r"(?:哪[天顿次回个][都也]?(?=[不没])|怎么|哪能|哪会|哪敢|岂能|谁说|怎么会|怎么能|怎么敢|怎么可能|哪有|凭什么|干嘛|为什么|哪里会|那还能|还能|能)(?:就"
    r"|会|能|可能|敢|是)?(?:没有?|不)(?!行了|起)(?!就?[没])"
    r"|不是.{1,3}(?:还)?(?:能)?是?(?:谁|哪个)|除了.{1,3}还(?:能)?(?:有)?(?:谁|是谁)|那还用(?:说|问)|这还用|还用(?:说|问)"
    r"|可不是|可不(?=$|嘛|吗)|废话|不.{1,4}(?:能?行|成|中|得了|怎么行|哪行|还行)(?:吗|么|不|嘛)|不[一-龥]{1,3}?(?:哪|怎么|岂|还)能?行|谁不(?!让|给|管|理)|敢不"
)
_ASKED_BACK_NO = re.compile(
    r"哪有|哪能|哪会|哪里?(?:有|会|能|敢)|哪还|怎么可能|怎么会|谁(?:会|要|愿意|肯|能|敢|说|给|管|跟|告诉|来|照顾|陪|伺候|帮|理)|要是(?:真)?有.{0,6}早|要有.{0,4}早|什么时候.{1,4}过|何曾"
    r"|(?P<a>[一-龥])(?:个|什么)(?:什么|屁|鬼|锤子|头|毛|啥|(?P=a))|^(?:好|行|有|会|能|对|是|方便)(?:个)?(?:什么"
    r"|啥)(?!时候)|(?<![没不][一-龥])(?<![没不][一-龥]{2})(?<!没)才怪|才不|想得美|做梦|要是?真?敢?[一-龥]{1,4}早[一-龥]{1,3}了|哪里?儿?[一-龥]得[开了起动下到成着住]"
)
_COPY_NO = re.compile(r"(?P<c>[一-龥])(?:倒|到|也|都|是|么|嘛|呢)*(?:不|没有?)(?P=c)")
_ECHO = re.compile(
    r"(?P<v>[一-龥])得(?P<d>[一-龥])(?P=v)不(?P=d)|有没有|是不是|会不会|能不能|要不要|行不行|(?P<q>[一-龥])[不没](?P=q)"
)
_CONCEDED = re.compile(r"^(?P<x>(?![不没])[一-龥]{1,4}?)(?:倒)?(?:是|归)(?:有一?[点些])?(?P=x)")
_PART = re.compile(
    r"说.{1,2}也.{1,2}[, ]?说|有(?:的|些|几次|时候?).{1,8}(?:有(?:的|些|几次|时候?))|一会儿?.{1,4}一会儿?|时.{1,3}时"
    r"|有时候?.{1,3}有时候?"
)
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
# 老忘, 三天漏两天, 断了四天, 有一顿没一顿: what should be done is left out.
_LAPSE = re.compile(
    r"(?:老|总|常|经常|动不动就?|三天两头|隔三差五|一忙就|一忙起来就)(?:是|会|爱|要)?(?:忘|漏|落下|断)|三天.{0,2}(?:漏|忘|断)|有一[顿次天]没一[顿次天]|断断续续|丢三落四"
    r"|(?:断|停|漏|忘|落)(?:吃|服|下)?(?:了|过|掉)?(?:有|快|差不多|都)?(?:[0-9一二两三四五六七八九十几好半]+)(?:天|顿|次|回|个|周|礼拜|片)|吃吃停停"
    r"|忘了?(?:吃|去|做|换|打|拿|带|量|测|点|喝)|三天打鱼|想起来(?:才|就|了)|自己(?:把药)?停"
)
# 去了, 又回来了: what was begun came to nothing.
# 下床？翻个身都得喊人: it is not done alone.
_WITH_HELP = re.compile(
    r"(?:都|还|全)(?:得|要|需要?|靠|离不[了开])(?:喊|叫|让|人|扶|搀|帮|靠|有人|别人|老伴|儿子|闺女|女儿|家里人)"
)
# 能的, 没有: a clause that is nothing but the answer.
_EDGE = re.compile(r"[了的过啊呀呢嘛]*(?:$|[,。!;~ ])")
_BARE = re.compile(r"[一-龥]{1,4}?(?:的|了|啊|呀|嘛|呢|吧|得很)*(?=[,。!;~ ]|但|就是|不过|可是|只是)")
_IN_VAIN = re.compile(r"(?:又|就)(?:回来|走|折回来)了|白跑|没[一-龥]{0,2}成|[排挂约轮]不[上到]|没[排挂约轮看][上到]")
# 社区换的, 儿子陪着去的, 上礼拜刚查完, 已经复查: it has been done.
_HAS_BEEN = re.compile(
    r"(?<![没不])(?:换|拆|拔|查|看|去|做|打|办|买|讲|说|交代|告诉|教|测|量|抽|挂|约|取|复查|复诊|检查|预约|陪着?去|给[换拆拔做打讲开])(?:过)?的(?:$|[,。])"
    r"|(?:刚|刚刚|才|已|已经|都)[一-龥]{0,6}(?:查|做|看|拆|换|打|拔|办|讲|问|输|复查|复诊|去|回来|检查)(?:完|好|过|掉)?了?(?:$|[,。])|(?:刚|才|刚刚)从.{1,6}回"
)
_WELL = re.compile(r"[一-龥]得(?:很|挺|还|蛮|特别|非常|可)?(?:好|香|可以|不错|行|稳|惯|下|动|清|准|住|了|沉|快|顺)")
_SOON = re.compile(
    r"正(?:要|打算|准备|想)|(?:还|才)没(?:到|轮)|还(?:得|要)(?:等|过|再过)|[0-9一二三四五六日天号月]才(?:去|查|做|拆|换|能|到)"
)
_ONLY_ONE = re.compile(
    r"就(?:我|剩我|俺)?(?:自己)?一个(?:人|孤)|只有我|就我自己|孤(?:零零|身|寡)|都在外(?:地|面|头|省)|(?:光|单)(?:杆|棍)"
)
_AT_HAND = re.compile(r"(?:都|就|全)?在(?:跟前|身边|家|旁边|边上)|守着|轮流")
_IF_SO = re.compile(
    r"一(?:[动碰摸咳走按压吃喝坐站躺翻笑弯抬蹲用]|活动|使劲|走路)[一-龥]{0,3}就|[动碰摸咳走按压吃喝坐站躺翻笑弯抬蹲]一?下就"
)
_RECURRED = re.compile(r"又(?:来|犯|开始|[抽吸喝疼痛烧晕流])|正说着")
_THEN = re.compile(
    r"原来|之前|以前|原先|刚开始|一开始|起初|前几天|前两天|前些天|前阵子?|头几天|头两天|刚出院|昨天|住院(?:时|那会|的时候)|那会儿?|当时"
)
_SINCE_THEN = re.compile(r"现在|今天|后来|如今|目前|这会|这两天|这几天|已经|(?<!为)了(?:$|[,。])")
_NO_MORE = re.compile(r"(?:现在|今天|后来|如今|目前|已经)*(?:就|也|都|倒)?(?:不|没)")
_OVER_NOW = re.compile("不[一-龥]{1,2}了|没了|好了|没[一-龥]{1,2}了?$")
_ASKS = re.compile(r"(?:吧|吗|么|呢)?[?]$")
# Whether one does it or has given it up depends on how it was asked.
_VICE = re.compile(r"抽(?![血筋痛空])|吸(?![气氧])|[戒烟酒沾瘾]|没碰|一[根口滴]没")
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
    if (
        _ASKS.search(text)
        and _CUT.search(text[:-1]) is None
        and not tuple(breaks)
        and _TURNED.search(text) is None
        and text[:1] not in "是对嗯"
    ):
        return Lean(None, 0, len(text))
    turn = _turned_over(text)
    if turn is not None:
        return turn
    found: list[tuple[Lean, bool]] = []
    silent = False
    for start, end in _clauses(text, breaks):
        clause = text[start:end]
        vote = _vote(clause, lexicon)
        if vote is None:
            silent = silent or (not found and end - start >= 4)
        elif not (silent and vote.end - vote.start == 1 and (end - start > 3 or text[start] != "没")):
            shifted = Lean(vote.value, start + vote.start, start + vote.end, vote.sure)
            found.append((shifted, _CONTRAST.match(clause) is not None))
    if not found:
        return None
    if _PART.search(text):
        return Lean(None, 0, len(text))
    first = found[0][0]
    if _FORGOT.search(text) and _TENTATIVE.search(text):
        return Lean(None, first.start, first.end)
    last = found[-1][0]
    if len(found) > 1 and first.value and last.value is False and re.search(r"(?:还|都)没(?:有)?呢?[。!]*$", text):
        return Lean(None, first.start, last.end)
    if first.value is None or _TURNED.match(text, first.start):
        return first
    if _CONCEDED.match(text[first.start : first.start + 10]):
        return first
    whole = _BARE.match(text)
    whole_first = whole is not None and first.sure and first.start <= 1 and first.end >= whole.end() - 3
    if not first.sure and first.value and len(found) > 1 and found[1][0].sure and found[1][0].value is False:
        return found[1][0]
    for vote, contrast in found[1:]:
        if vote.value == first.value or (not vote.sure and first.sure and not contrast):
            continue
        if vote.value is None and (contrast or not vote.sure):
            continue
        if whole_first and (vote.value is None or not (contrast or _EDGE.match(text, vote.end))):
            continue
        bare = first.end - first.start <= 2
        if contrast and (not bare or first.value) and not (bare and vote.sure):
            continue
        if not bare and not contrast and first.value and vote.value is False and first.sure and not vote.sure:
            continue
        if bare and first.value is False and not contrast:
            continue
        return Lean(None, first.start, vote.end)
    return first


def _turned_over(text: str) -> Lean | None:
    """What a reply says as a whole, whichever word comes first."""
    size = len(text)
    if match := _LAPSE.search(text):
        return None if re.search(r"(?:没有?|不|从不|从没)(?:再)?$", text[: match.start()]) else Lean(False, match.start(), size)
    if (match := _IN_VAIN.search(text)) and match.start() > 1:
        made_up = re.search(r"(?:补|后来|又去|才)[一-龥]{0,4}[了的过]", text[match.end() :])
        return Lean(made_up is not None, match.start(), size)
    if match := re.match(r"(?:没有?|没|不)+[,。 ]*.{2,}", text):
        again = _RECURRED.search(text, 2)
        if again:
            return Lean(True, again.start(), size)
    if match := _SOON.search(text):
        return Lean(False, match.start(), size, False)
    if (match := _WITH_HELP.search(text)) and match.start() > 2:
        return Lean(False, match.start(), size)
    if match := _ONLY_ONE.search(text):
        return Lean(False, match.start(), size, False)
    if size <= 14 and (match := _AT_HAND.search(text)) and not re.search("[不没]", text):
        return Lean(True, match.start(), size, False)
    if match := _THEN.search(text):
        last = [text[start:end] for start, end in _clauses(text, ())][-1]
        here = match.start() < size - len(last) and _SINCE_THEN.search(last)
        if here and (_NO_MORE.match(last) or _OVER_NOW.search(last)):
            return Lean(False, size - len(last), size)
    return None


def of_vice(text: str, said: Lean) -> bool:
    """Whether a reply tells of smoking or drinking without a plain yes or no: 戒了 is a yes to one question, a no to another."""
    plain = re.match(r"[是对有嗯没会不]+(?:有|的|了)?[,。 ]|没戒|戒不|.*[烟酒]没有?$", text)
    return said.end > said.start and plain is None and _VICE.search(text) is not None


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
        if word == "好" and clause[hit.end : hit.end + 1] in ("像", "几", "久", "多", "些", "好"):
            continue
        rest = clause[hit.end :]
        if word == "就是" and len(rest) > 2 and not rest.startswith(","):
            continue
        if word in "要会能得行中成可" and len(rest) > 4:
            return None
        plain = len(word) > 1 or len(re.sub(r"[的了呢啊呀吧嘛着滴嘞过]+", "", rest)) <= (3 if word in "没无未不有" else 2)
        return Lean(hit.what == "yes", hit.start, hit.end, plain)
    match = _CANNOT.search(clause)
    if match and match.start() <= begin + 1:
        return Lean(False, match.start(), match.end(), size <= 6)
    match = _NOT_DONE.match(clause)
    if match:
        return Lean(False, match.start(), size, len(clause) <= 8)
    denied = re.search(r"[没不未无别]", clause)
    match = _DONE.search(clause)
    if match and denied is None:
        return Lean(True, 0, match.end(), match.start() <= begin + 1 and size <= 12)
    match = _HAS_BEEN.search(clause) or _WELL.search(clause)
    if match and denied is None:
        return Lean(True, match.start(), size, clause.startswith("都") or "刚" in match[0])
    match = _SOMETIMES.search(clause) or _STILL.match(clause) or _IF_SO.search(clause)
    if match and denied is None:
        return Lean(True, match.start(), size, False)
    hits = [hit for hit in hits if hit.end - hit.start > 1 or clause[hit.start] not in "得中成行对好要会能"]
    if hits and size <= 20:
        return Lean(hits[0].what == "yes", hits[0].start, hits[0].end, False) if len({hit.what for hit in hits}) == 1 else None
    return None
