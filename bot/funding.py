"""Money for legs: which fund pays, what it holds, and whether one may pay at all.

The rule: money is held by our own estimate in the transaction that writes the legs; all of them are held by
one fund, or none is written. The person's own grant is asked first. A leg above a fund's limit for approval
is held and not ordered until staff agree; its rider is never asked about money. Lock order: conversation,
rides, fund.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal, TypeAlias

import sqlalchemy as sa

from bot.acting import Acting, due_for
from bot.reminders.hours import wall_clock
from bot.rides import zips
from bot.rides.estimates import FareTable, road_miles
from bot.settings import Settings
from storage import funds, interviews, people, places, rides
from storage.attention import need_human
from storage.funds import FundRow, Rule
from storage.people import PersonRow
from storage.rides import NewRide, RideRow
from storage.subjects import subject
from storage.tables.going import InterviewKind

Held: TypeAlias = Literal["held", "no_money_left", "needs_approval"]

NEEDS_OK = "ride cost needs an OK"
"""Why a human is put on legs above a fund's limit for approval."""

OK_BEFORE = timedelta(hours=2)
"""Without an answer a leg is given up this long before its pick-up, so that another way can be found."""

MARGIN = 1.2
"""Held above the price: waiting at the door, a longer road, a toll."""


class _NoMoney(Exception):
    """This fund has not enough left; what was written for it is taken back."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the rules of funds are read against."""

    person: PersonRow | None
    legs: Sequence[NewRide]
    miles: float | None
    zone: str
    now: datetime

    @property
    def purpose(self) -> InterviewKind:
        return self.legs[0].purpose

    @property
    def pickup_at(self) -> datetime | None:
        return next((leg.pickup_at for leg in self.legs if leg.pickup_at is not None), None)

    @property
    def cents(self) -> int:
        return sum(leg.estimate_cents for leg in self.legs)


def hold_legs(connection: sa.Connection, legs: Sequence[NewRide], who: Acting) -> Held:
    """Write these legs on the first fund that can pay them all; nothing is written when none can.

    On "needs_approval" they are written and held, and wait for staff.
    """
    return hold_for(connection, legs, who.settings, who.now)


def hold_for(connection: sa.Connection, legs: Sequence[NewRide], settings: Settings, now: datetime) -> Held:
    """Write these legs, of one person and interview, as `hold_legs` does; for where no turn is."""
    if not legs:
        return "held"
    asked = _asked(connection, legs, now)
    for fund, rule in _funds(connection, asked):
        if _pays(connection, fund, rule, asked) and (made := _written(connection, fund, asked)):
            if not _needs_ok(rule, [leg.estimate_cents for leg in legs]):
                return "held"
            _wait_for_ok(connection, made, asked.pickup_at, settings, now)
            return "needs_approval"
    return "no_money_left"


def hold_price(
    connection: sa.Connection, leg: RideRow, quote_cents: int, settings: Settings, now: datetime
) -> Held:
    """Raise a leg's hold to what its price may become: price or estimate, a margin, and the cancel fee.

    "no_money_left": it costs more than its fund has, or pays for one leg. "needs_approval": it waits for
    staff now, as they have not agreed to so much. Its row is locked by the caller.
    """
    rule = None if leg.fund_id is None else funds.rule_for(connection, leg.fund_id, leg.purpose)
    if rule is None or _above(quote_cents, rule.ride_limit_cents):
        return "no_money_left"
    if leg.approval != "given" and _needs_ok(rule, [quote_cents]):
        _wait_for_ok(connection, [leg], leg.pickup_at, settings, now)
        return "needs_approval"
    most = most_cents(max(quote_cents, leg.estimate_cents), settings)
    if most <= leg.hold_cents or funds.raise_hold(connection, leg.id, most, now):
        return "held"
    return "no_money_left"


def most_cents(cents: int, settings: Settings) -> int:
    """Say what to hold for a leg of this price: the price and a margin, and the fee we would pay for
    calling it off."""
    return ceil(cents * MARGIN) + settings.ride_fee_limit_cents


def trips_left(
    connection: sa.Connection,
    person_id: int,
    settings: Settings,
    now: datetime,
    purpose: InterviewKind = "interview",
) -> int | None:
    """Count the trips (there and home) a person still has for a purpose; None where nothing limits them.

    A fund with less than the cheapest trip's money has none for anybody.
    """
    person = people.person(connection, person_id)
    if person is None:
        return None
    least, left = 2 * fares(settings).minimum_cents, 0
    for fund, rule in funds.funds_for(connection, purpose, now, person.grant_code):
        if fund.left_cents < least or not _in_area(fund, person):
            continue
        if rule.person_trips is None:
            return None
        left += max(0, rule.person_trips - funds.trips_used(connection, fund.id, person_id, purpose))
    return left


