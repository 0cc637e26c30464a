"""SQLite: one writer thread that commits many acts at once, and readers that never wait for it.

Acts that have queued up while the disk synced go into one transaction, each in its own savepoint, and are answered when
it is committed. That is what makes `synchronous=FULL` affordable: an answered act is on the disk.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL

from storage.hot import to_json
from storage.transaction import Job, Tx, answer

BATCH_ACTS = 200
BATCH_SECONDS = 0.02
READERS = 4
BUSY_MS = 5000
CACHE_KB = 8_192
WRITER_CACHE_KB = 32_768

Jobs = SimpleQueue[Job | None]


def engine(url: URL) -> Engine:
    """Connections in autocommit: transactions are begun and ended by the threads below, and by migrations."""
    path = Path(url.database or "")
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ValueError("SQLite needs a file: sqlite:///folder/suifang.db")
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # patients' data: for this user only, and so are -wal and -shm
    made = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        json_serializer=to_json,
        connect_args={"isolation_level": None, "cached_statements": 512, "timeout": BUSY_MS / 1000},
    )

    @event.listens_for(made, "connect")
    def prepare(connection: Any, record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_MS}",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            f"cache_size=-{CACHE_KB}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return made


class Writer:
    """The one thread that writes."""

    def __init__(self, engine: Engine) -> None:
        self.jobs: Jobs = SimpleQueue()
        self.acts = 0
        self.commits = 0
        self._engine = engine
        self._going = True
        self._thread = threading.Thread(target=self._work, name="suifang-writer", daemon=True)
        self._thread.start()

    def mine(self) -> bool:
        """Whether the caller is an act of this writer."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """Finish what is queued, then end."""
        self.jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        connection: Connection | None = None
        while self._going and (job := self.jobs.get()) is not None:
            done = [job]
            try:
                connection = connection or self._connect()
                self._batch(connection, done)
            except Exception as error:  # no transaction, a full disk, a failed commit: nothing of this batch is kept
                for lost in done:
                    lost.error = lost.error or error
                if connection is not None:
                    _drop(connection)
                    connection = None
            answer(done)
        if connection is not None:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA analysis_limit=400")
            driver.execute("PRAGMA optimize")
            connection.close()

    def _connect(self) -> Connection:
        connection = guarded(self._engine.connect())
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KB}")
        return connection

    def _batch(self, connection: Connection, done: list[Job]) -> None:
        """Run the act in `done` and those that wait behind it, adding them to `done`, and commit."""
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        until = perf_counter() + BATCH_SECONDS
        while True:
            _run(connection, cursor, done[-1])
            if len(done) >= BATCH_ACTS or perf_counter() > until:
                break
            try:
                following = self.jobs.get_nowait()
            except Empty:
                break
            if following is None:
                self._going = False
                break
            done.append(following)
        cursor.execute("COMMIT")
        if connection.in_transaction():
            connection.rollback()  # SQLAlchemy's own mark; the driver has nothing open
        self.commits += 1
        self.acts += len(done)


class Readers:
    """Threads that read, each act from one snapshot. Writing fails."""

    def __init__(self, engine: Engine) -> None:
        self.jobs: Jobs = SimpleQueue()
        self._engine = engine
        self._threads = [threading.Thread(target=self._work, name=f"suifang-reader-{n}", daemon=True) for n in range(READERS)]
        for thread in self._threads:
            thread.start()

    def mine(self) -> bool:
        """Whether the caller is a query of these readers."""
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
            try:
                connection = connection or self._connect()
                self._read(connection, job)
            except Exception as error:
                job.error = error
            answer([job])
        if connection is not None:
            connection.close()

    def _connect(self) -> Connection:
        connection = guarded(self._engine.connect())
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA query_only=ON")
        driver.execute("PRAGMA wal_autocheckpoint=0")
        return connection

    def _read(self, connection: Connection, job: Job) -> None:
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        cursor.execute("BEGIN")
        try:
            _run(connection, cursor, job)
        finally:
            if driver.in_transaction:
                cursor.execute("ROLLBACK")
            if connection.in_transaction():
                connection.rollback()


def guarded(connection: Connection) -> Connection:
    """Refuse the commit or rollback of an act: that would be everybody's."""

    def refuse(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        if driver.in_transaction:
            raise RuntimeError("an act neither commits nor rolls back; raise to undo it")

    event.listen(connection, "commit", refuse)
    event.listen(connection, "rollback", refuse)
    return connection


def _run(connection: Connection, cursor: Any, job: Job) -> None:
    """Run an act in its savepoint. Raises only when the whole transaction is gone."""
    tx = Tx(connection, cursor)
    cursor.execute("SAVEPOINT act")
    try:
        value = job.act(tx, *job.args, **job.kwargs)
        tx.end(keep=True)
        cursor.execute("RELEASE act")
        job.value = value
    except BaseException as error:
        job.error = error
        with suppress(Exception):
            tx.end(keep=False)
        # a full disk or an I/O error has taken the transaction with it, and then this raises
        cursor.execute("ROLLBACK TO act")
        cursor.execute("RELEASE act")


def _drop(connection: Connection) -> None:
    """Close it, which undoes what it has open."""
    for end in (connection.invalidate, connection.close):
        with suppress(Exception):
            end()
