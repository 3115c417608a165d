"""What falls due, and who carries it out: one lease logic for messages, timers, rides and look-ups.

The rule: a row is claimed by one worker for the length of a lease, in a transaction that commits before
anything is done outside. A worker that dies loses its lease, and the row comes back. What is eligible,
and in which order, is the family's own. PostgreSQL's workers pass by each other's rows (SKIP LOCKED);
SQLite has one writer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any

import sqlalchemy as sa

from storage import lists
from storage.types import UTCDateTime

LEASE = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(minutes=30)
NOW: sa.BindParameter[datetime] = sa.bindparam("now", type_=UTCDateTime())
_AFTER: sa.BindParameter[datetime] = sa.bindparam("after", type_=UTCDateTime())
_UNTIL: sa.BindParameter[datetime] = sa.bindparam("until", type_=UTCDateTime())


EVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


@dataclass(frozen=True, eq=False)
class Family:
    """One table of due rows: which are still to be done, and in which order they are taken.

    `open` is written out, in the words of the table's partial index: SQLite takes that index for no other,
    and PostgreSQL not for one with parameters. `lines` are the leading columns, with all their values.
    """

    table: sa.Table
    open: str
    order: tuple[sa.ColumnElement[Any], ...]
    lines: Mapping[str, Sequence[str | int]] = field(default_factory=dict)

    @cached_property
    def ready(self) -> sa.ColumnElement[bool]:
        """The rows that may be claimed at `:now`."""
        columns = self.table.c
        free = sa.or_(columns.lease_until.is_(None), columns.lease_until <= NOW)
        return sa.and_(sa.text(self.open), columns.due_at <= NOW, free)

    @cached_property
    def picked(self) -> sa.Select[int]:
        """The statement that picks up to `:most` of them, in the family's order."""
        picked = sa.select(self.table.c.id).where(self.ready).order_by(*self.order)
        return picked.limit(sa.bindparam("most", type_=sa.Integer)).with_for_update(
            of=self.table, skip_locked=True
        )

    @cached_property
    def taken(self) -> sa.sql.dml.ReturningUpdate[int, int]:
        """The statement that leases rows and counts the attempt."""
        columns = self.table.c
        return (
            sa.update(self.table)
            .where(columns.id.in_(sa.bindparam("ids", expanding=True)))
            .values(lease_until=sa.bindparam("lease", type_=UTCDateTime()), attempts=columns.attempts + 1)
            .returning(columns.id, columns.attempts)
        )

    @cached_property
    def firsts(self) -> tuple[sa.Select[datetime], ...]:
        """The statements that find the first moment in a span: a row falls due, or its lease runs out."""
        due_at, lease_until = self.table.c.due_at, self.table.c.lease_until
        free = sa.or_(lease_until.is_(None), lease_until <= due_at)
        lines = [self.table.c[name].in_(_written(values)) for name, values in self.lines.items()]
        falls_due = sa.select(due_at).where(
            sa.text(self.open), *lines, due_at > _AFTER, due_at <= _UNTIL, free
        )
        comes_back = sa.select(lease_until).where(
            sa.text("lease_until IS NOT NULL"),
            sa.text(self.open),
            lease_until > due_at,
            lease_until > _AFTER,
            lease_until <= _UNTIL,
        )
        return falls_due.order_by(due_at).limit(1), comes_back.order_by(lease_until).limit(1)


def _written(values: Sequence[str | int]) -> list[sa.ColumnElement[Any]]:
    return [sa.literal_column(repr(value)) for value in values]


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed row: it is ours until `until`."""

    id: int
    until: datetime
    attempts: int


def claim(
    connection: sa.Connection, family: Family, now: datetime, limit: int, *, lease: timedelta = LEASE
) -> list[Lease]:
    """Take up to `limit` rows that are due, in the family's order, and count the attempt."""
    ids = [row[0] for row in lists.read(connection, family.picked, {"now": now, "most": limit})]
    return lease_these(connection, family, ids, now, lease)


def lease_these(
    connection: sa.Connection, family: Family, ids: Sequence[int], now: datetime, lease: timedelta = LEASE
) -> list[Lease]:
    """Lease these rows, which this transaction has picked, and count the attempt; in their order."""
    if not ids:
        return []
    until = now + lease
    attempts = dict(lists.read(connection, family.taken, {"lease": until}, ids=ids))
    return [Lease(id_, until, attempts[id_]) for id_ in ids]


def finish(
    connection: sa.Connection, family: Family, lease: Lease, values: Mapping[str, Any] | None = None
) -> bool:
    """Write what came of it and let the row go; False, changing nothing, when the lease was lost."""
    return _let_go(connection, family, lease, {**(values or {}), "due_at": None})


def put_off(
    connection: sa.Connection,
    family: Family,
    lease: Lease,
    until: datetime,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Give the row back, due again at `until`; False when the lease was lost meanwhile."""
    return _let_go(connection, family, lease, {**(values or {}), "due_at": until})


def retry(
    connection: sa.Connection,
    family: Family,
    lease: Lease,
    now: datetime,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Give the row back after a failure, due again after a longer and longer wait."""
    return put_off(connection, family, lease, now + back_off(lease.attempts), values)


def back_off(attempts: int) -> timedelta:
    """Say how long to wait after so many attempts: 15 s, 30 s, 1 min … at most half an hour."""
    doublings = min(max(attempts - 1, 0), 12)
    return min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)


def next_due(
    connection: sa.Connection,
    families: Sequence[Family],
    after: datetime | None = None,
    until: datetime | None = None,
) -> datetime | None:
    """Say when the next row of these families falls due or comes back from a lease; None if nothing waits.

    With `after`, only later moments count: a row of the past that waits behind another one hides nothing.
    With `until`, only earlier ones: what is further off need not be looked for, however much there is.
    """
    between = {"after": after or EVER[0], "until": until or EVER[1]}
    moments = [connection.scalar(first, between) for family in families for first in family.firsts]
    return min((moment for moment in moments if moment is not None), default=None)


def _let_go(connection: sa.Connection, family: Family, lease: Lease, values: Mapping[str, Any]) -> bool:
    return bool(let_go(connection, family, [lease], values))


def let_go(
    connection: sa.Connection, family: Family, leases: Sequence[Lease], values: Mapping[str, Any]
) -> set[int]:
    """Write the same of several rows and let them go; return those whose lease was not lost."""
    gone: set[int] = set()
    for until in {lease.until for lease in leases}:
        ids = [lease.id for lease in leases if lease.until == until]
        statement = _release(family, tuple(values))
        given = {f"the_{name}": value for name, value in values.items()}
        gone.update(row[0] for row in lists.read(connection, statement, {"lease": until, **given}, ids=ids))
    return gone


@cache
def _release(family: Family, names: tuple[str, ...]) -> sa.sql.dml.ReturningUpdate[int]:
    columns = family.table.c
    ids: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
    values: dict[str, Any] = {name: sa.bindparam(f"the_{name}", type_=columns[name].type) for name in names}
    return (
        sa.update(family.table)
        .where(columns.id.in_(ids), columns.lease_until == sa.bindparam("lease", type_=UTCDateTime()))
        .values(lease_until=None, **values)
        .returning(columns.id)
    )
