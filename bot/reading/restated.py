"""What a reply comes down to once its turns are taken out: 吃不下？没有的事，一顿三个馒头; 昨天咳，今天一声没有; 没有一天不咳."""

from __future__ import annotations

import re

# A character without one of which there is nothing to take out.
_ANY = re.compile(r"[?没其现今这如眼要原别隔嫂本说回哪谁样下刚]|后来|谈不|不是")
# 戒？下辈子吧: the question is said again before it is answered.
_ECHO = re.compile(r"^[^,。!?;吗么呢什怎哪几谁多]{1,9}\?+[, ]*(?=[^ ,。!?].)")
# 没有一天不咳, 没有哪里不满意, 从来没有不来的时候: twice denied.
_TWICE = re.compile(
    r"(?:从来?|就|可|也|倒|几乎)*(?:没有?|冇|无)(?P<when>(?:哪|一|任何)?(?:天|日|次|回|顿|晚|夜|宿|个晚上))?(?P<where>(?:哪|一|什么|任何|啥)"
    r"(?:里|儿|点|处|样|个地方|个|地方)?)?(?P<then>[一-龥]{0,2}?)不(?P<what>[一-龥]{1,4}?)(?P<end>的时候|的(?![时])|的?(?=[,。!]|$))"
)
# 没有一天精神是好的
_NEVER_WELL = re.compile(
    r"没有?(?:哪|一)(?:天|晚|次|回|顿|夜)(?P<who>[^,。不没]{0,4}?)(?P<does>睡得?|吃得?)?是?(?P<well>好|舒服|踏实|安稳|消停|痛快|安生)"
)
# What holds now, after what held then, or was meant to, or others believe.
_NOW = r"(?:现在|如今|眼下|目前|这会儿?|这回|今天|今儿个?|今早|这两天|后来|结果|其实|实际上?|哪知道?|谁知道?)"
_THEN = (
    r"(?:以前|之前|原来|原先|原本|本来|早先|先前|当初|那会儿?|住院(?:前|时|那|的时候|头)|开刀前|手术前|术前|昨[天儿晚日]"
    r"|前[天几两阵些]|上(?:个?礼拜|周|回|次|个?月|星期)|头[几两]天|刚出院|起初|开始|要是|如果|要不是|以为|都当|说好|上午|早上|医生说|大夫说)"
)
_TURN = re.compile(rf"{_THEN}[^。!?;]{{0,24}}?[,，。;!\s]+[一-龥]{{0,2}}?(?={_NOW})")
# What holds later the same day.
_LATER = re.compile(r"(?:上午|早上|早晨|清早)[^,。!?;]{2,12}[,，。;!\s]+(?=(?:下午|晚上|中午|刚才|刚刚|傍晚))")
# 谈不上满意也谈不上不满意; 要说不满意也谈不上，要说满意也差点意思
_NOT_SO = r"(?:谈不上|说不上|算不上|称不上|不能说)"
_SAID_SO = rf"说[^,。]{{1,5}}(?:也|吧|嘛|呢|么)[^,。]{{0,3}}(?:{_NOT_SO}|不|没|差点|差些)[^,。]{{0,5}}"
_NEITHER = re.compile(
    rf"{_NOT_SO}[^,。]{{1,6}}[,，也 ]+{_NOT_SO}|{_SAID_SO}[,，。 ]*(?:但|可)?要?{_SAID_SO}"
    r"|不算?(?:多|少|大|小|好|坏|轻|重|快|慢)[,，也 ]+不算?(?:多|少|大|小|好|坏|轻|重|快|慢)"
    r"|挑[^,。]{0,3}挑不出[^,。]{0,3}[,，]要?说[^,。]{0,2}好[吧嘛也]*(?:没|不|谈不)"
)
# 跟念经一样 is like something, 跟以前一样 the same as something.
_LIKE = re.compile(r"(?:跟|像|好像|和)(?P<what>[^,。!?;]{2,12}?)(?P<same>一样|一个样)")
_SAME_AS = re.compile(
    r"以前|从前|原来|之前|出院|平时|平常|往常|昨天|没病|好人|正常|健康|别人|大家|住院|术前|开刀前|没开|那天|那时|那会|前几天|上[次回周个]|先前|过去|早先|年轻"
)
# 不是完全不疼, 也不是一点不疼: a little.
_NOT_QUITE_NONE = re.compile(
    r"(?:也|倒|并)?(?:不是|不能说)(?:说)?(?:完全|一点儿?|压根|彻底|全然|根本)(?:都|也)?(?:不|没有?)(?=[疼痛痒咳晕喘肿麻胀红])"
)
_UNTOUCHED = re.compile(r"^不(?P<how>[动碰挨摸按走咳压])(?:着|到|它|他)?(?:就|都)?不[疼痛痒]?[疼痛痒晕喘麻],?(?=(?P=how))")
_INDEED = re.compile(r"^.{2,24}?[,，。;!\s]*(?=其实|实际上)")
# 我嫂子说一绝，我住骨科咋就…: others first, then the writer.
_THEIRS = re.compile(
    r"^(?:隔壁|邻床|别人|人家|病友|同病房|我(?:家)?(?:嫂子|邻居|同事|朋友|亲戚|姐夫|表[姐哥弟妹]))[^。!?;]{2,20}?[,，。;!\s]+(?=我(?!们?家|老|爸|妈|儿|女|爹|娘|闺))"
)
# All but one: which of the others is left open.
_BUT_ONE = re.compile(
    r"除了(?:上午|下午|晚上|中午|早上|周.|第?[0-9一二三四五]个?)(?:以外|之外|外)?,?(?:其他|别的|其余)?(?:时间"
    r"|时候)?(?:都|全)(?![不没])|除了[^,。]{1,8}(?:那|这|一)(?:天|次|回|顿|片)[^,。]{0,3}[,， ]*(?:都|全|[一-龥]{0,2}没)?"
)
# Only then: 除了晚上都不得空.
_NONE_BUT = re.compile(
    r"除了(?P<but>[^,。]{1,8}?)(?:以外|之外|外)?[,， ]*(?:别的|其他|其余)?(?:时候|时间|点)?(?:都|全)(?:不|没)得?"
    r"(?:空|行|方便|闲|中|成|时间|可以)"
)
# 侧着睡算哪个: which of them is asked.
_WHICH = re.compile(r"(?:算|选|填|归|是)(?:哪|第几|几)(?:个|项|种|条|样|号)?[呢啊呀好?]*$")
# 现在不吐了, 嗓子恢复了: it was, and is no more.
PASSED = re.compile(
    r"^(?:[一-龥]{0,4}?(?:现在|今天|已经|早|后来|这两天|慢慢)[一-龥]{0,2}|[一-龥]{1,3})?(?:不[一-龥]{1,3}了|好了|恢复了|消了|退了|止住了|缓解了)[。!]*$"
)


