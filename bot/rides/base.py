"""What a company that sends cars can be asked, and every answer it can give.

The rule kept here: a provider's answer is a value, never an exception, and `Unknown` means the
car may already be on its way. Nobody sends the same booking twice before `find(ref)` has said
`NotFound`. Money is integer US cents, times are aware UTC, and a webhook is a hint to go and look,
never the truth itself. Windows and limits live in `Caps`: they differ between companies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol

NOTE_LIMIT = 26  # characters of a pick-up note that reach the driver's screen whole


class Status(StrEnum):
    """Where one ride stands, in the provider's words."""

    SCHEDULED = "scheduled"
    PROCESSING = "processing"
    ACCEPTED = "accepted"
    ARRIVING = "arriving"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    NO_DRIVERS_AVAILABLE = "no_drivers_available"
    DRIVER_CANCELED = "driver_canceled"
    RIDER_CANCELED = "rider_canceled"
    NO_SHOW = "no_show"


LIVE = frozenset({Status.SCHEDULED, Status.PROCESSING, Status.ACCEPTED, Status.ARRIVING, Status.IN_PROGRESS})
"""Statuses in which a car is promised, coming or driving; in every other one the ride is over."""


# --- what is asked for ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Now:
    """Send a car at once."""


@dataclass(frozen=True, slots=True)
class PickupAt:
    """Have the car at the door at this time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ArriveBy:
    """Be there by this time; the adapter works out the pick-up (see `estimates.pickup_for`)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class FlexDay:
    """Keep a ride ready for this day; the car is called by `send_car` when the rider says so."""

    day: date


When = Now | PickupAt | ArriveBy | FlexDay


def short_note(text: str) -> str:
    """Cut a door's words to what reaches the driver whole, at a word's end: at most 26 characters."""
    words, note = text.split(), ""
    while words and len(f"{note} {words[0]}".strip()) <= NOTE_LIMIT:
        note = f"{note} {words.pop(0)}".strip()
    return note.rstrip(",;") or text.strip()[:NOTE_LIMIT]


@dataclass(frozen=True, slots=True)
class Spot:
    """A confirmed pin with the words a driver reads: never a ZIP's middle.

    `note` names the door ("front door, on 5th") in at most 26 characters.
    """

    lat: float
    lon: float
    label: str
    note: str = ""

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise ValueError("not a place on earth")
        if len(self.note) > NOTE_LIMIT:
            raise ValueError(f"a pick-up note has at most {NOTE_LIMIT} characters")


@dataclass(frozen=True, slots=True)
class Trip:
    """One leg: who rides, from where to where, when. `ref` is ours, random, and unique per leg."""

    ref: str
    rider_name: str
    rider_phone: str
    pickup: Spot
    dropoff: Spot
    when: When


# --- what is answered ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Car:
    """The car to look for at the curb, as the rider is told it."""

    make_model: str
    color: str
    plate: str
    driver: str
    phone: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One ride as the provider sees it at one moment."""

    provider_id: str
    ref: str
    status: Status
    pickup_at: datetime | None  # None: a flexible ride whose car has not been called
    changed_at: datetime  # when the status last changed
    flexible: bool = False
    car: Car | None = None
    eta_minutes: int | None = None  # to the pick-up, then to the drop-off
    dropoff_at: datetime | None = None  # expected, then real
    fare_cents: int | None = None  # promised at booking
    fee_cents: int = 0  # charged for a late cancellation or a no-show
    final_cents: int | None = None  # what the ride cost in the end, fee included
    free_cancel_until: datetime | None = None

    @property
    def live(self) -> bool:
        """Say whether a car is promised, coming or driving."""
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class Quoted:
    """A price that holds until `expires_at`, for exactly this trip."""

    quote_id: str
    product_id: str
    trip: Trip
    pickup_at: datetime | None  # None: flexible, or at once with no estimate yet
    fare_cents: int
    miles: float
    drive_minutes: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Booked:
    """The ride exists."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Canceled:
    """The ride is off; `snapshot.fee_cents` is what that cost."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class AlreadyOver:
    """There is nothing left to cancel or to send."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Listed:
    """Rides found, oldest first. Two live ones with one ref are twins: cancel the younger."""

    snapshots: tuple[Snapshot, ...]


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider surely has no such ride."""


@dataclass(frozen=True, slots=True)
class QuoteGone:
    """The price has expired or changed: quote again."""


@dataclass(frozen=True, slots=True)
class NoCars:
    """Nobody can drive this trip at this time."""


@dataclass(frozen=True, slots=True)
class BadAddress:
    """A pin the provider cannot drive to."""

    which: Literal["pickup", "dropoff"]


class Why(StrEnum):
    """Why a provider will not do it; asking again the same way changes nothing."""

    TOO_SOON = "too_soon"
    TOO_FAR_AHEAD = "too_far_ahead"
    TOO_FAR = "too_far"
    BAD_PHONE = "bad_phone"
    RIDER_BLOCKED = "rider_blocked"
    ACCOUNT = "account"  # credentials or billing: every booking fails until staff act
    NOT_OFFERED = "not_offered"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Refused:
    """A plain no. `code` is closed; `detail` is the provider's own word, for the log and staff."""

    code: Why
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FeeRequired:
    """It can be done for this many cents more; `token` is how to say yes."""

    token: str
    cents: int


