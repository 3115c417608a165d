"""Getting there: interviews, places, rides and the money that pays for them."""

from datetime import datetime
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from storage.tables.base import (
    Due,
    Row,
    args,
    flag,
    link,
    moment,
    money,
    number,
    one_of,
    partial,
    row_id,
    sealed,
    sealed_json,
    words,
)

InterviewKind: TypeAlias = Literal["interview", "hiring_step", "documents", "training", "work"]
InterviewState: TypeAlias = Literal["planned", "confirmed", "cancelled", "done", "missed"]
OkToGo: TypeAlias = Literal["not_needed", "have", "not_yet", "not_sure"]
Leg: TypeAlias = Literal["out", "home"]
Wanted: TypeAlias = Literal["booked", "cancelled"]
RideState: TypeAlias = Literal[
    "held",
    "booking",
    "booked",
    "accepted",
    "arriving",
    "in_progress",
    "completed",
    "failed",
    "cancelled",
    "missed",
    "lost",
]
LIVE_RIDES = ("held", "booking", "booked", "accepted", "arriving", "in_progress")
_LIVE = ", ".join(f"'{state}'" for state in LIVE_RIDES)
IS_LIVE, HOLDS_MONEY = f"state IN ({_LIVE})", "hold_cents > 0"
"""Written out, as a partial index is taken for no other words."""
EntryKind: TypeAlias = Literal["hold", "raise", "settle", "release", "fee", "adjust"]
Approval: TypeAlias = Literal["waiting", "given"]
WaitState: TypeAlias = Literal["waiting", "offered", "over"]
LookupState: TypeAlias = Literal["asked", "found", "failed"]
PlaceKind: TypeAlias = Literal["home", "work", "interview", "house", "office", "other"]


class Place(Row, table=True):
    """Where a car can stop or a person be asked to come: a person's own, or shared by all (`person_id` None).

    `pin` is [latitude, longitude]; None until somebody is sure. It is encrypted: a home's pin is its
    address.
    """

    __table_args__ = args(one_of("kind", PlaceKind))
    id: int = row_id()
    person_id: int | None = link("person", null=True)
    kind: str = words("other")
    label: str = sealed("place.label")
    address: str = sealed("place.address")
    pin: list[float] | None = sealed_json("place.pin", null=True)
    doors: list[Any] = sealed_json("place.doors")
    zone: str | None = words(null=True)
    confirmed: bool = flag()
    sample: bool = flag()
    created_at: datetime = moment()


class PlaceLookup(Row, Due, table=True):
    """What a person typed for a place, on its way to the geocoder; comes back as an event."""

    __table_args__ = args(
        one_of("state", LookupState),
        partial("ix_place_lookup_due", "due_at", where="state = 'asked'"),
    )
    id: int = row_id()
    conversation_id: int = link("conversation")
    asked: str = sealed("place_lookup.asked")
    pin: list[float] | None = sealed_json("place_lookup.pin", null=True)
    state: str = words("asked")
    result: list[Any] | None = sealed_json("place_lookup.result", null=True)
    error: str | None = words(null=True)
    created_at: datetime = moment()
    finished_at: datetime | None = moment(null=True)


class Interview(Row, table=True):
    """One appointment: `at` is the moment, `wall` the clock there ("2027-02-24T08:00"), `zone` its IANA zone;
    `ends_at` is known of a shift only.

    `version` grows when it moves or is cancelled: everything planned for an older one is void.
    """

    __table_args__ = args(
        one_of("kind", InterviewKind),
        one_of("state", InterviewState),
        one_of("ok_to_go", OkToGo),
        sa.Index(None, "person_id", "at"),
        sa.Index(None, "at"),
    )
    id: int = row_id()
    person_id: int = link("person", index=False)
    kind: str = words("interview")
    employer: str | None = sealed("interview.employer", null=True)
    at: datetime = moment()
    wall: str = words()
    zone: str = words()
    ends_at: datetime | None = moment(null=True)
    place_id: int = link("place", gone="NO ACTION", index=False)
    version: int = number(1)
    state: str = words("planned")
    moved: int = number(0)
    confirmed_at: datetime | None = moment(null=True)
    ok_to_go: str | None = words(null=True)
    outcome: str | None = words(null=True)
    created_at: datetime = moment()
    updated_at: datetime = moment()


