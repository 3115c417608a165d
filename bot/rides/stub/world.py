"""How the pretend company behaves: distances, prices, cars, and which status follows which, and when.

Pure: the time is an argument and every car comes from the seed, so a demo looks the same each day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import asin, ceil, cos, radians, sin, sqrt
from typing import Literal, get_args
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
OVER = frozenset({"completed", "no_drivers_available", "driver_canceled", "rider_canceled", "no_show"})
LIVE = ("scheduled", "processing", "accepted", "driver_redispatched", "arriving", "in_progress")
STATUSES = (*LIVE, *sorted(OVER))

MAY_FOLLOW = {
    "scheduled": frozenset({"processing", "rider_canceled", "no_drivers_available"}),
    "processing": frozenset({"accepted", "no_drivers_available", "rider_canceled"}),
    "accepted": frozenset({"arriving", "driver_redispatched", "driver_canceled", "rider_canceled"}),
    "driver_redispatched": frozenset({"accepted", "no_drivers_available", "rider_canceled"}),
    "arriving": frozenset(
        {"in_progress", "driver_redispatched", "driver_canceled", "rider_canceled", "no_show"}
    ),
    "in_progress": frozenset({"completed"}),
}
"""Which status may follow which, by the clock or by a button; a status that is over has no follower."""

Story = Literal["plain", "redispatched", "driver_cancels", "nobody_drives", "rider_absent"]
STORIES: tuple[Story, ...] = get_args(Story)
"""What becomes of a trip that nobody touches: all is well, another car comes, the driver or every driver
stays away, the rider does."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A product: a kind of car, and what it costs beside the standard one."""

    product_id: str
    display_name: str
    capacity: int
    child_seats: int
    times: float = 1.0
    more_cents: int = 0


KINDS = (
    Kind("standard", "Standard", 4, 0),
    Kind("car_seat", "Standard with a car seat", 3, 1, more_cents=1000),
    Kind("two_car_seats", "Large with two car seats", 4, 2, times=1.6, more_cents=2000),
    Kind("large", "Large", 6, 0, times=1.6),
)


WAITS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Company:
    """The pretend company's own rules."""

    zone: ZoneInfo = NEW_YORK
    seed: int = 7
    lead: timedelta = timedelta(minutes=30)  # a scheduled pick-up needs this much notice
    horizon: timedelta = timedelta(days=30)
    free_cancel: timedelta = timedelta(minutes=60)  # before a scheduled pick-up
    free_cancel_now: timedelta = timedelta(minutes=2)  # after asking for a car at once
    late_fee_cents: int = 500
    no_show_fee_cents: int = 700
    fare_lives: timedelta = timedelta(minutes=5)
    token_lives: timedelta = timedelta(hours=1)
    max_miles: float = 75.0
    wait_now: timedelta = timedelta(minutes=10)  # from asking to the curb
    waits: timedelta = WAITS  # at the curb; then it is a no-show
    waits_free: timedelta = timedelta(minutes=2)
    wait_cents: int = 45  # a minute, beyond the free ones
    receipt_after: timedelta = timedelta(0)  # of the ride's end
    idempotent: bool = False


@dataclass(frozen=True, slots=True)
class Ride:
    """What the timetable needs to know of one trip."""

    status: str
    changed_at: datetime
    pickup_at: datetime | None
    drive_minutes: int
    flex_ends: datetime | None
    story: Story = "plain"
    sends: int = 1  # cars sent so far


@dataclass(frozen=True, slots=True)
class CarAndDriver:
    """A made-up car."""

    make: str
    model: str
    color: str
    plate: str
    driver: str
    phone: str


