"""PostgreSQL: a few threads, each with its own connection, each act its own transaction.

A deadlock or a lost connection before the commit runs the act again: an act is a function of its transaction alone.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, ExceptionContext, NullPool, create_engine, event
from sqlalchemy.engine import URL

from storage.hot import to_json
from storage.transaction import Job, Tx, answer, without_values

WRITERS = 4
READERS = 4
TRIES = 5

# serialization_failure, deadlock_detected
_AGAIN = ("40001", "40P01")


def engine(url: URL) -> Engine:
    """Connections in UTC that prepare every statement at once and wait for no lock longer than ten seconds."""
    made = create_engine(
        url,
        poolclass=NullPool,  # the threads below keep their connections
        hide_parameters=True,
        json_serializer=to_json,
        connect_args={"prepare_threshold": 0, "application_name": "suifang", "connect_timeout": 10},
    )

    @event.listens_for(made, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.prepared_max = 500
        connection.execute("SET timezone TO 'UTC'")
        connection.execute("SET lock_timeout TO '10s'")
        connection.execute("SET idle_in_transaction_session_timeout TO '60s'")
        connection.commit()

    @event.listens_for(made, "handle_error")
    def hide(context: ExceptionContext) -> BaseException | None:
        error = context.original_exception
        return without_values(error, context.statement, made.dialect) if isinstance(error, psycopg.Error) else None

    return made


class Workers:
    """Threads that take acts from one queue."""

    def __init__(self, engine: Engine, count: int, *, writes: bool) -> None:
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.acts = 0
        self.commits = 0
        self._engine = engine
        self._writes = writes
        self._count = threading.Lock()
        kind = "writer" if writes else "reader"
        self._threads = [threading.Thread(target=self._work, name=f"suifang-{kind}-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def mine(self) -> bool:
        """Whether the caller is an act of these threads."""
        return threading.current_thread() in self._threads

    def stop(self) -> None:
        """Finish what is queued, then end."""
        for _ in self._threads:
            self.jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        connection: Connection | None = None
        while (job := self.jobs.get()) is not None:
            for attempt in range(1, TRIES + 1):
                job.error = None
                try:
                    connection = connection or self._connect()
                except Exception as error:
                    job.error = error
                    break
                again = self._act(connection, job) and attempt < TRIES
                driver: Any = connection.connection.driver_connection
                if driver.closed:
                    connection.invalidate()
                    connection.close()
                    connection = None
                if not again:
                    break
            answer([job])
        if connection is not None:
            connection.close()

    def _connect(self) -> Connection:
        connection = self._engine.connect()
        driver: Any = connection.connection.driver_connection
        if not self._writes:
            driver.read_only = True
            driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        event.listen(connection, "commit", _refuse)
        event.listen(connection, "rollback", _refuse)
        return connection

    def _act(self, connection: Connection, job: Job) -> bool:
        """Run the act in a transaction of its own; True when it is worth another try."""
        driver: Any = connection.connection.driver_connection
        tx = Tx(connection, driver.cursor())
        committing = False
        try:
            value = job.act(tx, *job.args, **job.kwargs)
            tx.end(keep=True)
            committing = self._writes
            driver.commit() if self._writes else driver.rollback()
            job.value = value
            with self._count:
                self.acts += 1
                self.commits += 1
            return False
        except BaseException as error:
            job.error = error
            with suppress(Exception):
                tx.end(keep=False)
            with suppress(psycopg.Error):
                driver.rollback()
            state = getattr(getattr(error, "orig", error), "sqlstate", None)
            return state in _AGAIN or (driver.closed and not committing)
        finally:
            if connection.in_transaction():
                connection.rollback()  # SQLAlchemy's own mark; the driver has nothing open


def _refuse(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    if not driver.closed and driver.info.transaction_status != TransactionStatus.IDLE:
        raise RuntimeError("an act neither commits nor rolls back; raise to undo it")