class Ride(Row, Due, table=True):
    """One leg. `wanted` is what we want, `state` what is: workers drive them together by compare-and-set.

    States are the provider's, and ours before it knows the ride: held, booking; failed after a plain no.
    `instead_of` is the ride of the same leg whose car was gone, `ordered_at` when an order last left for this
    one, `fee_asked_cents` what staff were asked to let calling it off cost.
    `approval` is None where no human has to agree to the cost; one "waiting" is not ordered.
    Every change counts `version` up. One that is to be called off does not stand in the way of the next.
    """

    __table_args__ = args(
        one_of("leg", Leg),
        one_of("wanted", Wanted),
        one_of("state", RideState),
        one_of("purpose", InterviewKind),
        one_of("approval", Approval),
        partial(
            "uq_ride_live_leg",
            "interview_id",
            "leg",
            where=f"wanted = 'booked' AND {IS_LIVE}",
            unique=True,
        ),
        partial("ix_ride_live", "provider", where=IS_LIVE),
        partial("ix_ride_hold", "hold_cents", where=HOLDS_MONEY),
        partial("ix_ride_due", "due_at", where="due_at IS NOT NULL"),
        sa.UniqueConstraint("provider", "provider_id"),
    )
    id: int = row_id()
    interview_id: int = link("interview")
    person_id: int = link("person")
    instead_of: int | None = link("ride", null=True, gone="SET NULL", index=False)
    fund_id: int | None = link("fund", null=True, gone="SET NULL", index=False)
    leg: str = words()
    purpose: str = words("interview")
    wanted: str = words("booked")
    state: str = words("held")
    ref: str = words(unique=True)
    provider: str | None = words(null=True)
    provider_id: str | None = words(null=True)
    rider: str = sealed("ride.rider")
    pickup_place_id: int = link("place", gone="NO ACTION", index=False)
    dropoff_place_id: int = link("place", gone="NO ACTION", index=False)
    door: str | None = sealed("ride.door", null=True)
    pickup_at: datetime | None = moment(null=True)
    arrive_by: datetime | None = moment(null=True)
    flexible: bool = flag()
    called_at: datetime | None = moment(null=True)
    ordered_at: datetime | None = moment(null=True)
    estimate_cents: int = number(0)
    hold_cents: int = number(0)
    fee_cents: int = number(0)
    final_cents: int | None = number(null=True)
    approval: str | None = words(null=True)
    fee_asked_cents: int | None = number(null=True)
    free_cancel_until: datetime | None = moment(null=True)
    car: dict[str, Any] | None = sealed_json("ride.car", null=True)
    reason: str | None = words(null=True)
    version: int = number(1)
    changed_at: datetime | None = moment(null=True)
    created_at: datetime = moment()
    updated_at: datetime = moment()


class RideEvent(Row, table=True):
    """A provider's webhook as it came, once: a hint to go and look."""

    __table_args__ = args(sa.UniqueConstraint("provider", "event_id"))
    id: int = row_id()
    provider: str = words()
    event_id: str = words()
    ride_id: int | None = link("ride", null=True)
    raw: str = sealed("ride_event.raw")
    at: datetime = moment()


class Fund(Row, table=True):
    """Money for rides, US cents. The CHECK is the last line: what is held, spent and paid in fees never
    exceeds the budget.

    `area` lists states ("MA") and beginnings of ZIP codes ("021") with spaces between; None is everywhere.
    """

    __table_args__ = args(
        sa.CheckConstraint("held_cents >= 0 AND spent_cents >= 0 AND fees_cents >= 0", name="not_negative"),
        sa.CheckConstraint("held_cents + spent_cents + fees_cents <= budget_cents", name="not_overspent"),
    )
    id: int = row_id()
    name: str = words(unique=True)
    grant_code: str | None = words(null=True)
    budget_cents: int = money()
    held_cents: int = money(0)
    spent_cents: int = money(0)
    fees_cents: int = money(0)
    area: str | None = words(null=True)
    starts_at: datetime | None = moment(null=True)
    ends_at: datetime | None = moment(null=True)
    open: bool = flag(True)
    created_at: datetime = moment()


class FundRule(Row, table=True):
    """What a fund pays for one purpose; without a rule for it, nothing. None is no limit.

    Hours are of the place's wall clock, for the pick-up: from 6 until 20 is 6:00 to 19:59.
    """

    __table_args__ = args(one_of("purpose", InterviewKind), sa.UniqueConstraint("fund_id", "purpose"))
    id: int = row_id()
    fund_id: int = link("fund", index=False)
    purpose: str = words()
    ride_limit_cents: int | None = number(null=True)
    person_trips: int | None = number(null=True)
    max_miles: int | None = number(null=True)
    days_ahead: int | None = number(null=True)
    from_hour: int | None = number(null=True)
    until_hour: int | None = number(null=True)
    approval_over_cents: int | None = number(null=True)


class FundEntry(Row, table=True):
    """One movement of a fund's money between its five accounts, which sum to zero: what comes in is taken
    from `budget` and is `free`; from there it is `held`, and then `spent`, paid in `fees`, or free again.

    Appended and never altered (a trigger refuses it), but that an erased person's ride leaves its link.
    """

    __table_args__ = args(
        one_of("kind", EntryKind),
        sa.CheckConstraint(
            "budget_cents + free_cents + held_cents + spent_cents + fees_cents = 0", name="balanced"
        ),
        partial("uq_fund_entry_end", "ride_id", where="kind IN ('settle', 'release', 'fee')", unique=True),
    )
    id: int = row_id()
    fund_id: int = link("fund", gone="RESTRICT")
    ride_id: int | None = link("ride", null=True, gone="SET NULL")
    kind: str = words()
    budget_cents: int = money(0)
    free_cents: int = money(0)
    held_cents: int = money(0)
    spent_cents: int = money(0)
    fees_cents: int = money(0)
    actor: str = words()
    at: datetime = moment()


class RideWait(Row, table=True):
    """Who asked for a ride and got none for want of money; offered one, in the order asked, when there is.

    `cents` is what the legs were to hold, `until` when a car is too late; an offer lapses at `lapses_at`.
    """

    __table_args__ = args(
        one_of("state", WaitState),
        one_of("purpose", InterviewKind),
        partial("uq_ride_wait_open", "interview_id", where="state <> 'over'", unique=True),
        partial("ix_ride_wait_open", "asked_at", where="state <> 'over'"),
    )
    id: int = row_id()
    person_id: int = link("person")
    interview_id: int = link("interview")
    purpose: str = words()
    cents: int = number()
    until: datetime = moment()
    state: str = words("waiting")
    fund_id: int | None = link("fund", null=True, gone="SET NULL", index=False)
    asked_at: datetime = moment()
    offered_at: datetime | None = moment(null=True)
    lapses_at: datetime | None = moment(null=True)
    ended_at: datetime | None = moment(null=True)
