"""One message in work: who wrote what, what it meant, and what is said back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from bot.care import escalation, facts
from bot.care.inbound import Inbound
from bot.care.live import Live
from bot.care.practice import Practice
from bot.reading.reading import Reading
from bot.rules import sla
from storage import contacts, messages, patients, plans, sessions
from storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Piece:
    """A message that may go on with earlier ones: `ids` and `session_id` are those of the earlier, `before` and `whole` the
    readings without and with this one, `text` all the words, `gap` the time since the last."""

    ids: tuple[int, ...]
    session_id: int | None
    text: str
    gap: timedelta
    glued: bool
    before: Reading
    whole: Reading


@dataclass(slots=True)
class Visit:
    """`live` is the talk that waits, `texts` what is said back, `safety` set once the danger text stands for all else.
    `about` is the stay that the words themselves name, `tickets` are those that were raised. `piece` is what the
    message may go on with, `completed` that it completed an earlier answer."""

    tx: Tx
    practice: Practice
    contact: contacts.Held
    inbound: Inbound
    inbound_id: int
    now: datetime
    live: Live | None = None
    reading: Reading | None = None
    texts: list[str] = field(default_factory=list)
    safety: bool = False
    complaint_due: datetime | None = None
    piece: Piece | None = None
    completed: bool = False
    about: int | None = None
    _bindings: list[contacts.Bound] | None = None
    tickets: list[int] = field(default_factory=list)

    @property
    def row(self) -> sessions.Open | None:
        return self.live.row if self.live else None

    @property
    def today(self) -> date:
        return self.practice.today(self.now)

    @property
    def episode_id(self) -> int | None:
        """The stay this message is about: that of the waiting talk, else the one it names, else of the newest binding."""
        if self.row is not None:
            return self.row.episode_id
        if self.about is not None:
            return self.about
        bound = self.bound
        return bound.episode_id if bound else None

    @property
    def bindings(self) -> list[contacts.Bound]:
        """The live bindings, the newest first, as they were when the message came."""
        if self._bindings is None:
            self._bindings = contacts.bound(self.tx, self.contact.id)
        return self._bindings

    @property
    def bound(self) -> contacts.Bound | None:
        """The binding to that stay."""
        wanted = self.row.episode_id if self.row is not None else self.about
        return next((one for one in self.bindings if wanted in (None, one.episode_id)), None)

    @property
    def relation(self) -> str:
        """Who speaks: self, family, or unknown. A talk knows it from its start, which spares a look at the bindings."""
        if self.live is not None and "relation" in self.live.facts:
            return str(self.live.facts["relation"])
        bound = self.bound
        return bound.relation if bound else "unknown"

    @property
    def population(self) -> frozenset[str]:
        """The groups the patient belongs to, for which red lines are stricter."""
        if self.live is not None and "population" in self.live.facts:
            return frozenset(self.live.facts["population"])
        episode_id = self.episode_id
        if episode_id is None:
            return frozenset()
        return frozenset(facts.population(patients.stay(self.tx, episode_id), self.today))

    def raise_(self, matter: str, level: str, reason: str) -> int:
        """A ticket about this visit."""
        session_id = self.row.id if self.row else None
        subject = escalation.Matter(matter, level, reason, self.contact.id, self.episode_id, session_id)
        ticket_id = escalation.raise_(self.tx, self.practice, subject, self.now)
        self.tickets.append(ticket_id)
        return ticket_id

    def to_phone(self, reason: str) -> None:
        """What this talk was for goes on by phone: its touchpoint, if it has one, and one line in the worklist."""
        assert self.row is not None
        if self.row.touchpoint_id is not None:
            plans.ended(self.tx, self.row.touchpoint_id, "phone", reason, self.now)
        subject = escalation.Matter("phone", "L3", f"{reason}，请电话联系", None, self.row.episode_id)
        escalation.raise_(self.tx, self.practice, subject, self.now)

    def say(self, key: str, **facts: Any) -> None:
        """Add one of the hospital's fixed texts."""
        self.texts.append(self.practice.words.say(key, **facts))

    def said_last(self, key: str) -> bool:
        """Whether this fixed text was the last thing the contact was told."""
        return self.practice.words.say(key) == messages.last_text(self.tx, self.contact.id)

    def caution(self) -> None:
        """Say what to do now about a danger sign that must be seen today."""
        if self.reading is not None and self.reading.triage == "L1":
            self.say("danger_l1")

    def ask_again(self) -> None:
        """Put the waiting question once more, after something that came between."""
        if self.live is not None:
            self.texts.append(self.live.again())

    def promise(self, matter: str, level: str) -> str:
        """By when a person answers, for the patient: the deadline that the ticket carries."""
        practice = self.practice
        due, _ = sla.deadline(level, matter, self.now, practice.calendar, practice.hours, practice.ladders)
        local = due.astimezone(practice.zone)
        day = "今天" if local.date() == self.today else f"{local.month}月{local.day}日"
        return f"{day}{local:%H:%M}"
