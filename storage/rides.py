"""Rides: one leg each, with what we want, what is, and our ref, known before the provider knows anything.

The rule: one live ride for each interview and leg that is wanted (the database refuses a second), none
without a purpose, and every change is a compare-and-set on the version it was decided on. Whoever loses looks
again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from storage import due, lifecycle, lists
from storage.due import Family, Lease
from storage.people import new_ref
from storage.tables import Ride, RideEvent, table
from storage.tables.going import HOLDS_MONEY, IS_LIVE, LIVE_RIDES, InterviewKind, Leg
from storage.types import as_row

RIDE, EVENT = table(Ride), table(RideEvent)
RIDES = Family(RIDE, "due_at IS NOT NULL", (RIDE.c.due_at, RIDE.c.id))


@dataclass(frozen=True, slots=True)
class RideRow:
    """One leg as it stands; money in US cents, moments aware UTC."""

    id: int
    interview_id: int
    person_id: int
    instead_of: int | None
    fund_id: int | None
    leg: Leg
    purpose: InterviewKind
    wanted: str
    state: str
    ref: str
    provider: str | None
    provider_id: str | None
    rider: str
    pickup_place_id: int
    dropoff_place_id: int
    door: str | None
    pickup_at: datetime | None
    arrive_by: datetime | None
    flexible: bool
    called_at: datetime | None
    ordered_at: datetime | None
    estimate_cents: int
    hold_cents: int
    fee_cents: int
    final_cents: int | None
    approval: str | None
    fee_asked_cents: int | None
    free_cancel_until: datetime | None
    car: dict[str, Any] | None
    reason: str | None
    version: int
    changed_at: datetime | None
    due_at: datetime | None

    @property
    def live(self) -> bool:
        """Whether a car is promised, coming or driving, or may be."""
        return self.state in LIVE_RIDES


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRide:
    """A leg to be booked; without a `pickup_at` it is flexible, or the provider derives it.

    `instead_of` is the ride whose car is gone, `provider` the company that is to bring this one.
    """

    interview_id: int
    person_id: int
    leg: Leg
    purpose: InterviewKind
    rider: str
    pickup_place_id: int
    dropoff_place_id: int
    door: str | None = None
    pickup_at: datetime | None = None
    arrive_by: datetime | None = None
    flexible: bool = False
    called_at: datetime | None = None
    wanted: str = "booked"
    provider: str | None = None
    instead_of: int | None = None
    estimate_cents: int = 0
    fund_id: int | None = None


class LegTaken(Exception):
    """This interview already has a live ride for this leg, and wants it."""


_SELECT = sa.select(*(RIDE.c[name] for name in RideRow.__dataclass_fields__))


_OF_INTERVIEWS = _SELECT.where(RIDE.c.interview_id.in_(sa.bindparam("ids", expanding=True))).order_by(
    RIDE.c.id
)


def add_ride(connection: sa.Connection, new: NewRide, now: datetime) -> RideRow:
    """Write one leg down, to be booked by a worker at once; raise LegTaken when one is live already."""
    values = {**as_row(new), "ref": new_ref(), "due_at": now, "created_at": now, "updated_at": now}
    try:
        with connection.begin_nested():
            id_ = connection.execute(sa.insert(RIDE).values(**values).returning(RIDE.c.id)).scalar_one()
    except IntegrityError as error:
        if _live_leg(connection, new.interview_id, new.leg) is None:
            raise
        raise LegTaken(f"interview {new.interview_id} has a live ride {new.leg}") from error
    made = ride(connection, int(id_))
    assert made is not None
    _keep(connection, None, made, lifecycle.BOT, now)
    return made


def _live_leg(connection: sa.Connection, interview_id: int, leg: Leg) -> int | None:
    wanted = sa.and_(RIDE.c.wanted == "booked", RIDE.c.state.in_(LIVE_RIDES))
    at = sa.and_(RIDE.c.interview_id == interview_id, RIDE.c.leg == leg, wanted)
    return connection.execute(sa.select(RIDE.c.id).where(at)).scalar_one_or_none()


def ride(connection: sa.Connection, ride_id: int) -> RideRow | None:
    """Return a ride by its id."""
    return _one(connection, RIDE.c.id == ride_id)


def ride_by_ref(connection: sa.Connection, ref: str) -> RideRow | None:
    """Return a ride by our ref."""
    return _one(connection, RIDE.c.ref == ref)


def ride_by_provider(connection: sa.Connection, provider: str, provider_id: str) -> RideRow | None:
    """Return a ride by the provider's id."""
    return _one(connection, sa.and_(RIDE.c.provider == provider, RIDE.c.provider_id == provider_id))


