"""Column types both databases share: moments in UTC, encrypted text, JSON and bytes, and ids.

The rule: a value that would be ambiguous (a naive datetime) or readable (a person's words) never reaches
the disk. The keys come with the engine (`carry_keys`): one table serves two databases with two key rings.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from storage.crypto import KeyRing, seal, unseal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ID: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""A row's id. SQLite counts only INTEGER up; with `sqlite_autoincrement` an erased one never comes again."""


class NaiveDatetime(ValueError):
    """A datetime without its zone was about to be stored."""


class NoKeys(RuntimeError):
    """An encrypted column was touched through an engine that carries no keys."""


def carry_keys(engine: sa.Engine, keys: KeyRing) -> None:
    """Give this engine the keys that its encrypted columns and indexes use."""
    setattr(engine.dialect, "onward_keys", keys)  # noqa: B010  SQLAlchemy's class does not declare it


def keys_of(connection: sa.Connection | Dialect) -> KeyRing:
    """Return the keys the connection's engine carries; raise NoKeys where there are none."""
    dialect = connection.dialect if isinstance(connection, sa.Connection) else connection
    keys = getattr(dialect, "onward_keys", None)
    if not isinstance(keys, KeyRing):
        raise NoKeys("this engine carries no keys: open the database with open_database(url, keys)")
    return keys


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: takes any aware datetime, stores and gives UTC; refuses a naive one (NaiveDatetime)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveDatetime(f"a moment needs its zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Sealed(TypeDecorator[Any]):
    """Bytes sealed for one place, named "table.column"; a test holds every name against its column."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else seal(keys_of(dialect), self.place, self.to_bytes(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.from_bytes(unseal(keys_of(dialect), self.place, bytes(value)))

    def to_bytes(self, value: Any) -> bytes:
        raise NotImplementedError

    def from_bytes(self, plain: bytes) -> Any:
        raise NotImplementedError


class EncryptedText(Sealed):
    """Text nobody reads without the key."""

    cache_ok = True

    def to_bytes(self, value: str) -> bytes:
        return value.encode()

    def from_bytes(self, plain: bytes) -> str:
        return plain.decode()


class EncryptedBytes(Sealed):
    """Bytes nobody reads without the key: a photo."""

    cache_ok = True

    def to_bytes(self, value: bytes) -> bytes:
        return value

    def from_bytes(self, plain: bytes) -> bytes:
        return plain


class EncryptedJSON(Sealed):
    """JSON nobody reads without the key. Moments, dates and times in it become ISO text and stay text."""

    cache_ok = True

    def to_bytes(self, value: Any) -> bytes:
        return to_json(value)

    def from_bytes(self, plain: bytes) -> Any:
        return json.loads(plain)


def to_json(value: Any) -> bytes:
    """Write JSON without spaces, in the mapping's own order, moments and dates as ISO text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def as_row(value: "DataclassInstance") -> dict[str, Any]:
    """Lay a frozen value's fields out as a row; not copied deeply, as `asdict` would."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _plain(value: object) -> object:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return dict(value)
        case set() | frozenset():
            return sorted(value)
        case _:
            raise TypeError(f"{type(value).__name__} is not JSON")