@dataclass(frozen=True, slots=True)
class TryLater:
    """Surely not done, ask again after this long."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class Unknown:
    """Perhaps done, perhaps not: look (`find`, `get`) before doing anything else."""

    why: str


QuoteAnswer = Quoted | NoCars | BadAddress | Refused | TryLater | Unknown
BookAnswer = Booked | QuoteGone | NoCars | BadAddress | Refused | FeeRequired | TryLater | Unknown
GetAnswer = Snapshot | NotFound | Refused | TryLater | Unknown
FindAnswer = Listed | NotFound | Refused | TryLater | Unknown
ListAnswer = Listed | Refused | TryLater | Unknown
CancelAnswer = Canceled | AlreadyOver | FeeRequired | NotFound | Refused | TryLater | Unknown
SendAnswer = Booked | AlreadyOver | NoCars | NotFound | Refused | TryLater | Unknown


# --- webhooks ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RideHint:
    """Something may have changed: `get` it. `event_id` is for dropping the same hint twice."""

    event_id: str
    provider_id: str
    ref: str | None
    status: Status | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class BadSignature:
    """Not from the provider: answer 403 and keep nothing."""


EventAnswer = RideHint | BadSignature | None
"""None: honestly signed, but not about a ride; answer 200 and forget it."""


# --- the provider --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Caps:
    """What this provider can do, as configured for this account."""

    lead: timedelta  # shortest notice for a scheduled pick-up
    horizon: timedelta  # farthest day that can be booked
    free_cancel: timedelta  # until this long before pick-up cancelling costs nothing
    flexible: bool  # offers FlexDay and send_car
    idempotent: bool  # a second book with the same ref makes no second ride
    webhooks: bool
    texts_rider: bool  # the company texts the rider from its own number
    child_seats: bool  # a seat for a child can be asked for
    max_miles: float
    rate_per_hour: int


class RideProvider(Protocol):
    """A company that sends cars. Every method answers within its timeout and raises only for bugs."""

    @property
    def name(self) -> str:
        """Name the provider in one lower-case word, as stored with each ride."""
        ...

    @property
    def caps(self) -> Caps:
        """Tell what this provider can do."""
        ...

    async def quote(self, trip: Trip) -> QuoteAnswer:
        """Ask for a price. Changes nothing, so it may be repeated at will."""
        ...

    async def book(self, ref: str, quote: Quoted, *, fee_token: str = "") -> BookAnswer:
        """Order the quoted trip under our `ref`. After `Unknown`, `find(ref)` before any retry."""
        ...

    async def get(self, provider_id: str) -> GetAnswer:
        """Look at one ride by the provider's id."""
        ...

    async def find(self, ref: str) -> FindAnswer:
        """Look for rides by our ref, over and live ones alike; `Listed` is never empty here."""
        ...

    async def active(self) -> ListAnswer:
        """List every live ride of this account in one sweep; may be empty."""
        ...

    async def cancel(self, provider_id: str, *, fee_ok: bool) -> CancelAnswer:
        """Call the ride off. Without `fee_ok` a ride that costs a fee stays and answers `FeeRequired`."""
        ...

    async def send_car(self, provider_id: str) -> SendAnswer:
        """Call the car of a flexible ride now."""
        ...

    def event(self, headers: Mapping[str, str], raw: bytes) -> EventAnswer:
        """Read a webhook. The signature is checked on the raw bytes, before any parsing."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
