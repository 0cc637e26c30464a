"""Everything that is kept about one person, found by following the references between tables, and its deletion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Table, delete, func, or_, select
from sqlmodel import SQLModel

from storage.columns import table
from storage.contacts import Binding
from storage.patients import Episode
from storage.staff import AuditEntry
from storage.transaction import Tx

# tables of the house: rows of persons point at them, but they tell of no patient
HOUSE = frozenset(
    {
        "access_token",
        "audit_entry",
        "calendar_day",
        "consent_text",
        "early_word",
        "erased_stay",
        "import",
        "kept",
        "login",
        "login_failure",
        "protocol_edition",
        "revision",
        "setting",
        "staff",
        "ward_code",
    }
)
_MOST = 400  # ids in one statement
_ROUNDS = 4  # a message that is told only by what was read in it brings its reply in the next round

Rows = dict[str, list[dict[str, Any]]]


def collect(tx: Tx, patient_id: int) -> Rows:
    """The rows of a person by table, in the order of their ids. An account that speaks for others as well is not theirs alone: of
    its messages those are, that belong to a talk or a ticket about them, or in which something was read about them."""
    ids = _owned(tx, patient_id)
    found: Rows = {}
    for one in _personal():
        mine = ids.get(one.name, set())
        rows = [
            dict(row._mapping) for part in _parts(mine) for row in tx.connection.execute(select(one).where(one.c.id.in_(part)))
        ]
        if rows:
            found[one.name] = sorted(rows, key=lambda row: int(row["id"]))
    return found


def looks(tx: Tx, rows: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Who did or looked at what of this person, without their names: the audit's lines about these rows."""
    audit = table(AuditEntry)
    wanted = [
        (audit.c.noun == noun) & audit.c.noun_id.in_([row["id"] for row in part][:_MOST])
        for noun, part in rows.items()
        if noun in ("patient", "episode", "ticket", "binding", "media")
    ]
    if not wanted:
        return []
    statement = select(audit.c.at, audit.c.act, audit.c.noun).where(or_(*wanted)).order_by(audit.c.id)
    return [dict(row._mapping) for row in tx.connection.execute(statement)]


def remove(tx: Tx, rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, int]:
    """Delete these rows, those that point at others first. How many there were by table."""
    gone: dict[str, int] = {}
    tx.session.flush()
    for one in reversed(list(_personal())):
        mine = [row["id"] for row in rows.get(one.name, [])]
        for part in _parts(mine):
            tx.connection.execute(delete(one).where(one.c.id.in_(part)))
        if mine:
            gone[one.name] = len(mine)
    tx.session.expire_all()
    return gone


def _personal() -> Iterator[Table]:
    """The tables that may tell of patients, the ones that are pointed at first."""
    return (one for one in SQLModel.metadata.sorted_tables if one.name not in HOUSE)


def _owned(tx: Tx, patient_id: int) -> dict[str, set[int]]:
    ids: dict[str, set[int]] = {"patient": {patient_id}}
    episode = table(Episode)
    ids["episode"] = {row[0] for row in tx.connection.execute(select(episode.c.id).where(episode.c.patient_id == patient_id))}
    ids["contact"] = _accounts(tx, ids["episode"])
    for _ in range(_ROUNDS):
        before = sum(len(mine) for mine in ids.values())
        for one in _personal():
            if one.name not in ("patient", "episode", "contact"):
                ids.setdefault(one.name, set()).update(_of(tx, one, ids))
        ids["inbound"] |= _told_of(tx, ids)
        if sum(len(mine) for mine in ids.values()) == before:
            break
    return ids


def _accounts(tx: Tx, episodes: set[int]) -> set[int]:
    """The accounts that were never bound to a stay of somebody else."""
    binding = table(Binding)
    mine = {
        row[0]
        for part in _parts(episodes)
        for row in tx.connection.execute(select(binding.c.contact_id).where(binding.c.episode_id.in_(part)))
    }
    shared = {
        row[0]
        for part in _parts(mine)
        for row in tx.connection.execute(
            select(binding.c.contact_id).where(binding.c.contact_id.in_(part), binding.c.episode_id.not_in(list(episodes)))
        )
    }
    return mine - shared


def _of(tx: Tx, one: Table, ids: Mapping[str, set[int]]) -> set[int]:
    """Rows of a table that belong to the person: a stay that is named decides alone; else any reference to what is theirs."""
    found: set[int] = set()
    unsaid = one.c.episode_id.is_(None) if "episode_id" in one.c else None
    for key in one.foreign_keys:
        mine, column = ids.get(key.column.table.name, set()), key.parent
        for part in _parts(mine):
            wanted = [column.in_(part)] + ([unsaid] if unsaid is not None and column.name != "episode_id" else [])
            found |= {row[0] for row in tx.connection.execute(select(one.c.id).where(*wanted))}
    return found


def _told_of(tx: Tx, ids: Mapping[str, set[int]]) -> set[int]:
    """Messages of shared accounts in which something about the person was read, and nothing about anybody else."""
    mine: set[int] = set()
    others: set[int] = set()
    for one in _personal():
        if "inbound_id" not in one.c or one.name in ("media", "approved_use"):
            continue
        for part in _parts(ids.get(one.name, set())):
            mine |= {row[0] for row in tx.connection.execute(select(one.c.inbound_id).where(one.c.id.in_(part))) if row[0]}
    for one in _personal():
        if "inbound_id" in one.c and one.name not in ("media", "approved_use"):
            own = ids.get(one.name, set())
            for part in _parts(mine):
                rows = tx.connection.execute(select(one.c.id, one.c.inbound_id).where(one.c.inbound_id.in_(part)))
                others |= {row[1] for row in rows if row[0] not in own}
    return mine - others


def count(tx: Tx, patient_id: int) -> int:
    """How many stays a person has."""
    episode = table(Episode)
    return int(tx.connection.execute(select(func.count()).where(episode.c.patient_id == patient_id)).scalar() or 0)


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    every = sorted(ids)
    return (every[start : start + _MOST] for start in range(0, len(every), _MOST))
