"""What a ride should take and cost, before any provider has been asked.

The rule kept here: these are our own cautious figures, from pins alone. They hold the money inside
the turn and pick the pick-up time; the provider's quote replaces them as soon as there is one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import asin, ceil, cos, radians, sin, sqrt

EARTH_MILES = 3958.8
ROAD_FACTOR = 1.3  # a US road trip is about 1.2 to 1.4 times the crow's
EARLY = timedelta(minutes=15)  # be at the interview this long before it starts
SLACK = 1.3  # on the drive time, for traffic and for finding the door


@dataclass(frozen=True, slots=True)
class FareTable:
    """The programme's own fare settings, in cents; deliberately a little dear."""

    base_cents: int = 300
    per_mile_cents: int = 180
    per_minute_cents: int = 35
    booking_fee_cents: int = 250
    minimum_cents: int = 900


def crow_miles(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Measure the great-circle distance in miles."""
    a, b = radians(lat1), radians(lat2)
    h = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_MILES * asin(min(1.0, sqrt(h)))


def road_miles(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Guess the miles by road: great circle times the road factor."""
    return crow_miles(lat1, lon1, lat2, lon2) * ROAD_FACTOR


def drive_minutes(miles: float) -> int:
    """Guess the minutes at the wheel: 20 mph in town, 32 to ten miles, 48 beyond, two to start."""
    town, ring, far = min(miles, 3.0), min(max(miles - 3.0, 0.0), 7.0), max(miles - 10.0, 0.0)
    return ceil(2 + town * 60 / 20 + ring * 60 / 32 + far * 60 / 48)


def estimate_cents(miles: float, fare: FareTable | None = None) -> int:
    """Guess the fare in cents from road miles, never below the minimum."""
    table = fare or FareTable()
    run = miles * table.per_mile_cents + drive_minutes(miles) * table.per_minute_cents
    return max(table.minimum_cents, ceil(table.base_cents + table.booking_fee_cents + run))


def floor_to_step(at: datetime) -> datetime:
    """Round down to five minutes, in UTC (every zone in use differs from it by whole quarters)."""
    utc = at.astimezone(UTC)
    return utc - timedelta(minutes=utc.minute % 5, seconds=utc.second, microseconds=utc.microsecond)


def pickup_for(arrive_by: datetime, miles: float) -> datetime:
    """Choose the pick-up in UTC: there 15 minutes early after the drive × 1.3, floored to 5 minutes.

    `arrive_by` is when the appointment starts.
    """
    # In UTC: subtracting from a zoned time moves the wall clock, wrong by an hour on two nights a year.
    return floor_to_step(arrive_by.astimezone(UTC) - EARLY - timedelta(minutes=drive_minutes(miles) * SLACK))
