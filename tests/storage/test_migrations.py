"""From an empty database to the tables of the code, and back."""

import postgres
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from required import require
from sqlalchemy import inspect

from storage import migrations
from storage.database import open_database
from storage.tables import metadata


@pytest.fixture
def empty(request, database_kind, tmp_path):
    if database_kind == "sqlite":
        database = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    else:
        server = request.getfixturevalue("postgres_server")
        server.execute("CREATE DATABASE empty")
        database = open_database(server.url("empty"))
    yield database
    database.close_now()
    if database_kind == "postgresql":
        server.execute("DROP DATABASE empty WITH (FORCE)")


def shape(engine):
    """Everything that the database itself says about its tables."""
    seen = inspect(engine)
    return {
        name: {
            "columns": {column["name"]: (str(column["type"]), column["nullable"]) for column in seen.get_columns(name)},
            "primary": seen.get_pk_constraint(name)["constrained_columns"],
            "foreign": {key["name"]: (key["constrained_columns"], key["referred_table"]) for key in seen.get_foreign_keys(name)},
            "unique": {key["name"]: key["column_names"] for key in seen.get_unique_constraints(name)},
            "checks": {key["name"]: key["sqltext"] for key in seen.get_check_constraints(name)},
            "indexes": {
                index["name"]: (
                    index["column_names"],
                    bool(index["unique"]),
                    [str(words) for key, words in sorted(index.get("dialect_options", {}).items()) if key.endswith("_where")],
                )
                for index in seen.get_indexes(name)
            },
        }
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


def test_migrations_end_at_the_tables_of_the_code(empty, request, database_kind, tmp_path):
    empty.migrate()

    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        assert compare_metadata(context, metadata) == []
    migrated = shape(empty.engine)

    migrations.downgrade(empty.engine)
    assert shape(empty.engine) == {}
    metadata.create_all(empty.engine)
    assert migrated == shape(empty.engine)
    assert len(migrated) == len(metadata.tables)


def test_there_and_back_and_there_again(empty):
    assert empty.behind
    empty.migrate()
    assert not empty.behind
    migrations.downgrade(empty.engine)
    assert empty.behind
    empty.migrate()
    empty.migrate()
    assert not empty.behind


def test_a_failed_migration_leaves_nothing_behind(empty, monkeypatch):
    def fail(settings, revision):
        settings.attributes["connection"].exec_driver_sql("CREATE TABLE half (id INTEGER)")
        raise RuntimeError("broken")

    monkeypatch.setattr("alembic.command.upgrade", fail)
    with pytest.raises(RuntimeError, match="broken"):
        empty.migrate()
    assert inspect(empty.engine).get_table_names() == []


def test_each_due_time_has_an_index_of_what_waits(database):
    """A scheduler that finds nothing due must not read the table."""
    waiting = {
        (table.name, index.name)
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["postgresql"].get("where") is not None
    }
    found = shape(database.engine)
    for table, index in waiting:
        assert found[table]["indexes"][index][2], f"{index} lost its condition"
    assert {table for table, _ in waiting} >= {"outbound", "touchpoint", "session", "ticket"}


def test_postgres_is_required_when_the_environment_says_so(monkeypatch):
    monkeypatch.setenv("SUIFANG_REQUIRE", "browser, postgres")
    with pytest.raises(pytest.fail.Exception, match="postgres is required: no binaries"):
        require("postgres", "no binaries")
    monkeypatch.setenv("SUIFANG_REQUIRE", "browser")
    with pytest.raises(pytest.skip.Exception):
        require("postgres", "no binaries")


def test_without_binaries_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(postgres, "_candidates", lambda: iter(()))
    with pytest.raises(postgres.Unavailable, match="none found"), postgres.running():
        pass
