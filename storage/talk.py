"""What was said between a contact and the hospital, in order, with what was read from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select

from storage.approved import ApprovedUse
from storage.media import Media
from storage.messages import Inbound, Outbound
from storage.readings import Finding, Record
from storage.sessions import Answer, Session
from storage.staff import Staff
from storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the patient's, and what was read from it."""

    message: Inbound
    answers: list[Answer] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    used: list[ApprovedUse] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        return self.message.at


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of the hospital's; `author` is a person's name when a person wrote it."""

    message: Outbound
    author: str

    @property
    def at(self) -> datetime:
        return self.message.created_at


def of_contact(tx: Tx, contact_id: int, *, limit: int = 200) -> tuple[list[Said | Sent], bool]:
    """The last messages both ways, oldest first, and whether there are earlier ones."""
    heard = tx.session.exec(
        select(Inbound)
        .where(Inbound.contact_id == contact_id)
        .order_by(col(Inbound.at).desc(), col(Inbound.id).desc())
        .limit(limit + 1)
    ).all()
    sent = tx.session.exec(
        select(Outbound, Staff.name)
        .outerjoin(Staff, col(Staff.id) == col(Outbound.staff_id))
        .where(Outbound.contact_id == contact_id)
        .order_by(col(Outbound.created_at).desc(), col(Outbound.id).desc())
        .limit(limit + 1)
    ).all()
    merged: list[Said | Sent] = [*_readings(tx, heard), *(Sent(message, name or "") for message, name in sent)]
    merged.sort(key=_order)
    return merged[-limit:], len(merged) > limit


def _order(line: Said | Sent) -> tuple[datetime, int, int]:
    # the answer to a message carries the moment the message was worked on; WeChat's own times are whole seconds
    at = line.message.received_at if isinstance(line, Said) else line.at
    return at, isinstance(line, Sent), line.message.id or 0


def _readings(tx: Tx, heard: Iterable[Inbound]) -> list[Said]:
    lines = {message.id: Said(message) for message in heard if message.id is not None}
    if not lines:
        return []
    for answer in tx.session.exec(select(Answer).where(col(Answer.inbound_id).in_(lines)).order_by(col(Answer.id))):
        lines[answer.inbound_id or 0].answers.append(answer)
    for finding in tx.session.exec(select(Finding).where(col(Finding.inbound_id).in_(lines)).order_by(col(Finding.id))):
        lines[finding.inbound_id].findings.append(finding)
    for record in tx.session.exec(select(Record).where(col(Record.inbound_id).in_(lines)).order_by(col(Record.id))):
        lines[record.inbound_id].records.append(record)
    for use in tx.session.exec(select(ApprovedUse).where(col(ApprovedUse.inbound_id).in_(lines))):
        lines[use.inbound_id].used.append(use)
    for one in tx.session.exec(select(Media).where(col(Media.inbound_id).in_(lines))):
        lines[one.inbound_id].media.append(one)
    return list(lines.values())


def answers(tx: Tx, episode_id: int) -> list[tuple[Session, list[Answer]]]:
    """Every run of a flow for an episode, the last first, with its answers; a corrected answer is left out of them."""
    runs = tx.session.exec(
        select(Session).where(Session.episode_id == episode_id).order_by(col(Session.started_at).desc(), col(Session.id).desc())
    ).all()
    given: dict[int, list[Answer]] = defaultdict(list)
    rows = tx.session.exec(select(Answer).where(Answer.episode_id == episode_id).order_by(col(Answer.id))).all()
    corrected = {answer.corrects for answer in rows}
    for answer in rows:
        if answer.id not in corrected:
            given[answer.session_id].append(answer)
    return [(run, given.get(run.id or 0, [])) for run in runs]


def runs(tx: Tx, wanted: Iterable[int]) -> dict[int, Session]:
    """These runs of flows, by id."""
    found = tx.session.exec(select(Session).where(col(Session.id).in_(list(wanted)))).all()
    return {run.id: run for run in found if run.id is not None}
