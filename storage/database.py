"""The database: `write` runs an act in a transaction and returns when it is committed, `read` runs a query."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Engine, make_url

from storage import migrations, sqlite
from storage.transaction import Job, Tx

if TYPE_CHECKING:
    from storage import postgres

__all__ = ["Database", "Tx", "open_database"]

P = ParamSpec("P")
T = TypeVar("T")


class Runner(Protocol):
    """Threads that run acts from a queue."""

    @property
    def jobs(self) -> Any: ...
    def mine(self) -> bool: ...
    def stop(self) -> None: ...


def open_database(url: str) -> Database:
    """`sqlite:///path/to/file` or `postgresql+psycopg://user@host/name`. ValueError for anything else.
    Nothing is created but an empty SQLite file: see `Database.migrate`."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sqlite.engine(parsed)
        return Database(engine, sqlite.Writer(engine), sqlite.Readers(engine))
    if parsed.get_backend_name() == "postgresql":
        from storage import postgres  # its driver is slow to import, and most hospitals do without

        engine = postgres.engine(parsed.set(drivername="postgresql+psycopg"))
        return Database(
            engine,
            postgres.Workers(engine, postgres.WRITERS, writes=True),
            postgres.Workers(engine, postgres.READERS, writes=False),
        )
    raise ValueError(f"{parsed.get_backend_name()}: use sqlite:/// or postgresql+psycopg://")


class Database:
    """Acts go through one queue to the writer (SQLite) or to a few (PostgreSQL); queries to the readers.

    An act is a plain function `act(tx, …)`. If it raises, only its own changes are undone and the error reaches the one
    who awaits. It runs whole even when nobody awaits it any more, and on PostgreSQL perhaps twice (after a deadlock), so it
    must not touch anything but `tx`."""

    def __init__(self, engine: Engine, writer: sqlite.Writer | postgres.Workers, readers: Runner) -> None:
        self.engine = engine
        self._writer = writer
        self._readers = readers
        self._closed = False

    @property
    def dialect(self) -> str:
        """sqlite or postgresql."""
        return self.engine.dialect.name

    @property
    def depth(self) -> int:
        """Acts that wait for their turn."""
        return self._writer.jobs.qsize()

    @property
    def acts(self) -> int:
        """Acts committed since the start."""
        return self._writer.acts

    @property
    def commits(self) -> int:
        """Transactions committed since the start; on SQLite many acts share one."""
        return self._writer.commits

    def write(self, act: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Run the act; its value, once it is committed. A future, not a coroutine: the webhook spares a task for it."""
        future: asyncio.Future[T] = self._send(self._writer, act, args, kwargs, asyncio.get_running_loop())
        return future

    async def read(self, query: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query on one snapshot, beside the writer; a write in it fails."""
        value: T = await self._send(self._readers, query, args, kwargs, asyncio.get_running_loop())
        return value

    def write_now(self, act: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` for code without an event loop: commands, migrations, tests."""
        value: T = self._send(self._writer, act, args, kwargs, None).result()
        return value

    def read_now(self, query: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`read` for code without an event loop."""
        value: T = self._send(self._readers, query, args, kwargs, None).result()
        return value

    def migrate(self) -> None:
        """Bring the tables up to date, whole or not at all."""
        migrations.upgrade(self.engine)

    @property
    def behind(self) -> bool:
        """Whether `migrate` has something to do."""
        return migrations.behind(self.engine)

    async def close(self) -> None:
        """Finish what is queued and let go of the database."""
        self._closed = True
        await asyncio.to_thread(self._stop)

    def close_now(self) -> None:
        """`close` for code without an event loop."""
        self._closed = True
        self._stop()

    def _stop(self) -> None:
        self._writer.stop()
        self._readers.stop()
        self.engine.dispose()

    def _send(
        self,
        runner: Runner,
        act: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        loop: asyncio.AbstractEventLoop | None,
    ) -> Any:
        if self._closed:
            raise RuntimeError("the database is closed")
        if runner.mine():
            raise RuntimeError("an act calls another act as a function: act(tx, …)")
        job = Job(act, args, kwargs, loop)
        runner.jobs.put(job)
        return job.future
