"""Column kinds that both databases share, and the naming of constraints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Integer, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SQLModel.model_config["defer_build"] = True  # rows are not validated by pydantic: their validators would be built for nothing
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Id = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")


def key() -> Any:
    """A primary key that the database numbers."""
    return Field(default=None, primary_key=True, sa_type=Id)


def link(target: str, *, index: bool = True, nullable: bool = False) -> Any:
    """A reference to `table.column`."""
    return Field(default=None if nullable else ..., foreign_key=target, sa_type=Id, index=index, nullable=nullable)


def one_of(column: str, values: Iterable[str], *, nullable: bool = False) -> CheckConstraint:
    """The column holds one of these words. (Not by IN: SQLite fills a table with its list at every insert.)"""
    tests = [f"{column} = '{value}'" for value in values]
    return CheckConstraint(" OR ".join([f"{column} IS NULL", *tests] if nullable else tests), name=column)


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model, for statements built by hand."""
    return SQLModel.metadata.tables[str(model.__tablename__)]
