"""Whether a reply answers the question that waits, in the light of what else it says."""

from __future__ import annotations

import re

from bot.reading.answers import Reply
from bot.reading.matters import Matters
from bot.reading.reading import Answer, Question
from bot.reading.triage import Triage

# Whatever else is in the reply, these leave the question where it is.
_ASIDE = frozenset(("stop", "wrong_person", "deceased"))
_ELSEWHERE = frozenset(
    (
        "stop",
        "wrong_person",
        "deceased",
        "transferred",
        "readmitted",
        "ask_human",
        "question",
        "suspect_fraud",
        "abuse",
        "refuse",
        "later",
    )
)
_STOPS = ("接收", "退订", "拒收", "不再联系")
_WHO = ("本人", "打错")
_POLITE = frozenset(("thanks", "greeting"))


def placed(
    said: str, answered: Answer, question: Question, meant: dict[str, tuple[int, int]], triage: Triage, matter: Matters
) -> Answer:
    """The answer in the light of what else the reply wants: what is not about the question is off topic."""
    if _ASIDE & meant.keys():
        return Answer("off_topic", rest=answered.rest)
    if question.kind in ("text", "feedback", "image"):
        return Answer("off_topic") if "later" in meant or "refuse" in meant else answered
    if answered.status == "ok" and _only_asks(said, answered, question, meant):
        return Answer("off_topic")
    if answered.status == "ok" and not answered.sure and question.kind == "choice" and triage.level == "L0":
        return Answer("off_topic")
    if answered.status != "unclear" and (
        answered.sure or question.kind in ("number", "scale", "date") or not _ELSEWHERE & meant.keys()
    ):
        return answered
    if answered.status == "unclear" and question.kind in ("choice", "multichoice") and triage.level in ("L0", "L1"):
        return Answer("off_topic")  # who tells of danger does not mean an option that was not recognised
    if answered.status == "unclear" and (answered.quote or _spoken_to(question, triage)):
        return answered
    if _ELSEWHERE & meant.keys() or matter.records:
        return Answer("off_topic")
    if any(mention.status == "present" and not _related(mention.sign.flag, question) for mention in triage.mentions):
        return Answer("off_topic")
    if _POLITE & meant.keys():
        return Answer("off_topic")
    return answered


def _only_asks(said: str, answered: Answer, question: Question, meant: dict[str, tuple[int, int]]) -> bool:
    """Whether a reply that names an option in one breath with 吗 or 不 at its end asks rather than answers."""
    said = said.strip()
    asked = "question" in meant and question.kind in ("choice", "multichoice") and not any(char.isdigit() for char in said)
    return asked and re.search(r"[,，。!！;；\s]", said) is None and re.search(r"(?:吗|么|不)[?？]?$", said) is not None


def _spoken_to(question: Question, triage: Triage) -> bool:
    """Whether the reply at least speaks of what was asked: 疼死了 to how strong the pain is."""
    return question.kind in ("scale", "number") and any(
        mention.status == "present" and _related(mention.sign.flag, question) for mention in triage.mentions
    )


def settle(meant: dict[str, tuple[int, int]], reply: Reply, question: Question, answered: Answer) -> None:
    """A reply that is the very label of a waiting option is that answer and no wish: 停了, 没了, 不用了."""
    if answered.status != "ok" or question.kind not in ("choice", "multichoice", "yesno"):
        return
    text = reply.text
    if question.kind != "yesno" and reply.tables.options(question.options).known(text) is None:
        return
    if question.kind == "yesno" and text.strip(" ,。!?\n") not in reply.tables.yes:
        return
    if any(word in option for option in _labels(question) for word in _STOPS):
        return
    asks_who = any(word in option for option in _labels(question) for word in _WHO)
    wishes = ("stop", "refuse", "later", "deceased", "transferred", "readmitted")
    for name in wishes if asks_who else (*wishes, "wrong_person"):
        if name in meant and meant[name][1] - meant[name][0] >= len(text.strip(" ,。!?\n")) - 1:
            meant.pop(name)


def _labels(question: Question) -> list[str]:
    return [label for option in question.options for label in option.labels]


def _related(flag: str, question: Question) -> bool:
    if question.kind == "scale":
        return flag == "RF13"
    if question.kind == "number":
        return flag in ("RF10", "RF21", "RF22", "RF23", "RF20", "RF19")
    return question.kind in ("choice", "multichoice", "yesno")
