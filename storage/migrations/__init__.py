"""The schema's history, carried out by Alembic. README.md says how to add a revision."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent
_LOCK = 7_316_003  # any number, the same in every process of the hospital


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings, on this connection."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision`, whole or not at all. Processes that do it at the same time wait for each other."""
    from alembic import command

    _move(engine, lambda settings: command.upgrade(settings, revision))


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the database back to `revision`."""
    from alembic import command

    _move(engine, lambda settings: command.downgrade(settings, revision))


def behind(engine: Engine) -> bool:
    """Whether the database lacks a revision that this program knows. Looked at without Alembic, whose import would take a
    good part of the time that a start may take."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return True
        current = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    return set(current) != heads()


def heads() -> set[str]:
    """The revisions in `versions` that no other follows."""
    texts = [path.read_text("utf-8") for path in (_HERE / "versions").glob("*.py")]
    known = {found for text in texts for found in re.findall(r'^revision\b.*= "(\w+)"', text, re.MULTILINE)}
    return known - {found for text in texts for found in re.findall(r'^down_revision\b.*= "(\w+)"', text, re.MULTILINE)}


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
