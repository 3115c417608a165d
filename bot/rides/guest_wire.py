"""The guest-rides dialect on the wire, read into our values and written from them.

The rule kept here: an answer is checked whole before a word of it is believed; what does not fit is
`ValueError`, which the adapter turns into `Unknown`. Money arrives as decimal dollars, times as
milliseconds since 1970.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, assert_never

from pydantic import BaseModel, ConfigDict, Field

from bot.rides.base import (
    ArriveBy,
    BadAddress,
    Car,
    FlexDay,
    NoCars,
    Now,
    PickupAt,
    Quoted,
    QuoteGone,
    Refused,
    RideHint,
    Snapshot,
    Spot,
    Status,
    Trip,
    Why,
)
from bot.rides.estimates import pickup_for, road_miles

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_OTHER_STATUSES = {
    # The dialect's other words: a new driver is being looked for; nobody took it in time.
    "driver_redispatched": Status.PROCESSING,
    "offered": Status.PROCESSING,
    "expired": Status.NO_DRIVERS_AVAILABLE,
    "failed": Status.NO_DRIVERS_AVAILABLE,
}

_REFUSALS: Mapping[str, Why] = {
    "pickup_time_too_soon": Why.TOO_SOON,
    "pickup_time_too_far": Why.TOO_FAR_AHEAD,
    "trip_too_long": Why.TOO_FAR,
    "invalid_phone_number": Why.BAD_PHONE,
    "rider_blocked": Why.RIDER_BLOCKED,
    "unauthorized": Why.ACCOUNT,
    "forbidden": Why.ACCOUNT,
    "invalid_client": Why.ACCOUNT,
    "payment_required": Why.ACCOUNT,
    "not_flexible": Why.NOT_OFFERED,
    "trip_in_progress": Why.NOT_OFFERED,
}


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Money(_Wire):
    value: Decimal = Field(ge=0, le=100_000)

    def cents(self) -> int:
        return round(self.value * 100)


class _Driver(_Wire):
    name: str = ""
    phone_number: str = ""


class _Vehicle(_Wire):
    make: str = ""
    model: str = ""
    color: str = ""
    plate: str = ""


class TripWire(_Wire):
    """One trip as the provider writes it."""

    request_id: str = Field(min_length=1)
    external_ref: str = ""
    status: str
    updated_at: int
    pickup_time: int | None = None
    deferred_ride_options: dict[str, Any] | None = None
    eta_minutes: int | None = None
    dropoff_time: int | None = None
    driver: _Driver | None = None
    vehicle: _Vehicle | None = None
    fare: _Money | None = None
    fee: _Money | None = None
    total: _Money | None = None
    free_cancel_until: int | None = None

    def snapshot(self) -> Snapshot:
        """Read it; ValueError for a status we have never heard of."""
        return Snapshot(
            provider_id=self.request_id,
            ref=self.external_ref,
            status=status_of(self.status),
            pickup_at=_at(self.pickup_time),
            changed_at=EPOCH + timedelta(milliseconds=self.updated_at),
            flexible=self.deferred_ride_options is not None,
            car=self._car(),
            eta_minutes=self.eta_minutes,
            dropoff_at=_at(self.dropoff_time),
            fare_cents=self.fare.cents() if self.fare else None,
            fee_cents=self.fee.cents() if self.fee else 0,
            final_cents=self.total.cents() if self.total else None,
            free_cancel_until=_at(self.free_cancel_until),
        )

    def _car(self) -> Car | None:
        if self.vehicle is None:
            return None
        driver = self.driver or _Driver()
        make_model = f"{self.vehicle.make} {self.vehicle.model}".strip()
        return Car(make_model, self.vehicle.color, self.vehicle.plate, driver.name, driver.phone_number)


class PageWire(_Wire):
    """A page of trips."""

    trips: list[TripWire]
    next_page_token: str | None = None


class _FareWire(_Money):
    fare_id: str = Field(min_length=1)
    expires_at: int


class _TripLength(_Wire):
    distance_estimate: float = Field(ge=0)
    duration_estimate: int = Field(ge=0)  # seconds


class _Estimate(_Wire):
    no_cars_available: bool = False
    fare: _FareWire | None = None
    trip: _TripLength | None = None
    pickup_time: int | None = None


class _Product(_Wire):
    product_id: str = Field(min_length=1)


class _Blocker(_Wire):
    block_type: str = "NONE"


class _Indicators(_Wire):
    request_blocker: _Blocker = _Blocker()


class _ProductEstimate(_Wire):
    product: _Product
    estimate_info: _Estimate
    fulfillment_indicators: _Indicators = _Indicators()

    @property
    def to_be_had(self) -> bool:
        """Say whether it has a car, and an order for it would be taken."""
        blocked = self.fulfillment_indicators.request_blocker.block_type == "BLOCK"
        return not (blocked or self.estimate_info.no_cars_available)


class EstimatesWire(_Wire):
    """The prices of every product for one trip."""

    product_estimates: list[_ProductEstimate]

    def quoted(self, trip: Trip) -> Quoted | NoCars:
        """Take the cheapest product that has a car."""
        offers = [
            Quoted(
                quote_id=info.fare.fare_id,
                product_id=offer.product.product_id,
                trip=trip,
                pickup_at=_at(info.pickup_time),
                fare_cents=info.fare.cents(),
                miles=info.trip.distance_estimate,
                drive_minutes=-(-info.trip.duration_estimate // 60),
                expires_at=EPOCH + timedelta(milliseconds=info.fare.expires_at),
            )
            for offer in self.product_estimates
            if (info := offer.estimate_info).fare and info.trip and offer.to_be_had
        ]
        return min(offers, key=lambda offer: offer.fare_cents) if offers else NoCars()


class ReceiptWire(_Wire):
    """What a ride that is over cost."""

    total: _Money


class TokenWire(_Wire):
    """An access token."""

    access_token: str = Field(min_length=1)


class ProblemWire(_Wire):
    """A plain no, with the dialect's code word and what goes with it."""

    code: str = ""
    which: str = ""
    fee_token: str = ""
    fee: Decimal = Field(default=Decimal(0), ge=0, le=100_000)

    @property
    def fee_cents(self) -> int:
        """Tell the fee in cents."""
        return round(self.fee * 100)

    def no(self) -> QuoteGone | NoCars | BadAddress | Refused:
        """Read the code word; one we do not know is Refused(OTHER) with the word kept."""
        match self.code:
            case "fare_expired" | "fare_changed":
                return QuoteGone()
            case "no_cars_available" | "request_blocked":
                return NoCars()
            case "location_not_serviceable":
                return BadAddress("dropoff" if self.which == "dropoff" else "pickup")
            case code:
                return Refused(_REFUSALS.get(code, Why.OTHER), code)


