"""Keeping what was read in a message: symptoms, complaints, praise, suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.care.visit import Visit
from bot.reading.reading import Record
from bot.rules import sla
from storage import readings, tickets


def keep(visit: Visit) -> None:
    """Every finding (the suppressed ones too, for sampling) and every matter becomes a row; a complaint, or a
    dissatisfaction that is more than an irritation, becomes a ticket as well."""
    assert visit.reading is not None
    findings = visit.reading.findings
    episode_id = visit.episode_id if findings else None
    for found in findings:
        readings.found(
            visit.tx,
            episode_id=episode_id,
            inbound_id=visit.inbound_id,
            flag=found.flag,
            level=found.level,
            status=found.status,
            value=found.value,
            quote=found.quote,
            suppressed=found.suppressed,
            at=visit.now,
        )
    for record in visit.reading.records:
        _keep(visit, record)


def widen(
    visit: Visit, inbound_ids: Sequence[int], before: Sequence[Record], whole: Sequence[Record], alone: Sequence[Record]
) -> tuple[Record, ...]:
    """What was told in pieces is one matter: the rows of the earlier pieces take what the whole says, and the words of the last
    piece that it told `alone`. Returns the matters of the whole that are new."""
    rows = readings.of_messages(visit.tx, inbound_ids)
    paired = len(rows) == len(before) == len(whole)
    new = []
    for number, record in enumerate(whole):
        more = [one.quote for one in alone if one.code == record.code and one.quote not in record.quote]
        record = replace(record, quote="，".join([record.quote, *more]))
        like = [row for row in rows if row.code == record.code or row.quote in record.quote]
        row = rows[number] if paired else like[0] if like else None
        if row is None:
            new.append(record)
        elif record.quote != row.quote and row.confirmed_at is None:
            rows = rows if paired else [one for one in rows if one is not row]
            _take(visit, row, record)
        elif not paired:
            rows = [one for one in rows if one is not row]
    return tuple(new)


def _take(visit: Visit, row: readings.Record, record: Record) -> None:
    """A row takes the words, the weight and the person of a fuller reading; it never grows milder."""
    graver = (record.severity or 0) > (row.severity or 0)
    if graver or row.code is None or record.quote.startswith(row.quote):
        row.code = record.code or row.code
    row.type = record.type if graver else row.type
    row.severity = max(record.severity or 0, row.severity or 0) or None
    row.person, row.staff_group = record.person or row.person, record.staff_group or row.staff_group
    row.quote = record.quote
    readings.save(visit.tx, row)
    if _weighty(row.type, row.severity):
        name = visit.practice.tables.name(row.code or "")
        ticket_id = visit.raise_("complaint", sla.level_of(row.severity or 1), f"{name}：“{row.quote[:60]}”")
        if row.ticket_id is None:
            row.ticket_id = ticket_id
            readings.save(visit.tx, row)
            assert row.id is not None
            _owe(visit, row.id, ticket_id, row.code, row.severity or 1)


def _weighty(type_: str, severity: int | None) -> bool:
    return type_ == "complaint" or (type_ == "dissatisfaction" and (severity or 1) > 1)


def acknowledge(visit: Visit) -> None:
    """Tell the patient once that a complaint was written down and by when somebody answers."""
    if visit.piece is not None and any(_weighty(one.type, one.severity) for one in visit.piece.before.records):
        return  # the first piece was told so
    if visit.complaint_due is not None:
        day = visit.complaint_due.astimezone(visit.practice.zone)
        visit.say("complaint_taken", when=f"{day.month}月{day.day}日")


def _keep(visit: Visit, record: Record) -> None:
    severity, ticket_id = record.severity or 1, None
    if _weighty(record.type, severity):
        name = visit.practice.tables.name(record.code or "")
        ticket_id = visit.raise_("complaint", sla.level_of(severity), f"{name}：“{record.quote[:60]}”")
    episode_id = visit.episode_id
    record_id = readings.told(
        visit.tx,
        episode_id=episode_id,
        contact_id=visit.contact.id,
        inbound_id=visit.inbound_id,
        ticket_id=ticket_id,
        type=record.type,
        code=record.code,
        severity=record.severity,
        staff_group=record.staff_group,
        person=record.person,
        quote=record.quote,
        at=visit.now,
    )
    if ticket_id is not None:
        _owe(visit, record_id, ticket_id, record.code, severity)


def _owe(visit: Visit, record_id: int, ticket_id: int, code: str | None, severity: int) -> None:
    """An answer is owed to the patient by a day."""
    practice = visit.practice
    due = sla.answer_by(severity, visit.now, practice.calendar, practice.hours, practice.ladders)
    tickets.complain(
        visit.tx,
        tickets.Complaint(
            record_id=record_id,
            ticket_id=ticket_id,
            episode_id=visit.episode_id,
            code=code or "OT00",
            severity=severity,
            owner=practice.tables.owner(code or ""),
            received_at=visit.now,
            due_at=due,
        ),
    )
    visit.complaint_due = max(visit.complaint_due or due, due)
