"""The speaker's view of the hospital as said in this reply, out of its evaluations and matters."""

from __future__ import annotations

from bot.reading.matters import Matters, Mood
from bot.reading.reading import Option, Question

VIEWS = {2: "very_satisfied", 1: "satisfied", 0: "neutral", -1: "dissatisfied", -2: "very_dissatisfied"}
_LABELS = (
    ("非常不满意", -2), ("很不满意", -2), ("十分不满意", -2), ("极不满意", -2), ("不太满意", -1), ("不满意", -1),
    ("非常满意", 2), ("很满意", 2), ("十分满意", 2), ("基本满意", 0), ("一般", 0), ("比较满意", 1), ("较满意", 1), ("满意", 1),
)  # fmt: skip


def asks(question: Question | None) -> bool:
    """Whether the question itself asks for the view of the hospital; then a bare 挺好的 counts."""
    if question is None or question.kind == "text":
        return True
    if any("满意" in word or "评价" in word for word in question.about):
        return True
    return any("满意" in option.labels[0] for option in question.options if option.labels)


def chosen(option: Option | None) -> str | None:
    """The view that an option of a satisfaction question stands for."""
    label = option.labels[0] if option is not None and option.labels else ""
    return next((VIEWS[good] for word, good in _LABELS if word in label), None)


def view(matters: Matters, *, bare: bool, abused: bool = False) -> str | None:
    """`bare`: evaluations that name nothing count for the whole. `abused`: the reply calls names and says nothing else."""
    moods = [mood for mood in matters.moods if not mood.sarcastic and mood.about != "clinical"]
    bad = [record for record in matters.records if record.type in ("complaint", "dissatisfaction")]
    praise = [record for record in matters.records if record.type == "praise"]
    sarcastic = any(mood.sarcastic for mood in matters.moods)
    whole = [mood for mood in moods if mood.about == "" and not mood.deed and (bare or mood.named or mood.explicit)]
    plain = [mood for mood in whole if not (bad and mood.good < 0 and len(whole) > 1)]
    if plain and not sarcastic:
        return VIEWS[_overall(plain)]
    if bad:
        if any(mood.good == -2 for mood in moods):
            return "very_dissatisfied"
        good = [mood for mood in moods if mood.good > 0 and not mood.denied]
        if (praise or good) and not sarcastic:
            return "satisfied" if matters.excepted else "neutral"
        return "dissatisfied"
    if sarcastic or abused:
        return "dissatisfied"
    named = [mood for mood in moods if mood.about in ("staff", "aspect") or mood.deed]
    if named:
        goods = {mood.good for mood in named}
        if max(goods) > 0 and min(goods) < 0:
            return "neutral"
        return VIEWS[max(goods) if max(goods) > 0 else min(goods)]
    if praise:
        return "satisfied"
    return None


def _overall(moods: list[Mood]) -> int:
    """The verdict where one is given; else the last word where good and bad are both said, else the strongest."""
    goods = [mood.good for mood in moods if mood.verdict] or [mood.good for mood in moods]
    if max(goods) > 0 and min(goods) < 0:
        return goods[-1]
    return max(goods, key=abs)
