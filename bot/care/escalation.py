"""Tickets: raised by a talk, climbed by time, worked by staff."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from bot.care import live, post
from bot.care.errors import Refused
from bot.care.practice import Practice
from bot.rules import calls, sla
from bot.rules import tickets as rules
from storage import contacts, patients, plans, staff, tickets
from storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Matter:
    """What a person must see to. `matter` is one of `storage.tickets.MATTERS`, `reason` Chinese words for staff."""

    matter: str
    level: str
    reason: str
    contact_id: int | None
    episode_id: int | None
    session_id: int | None = None


def raise_(tx: Tx, practice: Practice, matter: Matter, now: datetime) -> int:
    """Raise a ticket, or add to the open one of this contact and matter, which takes the more urgent level and the earlier
    deadline. The ladder is copied onto the ticket, so that later edits do not disturb it. Returns the ticket's id."""
    matter = replace(matter, reason=matter.reason[: tickets.REASON])
    known = tickets.open_for(tx, matter.contact_id, matter.episode_id, matter.matter)
    if known is None:
        ticket = tickets.Ticket(
            **asdict(matter),
            ward=patients.stay(tx, matter.episode_id).ward if matter.episode_id is not None else "",
            raised_at=now,
            **_clock(practice, matter, now),
        )
        ticket_id = tickets.save(tx, ticket)
        tickets.log(tx, ticket_id, "raised", matter.reason, now)
        return ticket_id
    known.state = rules.after(known.state, "add")
    if matter.level < known.level:
        clock = _clock(practice, matter, now)
        known.level, known.reason = matter.level, matter.reason
        known.due_at = min(known.due_at, clock["due_at"])
        known.why_due, known.ladder, known.climb_at, known.rung = clock["why_due"], clock["ladder"], clock["climb_at"], 0
        # whoever has it looks again; nobody may sit on it as accepted while it got worse
        known.state, known.answered_at = "open", None
    ticket_id = tickets.save(tx, known)
    tickets.log(tx, ticket_id, "added", matter.reason, now)
    return ticket_id


def climb_due(tx: Tx, practice: Practice, now: datetime, limit: int = 50) -> int:
    """Take every open ticket that nobody accepted to its next rung. Returns how many climbed."""
    climbing = tickets.climbing(tx, now, limit)
    for ticket in climbing:
        climbed = sla.climb([_step(rung) for rung in ticket.ladder], ticket.rung, now)
        ticket.rung, ticket.climb_at = climbed.rung, climbed.climb_at
        ticket_id = tickets.save(tx, ticket)
        if climbed.tell:
            names = "、".join(step.name for step in climbed.tell)
            # whom the ladder names first is told because of the ticket, the later ones because nobody took it
            told = f"无人接手，升级到第{climbed.rung}级，通知{names}" if climbed.rung > 1 else f"通知{names}"
            tickets.log(tx, ticket_id, "climbed", told, now)
    return len(climbing)


def _clock(practice: Practice, matter: Matter, now: datetime) -> dict[str, Any]:
    due_at, why = sla.deadline(matter.level, matter.matter, now, practice.calendar, practice.hours, practice.ladders)
    ladder = sla.ladder_for(practice.ladders, matter.matter, matter.level)
    steps = sla.rungs(ladder, now, practice.calendar, practice.hours)
    return {
        "due_at": due_at,
        "why_due": why,
        "ladder": [{"at": step.at.isoformat(), "who": step.who, "name": step.name} for step in steps],
        "climb_at": steps[0].at if steps else None,
    }


def _step(rung: dict[str, Any]) -> sla.Step:
    return sla.Step(datetime.fromisoformat(rung["at"]), rung["who"], rung["name"])


def wrote(tx: Tx, contact_id: int, now: datetime) -> None:
    """The patient wrote while tickets are open: what waited for the patient is the staff's turn again."""
    for ticket in tickets.open_of(tx, contact_id):
        ticket.state = rules.after(ticket.state, "patient_wrote")
        tickets.save(tx, ticket)


def accept(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, now: datetime) -> None:
    """Take a ticket; its ladder stops climbing. Raises Refused when a colleague has it or it is closed."""
    ticket = _open(tx, ticket_id)
    if not rules.allowed(ticket.state, "accept"):
        raise Refused("这张工单已有人接手")
    _taken(ticket, "accept", staff_id, now)
    tickets.save(tx, ticket)
    tickets.log(tx, ticket_id, "accepted", "接手", now, staff_id)
    staff.audit(tx, staff_id, "accept", now, noun="ticket", noun_id=ticket_id)


def take_over(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, now: datetime) -> None:
    """Take the ticket and the talk: the bot is silent until it is handed back. The patient is told, if a message may go."""
    ticket, contact = _with_contact(tx, ticket_id)
    if contact.owner == "human" and contact.held_by != staff_id:
        raise Refused("这位患者正由同事接待")
    _taken(ticket, "take_over", staff_id, now)
    tickets.save(tx, ticket)
    contacts.own(tx, contact.id, "human", staff_id)
    tickets.log(tx, ticket_id, "taken over", "接管对话", now, staff_id)
    staff.audit(tx, staff_id, "take over", now, noun="ticket", noun_id=ticket_id)
    if contact.owner == "bot":
        post.say(
            tx,
            practice,
            contact,
            [practice.words.say("taken_over")],
            now,
            key=f"taken:{ticket_id}:{int(now.timestamp())}",
            purpose="staff",
            ticket_id=ticket_id,
            author="system",
        )