_NO_NUL = r"^[^\x00]*$"  # no database keeps one, and no honest id has one


class _HintMeta(_Wire):
    resource_id: str = Field(min_length=1, pattern=_NO_NUL)
    status: str = ""
    external_ref: str = Field(default="", pattern=_NO_NUL)


class HintWire(_Wire):
    """A webhook's body."""

    event_id: str = Field(min_length=1, pattern=_NO_NUL)
    event_type: str
    event_time: int | None = None
    meta: _HintMeta

    def hint(self) -> RideHint:
        """Read it; a status we do not know is left out, for the hint only says where to look."""
        try:
            status = status_of(self.meta.status)
        except ValueError:
            status = None
        return RideHint(
            event_id=self.event_id,
            provider_id=self.meta.resource_id,
            ref=self.meta.external_ref or None,
            status=status,
            at=_at(self.event_time),
        )


def status_of(word: str) -> Status:
    """Read a status word; ValueError for one that is not in the dialect."""
    return _OTHER_STATUSES.get(word) or Status(word)


def price_body(trip: Trip) -> dict[str, Any]:
    """Write the question for a price."""
    return {"pickup": _point(trip.pickup), "dropoff": _point(trip.dropoff), **_when(trip)}


def trip_body(ref: str, quote: Quoted, fee_token: str) -> dict[str, Any]:
    """Write the order for a quoted trip under our ref; the note is the pick-up door."""
    trip = quote.trip
    body = {
        **price_body(trip),
        "guest": {"first_name": trip.rider_name, "phone_number": trip.rider_phone},
        "product_id": quote.product_id,
        "fare_id": quote.quote_id,
        "external_ref": ref,
        "note_for_driver": trip.pickup.note,
    }
    return {**body, "fee_token": fee_token} if fee_token else body


def _point(spot: Spot) -> dict[str, Any]:
    return {"latitude": spot.lat, "longitude": spot.lon, "address": spot.label}


def _when(trip: Trip) -> dict[str, Any]:
    match trip.when:
        case Now():
            return {}
        case PickupAt(at):
            return {"scheduling": {"pickup_time": to_ms(at)}}
        case ArriveBy(at):
            miles = road_miles(trip.pickup.lat, trip.pickup.lon, trip.dropoff.lat, trip.dropoff.lon)
            return {"scheduling": {"pickup_time": to_ms(pickup_for(at, miles))}}
        case FlexDay(day):
            return {"deferred_ride_options": {"pickup_day": day.isoformat()}}
        case never:
            assert_never(never)


def to_ms(at: datetime) -> int:
    """Write an aware time in milliseconds; ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a time needs its zone")
    return (at - EPOCH) // timedelta(milliseconds=1)


def _at(ms: int | None) -> datetime | None:
    return None if ms is None else EPOCH + timedelta(milliseconds=ms)
