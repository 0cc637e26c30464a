"""Every table, imported once, so that the metadata is whole."""

from __future__ import annotations

from sqlmodel import SQLModel

from storage import contacts, messages, patients, plans, readings, revisions, sessions, settings, staff, tickets

__all__ = [
    "approved",
    "contacts",
    "messages",
    "metadata",
    "patients",
    "plans",
    "readings",
    "revisions",
    "sessions",
    "settings",
    "staff",
    "tickets",
]

metadata = SQLModel.metadata
