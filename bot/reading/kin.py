"""Who is writing: the patient, or which relative of theirs. 我是他儿子 names the writer, 替我爸回的 names the patient."""

from __future__ import annotations

import re

SPOUSE, CHILD, PARENT, SIBLING, GRANDCHILD, GRANDPARENT, OTHER, SELF = (
    "spouse", "child", "parent", "sibling", "grandchild", "grandparent", "other", "self",
)  # fmt: skip
_WORDS = {
    CHILD: r"儿媳妇?|女婿|儿子|女儿|闺女|姑娘|丫头|幺儿|崽|大儿|小儿|老大|老二|老幺|养女|养子|干儿子|干女儿|子女|儿女|孩子|娃儿?",
    SPOUSE: (
        r"老公|老婆|丈夫|妻子|爱人|老伴儿?|媳妇儿?|对象|先生|太太|男人|女人|内人|内子|当家的|掌柜的|堂客|婆娘|男朋友"
        r"|女朋友|未婚夫|未婚妻|配偶|夫妻|那口子"
    ),
    GRANDPARENT: r"爷爷|奶奶|姥姥|姥爷|外公|外婆|祖父|祖母|阿公|阿婆",
    GRANDCHILD: r"外?孙媳妇?儿?|外?孙女婿|外?孙(?:子|女)儿?|孙辈|重孙",
    PARENT: (
        r"公公|婆婆|岳父|岳母|丈母娘|老丈人|爸爸?|妈妈?|父亲|母亲|爹|娘|老爸|老妈|老爷子|老太太|父母|老父亲|老母亲|老娘"
        r"|老爹|阿爸|阿妈"
    ),
    SIBLING: r"表?堂?(?:哥哥?|弟弟?|姐姐?|妹妹?|兄弟|姐妹|兄妹|姐弟)|嫂子?|姐夫|妹夫|弟媳",
    OTHER: (
        r"侄媳妇?儿?|侄女婿|外甥媳妇?儿?|邻居|朋友|同事|护工|保姆|阿姨|侄子?|侄女|外甥女?|亲戚|工友|同学|领导|村医|村干部|社工|房东|室友|舍友|老师"
        r"|隔壁的?|叔叔?|伯伯|舅舅?|姑姑?|姨妈?|婶婶?|大夫|护士"
    ),
}
_KIN = "|".join(f"(?P<{name}>{words})" for name, words in _WORDS.items())
_WHICH = "(?:大|二|三|四|小|亲|老[大二三])?"
_PATIENT = r"(?:患者|病人|老人家?|本人|住院的(?:人|那个)?|产妇|机主|他们?|她们?|它|[王李张刘陈杨黄赵吴周徐孙][一-龥]{1,2})"
# 我是他儿子, 我她老公, 这是病人的女儿在回: the word names the writer.
_WRITER = re.compile(
    rf"(?:我|俺|这|咱)(?:就|也|其实)?(?:是)?{_PATIENT}的?{_WHICH}(?:{_KIN})|(?:我|俺)(?:就"
    rf"|也)?是(?:{_KIN.replace('(?P<', '(?P<w_')})(?!的)"
)
# 替我爸回, 我妈住的院, 病人是我老公: the word names the patient.
_FOR = re.compile(
    rf"(?:替|帮|给|代|代替|患者是|病人是|住院的是|是|为)(?:我|俺)(?:们)?(?:家)?(?:{_KIN})"
    rf"|(?:我|俺)(?:们)?(?:家)?(?:{_KIN.replace('(?P<', '(?P<p_')})(?:住|是病人|是患者|的病|生病|做的?手术|开刀|不会"
    rf"|不识字|眼神|看不|让我|叫我|手机|年纪|在睡|在休息|耳朵|没手机|用不)"
)
_BARE = re.compile(
    rf"(?:嗯|哦|我|是|就是|患者的?|病人的?|他|她|的|家属)*(?:{_KIN})(?:了|的|吧|呀|在(?:回|答|看|代).{{0,4}}|代(?:答|回|填))*"
)
_SELF = re.compile(
    r"^[,。 ]*我[啊呀嘛呢哦哈的]*[,。!~ ]*$"
    r"|我(?:自己|本人)|(?<!不是)本人|(?<!不)(?:就)?是我(?:自己|本人)?(?:$|[,。!])|我(?:就)?是(?:病人|患者|住院的"
    r"|产妇)(?!的|家|他|她)|(?<!不)是?自己(?:住|在|回|$)|我住(?:的|过)院"
)
_PATIENT_SELF = re.compile(
    r"(?:替|帮|给|代)我(?:打字|填|弄|回|写|按|点|念|操作)|我(?:就|才)?是(?:病人|患者|本人|住院的)(?!的|家|他|她)"
)
_RELATIVE = re.compile(r"侄|外甥|亲戚|叔|伯|舅|姑|姨|婶")
_DENIES = re.compile(r"不是(?:患者|病人|我)?(?:本人|自己|患者|病人)(?!的)|我不是(?:患者|病人|本人)")
_INVERSE = {
    SPOUSE: SPOUSE,
    CHILD: PARENT,
    PARENT: CHILD,
    SIBLING: SIBLING,
    GRANDCHILD: GRANDPARENT,
    GRANDPARENT: GRANDCHILD,
    OTHER: OTHER,
}
_LABELS = (
    (SELF, re.compile(r"本人|自己|患者$|病人$")),
    (CHILD, re.compile(r"子女|儿女|儿子|女儿|孩子")),
    (SPOUSE, re.compile(r"配偶|爱人|夫妻|丈夫|妻子|老公|老婆|伴侣|老伴")),
    (PARENT, re.compile(r"父母|父亲|母亲|爸|妈|家长")),
    (SIBLING, re.compile(r"兄弟|姐妹|兄妹|同胞")),
    (GRANDCHILD, re.compile(r"孙")),
    (GRANDPARENT, re.compile(r"祖父|祖母|爷爷|奶奶")),
    ("family", re.compile(r"家属|家人|亲属|亲人|亲友|家里人")),
    (OTHER, re.compile(r"其他|其它|他人|别人|朋友|护工|邻居|照护|照顾者")),
)