def road_miles(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Measure miles by road: the great circle and a quarter more."""
    a, b = radians(lat1), radians(lat2)
    h = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * 3958.8 * asin(min(1.0, sqrt(h))) * 1.25


def drive_minutes(miles: float) -> int:
    """Tell the minutes of a drive: slow in town, faster the longer it is."""
    return max(3, ceil(3 + miles * (2.4 if miles < 5 else 2.0)))


def fare_cents(miles: float, pickup: datetime, surge: float, zone: ZoneInfo, kind: Kind = KINDS[0]) -> int:
    """Price a trip by distance, time at the wheel, the hour of the day there, the surge, and the car."""
    hour = pickup.astimezone(zone).hour
    busy = 1.2 if hour in (7, 8, 16, 17) else 1.15 if hour >= 22 or hour < 5 else 1.0
    run = 475 + 145 * miles + 30 * drive_minutes(miles)
    return max(800, round(run * busy * surge * kind.times)) + kind.more_cents


def next_step(ride: Ride, waits: timedelta = WAITS) -> tuple[str, datetime] | None:
    """Tell which status comes by itself and when; None when nothing will happen unasked.

    The times follow from the last change, the pick-up and the story alone, so they stay right however far
    the clock jumps and whatever a button has forced in between.
    """
    if ride.status == "scheduled" and ride.pickup_at is None:
        return ("rider_canceled", ride.flex_ends) if ride.flex_ends else None
    if ride.status == "in_progress":
        return "completed", ride.changed_at + timedelta(minutes=ride.drive_minutes)
    if ride.pickup_at is None:
        return None
    before, soon = ride.pickup_at, ride.changed_at + timedelta(minutes=1)
    match ride.status, ride.story:
        case "scheduled", _:
            return "processing", max(ride.changed_at, before - timedelta(minutes=25))
        case "processing", "nobody_drives":
            return "no_drivers_available", max(soon, before - timedelta(minutes=5))
        case "processing", _:
            return "accepted", max(soon, before - timedelta(minutes=12))
        case "accepted", "driver_cancels":
            return "driver_canceled", max(soon, before - timedelta(minutes=5))
        case "accepted", "redispatched" if ride.sends == 1:
            return "driver_redispatched", max(soon, before - timedelta(minutes=9))
        case "driver_redispatched", _:
            return "accepted", soon
        case "accepted", _:
            return "arriving", max(soon, before - timedelta(minutes=2))
        case "arriving", "rider_absent":
            return "no_show", max(soon, before + waits)
        case "arriving", _:
            return "in_progress", max(soon, before + timedelta(minutes=2))
        case _:
            return None


def story_for(seed: int, number: int) -> Story:
    """Draw what becomes of trip `number`: three of four go well, the same ones for the same seed."""
    digest = sha256(f"{seed}/{number}/story".encode()).digest()
    return "plain" if digest[0] % 4 else STORIES[1 + digest[1] % (len(STORIES) - 1)]


_CARS = (
    ("Toyota", "Camry"), ("Honda", "Civic"), ("Kia", "Soul"), ("Nissan", "Rogue"), ("Ford", "Focus"),
    ("Toyota", "Prius"), ("Subaru", "Outback"), ("Hyundai", "Elantra"), ("Chevrolet", "Malibu"),
)  # fmt: skip
_COLORS = ("gray", "white", "black", "blue", "red", "silver", "green")
_DRIVERS = ("Sam", "Ana", "Lou", "Tia", "Al", "Rosa", "Ken", "Bea", "Omar", "Joy")
_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"


def car_for(seed: int, number: int, send: int = 0) -> CarAndDriver:
    """Pick the car of trip `number`, the same for the same seed; a re-sent car is another one.

    Phones are from 555-0100..0199, the range kept free for stories.
    """
    digest = sha256(f"{seed}/{number}/{send}".encode()).digest()
    make, model = _CARS[digest[0] % len(_CARS)]
    letters = "".join(_LETTERS[b % len(_LETTERS)] for b in digest[3:6])
    plate = f"{digest[6] % 9 + 1}{letters}{int.from_bytes(digest[7:9], 'big') % 1000:03d}"
    return CarAndDriver(
        make=make,
        model=model,
        color=_COLORS[digest[1] % len(_COLORS)],
        plate=plate,
        driver=_DRIVERS[digest[2] % len(_DRIVERS)],
        phone=f"+1617555{100 + digest[9] % 100:04d}",
    )
