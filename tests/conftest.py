"""Databases for the tests: each test gets an empty, migrated one, on SQLite and on PostgreSQL.

`SUIFANG_REQUIRE=postgres,browser,node` makes what is named and missing an error instead of a skip.
"""

import shutil
from contextlib import ExitStack
from pathlib import Path

import postgres
import pytest
import structlog
from required import require

from storage.database import open_database
from storage.tables import metadata


def pytest_generate_tests(metafunc):
    if "database_kind" in metafunc.fixturenames:
        kinds = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
        metafunc.parametrize("database_kind", kinds, scope="function")


@pytest.fixture(autouse=True)
def plain_logs():
    """What a test set the logs to ends with the test; a stream that was captured for it is shut by then."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL for the whole run."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres.running())
        except postgres.Unavailable as error:
            require("postgres", str(error))
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    database = open_database(f"sqlite:///{path}")
    database.migrate()
    database.close_now()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server) -> str:
    """The address of a migrated database that the tests use in turn."""
    postgres_server.execute("CREATE DATABASE tests")
    url = postgres_server.url("tests")
    database = open_database(url)
    database.migrate()
    database.close_now()
    return url


@pytest.fixture
def postgres_url(postgres_server, migrated_postgres) -> str:
    """The address of an empty, migrated PostgreSQL. Rows are deleted: ten times faster than a new database."""
    leftover = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'tests' AND pid <> pg_backend_pid()"
    postgres_server.execute(
        leftover,
        "SET session_replication_role = replica",  # no order of deletion to mind
        *(f'DELETE FROM "{name}"' for name in metadata.tables),
        "SELECT setval(seqrelid, 1, false) FROM pg_sequence",
        database="tests",
    )
    return migrated_postgres


@pytest.fixture
def sqlite_url(migrated_sqlite, tmp_path) -> str:
    """The address of an empty, migrated SQLite file."""
    path = tmp_path / "suifang.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def database_url(request, database_kind) -> str:
    """The address of an empty, migrated database, on SQLite and on PostgreSQL."""
    return request.getfixturevalue("sqlite_url" if database_kind == "sqlite" else "postgres_url")


@pytest.fixture
def database(database_url):
    """An empty, migrated database, on SQLite and on PostgreSQL."""
    made = open_database(database_url)
    yield made
    made.close_now()


@pytest.fixture
def sqlite_database(sqlite_url):
    """An empty, migrated database on SQLite only, for tests in which the kind makes no difference."""
    made = open_database(sqlite_url)
    yield made
    made.close_now()


@pytest.fixture
def postgres_database(postgres_url):
    """An empty, migrated PostgreSQL, for tests of what only it does. Mark them `postgres`."""
    made = open_database(postgres_url)
    yield made
    made.close_now()