def rides_of(connection: sa.Connection, interview_id: int) -> list[RideRow]:
    """List all rides of an interview, over and live ones, the oldest first."""
    return rides_by_interview(connection, [interview_id]).get(interview_id, [])


def rides_by_interview(connection: sa.Connection, ids: Collection[int]) -> dict[int, list[RideRow]]:
    """List all rides of interviews, by interview, the oldest first."""
    found: dict[int, list[RideRow]] = {}
    for row in lists.read(connection, _OF_INTERVIEWS, ids=list(ids)) if ids else ():
        ride = RideRow(*row)
        found.setdefault(ride.interview_id, []).append(ride)
    return found


def live_rides(connection: sa.Connection, person_id: int) -> list[RideRow]:
    """List a person's live rides, the oldest first."""
    return _list(connection, sa.and_(RIDE.c.person_id == person_id, RIDE.c.state.in_(LIVE_RIDES)))


def onward_from(connection: sa.Connection, people: Collection[int]) -> list[RideRow]:
    """List these people's flexible ways out, over and live ones: they start at another appointment."""
    return _list(connection, sa.and_(RIDE.c.person_id.in_(people), RIDE.c.leg == "out", RIDE.c.flexible))


def missed_since(connection: sa.Connection, person_id: int, since: datetime) -> bool:
    """Say whether a car came and left without this person since then."""
    mine = sa.and_(RIDE.c.person_id == person_id, RIDE.c.state == "missed", RIDE.c.changed_at >= since)
    return connection.execute(sa.select(RIDE.c.id).where(mine).limit(1)).first() is not None


def last_driven(connection: sa.Connection, person_id: int, since: datetime) -> RideRow | None:
    """Return a person's newest ride that has had a car since then, whatever became of it."""
    mine = sa.and_(RIDE.c.person_id == person_id, RIDE.c.car.is_not(None), RIDE.c.changed_at >= since)
    statement = _SELECT.where(mine).order_by(RIDE.c.changed_at.desc(), RIDE.c.id.desc()).limit(1)
    row: Mapping[Any, Any] | None = connection.execute(statement).mappings().first()
    return None if row is None else RideRow(**row)


def live_at(connection: sa.Connection, provider: str) -> list[RideRow]:
    """List every live ride of a company, for the sweep that compares them with its own."""
    return _list(connection, sa.and_(RIDE.c.provider == provider, sa.text(IS_LIVE)))


def any_at(connection: sa.Connection, provider: str, since: datetime) -> bool:
    """Say whether this company has a live ride of ours, or had one that changed since then."""
    lately = sa.or_(RIDE.c.state.in_(LIVE_RIDES), RIDE.c.updated_at >= since)
    statement = sa.select(RIDE.c.id).where(RIDE.c.provider == provider, lately).limit(1)
    return connection.execute(statement).first() is not None


def rides_by_ref(connection: sa.Connection, refs: Collection[str]) -> dict[str, RideRow]:
    """Return rides by our refs; a ref that is none of ours is left out."""
    return {row.ref: row for row in _list(connection, RIDE.c.ref.in_(refs))} if refs else {}


def owed(connection: sa.Connection) -> list[RideRow]:
    """List the rides that are over and whose money is still held, the oldest first."""
    holds = _SELECT.where(
        sa.text(HOLDS_MONEY), RIDE.c.state.not_in(LIVE_RIDES)
    )  # in order, all would be read
    rows = [RideRow(**row) for row in connection.execute(holds).mappings()]
    return sorted(rows, key=lambda row: row.id)


def lock_rides(connection: sa.Connection, interview_id: int) -> list[RideRow]:
    """Lock an interview's rides in id order and read them; after the conversation, before the fund."""
    lock = sa.select(RIDE.c.id).where(RIDE.c.interview_id == interview_id).order_by(RIDE.c.id)
    connection.execute(lock.with_for_update())
    return rides_of(connection, interview_id)


