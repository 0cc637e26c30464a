"""How the follow-up of a stay ends, all of it at once."""

from __future__ import annotations

from datetime import datetime

from storage import outbox, patients, plans, sessions
from storage.transaction import Tx


def end(tx: Tx, episode_id: int, reason: str, now: datetime) -> None:
    """Nothing is asked any more: what is planned stops, talks that wait for an answer end, what has not left yet stays here.
    `reason` is a code of `bot.rules.cohort.REASONS` and is kept with the stay."""
    patients.exclude(tx, episode_id, reason)
    plans.stop(tx, episode_id, reason, now)
    sessions.interrupt(tx, episode_id, now)
    outbox.drop(tx, episode_id, "随访已停止")