def labels(first_labels: list[str]) -> dict[str, int]:
    """Which option stands for which relation; empty when the options do not ask who is writing."""
    found: dict[str, int] = {}
    for index, label in enumerate(first_labels):
        if re.match(r"不是|非|打错|不想", label):
            continue
        for name, form in _LABELS:
            if form.search(label):
                found.setdefault(name, index)
    return found if SELF in found and len(found) > 1 else {}


def writer(text: str) -> tuple[str, int, int] | None:
    """Who a reply says is writing, with the place that says so."""
    match = _PATIENT_SELF.search(text)
    if match and not _DENIES.search(text):
        return SELF, match.start(), match.end()
    match = _WRITER.search(text)
    if match:
        return _name(match), match.start(), match.end()
    match = _FOR.search(text)
    if match:
        return _INVERSE[_name(match)], match.start(), match.end()
    first = re.split(r"[,。!?;\n]", text, maxsplit=1)[0]
    match = _BARE.match(first)
    if match and (match.end() == len(first) or len(first) <= 12) and not _DENIES.search(first):
        return _name(match), 0, match.end()
    match = _SELF.search(text)
    if match and not _DENIES.search(text):
        return SELF, match.start(), match.end()
    return None


def _name(match: re.Match[str]) -> str:
    return next(name.removeprefix("w_").removeprefix("p_") for name, said in match.groupdict().items() if said is not None)


def pick(text: str, known: dict[str, int], breaks: frozenset[int]) -> tuple[int, int, int] | None:
    """The option for who is writing."""
    for place in sorted(breaks, reverse=True):
        text = f"{text[:place]},{text[place:]}"
    said = writer(text)
    if said is None:
        return None
    name, start, end = said
    shift = sum(1 for place in breaks if place < end)
    if name == OTHER and "family" in known and _RELATIVE.search(text, start, end):
        index = known["family"]
    elif name in known:
        index = known[name]
    elif name == OTHER or "family" not in known:
        if OTHER not in known:
            return None
        index = known[OTHER]
    else:
        index = known["family"]
    return index, max(0, start - shift), max(1, end - shift)
