"""Run by Alembic, on the connection it is given."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, DateTime, String
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from storage.tables import metadata


def plain_type(kind: str, item: Any, api: Any) -> str | Literal[False]:
    """Types as SQLAlchemy's own, so that an old revision does not change when SQLModel does."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return f"sa.{DateTime(timezone=True)!r}"
    if isinstance(item, AutoString):
        return f"sa.{String(item.length)!r}"
    if isinstance(item, JSON):
        api.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=plain_type,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
