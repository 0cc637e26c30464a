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
_STOPS = ("接收", "退订", "拒收", "不再联系")
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
    signs = [(mention.start, mention.end) for mention in triage.mentions] if len(text) <= LONGEST else []
    matter = matters.find(source, tables.matters, staff_names, signs, asked="question" in meant)
    view = satisfaction.view(matter, bare=satisfaction.asks(question), abused="abuse" in meant and len(meant) == 1)
    if question is not None and answered is not None:
        _settled(meant, reply, question, answered)
        answered = _placed(answered, question, meant, triage, matter)
        if "correction" in meant:
            answered = replace(answered, corrects=True)
        if question.kind == "choice" and answered.status == "ok" and satisfaction.asks(question):
            option = next((option for option in question.options if option.value == answered.value), None)
            view = satisfaction.chosen(option) or view
    notes = (*triage.notes, *matter.notes, *(f"意图 {name}：“{source.quote(*span)}”" for name, span in meant.items()))
    return Reading(answered, intents.ordered(meant), view, matter.records, triage.findings, triage.level, notes)


def _placed(
    answered: Answer, question: Question, meant: dict[str, tuple[int, int]], triage: Triage, matter: matters.Matters
) -> Answer:
    if _ASIDE & meant.keys():
        return Answer("off_topic", rest=answered.rest)
    if question.kind in ("text", "feedback", "image"):
        return Answer("off_topic") if "later" in meant or "refuse" in meant else answered
    if answered.status != "unclear" and (
        answered.sure or question.kind in ("number", "scale", "date") or not _ELSEWHERE & meant.keys()
    ):
        return answered
    if answered.status == "unclear" and (answered.quote or _spoken_to(question, triage)):
        return answered
    if _ELSEWHERE & meant.keys() or matter.records:
        return Answer("off_topic")
    if any(mention.status == "present" and not _related(mention.sign.flag, question) for mention in triage.mentions):
        return Answer("off_topic")
    if _POLITE & meant.keys():
        return Answer("off_topic")
    return answered


def _spoken_to(question: Question, triage: Triage) -> bool:
    """Whether the reply at least speaks of what was asked: 疼死了 to how strong the pain is."""
    return question.kind in ("scale", "number") and any(
        mention.status == "present" and _related(mention.sign.flag, question) for mention in triage.mentions
    )


def _settled(meant: dict[str, tuple[int, int]], reply: Reply, question: Question, answered: Answer) -> None:
    """A reply that is the very label of a waiting option is that answer and no wish: 停了, 没了, 不用了."""
    if answered.status != "ok" or question.kind not in ("choice", "multichoice", "yesno"):
        return
    text = reply.text
    if question.kind != "yesno" and reply.tables.options(question.options).known(text) is None:
        return
    if question.kind == "yesno" and text.strip(" ,。!?") not in reply.tables.yes:
        return
    if any(word in option for option in _labels(question) for word in _STOPS):
        return
    for name in ("stop", "refuse", "deceased", "transferred", "readmitted"):
        if name in meant and meant[name][1] - meant[name][0] >= len(text.strip(" ,。!?")) - 1:
            meant.pop(name)


def _labels(question: Question) -> list[str]:
    return [label for option in question.options for label in option.labels]


def _related(flag: str, question: Question) -> bool:
    if question.kind == "scale":
        return flag == "RF13"
    if question.kind == "number":
        return flag in ("RF10", "RF21", "RF22", "RF23", "RF20", "RF19")
    return question.kind in ("choice", "multichoice", "yesno")


def answer(
    text: str, question: Question, tables: Tables, *, unasked: bool = False, today: date | None = None, proxy: bool = False
) -> Answer:
    """The answer alone, for other questions than the one that waits."""
    if not unasked:
        answered = read(text, question, tables, proxy=proxy, today=today).answer
        assert answered is not None
        return answered
    source = tables.normalise(text[:LONGEST])
    return Reply(source, numbers.find(source.text), tables, None, today).answer(question, unasked=True)
