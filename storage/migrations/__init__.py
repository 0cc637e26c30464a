"""The schema's history, carried out by Alembic. README.md says how to add a revision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

_HERE = Path(__file__).parent
_LOCK = 7_316_003  # any number, the same in every process of the hospital


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings, on this connection."""
    made = Config()
    made.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision`, whole or not at all. Processes that do it at the same time wait for each other."""
    _move(engine, lambda settings: command.upgrade(settings, revision))


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the database back to `revision`."""
    _move(engine, lambda settings: command.downgrade(settings, revision))


def behind(engine: Engine) -> bool:
    """Whether the database lacks a revision that this program knows."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
    return set(current) != set(ScriptDirectory.from_config(config()).get_heads())


def _move(engine: Engine, step: Any) -> None:
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # batch mode drops and renames tables
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        step(config(connection))
        if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("the migration leaves rows that refer to missing ones")
        connection.commit()
