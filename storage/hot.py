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
from operator import itemgetter
from typing import Any, Literal, NamedTuple

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

    __slots__ = ("_dialect", "_restores", "_types", "bind", "names", "numbered", "returns", "sql")

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        # SQLite's driver knows the id of a new row, at a third of the price of asking for it
        self.numbered = dialect.name == "sqlite" and _returns_its_id(statement)
        if self.numbered:
            statement = _without_returning(statement)
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        if _inline_constants(compiled):
            compiled = statement.compile(dialect=dialect)
            assert isinstance(compiled, SQLCompiler)
        named = {bind.key: bind for bind in compiled.binds.values()}
        prefetched = {column.key: column for column in (*compiled.insert_prefetch, *compiled.update_prefetch)}
        self.names = tuple(name for name, bind in named.items() if bind.required and name not in prefetched)
        state = compiled.construct_expanded_state(dict.fromkeys([*self.names, *prefetched]))
        processors: dict[str, Any] = {**compiled._bind_processors, **state.processors}

        self.sql = state.statement
        values: dict[str, Value] = {}
        for name, value in state.parameters.items():
            convert = processors.get(name)
            if name in self.names:
                values[name] = Value("given", _outward(named[name].type, dialect, convert))
            elif name in prefetched:
                values[name] = _default(prefetched[name], convert)
            else:
                values[name] = Value("constant", convert(value) if convert else value)
        # the values of the caller's named arguments, as the driver takes them; other names raise TypeError
        self.bind: Callable[..., Any] = _binder(self.names, values, state.positiontup)
        self._dialect = dialect
        self._types = [column.type for column in compiled._result_columns]
        self.returns = bool(self._types)
        self._restores: list[tuple[int, Convert]] | None = None

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


class Value(NamedTuple):
    """Where a parameter comes from: given by the caller and converted (or not), made anew for each row, or constant."""

    kind: Literal["given", "made", "constant"]
    what: Any


def _binder(names: Sequence[str], values: dict[str, Value], order: Sequence[str] | None) -> Callable[..., Any]:
    """A function of keyword arguments that returns a tuple in this order, or a dict where the driver wants names."""
    count, wanted = len(names), frozenset(names)
    pick = _picker(names)
    converted = [(place, values[name].what) for place, name in enumerate(names) if values[name].what is not None]
    others = [name for name in values if name not in wanted]
    known = [None if values[name].kind == "made" else values[name].what for name in others]
    made = [(count + place, values[name].what) for place, name in enumerate(others) if values[name].kind == "made"]
    places = {name: place for place, name in enumerate([*names, *others])}
    arrange = None if order is None or list(order) == list(places) else _picker([places[name] for name in order])

    def bind(**given: Any) -> Any:
        if len(given) != count or not wanted >= given.keys():
            wrong = sorted(wanted ^ given.keys())
            raise TypeError(f"parameters that are missing, or not this statement's: {', '.join(wrong)}")
        row = [*pick(given), *known]
        for place, convert in converted:
            row[place] = convert(row[place])
        for place, make in made:
            row[place] = make(None)
        if order is None:
            return dict(zip(places, row, strict=True))
        return row if arrange is None else arrange(row)

    return bind


def _picker(keys: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """The values under these keys, in this order."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda values: tuple(values[key] for key in keys)


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


def _default(column: Any, convert: Convert | None) -> Value:
    """A column's default as a constant, or as a function when each row needs its own."""
    made = column.default.arg
    if not column.default.is_callable:
        return Value("constant", convert(made) if convert else made)
    return Value("made", made if convert is None else lambda context: convert(made(context)))


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