def restated(text: str) -> str:
    """The part that counts of a reply; the reply itself where nothing is to be taken out."""
    if len(text) < 6 or _ANY.search(text) is None:
        return text
    if _NEITHER.search(text):
        return "一般"
    told = _NOT_QUITE_NONE.sub("有点", _ECHO.sub("", text, count=1))
    if "样" in told:
        told = _LIKE.sub(lambda like: like[0] if _SAME_AS.search(like["what"]) else like[0][: -len(like["same"])] + "□□", told)
    for form in (_THEIRS, _INDEED, _TURN, _LATER, _UNTOUCHED):
        match = form.search(told)
        if match and len(told) - match.end() >= 3:
            told = told[match.end() :]
    told = _NEVER_WELL.sub(r"\g<who>\g<does>不\g<well>", told)
    twice = _TWICE.search(told)
    if twice and twice["what"] and (twice["when"] or twice["where"] or twice["end"] == "的时候"):
        often = "天天" if twice["when"] else "次次" if twice["end"] == "的时候" else "都"
        told = f"{told[: twice.start()]}{twice['then']}{often}{twice['what']}{told[twice.end() :]}"
    return told


def only(text: str) -> str | None:
    """The one thing that a short reply leaves when it rules out all others: 除了晚上都没空."""
    match = _NONE_BUT.search(text) if "除" in text and len(text) <= 20 else None
    return match["but"] if match else None


def left_open(text: str) -> bool:
    """Whether a reply leaves open which is meant: all but one, or 侧着睡算哪个."""
    return _WHICH.search(text) is not None or ("除" in text and _BUT_ONE.search(text) is not None)