def fares(settings: Settings) -> FareTable:
    """Give the programme's own fare table."""
    return FareTable(
        base_cents=settings.fare_base_cents,
        per_mile_cents=settings.fare_per_mile_cents,
        per_minute_cents=settings.fare_per_minute_cents,
        booking_fee_cents=settings.fare_booking_fee_cents,
        minimum_cents=settings.fare_minimum_cents,
    )


# --- the rules ------------------------------------------------------------------------------------------


def _asked(connection: sa.Connection, legs: Sequence[NewRide], now: datetime) -> _Asked:
    row = interviews.interview(connection, legs[0].interview_id)
    assert row is not None, "a leg goes with its interview"
    ends = [places.place(connection, id_) for id_ in (legs[0].pickup_place_id, legs[0].dropoff_place_id)]
    pins = [end.pin for end in ends if end is not None and end.pin is not None]
    miles = road_miles(*pins[0], *pins[1]) if len(pins) == 2 else None
    return _Asked(people.person(connection, legs[0].person_id), legs, miles, row.zone, now)


def _funds(connection: sa.Connection, asked: _Asked) -> list[tuple[FundRow, Rule]]:
    grant = asked.person.grant_code if asked.person else None
    return funds.funds_for(connection, asked.purpose, asked.now, grant)


def _pays(connection: sa.Connection, fund: FundRow, rule: Rule, asked: _Asked) -> bool:
    """Say whether a fund's rule lets it pay for all of these legs, and it has the money."""
    return (
        fund.left_cents >= asked.cents
        and _in_area(fund, asked.person)
        and not any(_above(leg.estimate_cents, rule.ride_limit_cents) for leg in asked.legs)
        and not _above(asked.miles, rule.max_miles)
        and _in_window(rule, asked)
        and _has_trips(connection, fund, rule, asked)
    )


def _above(figure: float | None, limit: int | None) -> bool:
    return limit is not None and figure is not None and figure > limit


def _needs_ok(rule: Rule, cents: Collection[int]) -> bool:
    return any(_above(each, rule.approval_over_cents) for each in cents)


def _in_area(fund: FundRow, person: PersonRow | None) -> bool:
    """Say whether a person lives where a fund pays; nobody does whose ZIP is not known."""
    if fund.area is None:
        return True
    code = person.zip if person else None
    known = zips.look_up(code) if code else None
    return code is not None and any(
        code.startswith(word) if word.isdigit() else known is not None and known.state == word
        for word in fund.area.split()
    )


def _in_window(rule: Rule, asked: _Asked) -> bool:
    if asked.pickup_at is None:
        return True
    if rule.days_ahead is not None and asked.pickup_at > asked.now + timedelta(days=rule.days_ahead):
        return False
    hour = wall_clock(asked.pickup_at, asked.zone).hour
    return (rule.from_hour or 0) <= hour < (24 if rule.until_hour is None else rule.until_hour)


def _has_trips(connection: sa.Connection, fund: FundRow, rule: Rule, asked: _Asked) -> bool:
    if rule.person_trips is None:
        return True
    leg = asked.legs[0]
    used = funds.trips_used(connection, fund.id, leg.person_id, asked.purpose, but=leg.interview_id)
    return used < rule.person_trips


# --- the rows -------------------------------------------------------------------------------------------


def _written(connection: sa.Connection, fund: FundRow, asked: _Asked) -> list[RideRow]:
    """Write the legs with their money; none when somebody else was faster with this fund's last."""
    try:
        with connection.begin_nested():
            made = []
            for leg in asked.legs:
                ride = rides.add_ride(connection, leg, asked.now)
                if not funds.hold(connection, fund.id, ride.id, leg.estimate_cents, asked.now):
                    raise _NoMoney
                made.append(ride)
            return made
    except _NoMoney:
        return []


def _wait_for_ok(
    connection: sa.Connection,
    legs: Sequence[RideRow],
    pickup_at: datetime | None,
    settings: Settings,
    now: datetime,
) -> None:
    """Have legs wait for staff until shortly before the pick-up, and put them on somebody's list."""
    first = legs[0]
    row = interviews.interview(connection, first.interview_id)
    assert row is not None, "a leg goes with its interview"
    begins = pickup_at or row.at
    until = max(begins - OK_BEFORE, now + (begins - now) / 2)
    for leg in legs:
        rides.change_ride(connection, leg.id, leg.version, now, approval="waiting", due_at=until)
    dollars = sum(leg.estimate_cents for leg in legs) / 100
    words = f"{dollars:.2f} dollars for rides to the appointment. Without an answer it is not booked."
    due_at = min(due_for(connection, settings, first.person_id, NEEDS_OK, now), until)
    about = subject("interview", first.interview_id)
    need_human(connection, first.person_id, NEEDS_OK, words, due_at, now, about=about)
