"""Options that are a yes, a no or a don't-know, so that whatever says yes chooses them: 有/没有, 已拆/未拆, 会/看情况/不会."""

from __future__ import annotations

import re

from bot.reading.reading import Option

_UNSURE = re.compile(
    r"不清楚|不知道|不确定|不记得|记不[清得]|说不[清好准]|不好说|看情况|没注意|不了解|不一定|拿不准|待定|没想好|不晓得"
    r"|忘了|视情况|可能会?$"
)
_NO = re.compile(
    r"(?:还没有?|从没有?|从未|并没有?|没有|没|尚未|未|无|否|不是|不会|不能|不愿意?|不需要|不想|不要|不同意|不可以|不方便"
    r"|不用|从不|不|暂不)(?P<stem>[一-龥]{0,6})"
)
_YES = re.compile(
    r"(?:已经?|有|是|会|能够?|愿意|需要|想要?|要|同意|可以|方便|正在|在|每天都|都)?(?P<stem>[一-龥]{0,6}?)(?:了|过)?"
)
# Adjectives of a scale: 满意/一般/不满意 is no yes and no.
_GRADED = frozenset(("满意", "太满意", "好", "正常", "太好", "舒服"))
_LATER = re.compile(
    r"(?:下周|下个?月|下星期|下礼拜|明天|后天|过几天|过两天|准备|打算|正要|快要?|还要等?|等着?|才能|要到|没到时间"
    r"|时间(?:还)?没到|还差)"
)


def stances(options: tuple[Option, ...]) -> dict[str, int]:
    """The option that says yes, the one that says no and the one that does not know, where there is a pair of the same."""
    unsure = [index for index, option in enumerate(options) if option.labels and _UNSURE.match(option.labels[0])]
    if any("清楚" in option.labels[0] and not option.labels[0].startswith("不") for option in options if option.labels):
        unsure = [index for index in unsure if "清楚" not in options[index].labels[0]]
    rest = [index for index in range(len(options)) if index not in unsure and options[index].labels]
    denials = [(index, match) for index in rest if (match := _NO.match(options[index].labels[0]))]
    found: dict[str, int] = {"unsure": unsure[0]} if len(unsure) == 1 else {}
    for index, denial in denials:
        stem = denial["stem"].strip("了过有")
        if stem in _GRADED:
            continue
        for other in rest:
            label = options[other].labels[0]
            match = _YES.fullmatch(label)
            if other == index or match is None or _NO.match(label):
                continue
            told = match["stem"].strip("了过有")
            if (
                (told == stem and (told or len(label) <= 2))
                or (stem and label.strip("已经了过") == stem)
                or (not stem and not told)
            ):
                return found | {"yes": other, "no": index, "done": int(label[:1] == "已" or label.endswith(("了", "过")))}
    return found


def deeds(label: str) -> tuple[str, ...]:
    """How one says in short that something is done, is not, or goes on: 已拔除 is 拔了, 还没有换药 is 没换, 带着 is 还带着."""
    match = re.match(
        r"(?:已经?|早已)(?P<done>[一-龥])|(?:还没有?|尚未|未"
        r"|没有?)(?P<open>[换拆拔约做吃打去来买办用开领查练停戒通排解洗走])",
        label,
    )
    if match and match["done"]:
        verb = match["done"]
        return (f"{verb}了", f"{verb}掉了", f"{verb}过了?", f"{verb}(完|好)了", f"早(就)?{verb}(掉)?了", f"{verb}~了")
    if match:
        verb = match["open"]
        return (f"(还)?没有?{verb}", f"未{verb}", f"没{verb}过", f"还没(有)?~{verb}")
    if len(label) <= 3 and label.endswith("着"):
        return (f"还~{label}", f"还{label[0]}", f"{label[0]}着")
    return ()


def to_come(text: str, done: bool) -> bool:
    """Whether what is asked for as done is still to come: 下周才去拆."""
    return done and _LATER.search(text) is not None
