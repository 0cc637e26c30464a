"""Published flows: frozen text that sessions run on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint, bindparam, select
from sqlmodel import Field, SQLModel

from storage.columns import Json, key, link, table
from storage.hot import Hot
from storage.transaction import Tx


class Revision(SQLModel, table=True):
    """`uses` names the revision of each sub-flow that this one was published with."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("flow", "number"),)

    id: int | None = key()
    flow: str = Field(max_length=80)
    number: int
    title: str = Field(default="", max_length=120)
    text: str = Field(sa_type=Text)
    checksum: str = Field(max_length=64)
    uses: dict[str, int] = Field(default_factory=dict, sa_type=Json)
    published_at: datetime
    published_by: int | None = link("staff.id", index=False, nullable=True)


_revision = table(Revision).c
_TEXT = Hot(select(_revision.text, _revision.uses).where(_revision.id == bindparam("id_")))
_LATEST = Hot(
    select(_revision.id, _revision.number, _revision.checksum)
    .where(_revision.flow == bindparam("flow_"))
    .order_by(_revision.number.desc())
    .limit(1)
)


def text(tx: Tx, revision_id: int) -> tuple[str, dict[str, int]]:
    """The frozen text and the revisions of its sub-flows. Raises LookupError."""
    row = tx.one(_TEXT, id_=revision_id)
    if row is None:
        raise LookupError(f"no revision {revision_id}")
    return row[0], row[1]


def latest(tx: Tx, flow: str) -> tuple[int, int, str] | None:
    """Id, number and checksum of what is published of a flow now."""
    row = tx.one(_LATEST, flow_=flow)
    return (row[0], row[1], row[2]) if row else None
