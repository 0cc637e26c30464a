"""What the hospital has settled: its name, words, plans, ladders and tables. Handed to every act by the roof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.care.approved import Approved
from bot.care.words import Words
from bot.engine import compiled, parse
from bot.reading.read import Tables
from bot.rules.hours import Calendar, Hours
from bot.rules.protocol import Exclusions, Protocol
from bot.rules.sla import Ladders
from storage import revisions
from storage.sealing import Seal
from storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Practice:
    """Frozen but for the shelf, which only remembers what it compiled."""

    hospital: str
    hospital_phone: str
    public_url: str
    zone: ZoneInfo
    tables: Tables
    protocols: tuple[Protocol, ...]
    ladders: Ladders
    windows: Hours
    hours: Hours
    exclusions: Exclusions
    calendar: Calendar
    words: Words
    approved: Approved
    seal: Seal
    consent_version: str
    shelf: Shelf = field(default_factory=lambda: Shelf())

    def today(self, now: datetime) -> date:
        """The date at the hospital."""
        return now.astimezone(self.zone).date()


class Shelf:
    """Compiled flows by revision. A revision never changes, so nothing here grows stale."""

    def __init__(self) -> None:
        self._compiled: dict[int, compiled.Compiled] = {}

    def get(self, tx: Tx, revision_id: int) -> compiled.Compiled:
        """The compiled flow of a revision, with the sub-flows it was published with. Raises LookupError."""
        flow = self._compiled.get(revision_id)
        if flow is None:
            flow = self._compiled[revision_id] = self._load(tx, revision_id)
        return flow

    def _load(self, tx: Tx, revision_id: int) -> compiled.Compiled:
        text, uses = revisions.text(tx, revision_id)
        library: Mapping[str, Any] = {flow: self.get(tx, used) for flow, used in uses.items()}
        flow, issues = parse.parse(text)
        if flow is None:
            raise LookupError(f"revision {revision_id} does not parse: {issues[0].code}")
        try:
            return compiled.compile(flow, library)
        except ValueError as error:
            raise LookupError(f"revision {revision_id} does not compile: {type(error).__name__}") from error
