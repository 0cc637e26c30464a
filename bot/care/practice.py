"""What the hospital has settled: its name, words, plans, ladders and tables. Handed to every act by the roof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.care.almanac import Almanac
from bot.care.approved import Approved
from bot.care.scripts import Scripts
from bot.care.ways import Ways
from bot.care.words import Words
from bot.engine import compiled, parse
from bot.reading.read import Tables
from bot.rules.cohort import Exclusions
from bot.rules.consent import Consent
from bot.rules.hours import Calendar, Hours
from bot.rules.protocol import Protocol
from bot.rules.retention import Retention
from bot.rules.sla import Ladders
from storage import editions, revisions
from storage.sealing import Seal
from storage.transaction import Tx


@dataclass(frozen=True, slots=True)
class Practice:
    """Frozen but for the shelf, which only remembers what it compiled, and the almanac, which follows the console."""

    hospital: str
    hospital_phone: str
    public_url: str
    zone: ZoneInfo
    tables: Tables
    protocols: tuple[Protocol, ...]
    ladders: Ladders
    almanac: Almanac
    hours: Hours
    exclusions: Exclusions
    words: Words
    approved: Approved
    seal: Seal
    consent: Consent
    retention: Retention
    script: Scripts
    ways: Ways
    shelf: Shelf = field(default_factory=lambda: Shelf())

    @property
    def calendar(self) -> Calendar:
        """The odd days, as staff keep them."""
        return self.almanac.calendar

    @property
    def windows(self) -> Hours:
        """When contacts begin, where a plan says nothing else."""
        return self.almanac.windows

    def today(self, now: datetime) -> date:
        """The date at the hospital."""
        return now.astimezone(self.zone).date()


class Shelf:
    """Compiled flows by revision. A revision never changes, so nothing here grows stale."""

    def __init__(self) -> None:
        self._compiled: dict[int, compiled.Compiled] = {}
        self._protocols: dict[str, Protocol] = {}

    def get(self, tx: Tx, revision_id: int) -> compiled.Compiled:
        """The compiled flow of a revision, with the sub-flows it was published with. Raises LookupError."""
        flow = self._compiled.get(revision_id)
        if flow is None:
            flow = self._compiled[revision_id] = self._load(tx, revision_id)
        return flow

    def protocol(self, tx: Tx, edition_id: int) -> Protocol | None:
        """The protocol in the edition that a plan was made from; None for one that this program cannot read any more."""
        checksum, data = editions.get(tx, edition_id, known=self._protocols.keys())
        if checksum not in self._protocols:
            try:
                self._protocols[checksum] = Protocol.model_validate(data)
            except ValueError:
                return None
        return self._protocols[checksum]

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
