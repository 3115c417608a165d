"""Rides that people book by hand, and the ride companies a person is not sent with."""

from datetime import datetime
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from storage.tables.base import (
    Row,
    args,
    flag,
    link,
    moment,
    number,
    one_of,
    partial,
    row_id,
    sealed,
    sealed_json,
    words,
)

HandState: TypeAlias = Literal[
    "asked", "booked", "sent", "arriving", "in_car", "completed", "no_show", "cancelled", "no_car", "dropped"
]
OPEN_HANDS = ("asked", "booked", "sent", "arriving", "in_car")


class HandRide(Row, table=True):
    """A leg that staff or a volunteer books by hand; `ref` is the leg's own, so it is asked for once.

    `answer_by` is until when somebody may still take it. `called_at` is when the rider asked for the car of a
    flexible ride, `call_off_at` when we asked staff to call the ride off.
    """

    __table_args__ = args(
        one_of("state", HandState),
        partial("ix_hand_ride_open", "person_id", where=f"state IN {OPEN_HANDS}"),
    )
    id: int = row_id()
    person_id: int = link("person")
    ref: str = words(unique=True)
    state: str = words("asked")
    rider: str = sealed("hand_ride.rider")
    phone: str = sealed("hand_ride.phone")
    pickup: dict[str, Any] = sealed_json("hand_ride.pickup")
    dropoff: dict[str, Any] = sealed_json("hand_ride.dropoff")
    flexible: bool = flag()
    day: str | None = words(null=True)
    pickup_at: datetime | None = moment(null=True)
    drive_minutes: int = number()
    answer_by: datetime = moment()
    called_at: datetime | None = moment(null=True)
    call_off_at: datetime | None = moment(null=True)
    car: dict[str, Any] | None = sealed_json("hand_ride.car", null=True)
    fare_cents: int = number()
    fee_cents: int = number(0)
    final_cents: int | None = number(null=True)
    caseworker_id: int | None = link("caseworker", null=True, gone="SET NULL", index=False)
    version: int = number(1)
    changed_at: datetime = moment()
    created_at: datetime = moment()


class RideExclusion(Row, table=True):
    """A ride company a person is not sent with until a human clears it; kept for the record when cleared."""

    __table_args__ = args(
        partial("uq_ride_exclusion", "person_id", "provider", where="cleared_at IS NULL", unique=True),
        sa.Index(None, "person_id"),
    )
    id: int = row_id()
    person_id: int = link("person", index=False)
    provider: str = words()
    reason: str = sealed("ride_exclusion.reason")
    at: datetime = moment()
    cleared_at: datetime | None = moment(null=True)
    cleared_by: int | None = link("caseworker", null=True, gone="SET NULL", index=False)
