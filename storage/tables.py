"""Every table, imported once, so that the metadata is whole."""

from __future__ import annotations

from sqlmodel import SQLModel

from storage import (
    approved,
    calls,
    consents,
    contacts,
    editions,
    fates,
    kept,
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
    wards,
)

__all__ = [
    "approved",
    "calls",
    "consents",
    "contacts",
    "editions",
    "fates",
    "kept",
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
    "wards",
]

metadata = SQLModel.metadata
