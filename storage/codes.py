"""The QR codes of patients at home: whose they are and whether they were used."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from storage.columns import table
from storage.contacts import Enrolment
from storage.patients import Episode, Patient
from storage.transaction import Tx


class Code(NamedTuple):
    """A code with its patient."""

    token: str
    used_at: datetime | None
    name: str
    born_on: date | None
    ward: str


def listed(tx: Tx) -> list[Code]:
    """The codes of all who are followed, in the order of their stays."""
    code, episode, patient = table(Enrolment).c, table(Episode).c, table(Patient).c
    statement = (
        select(code.token, code.used_at, patient.name, patient.born_on, episode.ward)
        .join(Episode, episode.id == code.episode_id)
        .join(Patient, patient.id == episode.patient_id)
        .where(episode.state == "home")
        .order_by(episode.id)
    )
    return [Code(*row) for row in tx.connection.execute(statement)]
