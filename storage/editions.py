"""The texts of protocols that plans were made from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, bindparam, select
from sqlmodel import Field, SQLModel

from storage.columns import Json, key, table
from storage.hot import Hot, insert_once
from storage.transaction import Tx


class ProtocolEdition(SQLModel, table=True):
    """The frozen text of a protocol that plans were made from. A protocol that is changed makes a new one."""

    __tablename__ = "protocol_edition"
    __table_args__ = (UniqueConstraint("protocol", "checksum"),)

    id: int | None = key()
    protocol: str = Field(max_length=80)
    version: str = Field(default="", max_length=64)
    checksum: str = Field(max_length=64)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    kept_at: datetime


_EDITION = Hot(
    select(table(ProtocolEdition).c.id).where(
        table(ProtocolEdition).c.protocol == bindparam("protocol_"), table(ProtocolEdition).c.checksum == bindparam("checksum_")
    )
)
_ADD_EDITION = insert_once(ProtocolEdition, "protocol", "version", "checksum", "data", "kept_at", keys=("protocol", "checksum"))


_GET = Hot(select(table(ProtocolEdition).c.checksum).where(table(ProtocolEdition).c.id == bindparam("id_")))
_DATA = Hot(select(table(ProtocolEdition).c.data).where(table(ProtocolEdition).c.id == bindparam("id_")))


def get(tx: Tx, edition_id: int, known: Collection[str] = ()) -> tuple[str, dict[str, Any]]:
    """The checksum of an edition and its data, which is left out ({}) when the checksum is known already. Raises LookupError."""
    row = tx.one(_GET, id_=edition_id)
    if row is None:
        raise LookupError(f"no edition {edition_id}")
    found = None if row[0] in known else tx.one(_DATA, id_=edition_id)
    return str(row[0]), dict(found[0]) if found else {}


def find(tx: Tx, protocol: str, checksum: str) -> int | None:
    """The number of this text of a protocol, if a plan was ever made from it."""
    row = tx.one(_EDITION, protocol_=protocol, checksum_=checksum)
    return int(row[0]) if row else None


def edition(tx: Tx, protocol: str, version: str, checksum: str, data: dict[str, Any], now: datetime) -> int:
    """The number of this text of a protocol, kept once."""
    row = tx.one(_EDITION, protocol_=protocol, checksum_=checksum)
    if row is None:
        tx.run(_ADD_EDITION, protocol=protocol, version=version, checksum=checksum, data=data, kept_at=now)
        row = tx.one(_EDITION, protocol_=protocol, checksum_=checksum)
        assert row is not None
    return int(row[0])
