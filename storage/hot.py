"""Hot statements: written once with SQLAlchemy, compiled once for each database, run on the driver's own cursor.

    WAITING = Hot(select(Session.id, Session.state).where(col(Session.contact_id) == bindparam("contact")))
    rows = tx.run(WAITING, contact=7)

Constants in a condition (`status == "waiting"`) are written into the SQL, because a partial index is chosen only when
the planner sees them. An insert fills what it does not name from the fields' defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Insert, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.dml import OnConflictDoUpdate
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

Convert = Callable[[Any], Any]
# Handed the `insert` of the database in hand: both know on_conflict_do_nothing and on_conflict_do_update.
Build = Callable[[Callable[..., Any]], ClauseElement]

_INSERT: dict[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Hot:
    """A statement that is run often. Give a statement with `bindparam()`s, or a function of `insert` that returns one
    when it needs ON CONFLICT. Parameters that the statement does not have, or lacks, raise TypeError."""

    __slots__ = ("_build", "plans")

    def __init__(self, statement: ClauseElement | Build) -> None:
        self._build = statement
        self.plans: dict[str, Plan] = {}

    def on(self, dialect: Dialect) -> Plan:
        """The statement as this database takes it."""
        plan = self.plans.get(dialect.name)
        if plan is None:
            build = self._build
            statement = build if isinstance(build, ClauseElement) else build(_INSERT[dialect.name])
            plan = self.plans[dialect.name] = Plan(statement, dialect)
        return plan


class Plan:
    """SQL text for one database and what turns values to and from the driver's."""

    __slots__ = (
        "_binds",
        "_constants",
        "_dialect",
        "_made",
        "_restores",
        "_types",
        "count",
        "names",
        "numbered",
        "returns",
        "sql",
    )

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        shown = _by_name(dialect)
        # SQLite's driver knows the id of a new row, at a third of the price of asking for it
        self.numbered = shown is not dialect and _returns_its_id(statement)
        if self.numbered:
            statement = _without_returning(statement)
        compiled = statement.compile(dialect=shown)
        assert isinstance(compiled, SQLCompiler)
        if _inline_constants(compiled):
            compiled = statement.compile(dialect=shown)
            assert isinstance(compiled, SQLCompiler)
        named = {bind.key: bind for bind in compiled.binds.values()}
        prefetched = {column.key: column for column in (*compiled.insert_prefetch, *compiled.update_prefetch)}
        wanted = [name for name, bind in named.items() if bind.required and name not in prefetched]
        state = compiled.construct_expanded_state(dict.fromkeys([*wanted, *prefetched]))
        processors: dict[str, Any] = {**compiled._bind_processors, **state.processors}

        self.sql = state.statement
        self.names = frozenset(wanted)
        self._constants: dict[str, Any] = {}
        self._made: list[tuple[str, Convert]] = []
        outward = ((name, _outward(named[name].type, shown, processors.get(name))) for name in wanted)
        self._binds = [(name, convert) for name, convert in outward if convert is not None]
        for name, value in state.parameters.items():
            if name in self.names:
                continue
            convert = processors.get(name)
            if name in prefetched:
                made = _default(prefetched[name], convert)
                if callable(made):
                    self._made.append((name, made))
                    continue
                self._constants[name] = made
            else:
                self._constants[name] = convert(value) if convert else value
        self.count = len(self.names)
        self._dialect = shown
        self._types = [column.type for column in compiled._result_columns]
        self.returns = bool(self._types)
        self._restores: list[tuple[int, Convert]] | None = None

    def bind(self, values: dict[str, Any]) -> dict[str, Any]:
        """The caller's values, in place, as the driver takes them."""
        if len(values) != self.count or not self.names >= values.keys():
            raise TypeError(f"parameters are {sorted(self.names)}, given {sorted(values)}")
        for name, convert in self._binds:
            values[name] = convert(values[name])
        if self._constants:
            values.update(self._constants)
        for name, make in self._made:
            values[name] = make(None)
        return values

    def restore(self, rows: list[tuple[Any, ...]], cursor: DBAPICursor) -> list[tuple[Any, ...]]:
        """The driver's rows with Python values in them. The first time it looks at the cursor for the driver's types."""
        restores = self._restores
        if restores is None:
            found = (
                (place, _inward(kind, self._dialect, described[1]))
                for place, (kind, described) in enumerate(zip(self._types, cursor.description, strict=True))
            )
            restores = self._restores = [(place, convert) for place, convert in found if convert is not None]
        if not restores:
            return rows
        restored = []
        for row in rows:
            values = list(row)
            for place, convert in restores:
                values[place] = convert(values[place])
            restored.append(tuple(values))
        return restored


