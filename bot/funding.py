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
from bot.rides.estimates import FareTable, estimate_cents, road_miles
from bot.settings import Settings
from storage import funds, interviews, people, places, rides, waitlist
from storage.attention import finish_items, keep_promises, need_human
from storage.funds import FundRow, Rule
from storage.interviews import InterviewRow
from storage.people import PersonRow
from storage.places import PlaceRow
from storage.rides import NewRide, RideRow
from storage.tables.going import InterviewKind

Held: TypeAlias = Literal["held", "no_money_left", "needs_approval"]

NEEDS_OK = "ride cost needs an OK"
"""Why a human is put on legs above a fund's limit for approval."""

OK_BEFORE = timedelta(hours=2)
"""Without an answer a leg is given up this long before its pick-up, so that another way can be found."""

USEFUL_BEFORE = timedelta(minutes=90)
"""A ride that is offered later than this before an appointment helps nobody."""

BEFORE = timedelta(hours=1)
"""About how long before an appointment the car comes, while nobody knows from where."""

MARGIN = 1.2
"""Held above the price: waiting at the door, a longer road, a toll."""


class _NoMoney(Exception):
    """This fund has not enough left; what was written for it is taken back."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the rules of funds are read against: the ways to one appointment and back."""

    person: PersonRow
    row: InterviewRow
    cents: tuple[int, ...]
    miles: float | None
    pickup_at: datetime | None
    now: datetime


def hold_legs(connection: sa.Connection, legs: Sequence[NewRide], who: Acting) -> Held:
    """Write these legs on the first fund that can pay them all; nothing is written when none can.

    On "needs_approval" they are written and held, and wait for staff. A car that comes instead of another
    needs no new approval.
    """
    return hold_for(connection, legs, who.settings, who.now)


def hold_for(connection: sa.Connection, legs: Sequence[NewRide], settings: Settings, now: datetime) -> Held:
    """Write these legs, of one person and interview, as `hold_legs` does; for where no turn is."""
    if not legs:
        return "held"
    wish = _wish_for(connection, legs, now)
    for fund, rule in _able(connection, wish):
        made = _written(connection, fund, legs, now)
        if made:
            waitlist.end(connection, wish.row.id, now)
            if _instead(connection, made, now) or not _needs_ok(rule, wish.cents):
                return "held"
            _wait_for_ok(connection, made, wish.pickup_at, settings, now)
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


def answer_cost(
    connection: sa.Connection, person_id: int, yes: bool, caseworker_id: int, now: datetime
) -> int:
    """Have staff agree to what waits for them, or not; a worker books it or tells the person. Returns how
    many legs waited."""
    legs = [leg for leg in rides.live_rides(connection, person_id) if waits_for_ok(leg)]
    for leg in legs:
        approval = "given" if yes else "waiting"  # one that waits and is due is given up
        rides.change_ride(connection, leg.id, leg.version, now, approval=approval, due_at=now)
    finish_items(connection, person_id, NEEDS_OK, now, caseworker_id)
    keep_promises(connection, person_id, now, NEEDS_OK)
    return len(legs)


def waits_for_ok(leg: RideRow) -> bool:
    """Say whether a leg is not ordered because staff have to agree to its cost."""
    return leg.state == "held" and leg.wanted == "booked" and leg.approval == "waiting"


def can_pay(connection: sa.Connection, row: InterviewRow, settings: Settings, now: datetime) -> bool:
    """Say whether any fund can pay for the cheapest way to an appointment and back; nothing is held."""
    return bool(_able(connection, least(connection, row, settings, now)))


def put_on_list(
    connection: sa.Connection,
    row: InterviewRow,
    stop: PlaceRow | None,
    there: PlaceRow | None,
    settings: Settings,
    now: datetime,
) -> bool:
    """Have an appointment wait for money, with our estimate of both ways, the cheapest where the road is not
    known; False where an offer would come too late."""
    until, cents = row.at - USEFUL_BEFORE, fares(settings).minimum_cents
    if until <= now:
        return False
    if stop is not None and there is not None and stop.pin is not None and there.pin is not None:
        cents = estimate_cents(road_miles(*stop.pin, *there.pin), fares(settings))
    waitlist.wait(
        connection,
        person_id=row.person_id,
        interview_id=row.id,
        purpose=row.kind,
        cents=2 * cents,
        until=until,
        now=now,
    )
    return True


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


