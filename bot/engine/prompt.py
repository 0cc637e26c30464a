"""How a question is put: its options with numbers, and a cue of how to answer where the author gave none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.engine.flow import ChoiceAnswer, NumberAnswer, ScaleAnswer
from bot.engine.reader import Option, Question

if TYPE_CHECKING:
    from bot.engine.flow import Answer

REMINDER = "还没有收到您的回复，方便时请回答：\n"
NOT_UNDERSTOOD = "抱歉，没看明白。\n"
CORRECTED = "好的，已更正。"
THANKS = "收到，谢谢您的回复。"
GIVE_UP = "抱歉，我没能处理好。已请医护人员联系您。"
OPEN_KINDS = frozenset({"text", "feedback", "image"})  # any words can answer these, so words said earlier must not
ANY_WORDS = frozenset({"feedback", "image"})  # whatever is said is the answer


def question_of(answer: Answer) -> Question:
    """What the reader is asked."""
    if isinstance(answer, ChoiceAnswer):
        options = tuple(Option(value, tuple(labels)) for value, labels in answer.options.items())
        return Question(answer.type, options, about=answer.about)
    if isinstance(answer, NumberAnswer | ScaleAnswer):
        words = tuple((value, tuple(said)) for value, said in answer.words.items())
        return Question(answer.type, (), answer.min, answer.max, answer.unit, answer.about, words)
    return Question(answer.type, about=answer.about)


def labels_of(answer: Answer) -> dict[str, str]:
    """What the patient sees for each value of a choice."""
    return {value: labels[0] for value, labels in answer.options.items()} if isinstance(answer, ChoiceAnswer) else {}


def listed(question: Question) -> str:
    """The options, one a line, each with the digit that answers it."""
    lines = [f"\n{number} {option.labels[0]}" for number, option in enumerate(question.options, 1)]
    return "".join(lines) + ("\n可选多项，如 1 2" if question.kind == "multichoice" else "")


def cue(question: Question, asked: str) -> str:
    """What is shown after the words of the question."""
    if question.options:
        return listed(question)
    if re.search(r"回复|回答|请选|请写|请打", asked):
        return ""
    if question.kind == "yesno":
        return "（请回复：有 / 没有）" if re.search(r"有没有|有无|有.*[吗么]", asked) else "（请回复：是 / 不是）"
    if question.kind == "scale" and not re.search(r"[0-9０-９]", asked) and question.min is not None and question.max is not None:
        return f"（请回复 {question.min:g} 到 {question.max:g} 的数字）"
    return ""


def default_hint(question: Question, status: str) -> str:
    """The words before the repeated question when the author gave no hint."""
    if status == "out_of_range" and question.min is not None and question.max is not None:
        return f"数字应在 {question.min:g} 到 {question.max:g} 之间，请再看一下。\n"
    return NOT_UNDERSTOOD
