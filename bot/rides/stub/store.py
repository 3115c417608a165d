"""The pretend company's memory: one SQLite file with trips, prices, tokens, texts, webhooks and the clock.

Every change of a trip and the webhook that tells of it are one transaction, so a restart keeps both.
A file that an older company wrote is begun anew: nothing in it is anybody's.
Times are whole milliseconds since 1970, UTC, as on the wire.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

VERSION = 2
SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS token (token TEXT PRIMARY KEY, ends INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS fare (
    fare_id TEXT PRIMARY KEY, product_id TEXT NOT NULL, cents INTEGER NOT NULL, surge REAL NOT NULL,
    ends INTEGER NOT NULL, asked TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trip (
    number INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL UNIQUE, ref TEXT NOT NULL,
    phone TEXT NOT NULL, product_id TEXT NOT NULL, story TEXT NOT NULL,
    status TEXT NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, pickup_at INTEGER,
    flex_day TEXT, flex_ends INTEGER, curb_at INTEGER, picked_at INTEGER, ended_at INTEGER,
    miles REAL NOT NULL, drive_minutes INTEGER NOT NULL, fare_cents INTEGER NOT NULL,
    fee_cents INTEGER NOT NULL DEFAULT 0, sends INTEGER NOT NULL DEFAULT 0, car TEXT, body TEXT NOT NULL,
    next_status TEXT, next_at INTEGER);
CREATE INDEX IF NOT EXISTS trip_ref ON trip (ref);
CREATE INDEX IF NOT EXISTS trip_next ON trip (next_at, number) WHERE next_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS hook (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, request_id TEXT NOT NULL,
    status TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    next_try INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'waiting',
    answer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS hook_waiting ON hook (id) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS hook_passed ON hook (id) WHERE state IN ('late', 'held');
CREATE TABLE IF NOT EXISTS sms (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, phone TEXT NOT NULL, request_id TEXT,
    from_rider INTEGER NOT NULL, words TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS asked (at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS asked_at ON asked (at);
"""
TABLES = ("kept", "token", "fare", "trip", "hook", "sms", "asked")

Row = dict[str, Any]


def to_ms(at: datetime) -> int:
    """Turn an aware time into milliseconds, exactly."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """Turn milliseconds into an aware UTC time, exactly."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


class Store:
    """The open SQLite file. One thread uses it: the server's event loop."""

    def __init__(self, path: str | Path) -> None:
        """Open or create the file; `:memory:` forgets at the end."""
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = lambda cursor, values: {
            column[0]: value for column, value in zip(cursor.description, values, strict=True)
        }
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing by it
        self._db.execute("PRAGMA busy_timeout=5000")
        self._begin_anew_if_old()
        self._db.executescript(f"BEGIN;{SCHEMA}PRAGMA user_version={VERSION};COMMIT;")

    def _begin_anew_if_old(self) -> None:
        if self._db.execute("PRAGMA user_version").fetchone()["user_version"] != VERSION:
            drops = "".join(f"DROP TABLE IF EXISTS {name};" for name in TABLES)
            self._db.executescript(f"BEGIN;{drops}COMMIT;")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all of what is written inside, or nothing. Does not nest."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """Read rows as dictionaries."""
        return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        """Read the first row, or None."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    def write(self, sql: str, *values: Any) -> int:
        """Run one change; answer how many rows it changed."""
        return self._db.execute(sql, values).rowcount

    def kept(self, key: str, default: Any) -> Any:
        """Read one kept value (clock, market)."""
        row = self.row("SELECT value FROM kept WHERE key = ?", key)
        return json.loads(row["value"]) if row else default

    def keep(self, key: str, value: Any) -> None:
        """Keep one value."""
        self.write("INSERT OR REPLACE INTO kept (key, value) VALUES (?, ?)", key, json.dumps(value))

    def insert(self, table: str, **values: Any) -> None:
        """Add a row; `table` and the column names are ours, never a caller's."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self.write(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())  # noqa: S608


def new_id(kind: str) -> str:
    """Make an id nobody can guess."""
    return f"{kind}_{secrets.token_hex(10)}"