def insert_once(
    table: type[SQLModel], *names: str, keys: Sequence[str] = (), where: Any = None, returning: Sequence[Any] = ()
) -> Hot:
    """An insert of the columns `names` that does nothing when the row is there already (then it returns no row).
    `keys` are the columns of the unique index (any, when left out), `where` its condition."""

    def build(insert: Callable[..., Any]) -> ClauseElement:
        statement = insert(table).values({name: bindparam(name) for name in names})
        statement = statement.on_conflict_do_nothing(index_elements=list(keys) or None, index_where=where)
        result: ClauseElement = statement.returning(*returning) if returning else statement
        return result

    return Hot(build)


def insert(table: type[SQLModel], *names: str, returning: Sequence[Any] = ()) -> Hot:
    """A plain insert of the columns `names`; the others take their fields' defaults."""

    def build(insert: Callable[..., Any]) -> ClauseElement:
        statement = insert(table).values({name: bindparam(name) for name in names})
        result: ClauseElement = statement.returning(*returning) if returning else statement
        return result

    return Hot(build)


def _by_name(dialect: Dialect) -> Dialect:
    """The dialect with named parameters, which spare a copy: keyword arguments go to the driver as they are."""
    if dialect.name != "sqlite":
        return dialect
    kind: Any = type(dialect)
    named: Dialect = kind(paramstyle="named", json_serializer=to_json)
    return named


def _returns_its_id(statement: ClauseElement) -> bool:
    """Whether it inserts one row, or leaves it when it is there, and asks for its id alone."""
    return (
        isinstance(statement, Insert)
        and statement.select is None
        and [getattr(column, "key", "") for column in statement._returning] == ["id"]
        and not isinstance(statement._post_values_clause, OnConflictDoUpdate)
    )


def _without_returning(statement: ClauseElement) -> ClauseElement:
    bare = copy(statement)
    bare._returning = ()  # type: ignore[attr-defined]
    return bare


def _inline_constants(compiled: SQLCompiler) -> bool:
    """Mark the constants of the statement to be written into its SQL; whether there were any."""
    constants = [bind for bind in compiled.binds.values() if bind.unique and _plain(bind.value)]
    for bind in constants:
        bind.literal_execute = True
    return bool(constants)


def _plain(value: Any) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return all(_plain(one) for one in value)
    return isinstance(value, str | int)


def _default(column: Any, convert: Convert | None) -> Any:
    """A column's default as a constant, or as a function when each row needs its own."""
    made = column.default.arg
    if not column.default.is_callable:
        return convert(made) if convert else made
    if convert is None:
        return made
    change = convert
    return lambda context: change(made(context))


def to_json(value: Any) -> str:
    """JSON text of plain data; a datetime or a dataclass in it raises TypeError."""
    return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS).decode()


def _outward(kind: TypeEngine[Any], dialect: Dialect, convert: Convert | None) -> Convert | None:
    if isinstance(kind, UTCDateTime):
        return _utc_text if dialect.name == "sqlite" else _aware
    return convert


def _inward(kind: TypeEngine[Any], dialect: Dialect, code: Any) -> Convert | None:
    if isinstance(kind, UTCDateTime):
        return _text_utc if dialect.name == "sqlite" else None  # connections to PostgreSQL are set to UTC
    return kind._cached_result_processor(dialect, code)


def _aware(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return value


# An act writes the same few moments many times over: their texts are kept for a while.
_written: dict[datetime, str] = {}
_MOMENTS = 64


def _utc_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    text = _written.get(value)
    if text is None:
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone")
        utc = value if value.tzinfo is UTC else value.astimezone(UTC)
        text = utc.isoformat(" ", "microseconds")[:26]
        if len(_written) >= _MOMENTS:
            _written.clear()
        _written[value] = text
    return text


def _text_utc(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)
