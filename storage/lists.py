"""Lists of rows, written by one statement that was compiled before.

The rule: the same Core statements and column types as everywhere, without SQLAlchemy's work for each row and
each call, which costs more than the driver's. For what returns nothing; every row names the same columns, and
defaults that Python fills in are filled in here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert, UpdateBase

_Convert: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement for one database: its text, and for each parameter its name, converter and fixed value."""

    sql: str
    positional: bool
    parameters: tuple[tuple[str, _Convert | None], ...]
    fixed: Mapping[str, Any]

    def of(self, row: Mapping[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        """Lay a row out as the driver takes it."""
        row = {**self.fixed, **row}
        if self.positional:
            return tuple([row[name] if to is None else to(row[name]) for name, to in self.parameters])
        return {name: row[name] if to is None else to(row[name]) for name, to in self.parameters}


def write(connection: sa.Connection, statement: UpdateBase, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write these rows with an INSERT, UPDATE or upsert whose columns or bindparams they name."""
    if rows:
        ready = _ready(statement, connection.dialect, tuple(rows[0]))
        connection.exec_driver_sql(ready.sql, [ready.of(row) for row in rows])


@lru_cache(maxsize=256)
def _ready(statement: UpdateBase, dialect: Dialect, names: tuple[str, ...]) -> _Ready:
    if isinstance(statement, Insert):  # a list gives no ids back
        compiled = statement.inline().compile(dialect=dialect, column_keys=list(names))
    else:
        compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    order = compiled.positiontup if compiled.positional else sorted(compiled.bind_names.values())
    assert order is not None, "a positional statement has its order"
    return _Ready(
        str(compiled),
        compiled.positional,
        tuple((name, _converter(compiled.binds[name], dialect)) for name in order),
        {name: value for name, value in _fixed(compiled).items() if name not in names},
    )


def _converter(parameter: sa.BindParameter[Any], dialect: Dialect) -> _Convert | None:
    return parameter.type.dialect_impl(dialect).bind_processor(dialect)


def _fixed(compiled: SQLCompiler) -> dict[str, Any]:
    """Give what rows need not name: columns' plain defaults, and what the statement itself says."""
    defaults = {
        column.key: column.default.arg
        for column in compiled.insert_prefetch
        if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar
    }
    return {**compiled.params, **defaults}
