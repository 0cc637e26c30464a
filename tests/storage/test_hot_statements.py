"""The statements that run with every message, as the databases see them."""

import importlib
import pkgutil
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

import storage
from storage import tickets
from storage.hot import Hot


def hot_statements():
    for module in pkgutil.iter_modules(storage.__path__):
        if not module.ispkg:
            for name, value in vars(importlib.import_module(f"storage.{module.name}")).items():
                found = value.items() if isinstance(value, dict) else [("", value)]
                for part, hot in found:
                    if isinstance(hot, Hot):
                        yield f"{module.name}.{name}{part}", hot


HOT = dict(hot_statements())


def test_no_hot_statement_reads_a_whole_table(sqlite_database):
    dialect = sqlite_database.engine.dialect

    def steps(tx, plan):
        nulls = (None,) * plan.sql.count("?")
        rows = tx.connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {plan.sql}", nulls)
        return [row[3] for row in rows.fetchall()]

    tables = {name for (name,) in sqlite_database.read_now(lambda tx: tx.connection.exec_driver_sql(TABLES).fetchall())}
    scans = {}
    for name, hot in HOT.items():
        plan = hot.on(dialect)
        if plan.sql.startswith("INSERT"):  # shows how a deferred reference would be looked up; there are none
            continue
        for step in sqlite_database.read_now(steps, plan):
            scanned = re.match(r"SCAN (\w+)(.*)", step)
            if scanned and scanned[1] in tables and "USING" not in scanned[2]:
                scans[name] = step
    assert len(HOT) > 10
    assert scans == {}


def test_the_ladder_asks_only_the_open_tickets(sqlite_database):
    """Not a hot statement, but asked at every tick."""

    def steps(tx):
        seen = []
        event.listen(tx.connection, "before_cursor_execute", lambda *call: seen.append(call[2:4]))
        tickets.climbing(tx, datetime(2026, 11, 21, tzinfo=UTC), 50)
        sql, values = seen[-1]
        return [row[3] for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()]

    assert "SEARCH ticket USING INDEX ix_ticket_climb (climb_at<?)" in sqlite_database.read_now(steps)


TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


@pytest.mark.postgres
def test_every_hot_statement_is_understood_by_postgresql(postgres_database):
    """Columns, casts and conflict targets: PostgreSQL prepares it, as it will when it runs."""
    dialect = postgres_database.engine.dialect

    def prepare(tx, sql):
        tx.connection.exec_driver_sql(f"PREPARE tried AS {sql}")
        tx.connection.exec_driver_sql("DEALLOCATE tried")

    for name, hot in HOT.items():
        plan = hot.on(dialect)
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", plan.sql)))
        sql = re.sub(r"%\((\w+)\)s", lambda found, names=names: f"${names.index(found[1]) + 1}", plan.sql)
        try:
            postgres_database.read_now(prepare, sql)
        except DBAPIError as error:
            pytest.fail(f"{name}: {error.orig}\n{plan.sql}")