def _wish_for(connection: sa.Connection, legs: Sequence[NewRide], now: datetime) -> Wish:
    row = interviews.interview(connection, legs[0].interview_id)
    person = people.person(connection, legs[0].person_id)
    assert row is not None, "a leg goes with its interview"
    assert person is not None, "an interview goes with its person"
    ends = [places.place(connection, id_) for id_ in (legs[0].pickup_place_id, legs[0].dropoff_place_id)]
    pins = [end.pin for end in ends if end is not None and end.pin is not None]
    miles = road_miles(*pins[0], *pins[1]) if len(pins) == 2 else None
    pickup_at = next((leg.pickup_at for leg in legs if leg.pickup_at is not None), None)
    return Wish(person, row, tuple(leg.estimate_cents for leg in legs), miles, pickup_at, now)


def least(connection: sa.Connection, row: InterviewRow, settings: Settings, now: datetime) -> Wish:
    """Wish for the cheapest way to an appointment and back, as nobody knows yet from where."""
    person = people.person(connection, row.person_id)
    assert person is not None, "an interview goes with its person"
    return Wish(person, row, (fares(settings).minimum_cents,) * 2, None, row.at - BEFORE, now)


def payers(connection: sa.Connection, wish: Wish) -> list[tuple[FundRow, Rule]]:
    """List the funds that may pay for this purpose, the person's grant first, be there money or not."""
    return funds.funds_for(connection, wish.row.kind, wish.now, wish.person.grant_code)


def _able(connection: sa.Connection, wish: Wish) -> list[tuple[FundRow, Rule]]:
    """List the funds whose rules let them pay for a wish, and that have the money: what is offered to
    others is theirs first."""
    offered = waitlist.offered_cents(connection, wish.now, but=wish.person.id)
    return [
        (fund, rule)
        for fund, rule in payers(connection, wish)
        if fund.left_cents - offered.get(fund.id, 0) >= sum(wish.cents)
        and allows(connection, fund, rule, wish)
    ]


def allows(connection: sa.Connection, fund: FundRow, rule: Rule, wish: Wish) -> bool:
    """Say whether a fund's rule lets it pay for a wish, be there money or not."""
    return (
        _in_area(fund, wish.person)
        and not any(_above(cents, rule.ride_limit_cents) for cents in wish.cents)
        and not _above(wish.miles, rule.max_miles)
        and _in_window(rule, wish)
        and _has_trips(connection, fund, rule, wish)
    )


def _above(figure: float | None, limit: int | None) -> bool:
    return limit is not None and figure is not None and figure > limit


def _needs_ok(rule: Rule, cents: Collection[int]) -> bool:
    return any(_above(each, rule.approval_over_cents) for each in cents)


def _in_area(fund: FundRow, person: PersonRow) -> bool:
    """Say whether a person lives where a fund pays; nobody does whose ZIP is not known."""
    if fund.area is None:
        return True
    code = person.zip
    known = zips.look_up(code) if code else None
    return code is not None and any(
        code.startswith(word) if word.isdigit() else known is not None and known.state == word
        for word in fund.area.split()
    )


def _in_window(rule: Rule, wish: Wish) -> bool:
    if wish.pickup_at is None:
        return True
    if rule.days_ahead is not None and wish.pickup_at > wish.now + timedelta(days=rule.days_ahead):
        return False
    hour = wall_clock(wish.pickup_at, wish.row.zone).hour
    return (rule.from_hour or 0) <= hour < (24 if rule.until_hour is None else rule.until_hour)


def _has_trips(connection: sa.Connection, fund: FundRow, rule: Rule, wish: Wish) -> bool:
    if rule.person_trips is None:
        return True
    row = wish.row
    used = funds.trips_used(connection, fund.id, row.person_id, row.kind, but=row.id)
    return used < rule.person_trips


# --- the rows -------------------------------------------------------------------------------------------


def _written(
    connection: sa.Connection, fund: FundRow, legs: Sequence[NewRide], now: datetime
) -> list[RideRow]:
    """Write the legs with their money; none when somebody else was faster with this fund's last."""
    try:
        with connection.begin_nested():
            made = []
            for leg in legs:
                ride = rides.add_ride(connection, leg, now)
                if not funds.hold(connection, fund.id, ride.id, leg.estimate_cents, now):
                    raise _NoMoney
                made.append(ride)
            return made
    except _NoMoney:
        return []


def _instead(connection: sa.Connection, legs: Sequence[RideRow], now: datetime) -> bool:
    """Say whether these cars come instead of others; what staff agreed to for those holds for these."""
    for leg in legs:
        old = None if leg.instead_of is None else rides.ride(connection, leg.instead_of)
        if old is not None and old.approval == "given":
            rides.change_ride(connection, leg.id, leg.version, now, approval="given")
    return any(leg.instead_of is not None for leg in legs)


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
    need_human(connection, first.person_id, NEEDS_OK, words, due_at, now)
