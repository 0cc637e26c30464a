"""Keeping what was read in a message: symptoms, complaints, praise, suggestions."""

from __future__ import annotations

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


def acknowledge(visit: Visit) -> None:
    """Tell the patient once that a complaint was written down and by when somebody answers."""
    if visit.complaint_due is not None:
        day = visit.complaint_due.astimezone(visit.practice.zone)
        visit.say("complaint_taken", when=f"{day.month}月{day.day}日")


def _keep(visit: Visit, record: Record) -> None:
    severity, ticket_id = record.severity or 1, None
    if record.type == "complaint" or (record.type == "dissatisfaction" and severity > 1):
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
        practice = visit.practice
        due = sla.answer_by(severity, visit.now, practice.calendar, practice.hours, practice.ladders)
        tickets.complain(
            visit.tx,
            tickets.Complaint(
                record_id=record_id,
                ticket_id=ticket_id,
                episode_id=episode_id,
                code=record.code or "OT00",
                severity=severity,
                owner=practice.tables.owner(record.code or ""),
                received_at=visit.now,
                due_at=due,
            ),
        )
        visit.complaint_due = max(visit.complaint_due or due, due)
