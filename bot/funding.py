"""Money for legs: which fund pays, what it holds, and whether one may pay at all.

The rule: money is held by our own estimate in the transaction that writes the legs; all of them are held by
one fund, or none is written. The person's own grant is asked first. Lock order: conversation, rides, fund.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import sqlalchemy as sa

from bot.acting import Acting
from bot.rides.estimates import FareTable
from bot.settings import Settings
from storage import funds, people, rides
from storage.funds import FundRow
from storage.rides import NewRide

Held: TypeAlias = Literal["held", "no_money_left", "needs_approval"]


class _NoMoney(Exception):
    """This fund has not enough left; what was written for it is taken back."""


def hold_legs(connection: sa.Connection, legs: Sequence[NewRide], who: Acting) -> Held:
    """Write these legs on the first fund that can pay them all; nothing is written when none can."""
    return hold_for(connection, legs, who.now)


def hold_for(connection: sa.Connection, legs: Sequence[NewRide], now: datetime) -> Held:
    """Write these legs, of one person, on the first fund that can pay them all, as `hold_legs` outside a
    turn."""
    if not legs:
        return "held"
    person = people.person(connection, legs[0].person_id)
    for fund in funds.open_funds(connection, now, person.grant_code if person else None):
        if _may_pay(fund, legs) and _written(connection, fund, legs, now):
            return "held"
    return "no_money_left"


def fares(settings: Settings) -> FareTable:
    """Give the programme's own fare table."""
    return FareTable(
        base_cents=settings.fare_base_cents,
        per_mile_cents=settings.fare_per_mile_cents,
        per_minute_cents=settings.fare_per_minute_cents,
        booking_fee_cents=settings.fare_booking_fee_cents,
        minimum_cents=settings.fare_minimum_cents,
    )


def _written(connection: sa.Connection, fund: FundRow, legs: Sequence[NewRide], now: datetime) -> bool:
    try:
        with connection.begin_nested():
            for leg in legs:
                ride = rides.add_ride(connection, leg, now)
                if not funds.hold(connection, fund.id, ride.id, leg.estimate_cents, now):
                    raise _NoMoney
    except _NoMoney:
        return False  # somebody else was faster with this fund's last money
    return True


def _may_pay(fund: FundRow, legs: Sequence[NewRide]) -> bool:
    within = fund.ride_limit_cents is None or all(leg.estimate_cents <= fund.ride_limit_cents for leg in legs)
    return within and fund.left_cents >= sum(leg.estimate_cents for leg in legs)
