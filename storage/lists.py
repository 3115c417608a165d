"""Lists of rows, read and written by statements that were compiled before.

The rule: the same Core statements and column types as everywhere, without SQLAlchemy's work for each row and
each call, which costs more than the driver's. A statement is a constant, or made once; it is compiled once
for each database and each length of its lists. Every row of a list names the same columns, and defaults that
Python fills in are filled in here. Rows come back as plain tuples, in the statement's own order.

A list of ids (an expanding parameter) is filled up to the next power of two with its own last one, so that
few statements are enough. PostgreSQL takes a list of new rows as one statement of many VALUES, because each
statement is a message; SQLite takes them one by one, which is faster there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, Final, TypeAlias

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert, UpdateBase

_Convert: TypeAlias = Callable[[Any], Any]
Statement: TypeAlias = "sa.Select[Any] | UpdateBase"
MOST_VALUES: Final = 2000
"""Parameters of one statement: PostgreSQL's protocol ends at 65,535, and long texts are parsed anew."""

_NOTHING: Final[Mapping[str, Any]] = {}
_MARK = re.compile(r"%s|%%|\?")
_GIVEN = re.compile(r"%s|\?")
_CAST = re.compile(r"%s::[A-Z]+(?: [A-Z]+)*(?:\(\d+\))?")
_NAMED = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement for one database: its text, for each parameter its name and converter, what rows need not
    name, and which columns of a result are converted."""

    sql: str
    parameters: tuple[tuple[str, _Convert | None], ...]
    fixed: Mapping[str, Any]
    results: tuple[tuple[int, _Convert], ...]

    def of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Lay a row out as the driver takes it."""
        row = {**self.fixed, **row} if self.fixed else row
        return tuple([row[name] if to is None else to(row[name]) for name, to in self.parameters])

    def read(self, rows: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Give a result's values as they are in Python."""
        if not self.results:
            return [tuple(row) for row in rows]
        found = []
        for row in rows:
            values = list(row)
            for place, to in self.results:
                values[place] = to(values[place])
            found.append(tuple(values))
        return found


def read(
    connection: sa.Connection,
    statement: Statement,
    given: Mapping[str, Any] = _NOTHING,
    **lists: Sequence[Any],
) -> list[tuple[Any, ...]]:
    """Run a SELECT, or a change that returns something, and give its rows.

    `given` are its parameters, `lists` those that stand for lists of values, none of them empty.
    """
    lengths = tuple([(name, _length(values)) for name, values in lists.items()])
    ready = _ready(statement, connection.dialect, (), lengths)
    for name, length in lengths:
        filled = _filled(lists[name], length)
        given = {**given, **{f"{name}_{number}": one for number, one in enumerate(filled, 1)}}
    return ready.read(_run(connection, ready.sql, ready.of(given)))


def change(
    connection: sa.Connection,
    statement: UpdateBase,
    given: Mapping[str, Any] = _NOTHING,
    **lists: Sequence[Any],
) -> None:
    """Run an UPDATE or DELETE of the rows that lists name."""
    read(connection, statement, given, **lists)


def write(connection: sa.Connection, statement: UpdateBase, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write these rows with an INSERT, UPDATE or upsert whose columns or bindparams they name."""
    if not rows:
        return
    ready = _ready(statement, connection.dialect, tuple(rows[0]), ())
    if isinstance(statement, Insert) and connection.dialect.name == "postgresql":
        _insert(connection, ready, rows)
    elif len(rows) == 1:
        _run(connection, ready.sql, ready.of(rows[0]))
    else:
        _run(connection, ready.sql, [ready.of(row) for row in rows])


def add(
    connection: sa.Connection, statement: Insert, rows: Sequence[Mapping[str, Any]]
) -> list[tuple[Any, ...]]:
    """Write these rows with an INSERT that returns something, and give what it returned, in any order."""
    if not rows:
        return []
    return _insert(connection, _ready(statement, connection.dialect, tuple(rows[0]), ()), rows)


def _insert(
    connection: sa.Connection, ready: _Ready, rows: Sequence[Mapping[str, Any]]
) -> list[tuple[Any, ...]]:
    """Write rows as one statement, or as few as may be; no two of them may be the same one to an upsert."""
    most, found = max(1, MOST_VALUES // len(ready.parameters)), list[tuple[Any, ...]]()
    first, last = _values(ready.sql)
    before, those = (len(_GIVEN.findall(ready.sql, *part)) for part in ((0, first), (first, last)))
    for start in range(0, len(rows), most):
        some = [ready.of(row) for row in rows[start : start + most]]
        values = [one for row in some for one in row[before : before + those]]
        given = (*some[0][:before], *values, *some[0][before + those :])
        found += ready.read(_run(connection, _of_many(ready.sql, len(some)), given))
    return found


def _run(
    connection: sa.Connection, sql: str, given: tuple[Any, ...] | list[tuple[Any, ...]]
) -> Sequence[Any]:
    """Hand a statement to the driver, with parameters or a list of them, and give the rows it returns.

    Raises what SQLAlchemy raises, a lost connection included, without the parameters. Who listens to
    the connection's statements hears these too.
    """
    if connection.dispatch.before_cursor_execute:
        done = connection.exec_driver_sql(sql, given)
        return done.all() if done.returns_rows else []
    if not connection.in_transaction():
        connection.begin()
    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "postgresql":
        cursor, sql = psycopg.RawCursor(connection.connection.driver_connection), _numbered(sql)  # type: ignore[arg-type]
    try:
        if isinstance(given, list):
            cursor.executemany(sql, given)
        else:
            cursor.execute(sql, given)
        return cursor.fetchall() if cursor.description else ()
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_usual(connection, sql, error) from error
    finally:
        cursor.close()


@lru_cache(maxsize=512)
def _numbered(sql: str) -> str:
    """Write a statement as PostgreSQL itself reads it: psycopg reads any other anew each time it is long."""
    numbers = count(1)
    return _MARK.sub(lambda mark: "%" if mark[0] == "%%" else f"${next(numbers)}", sql)


def _as_usual(connection: sa.Connection, sql: str, error: Any) -> sa.exc.StatementError:
    """Make SQLAlchemy's own error of the driver's; what a lost connection held is void."""
    dialect, pooled = connection.dialect, connection.connection
    lost = dialect.is_disconnect(error, pooled, None)
    if lost:
        connection.invalidate(error)
    told: sa.exc.StatementError = sa.exc.DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error, connection_invalidated=lost, dialect=dialect
    )
    return told


def _length(values: Sequence[Any]) -> int:
    assert values, "a list to look for has something in it"
    return 1 << (len(values) - 1).bit_length()


def _filled(values: Sequence[Any], length: int) -> Sequence[Any]:
    return [*values, *[values[-1]] * (length - len(values))]


@lru_cache(maxsize=512)
def _of_many(sql: str, rows: int) -> str:
    """Write an INSERT of one row as one of many."""
    first, last = _values(sql)
    row = _CAST.sub("%s", sql[first:last])  # the columns say their types
    return sql[:first] + ", ".join([row] * rows) + sql[last:]


@lru_cache(maxsize=512)
def _values(sql: str) -> tuple[int, int]:
    """Find the values of an INSERT, with their parentheses."""
    first = sql.index(" VALUES (") + len(" VALUES ")
    depth, last = 1, first + 1
    while depth:
        depth += {"(": 1, ")": -1}.get(sql[last], 0)
        last += 1
    return first, last


@lru_cache(maxsize=512)
def _ready(
    statement: Statement, dialect: Dialect, names: tuple[str, ...], lengths: tuple[tuple[str, int], ...]
) -> _Ready:
    if isinstance(statement, Insert):
        inline = statement if statement.exported_columns else statement.inline()  # a list gives no ids back
        compiled = inline.compile(dialect=dialect, column_keys=list(names) or None)
    else:
        compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    sql, order, types, fixed = _expanded(compiled, dict(lengths))
    if not compiled.positional:
        order = _NAMED.findall(sql)
        sql = _NAMED.sub("%s", sql)
    to = {name: _converter(types[name], dialect) for name in order}
    own = {name: value for name, value in fixed.items() if name in to and name not in names}
    return _Ready(
        sql,
        tuple([(name, None if name in own else to[name]) for name in order]),
        {name: value if (one := to[name]) is None else one(value) for name, value in own.items()},
        _results(statement, dialect),
    )


def _expanded(
    compiled: SQLCompiler, lengths: Mapping[str, int]
) -> tuple[str, Sequence[str], Mapping[str, sa.types.TypeEngine[Any]], Mapping[str, Any]]:
    """Write a statement out for lists of these lengths: its text, the order of its parameters, their types,
    and the values they have by themselves."""
    lists = {name: [None] * length for name, length in lengths.items()}
    state = compiled.construct_expanded_state({**compiled.params, **lists})
    types = {name: bound.type for name, bound in compiled.binds.items()}
    for name, parts in state.parameter_expansion.items():
        types |= dict.fromkeys(parts, types[name])
    asked = {part for name in lists for part in state.parameter_expansion[name]}
    asked |= {name for name, bound in compiled.binds.items() if bound.required}
    fixed = {name: value for name, value in state.parameters.items() if name not in asked}
    return state.statement, state.positiontup or (), types, {**fixed, **_defaults(compiled)}


def _defaults(compiled: SQLCompiler) -> dict[str, Any]:
    """Give columns' plain defaults."""
    return {
        column.key: column.default.arg
        for column in compiled.insert_prefetch
        if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar
    }


def _converter(type_: sa.types.TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _results(statement: Statement, dialect: Dialect) -> tuple[tuple[int, _Convert], ...]:
    columns = statement.exported_columns if hasattr(statement, "exported_columns") else ()
    converters = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    return tuple([(place, to) for place, to in enumerate(converters) if to is not None])
