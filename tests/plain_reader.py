"""A reader of a few lines for tests of the engine alone: numbers, labels, words, 是 and 不. Clauses are cut at commas."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass
class Heard:
    status: str = "unclear"
    value: Any = None
    quote: str = ""
    rest: str = ""
    sure: bool = True
    corrects: bool = False


def read(said, question, *, unasked=False):
    clauses = [clause for clause in re.split("[，,。 ]+", said) if clause]
    corrects = bool(clauses) and re.match("改一下|打错了", clauses[0]) is not None
    clauses = clauses[corrects:]
    if question.kind == "multichoice" and not unasked:
        values = [value for clause in clauses if (value := _option(clause, question, digits=True))]
        return Heard("ok" if values else "unclear", values, said, corrects=corrects)
    if question.kind in ("text", "feedback", "image"):
        return Heard("ok", said, said, corrects=corrects)
    status = "unclear"
    for place, clause in enumerate(clauses):
        value = _value(clause, question, unasked)
        if value is not None and question.kind in ("number", "scale"):
            low, high = question.min, question.max
            if (low is not None and value < low) or (high is not None and value > high):
                status, value = "out_of_range", None
        if value is not None:
            rest = "，".join(clauses[:place] + clauses[place + 1 :])
            return Heard("ok", value, clause, rest, sure="大概" not in clause, corrects=corrects)
    return Heard(status, corrects=corrects)


def _value(clause, question, unasked):
    if unasked and not any(word in clause for word in (*question.about, *_labels(question))):
        return None
    for value, words in question.words:
        if any(word in clause for word in words):
            return value
    if question.kind in ("number", "scale"):
        found = re.search(r"\d+(?:\.\d+)?", clause.replace("度", "."))
        return float(found[0].rstrip(".")) if found else None
    if question.kind == "yesno":
        return False if re.search("不|没", clause) else True if re.search("是|有|对|要", clause) else None
    if question.kind == "date":
        found = re.search(r"(\d+)月(\d+)日", clause)
        return f"2026-{int(found[1]):02}-{int(found[2]):02}" if found else None
    return _option(clause, question, digits=not unasked)


def _option(clause, question, *, digits):
    for number, option in enumerate(question.options, 1):
        if (digits and clause == str(number)) or any(label in clause for label in option.labels):
            return option.value
    return None


def _labels(question):
    return [label for option in question.options for label in option.labels]


def broken(said, question, *, unasked=False):
    """A reader that fails on everything."""
    raise RuntimeError("the reading broke")
