"""What every table is made of: names, ids, moments, sealed columns, closed words, and what can fall due.

The rule: columns only, no behaviour. Every constraint has a name (SQLite and Alembic lose the others),
every word column a CHECK, and what belongs to a person goes when the person goes (ON DELETE CASCADE).
"""

import re
from datetime import datetime
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from storage.types import ID, EncryptedBytes, EncryptedJSON, EncryptedText, UTCDateTime

SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
metadata = SQLModel.metadata


class Row(SQLModel):
    """A table; its name is the class's in snake case."""

    @declared_attr.directive
    @classmethod
    def __tablename__(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class Due(SQLModel):
    """What a worker carries out at `due_at` (None: not now); storage/due.py keeps the leases."""

    due_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    attempts: int = Field(default=0, sa_column_kwargs={"default": 0})
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    dedupe_key: str | None = Field(default=None, unique=True, sa_type=sa.String)


def table(model: type[SQLModel]) -> sa.Table:
    """Return the Core table of a model: what statements on hot paths are built with."""
    return model.metadata.tables[str(model.__tablename__)]


def args(*items: sa.Constraint | sa.Index) -> tuple[Any, ...]:
    """Make a table's arguments: its constraints, and ids that never come again on SQLite."""
    return (*items, {"sqlite_autoincrement": True})


def one_of(column: str, words: Any) -> sa.CheckConstraint:
    """Allow only the words of a Literal in this column."""
    listed = ", ".join(f"'{word}'" for word in get_args(words))
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def partial(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """Index only the rows where this holds, alike on both databases."""
    condition = sa.text(where)
    return sa.Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def row_id() -> Any:
    """Make the id column."""
    return Field(default=None, sa_column=sa.Column(ID, primary_key=True, autoincrement=True))


def link(target: str, *, null: bool = False, gone: str = "CASCADE", index: bool = True) -> Any:
    """Point at another table's id; `gone` says what happens to this row when that one goes."""
    key = sa.ForeignKey(f"{target}.id", ondelete=gone)
    column = sa.Column(ID, key, nullable=null, index=index)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def moment(*, null: bool = False, index: bool = False) -> Any:
    """Make a column for a moment in UTC."""
    column = sa.Column(UTCDateTime, nullable=null, index=index)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def words(
    default: str | None = None, *, null: bool = False, unique: bool = False, index: bool = False
) -> Any:
    """Make a column of plain text: codes, names of ours, never a person's words."""
    column = sa.Column(sa.String, nullable=null, unique=unique, index=index, default=default)
    return (
        Field(default=default, sa_column=column) if null or default is not None else Field(sa_column=column)
    )


def number(default: int | None = None, *, null: bool = False) -> Any:
    """Make a column for a whole number; money is US cents."""
    column = sa.Column(sa.Integer, nullable=null, default=default)
    return (
        Field(default=default, sa_column=column) if null or default is not None else Field(sa_column=column)
    )


def money(default: int | None = None) -> Any:
    """Make a column for US cents of a whole fund: more than a 32-bit number holds."""
    column = sa.Column(sa.BigInteger, nullable=False, default=default)
    return Field(sa_column=column) if default is None else Field(default=default, sa_column=column)


def flag(default: bool = False) -> Any:
    """Make a yes-or-no column."""
    return Field(default=default, sa_column=sa.Column(sa.Boolean, nullable=False, default=default))


def maybe_flag() -> Any:
    """Make a column for yes, no and not known."""
    return Field(default=None, sa_column=sa.Column(sa.Boolean, nullable=True))


def digest_of(*, null: bool = False, unique: bool = False, index: bool = False) -> Any:
    """Make a column for a hash or an HMAC."""
    column = sa.Column(sa.LargeBinary, nullable=null, unique=unique, index=index)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def sealed(place: str, *, null: bool = False) -> Any:
    """Make an encrypted text column; `place` is its "table.column"."""
    return _sealed(EncryptedText(place), null)


def sealed_json(place: str, *, null: bool = False) -> Any:
    """Make an encrypted JSON column."""
    return _sealed(EncryptedJSON(place), null)


def sealed_bytes(place: str, *, null: bool = False) -> Any:
    """Make an encrypted column of bytes."""
    return _sealed(EncryptedBytes(place), null)


def _sealed(kind: sa.types.TypeEngine[Any], null: bool) -> Any:
    column = sa.Column(kind, nullable=null)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)
