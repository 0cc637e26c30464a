"""The reading of a reply: one call, everything it means."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.reading import intents, matters, numbers, satisfaction
from bot.reading.answers import Reply
from bot.reading.reading import Answer, Question, Reading
from bot.reading.tables import Tables, compile_tables
from bot.reading.triage import Triage

__all__ = ["Tables", "answer", "compile_tables", "read"]

# Of a text far too long for a reply only the danger signs are looked for everywhere.
LONGEST = 4000
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
_POLITE = frozenset(("thanks", "greeting"))


def read(
    text: str,
    question: Question | None,
    tables: Tables,
    *,
    proxy: bool = False,
    today: date | None = None,
    population: frozenset[str] = frozenset(),
    unasked: bool = False,
    staff_names: tuple[str, ...] = (),
) -> Reading:
    """What a reply means. `proxy`: the account is a family member's, so 我爸 is the patient. `population`: what the plan says
    of the patient (red_flags.yaml, populations). Never raises on any text."""
    source = tables.normalise(text)
    found = numbers.find(source.text)
    triage = Triage(source, found, tables.flags, tables.signs, question=question, proxy=proxy, population=population)
    if len(text) > LONGEST:
        source = tables.normalise(f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}")
        found = numbers.find(source.text)
    reply = Reply(source, found, tables, triage.mentions if len(text) <= LONGEST else None, today)
    answered = reply.answer(question, unasked=unasked) if question is not None else None
    ok = answered is not None and answered.status in ("ok", "out_of_range") and question is not None and question.kind != "text"
    meant = tables.intents.read(source.text, ok or bool(found))
    matter = matters.find(source, tables.matters, staff_names)
    view = satisfaction.view(matter, bare=satisfaction.asks(question))
    if question is not None and answered is not None:
        answered = _placed(answered, question, meant, triage, matter)
        if question.kind == "choice" and answered.status == "ok" and satisfaction.asks(question):
            option = next((option for option in question.options if option.value == answered.value), None)
            view = satisfaction.chosen(option) or view
    notes = (*triage.notes, *matter.notes, *(f"意图 {name}：“{source.quote(*span)}”" for name, span in meant.items()))
    return Reading(answered, intents.ordered(meant), view, matter.records, triage.findings, triage.level, notes)


def _placed(
    answered: Answer, question: Question, meant: dict[str, tuple[int, int]], triage: Triage, matter: matters.Matters
) -> Answer:
    if "correction" in meant and answered.status == "ok":
        answered = replace(answered, corrects=True)
    if _ASIDE & meant.keys():
        return Answer("off_topic", rest=answered.rest)
    if question.kind in ("text", "feedback", "image"):
        return Answer("off_topic") if "later" in meant or "refuse" in meant else answered
    if answered.status != "unclear" and (answered.sure or question.kind != "yesno" or not _ELSEWHERE & meant.keys()):
        return answered
    if _ELSEWHERE & meant.keys() or matter.records:
        return Answer("off_topic")
    if any(mention.status == "present" and not _related(mention.sign.flag, question) for mention in triage.mentions):
        return Answer("off_topic")
    if _POLITE & meant.keys():
        return Answer("off_topic")
    return answered


def _related(flag: str, question: Question) -> bool:
    if question.kind == "scale":
        return flag == "RF13"
    if question.kind == "number":
        return flag in ("RF10", "RF21", "RF22", "RF23", "RF20", "RF19")
    return question.kind in ("choice", "multichoice", "yesno")


def answer(text: str, question: Question, tables: Tables, *, unasked: bool = False, today: date | None = None) -> Answer:
    """The answer alone, for later questions of the same reply."""
    source = tables.normalise(text[:LONGEST])
    found = numbers.find(source.text)
    reply = Reply(source, found, tables, None, today)
    if question.kind == "yesno" and not unasked:
        reply.mentions = Triage(source, found, tables.flags, tables.signs, question=question).mentions
    answered = reply.answer(question, unasked=unasked)
    if answered.status == "ok" and any(word in source.text for word in ("错", "改", "不对", "口误", "手滑")):
        meant = tables.intents.read(source.text, True)
        if "correction" in meant and answered.status == "ok":
            answered = replace(answered, corrects=True)
    return answered
