"""Published flows: frozen text that sessions run on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import Json, key, link


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
