"""Every table, imported once, so that the metadata is whole."""

from __future__ import annotations

from sqlmodel import SQLModel

from storage import (
    approved,
    contacts,
    editions,
    media,
    messages,
    patients,
    plans,
    readings,
    revisions,
    revisits,
    sessions,
    settings,
    staff,
    tickets,
)

__all__ = [
    "approved",
    "contacts",
    "editions",
    "media",
    "messages",
    "metadata",
    "patients",
    "plans",
    "readings",
    "revisions",
    "revisits",
    "sessions",
    "settings",
    "staff",
    "tickets",
]

metadata = SQLModel.metadata
