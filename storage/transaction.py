"""What an act is handed, and an act waiting for its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session

from storage.hot import Hot

T = TypeVar("T")


class Tx:
    """One act's hold on the database. It lives as long as the act, and only its runner commits."""

    __slots__ = ("_cursor", "_session", "connection", "dialect")

    def __init__(self, connection: Connection, cursor: DBAPICursor) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self._cursor: Any = cursor
        self._session: Session | None = None

    def run(self, hot: Hot, **params: Any) -> list[tuple[Any, ...]]:
        """The rows of a prebuilt statement; none when it returns no rows."""
        plan = hot.plans.get(self.dialect) or hot.on(self.connection.dialect)
        cursor = self._cursor
        values = plan.bind(**params)
        try:
            cursor.execute(plan.sql, values)
            if plan.numbered:
                return [(cursor.lastrowid,)] if cursor.rowcount else []
            if not plan.returns:
                return []
            rows: Any = cursor.fetchall()
        except Exception as error:
            raise without_values(error, plan.sql, self.connection.dialect) from error
        return plan.restore(rows, cursor)

    def one(self, hot: Hot, **params: Any) -> tuple[Any, ...] | None:
        """The first row, if there is one."""
        rows = self.run(hot, **params)
        return rows[0] if rows else None

    @property
    def session(self) -> Session:
        """An ORM session in this transaction, for console queries and acts that make objects. `run` does not flush it."""
        if self._session is None:
            if not self.connection.in_transaction():
                self.connection.begin()  # so that the session joins, and its own commit is a savepoint's
            self._session = Session(self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        return self._session

    def attempt(self, part: Callable[..., T], *args: Any) -> T | Exception:
        """Run a part of an act that may fail by itself: what it wrote is undone then, and its exception returned. A deadlock
        or a lost connection is raised: the whole act is to run again."""
        if self._session is None:
            return self._apart(part, *args)
        try:
            with self._session.begin_nested():
                self._session.connection()  # only now is there a savepoint
                return part(*args)
        except OperationalError:
            raise
        except Exception as error:
            return error

    def _apart(self, part: Callable[..., T], *args: Any) -> T | Exception:
        """`attempt` while nothing needs the ORM: a session's own savepoint costs as much as many a part."""
        self._cursor.execute("SAVEPOINT part")
        try:
            value = part(*args)
            self._let_go(keep=True)
        except OperationalError:
            raise
        except Exception as error:
            self._let_go(keep=False)
            self._cursor.execute("ROLLBACK TO part")
            self._cursor.execute("RELEASE part")
            return error
        self._cursor.execute("RELEASE part")
        return value

    def end(self, *, keep: bool) -> None:
        """For the runner: write out what the session holds, or forget it; `run` no longer works."""
        self._cursor = None
        self._let_go(keep=keep)

    def _let_go(self, *, keep: bool) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                if keep:
                    session.commit()
            finally:
                session.close()


class Job:
    """An act on its way: what to run and who waits for it."""

    __slots__ = ("act", "args", "error", "future", "kwargs", "loop", "value")

    def __init__(
        self, act: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], loop: asyncio.AbstractEventLoop | None
    ) -> None:
        self.act = act
        self.args = args
        self.kwargs = kwargs
        self.loop = loop
        self.future: Any = Future() if loop is None else loop.create_future()
        self.value: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Tell the one who waits, in the loop where they wait."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.value)
        else:
            self.future.set_exception(self.error)


def answer(jobs: Iterable[Job]) -> None:
    """Tell all who wait, with one wake-up for each event loop."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        if isinstance(job.error, StopIteration):
            job.error = RuntimeError("an act raised StopIteration")
        if job.loop is None:
            job.settle()
        else:
            loops.setdefault(job.loop, []).append(job)
    for loop, waiting in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, waiting)
        except RuntimeError:
            continue  # the loop is closed: nobody waits any more


def _settle(jobs: list[Job]) -> None:
    for job in jobs:
        job.settle()


def without_values(error: Exception, sql: str | None, dialect: Dialect) -> Exception:
    """A driver's error as SQLAlchemy's, so that acts catch one kind, and without the row that PostgreSQL quotes in it."""
    driver = dialect.dbapi
    if driver is None or not isinstance(error, driver.Error):
        return error
    diagnostic = getattr(error, "diag", None)
    if diagnostic is not None:
        state = getattr(error, "sqlstate", None) or ""
        quotes = state.startswith("22")  # data exceptions carry the value in their first line too
        error.args = (type(error).__name__ if quotes else diagnostic.message_primary or type(error).__name__,)
    wrapped = DBAPIError.instance(sql, None, error, driver.Error, hide_parameters=True, dialect=dialect)
    assert isinstance(wrapped, Exception)
    return wrapped