def hand_back(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, now: datetime) -> None:
    """Give the talk back to the bot, which asks the waiting question again, where it was."""
    ticket, contact = _with_contact(tx, ticket_id)
    if contact.owner == "bot":
        raise Refused("对话已经由机器人接待")
    _release(tx, practice, ticket, contact, now)
    tickets.log(tx, ticket_id, "handed back", "交还机器人", now, staff_id)
    staff.audit(tx, staff_id, "hand back", now, noun="ticket", noun_id=ticket_id)


def reply(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, text: str, now: datetime) -> None:
    """Write to the patient. Takes the ticket and the talk, since two voices confuse. Raises Refused when the text is empty
    or too long, a colleague has the talk, or WeChat's window is shut."""
    ticket, contact = _with_contact(tx, ticket_id)
    text = text.strip()
    if not text:
        raise Refused("请先写内容再发送")
    if post.size(text) > post.BUBBLE:
        raise Refused(f"一次最多{post.BUBBLE}字，现有{post.size(text)}字，请分两次发送")
    if contact.owner == "human" and contact.held_by != staff_id:
        raise Refused("这位患者正由同事接待，请先与同事沟通")
    entry = tickets.log(tx, ticket_id, "reply", text, now, staff_id)
    chosen = post.say(
        tx,
        practice,
        contact,
        [text],
        now,
        key=f"staff:{entry}",
        purpose="staff",
        ticket_id=ticket_id,
        author="staff",
        staff_id=staff_id,
    )
    if chosen.way != "service":
        raise Refused(f"现在不能从微信发出：{chosen.reason}。请改用电话联系。")
    if ticket.state == "open":
        _taken(ticket, "accept", staff_id, now)
    _taken(ticket, "reply", staff_id, now)
    ticket.answered_at = ticket.answered_at or now
    tickets.save(tx, ticket)
    contacts.own(tx, contact.id, "human", staff_id)
    staff.audit(tx, staff_id, "reply", now, noun="ticket", noun_id=ticket_id)


def note(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, text: str, now: datetime) -> None:
    """Add words that the patient never sees."""
    _open(tx, ticket_id)
    if not text.strip():
        raise Refused("备注不能为空")
    tickets.log(tx, ticket_id, "note", text.strip(), now, staff_id)
    staff.audit(tx, staff_id, "note", now, noun="ticket", noun_id=ticket_id)


def close(tx: Tx, practice: Practice, ticket_id: int, staff_id: int, outcome: str, note: str, now: datetime) -> None:
    """Close with an outcome; the talk goes back to the bot when who has it has no other ticket of this contact. Raises Refused
    for an outcome that does not fit the matter (a danger sign is closed only with what became of it)."""
    ticket = _open(tx, ticket_id)
    if ticket.state == "open":
        _taken(ticket, "accept", staff_id, now)
    refusal = rules.refusal(ticket.state, ticket.matter, outcome, note)
    if refusal:
        raise Refused(refusal)
    ticket.state, ticket.outcome, ticket.closing_note = "closed", outcome, note.strip()
    ticket.closed_at, ticket.closed_by, ticket.climb_at = now, staff_id, None
    ticket.answered_at = ticket.answered_at or now
    tickets.save(tx, ticket)
    tickets.log(tx, ticket_id, "closed", "：".join(filter(None, (outcome, note.strip()))), now, staff_id)
    staff.audit(tx, staff_id, "close", now, noun="ticket", noun_id=ticket_id)
    if ticket.matter == "phone" and ticket.episode_id is not None:
        plans.called(tx, ticket.episode_id, calls.became(outcome), outcome, now)
    contact = contacts.hold_id(tx, ticket.contact_id) if ticket.contact_id is not None else None
    still = contact and any(
        other.state in ("accepted", "waiting") and other.owner_id == contact.held_by for other in tickets.open_of(tx, contact.id)
    )
    if contact and contact.owner == "human" and not still:
        _release(tx, practice, ticket, contact, now)


def _taken(ticket: tickets.Ticket, move: str, staff_id: int, now: datetime) -> None:
    ticket.state, ticket.owner_id, ticket.climb_at = rules.after(ticket.state, move), staff_id, None
    ticket.accepted_at = ticket.accepted_at or now


def _release(tx: Tx, practice: Practice, ticket: tickets.Ticket, contact: contacts.Held, now: datetime) -> None:
    contacts.own(tx, contact.id, "bot", None)
    try:
        waiting = live.waiting(tx, practice, contact.id)
    except live.Spoiled:
        waiting = None  # its own time comes, or the patient's next message: see talk.fail
    texts = [practice.words.say("handed_back")]
    if waiting is not None:
        texts.append(waiting.again())
    key = f"back:{ticket.id}:{int(now.timestamp())}"
    post.say(tx, practice, contact, texts, now, key=key, purpose="staff", ticket_id=ticket.id, author="system")


def _open(tx: Tx, ticket_id: int) -> tickets.Ticket:
    ticket = tickets.get(tx, ticket_id)
    if ticket is None:
        raise Refused("没有这张工单")
    if ticket.state == "closed":
        raise Refused("这张工单已经关闭")
    return ticket


def _with_contact(tx: Tx, ticket_id: int) -> tuple[tickets.Ticket, contacts.Held]:
    ticket = _open(tx, ticket_id)
    contact = contacts.hold_id(tx, ticket.contact_id) if ticket.contact_id is not None else None
    if contact is None or contact.openid is None:
        raise Refused("这位患者没有绑定微信，请电话联系")
    return ticket, contact
