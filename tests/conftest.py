"""Databases for the tests: each test gets an empty, migrated one, on SQLite and on PostgreSQL.

`SUIFANG_REQUIRE=postgres,browser,node` makes what is named and missing an error instead of a skip.
"""

import os
import shutil
from itertools import count
from pathlib import Path

import postgres
import pytest

from storage.database import open_database


def require(what, why):
    """Skip the test, or fail it when the environment says that `what` has to be there."""
    if what in os.environ.get("SUIFANG_REQUIRE", "").replace(" ", "").split(","):
        pytest.fail(f"{what} is required: {why}", pytrace=False)
    pytest.skip(why)


def pytest_generate_tests(metafunc):
    if "database_kind" in metafunc.fixturenames:
        kinds = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
        metafunc.parametrize("database_kind", kinds, scope="function")


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL for the whole run."""
    server = postgres.running()
    try:
        running = server.__enter__()
    except postgres.Unavailable as error:
        require("postgres", str(error))
    yield running
    server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    database = open_database(f"sqlite:///{path}")
    database.migrate()
    database.close_now()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server):
    """Names of migrated, empty databases, each used once."""
    database = open_database(postgres_server.url("postgres"))
    postgres_server.execute("CREATE DATABASE migrated")
    database.close_now()
    database = open_database(postgres_server.url("migrated"))
    database.migrate()
    database.close_now()
    numbers = count()

    def fresh():
        name = f"test_{next(numbers)}"
        postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY file_copy")
        return name

    return fresh


@pytest.fixture
def database_url(request, database_kind, tmp_path):
    """The address of an empty, migrated database."""
    if database_kind == "sqlite":
        path = tmp_path / "suifang.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres_server")
        name = request.getfixturevalue("migrated_postgres")()
        yield server.url(name)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url):
    """An empty, migrated database, on SQLite and on PostgreSQL."""
    made = open_database(database_url)
    yield made
    made.close_now()


@pytest.fixture
def sqlite_database(migrated_sqlite, tmp_path):
    """An empty, migrated database on SQLite only, for tests in which the kind makes no difference."""
    path = tmp_path / "suifang.db"
    shutil.copyfile(migrated_sqlite, path)
    made = open_database(f"sqlite:///{path}")
    yield made
    made.close_now()
