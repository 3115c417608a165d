"""The audit: who did or read what, as a chain nobody can change without its being seen.

The rule: appended to, never changed. Each line's hash is an HMAC over the line and the hash before it, so
whoever has the database but not the key can neither alter, insert nor take out a line; only lines cut off
the end need the count and the head, which `verify` returns, to be compared with what was written down
elsewhere.

Lines are made one at a time (a lock on PostgreSQL; SQLite has one writer), so append late in a transaction.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from storage.tables import Audit, table
from storage.types import keys_of, to_json

AUDIT = table(Audit)
START = b"\0" * 32
LOCK = 0x0A0D_17


@dataclass(frozen=True, slots=True)
class Chain:
    """What `verify` found: the lines that hold from the first on, the last good hash, the first bad line."""

    lines: int
    head: bytes
    broken_at: int | None

    @property
    def whole(self) -> bool:
        """Whether every line holds."""
        return self.broken_at is None


def append(
    connection: sa.Connection,
    *,
    actor: str,
    action: str,
    object: str,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write a line: `actor` "caseworker:3" or "bot", `action` in the past tense, `object` "person:5"."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    last = sa.select(AUDIT.c.hash).order_by(AUDIT.c.id.desc()).limit(1)
    before = connection.execute(last).scalar_one_or_none() or START
    line = {"actor": actor, "action": action, "object": object, "details": _plain(details or {}), "at": now}
    hash_ = _hash(connection, before, line)
    connection.execute(sa.insert(AUDIT).values(**line, prev_hash=before, hash=hash_))


def verify(connection: sa.Connection) -> Chain:
    """Walk the chain from its first line; every line is read and decrypted."""
    lines, head = 0, START
    for row in connection.execute(sa.select(AUDIT).order_by(AUDIT.c.id)).mappings():
        same = hmac.compare_digest(_hash(connection, head, row), row["hash"])
        if row["prev_hash"] != head or not same:
            return Chain(lines, head, row["id"])
        lines, head = lines + 1, row["hash"]
    return Chain(lines, head, None)


def of(connection: sa.Connection, object: str, *, limit: int = 200) -> list[sa.Row[Any]]:
    """List the last lines about an object, the newest first."""
    statement = sa.select(AUDIT).where(AUDIT.c.object == object).order_by(AUDIT.c.id.desc()).limit(limit)
    return list(connection.execute(statement))


def _hash(connection: sa.Connection, before: bytes, line: Any) -> bytes:
    at = line["at"].astimezone(UTC).isoformat(timespec="microseconds")
    details = json.dumps(line["details"], sort_keys=True, ensure_ascii=False)
    parts = (before.hex(), at, line["actor"], line["action"], line["object"], details)
    return hmac.digest(keys_of(connection).index_key, json.dumps(["audit", *parts]).encode(), "sha256")


def _plain(details: Mapping[str, Any]) -> Any:
    """Bring details into the form they will be read back in, so that both give one hash."""
    return json.loads(to_json(details))
