"""The reading of a reply: one call, everything it means."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.reading import intents, matters, numbers, opinion, placing, satisfaction
from bot.reading.answers import Reply
from bot.reading.normalise import Text
from bot.reading.numbers import Number
from bot.reading.reading import Answer, Question, Reading
from bot.reading.tables import Tables, compile_tables
from bot.reading.triage import Triage

__all__ = ["Tables", "answer", "compile_tables", "read"]

# Of a text far too long for a reply only the danger signs are looked for everywhere.
LONGEST = 4000
# Readings of replies up to this length are remembered, so many of them.
SHORT = 8
MANY = 4000
# Longer ones up to this length are kept as they are read, so many of them.
HEARD = 200
SEVERAL = 500


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
    if len(text) > SHORT or unasked or staff_names:
        return _read(text, question, tables, proxy, today, population, unasked, staff_names)
    # most replies are the same few ("有", "好的", "1")
    key = (text, question, proxy, today, population)
    known = tables.short.get(key)
    if known is None:
        if len(tables.short) >= MANY:
            tables.short.clear()
        known = tables.short[key] = _read(text, question, tables, proxy, today, population, unasked, staff_names)
    return known


def _read(
    text: str,
    question: Question | None,
    tables: Tables,
    proxy: bool,
    today: date | None,
    population: frozenset[str],
    unasked: bool,
    staff_names: tuple[str, ...],
) -> Reading:
    source = tables.normalise(text)
    found = numbers.find(source.text)
    triage = Triage(source, found, tables.flags, tables.signs, question=question, proxy=proxy, population=population)
    if len(text) > LONGEST:
        source = tables.normalise(f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}")
        found = numbers.find(source.text)
    reply = Reply(source, found, tables, triage.mentions if len(text) <= LONGEST else None, today)
    answered = reply.answer(question, unasked=unasked) if question is not None else None
    ok = answered is not None and answered.status in ("ok", "out_of_range") and question is not None and question.kind != "text"
    seen: set[str] = set()
    meant = tables.intents.read(source.text, ok or bool(found), seen)
    signs = [(mention.start, mention.end) for mention in triage.mentions] if len(source.raw) <= LONGEST else []
    matter = matters.find(source, tables.matters, staff_names, signs, asked="question" in meant, seen=seen)
    bare = satisfaction.asks(question)
    view = satisfaction.view(matter, bare=bare, abused="abuse" in meant and len(meant) == 1)
    placed = answered
    if question is not None and answered is not None:
        placing.settle(meant, reply, question, answered)
        placed = placing.placed(source.raw, answered, question, meant, triage, matter)
    if len(source.raw) <= opinion.LONGEST and not source.text.isascii():
        marks = [name for name, holds in (("answered", ok), ("bare", bare), ("asked", question is not None)) if holds]
        likely = tables.opinion.weigh(opinion.evidence(source, seen, meant, matter, view, marks + ["sign"] * bool(signs)))
        opinion.wishes(likely, meant, len(source.text), answered=ok)
        second = opinion.matters(tables.opinion, likely, source, matter, tables.matters, excepted="M:except:None" in seen)
        if second is not matter:
            kept, matter = matter, second
            if view is None or len(kept.records) > len(second.records):
                view = satisfaction.view(matter, bare=bare, abused="abuse" in meant and len(meant) == 1)
        view = opinion.view(likely, view, short=len(source.text) <= opinion.SURE, ill=bool(signs))
        if question is not None and answered is not None and not ok:
            placed = placing.placed(source.raw, answered, question, meant, triage, matter)
    if question is not None and placed is not None:
        if "correction" in meant:
            placed = replace(placed, corrects=True)
        if question.kind == "choice" and placed.status == "ok" and satisfaction.asks(question):
            option = next((option for option in question.options if option.value == placed.value), None)
            view = satisfaction.chosen(option) or view
    notes = (*triage.notes, *matter.notes, *(f"意图 {name}：“{source.quote(*span)}”" for name, span in meant.items()))
    return Reading(placed, intents.ordered(meant), view, matter.records, triage.findings, triage.level, notes)


def answer(
    text: str, question: Question, tables: Tables, *, unasked: bool = False, today: date | None = None, proxy: bool = False
) -> Answer:
    """The answer alone, for other questions than the one that waits."""
    if not unasked:
        answered = read(text, question, tables, proxy=proxy, today=today).answer
        assert answered is not None
        return answered
    source, found = _heard(text, tables)
    return Reply(source, found, tables, None, today).answer(question, unasked=True)


def _heard(text: str, tables: Tables) -> tuple[Text, list[Number]]:
    """A text as it is read, and its numbers. What was said is looked at again for every question that comes."""
    known = tables.heard.get(text)
    if known is None:
        source = tables.normalise(text[:LONGEST])
        known = source, numbers.find(source.text)
        if len(text) <= HEARD:
            if len(tables.heard) >= SEVERAL:
                tables.heard.clear()
            tables.heard[text] = known
    return known
