"""Column types both databases share: moments in UTC, encrypted text, JSON and bytes, and ids.

The rule: a value that would be ambiguous (a naive datetime) or readable (a person's words) never reaches
the disk. The keys come with the engine (`carry_keys`): one table serves two databases with two key rings.
Types convert by processors of their own, without SQLAlchemy's chain: every turn passes some fifty values.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from storage.crypto import KeyRing, seal, unseal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Write: TypeAlias = Callable[[Any], Any]
_Read: TypeAlias = Callable[[Any], Any]

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

    def bind_processor(self, dialect: Dialect) -> _Write:
        return _moment_as_text if dialect.name == "sqlite" else _moment

    def result_processor(self, dialect: Dialect, coltype: object) -> _Read:
        return _moment_from_text if dialect.name == "sqlite" else _moment


def _moment(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise NaiveDatetime(f"a moment needs its zone: {value!r}")
    return value.astimezone(UTC)


@lru_cache(maxsize=64)  # a list writes its one moment into every row
def _moment_as_text(value: datetime | None) -> str | None:
    moment = _moment(value)
    return None if moment is None else moment.isoformat(" ", "microseconds")[:26]  # SQLite knows no zones


def _moment_from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class Sealed(TypeDecorator[Any]):
    """Bytes sealed for one place, named "table.column"; a test holds every name against its column."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def bind_processor(self, dialect: Dialect) -> _Write:
        place, to_bytes = self.place, self.to_bytes

        def write(value: Any) -> bytes | None:
            return None if value is None else seal(keys_of(dialect), place, to_bytes(value))

        return write

    def result_processor(self, dialect: Dialect, coltype: object) -> _Read:
        def read(value: Any) -> Any:
            return (
                None if value is None else self.from_bytes(unseal(keys_of(dialect), self.place, bytes(value)))
            )

        return read

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
    return _ENCODER.encode(value).encode()


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


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def as_row(value: "DataclassInstance") -> dict[str, Any]:
    """Lay a frozen value's fields out as a row; not copied deeply, as `asdict` would."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