def change_ride(
    connection: sa.Connection,
    ride_id: int,
    version: int,
    now: datetime,
    *,
    actor: str = lifecycle.BOT,
    **values: Any,
) -> RideRow | None:
    """Set columns if the ride is still at this version, as a new version; None when another was faster.

    A new state, or another wish, is a step of its life: raises ImpossibleStep where none leads there.
    """
    before = ride(connection, ride_id)
    if before is None or before.version != version:
        return None
    lifecycle.allow("ride", before.state, values.get("state", before.state))
    lifecycle.allow_wanted(before.wanted, values.get("wanted", before.wanted))
    at = sa.and_(RIDE.c.id == ride_id, RIDE.c.version == version)
    statement = sa.update(RIDE).where(at).values(version=version + 1, updated_at=now, **values)
    if not connection.execute(statement).rowcount:
        return None
    after = ride(connection, ride_id)
    assert after is not None
    if (before.state, before.wanted) != (after.state, after.wanted):
        _keep(connection, before, after, actor, now)
    return after


def _keep(
    connection: sa.Connection, before: RideRow | None, after: RideRow, actor: str, now: datetime
) -> None:
    lifecycle.keep_step(
        connection,
        "ride",
        after.id,
        after.person_id,
        before=None if before is None else before.state,
        after=after.state,
        wanted=after.wanted,
        version=after.version,
        now=now,
        actor=actor,
        reason=after.reason,
    )


def drop_rides(connection: sa.Connection, interview_id: int, now: datetime) -> list[RideRow]:
    """Want every live leg of an interview cancelled; a worker tells the provider. Returns those legs.

    A leg under way (in progress) is left alone: nobody is put out of a car.
    """
    dropped = []
    for row in lock_rides(connection, interview_id):
        if row.live and row.state != "in_progress" and row.wanted == "booked":
            changed = change_ride(connection, row.id, row.version, now, wanted="cancelled", due_at=now)
            assert changed is not None
            dropped.append(changed)
    return dropped


def claim_rides(connection: sa.Connection, now: datetime, limit: int) -> list[tuple[Lease, RideRow]]:
    """Lease the rides a worker has to look after now."""
    leases = due.claim(connection, RIDES, now, limit)
    rows = {row.id: row for row in _list(connection, RIDE.c.id.in_([lease.id for lease in leases]))}
    return [(lease, rows[lease.id]) for lease in leases]


def release_lease(connection: sa.Connection, lease: Lease, due_at: datetime | None) -> bool:
    """Let a ride go after looking after it; due again then, or not any more. False when the lease is lost."""
    if due_at is None:
        return due.finish(connection, RIDES, lease)
    return due.put_off(connection, RIDES, lease, due_at, {"attempts": 0})


def put_off_ride(connection: sa.Connection, lease: Lease, due_at: datetime) -> bool:
    """Let a ride go, due again then, its attempts counted on."""
    return due.put_off(connection, RIDES, lease, due_at)


def retry_ride(connection: sa.Connection, lease: Lease, now: datetime) -> bool:
    """Let a ride go after a failure, due again after a longer and longer wait."""
    return due.retry(connection, RIDES, lease, now)


def wake_ride(connection: sa.Connection, ride_id: int, now: datetime) -> None:
    """Have a worker look at this ride at once: a hint came. One who looks right now looks once more."""
    soon = sa.or_(RIDE.c.due_at.is_(None), RIDE.c.due_at > now, RIDE.c.lease_until.is_not(None))
    connection.execute(sa.update(RIDE).where(RIDE.c.id == ride_id, soon).values(due_at=now))


def keep_ride_event(
    connection: sa.Connection,
    *,
    provider: str,
    event_id: str,
    raw: str,
    now: datetime,
    ride_id: int | None = None,
) -> bool:
    """Keep a provider's webhook once; False when this one was here before."""
    values = {"provider": provider, "event_id": event_id, "ride_id": ride_id, "raw": raw, "at": now}
    statement = insert(EVENT).values(**values).on_conflict_do_nothing(index_elements=["provider", "event_id"])
    return connection.execute(statement.returning(EVENT.c.id)).scalar_one_or_none() is not None


def _one(connection: sa.Connection, where: sa.ColumnElement[bool]) -> RideRow | None:
    row: Mapping[Any, Any] | None = connection.execute(_SELECT.where(where)).mappings().one_or_none()
    return None if row is None else RideRow(**row)


def _list(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[RideRow]:
    return [RideRow(**row) for row in connection.execute(_SELECT.where(where).order_by(RIDE.c.id)).mappings()]
