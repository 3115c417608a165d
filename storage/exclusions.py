"""Which ride companies a person is not sent with, since when and why, until a human clears it.

The rule: one open exclusion for each person and company; saying it again keeps the first moment and brings
the reason up to date. Only a caseworker clears one, and that is audited; the row stays.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage import audit
from storage.tables import RideExclusion, table

EXCLUSION = table(RideExclusion)
_OPEN = EXCLUSION.c.cleared_at.is_(None)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A company a person is not sent with."""

    id: int
    person_id: int
    provider: str
    reason: str
    at: datetime


_SELECT = sa.select(*(EXCLUSION.c[name] for name in Exclusion.__dataclass_fields__))


def exclude(connection: sa.Connection, person_id: int, provider: str, reason: str, now: datetime) -> None:
    """Send this person with this company no more, from now on."""
    statement = insert(EXCLUSION).values(person_id=person_id, provider=provider, reason=reason, at=now)
    again = statement.on_conflict_do_update(
        index_elements=["person_id", "provider"],
        index_where=sa.text("cleared_at IS NULL"),
        set_={"reason": statement.excluded.reason},
    )
    connection.execute(again)


def excluded(connection: sa.Connection, person_id: int) -> frozenset[str]:
    """Name the companies this person is not sent with."""
    return frozenset(one.provider for one in exclusions_of(connection, person_id))


def exclusions_of(connection: sa.Connection, person_id: int) -> list[Exclusion]:
    """List a person's exclusions that stand, the oldest first."""
    mine = _SELECT.where(EXCLUSION.c.person_id == person_id, _OPEN).order_by(EXCLUSION.c.id)
    return [Exclusion(**row) for row in connection.execute(mine).mappings()]


def clear(
    connection: sa.Connection, person_id: int, provider: str, caseworker_id: int, now: datetime
) -> bool:
    """Send this person with this company again; False where nothing stood in the way."""
    mine = sa.and_(EXCLUSION.c.person_id == person_id, EXCLUSION.c.provider == provider, _OPEN)
    statement = sa.update(EXCLUSION).where(mine).values(cleared_at=now, cleared_by=caseworker_id)
    if not connection.execute(statement).rowcount:
        return False
    audit.append(
        connection,
        actor=f"caseworker:{caseworker_id}",
        action="cleared_ride_company",
        object=f"person:{person_id}",
        now=now,
        details={"provider": provider},
    )
    return True
