"""What the company writes to its customers: every answer, checked on its way out.

The rule kept here: what is not in these shapes is not said. The API answers through them and its OpenAPI
document is drawn from them (`openapi.py`), so an answer that strays from the document is a fault of the
server's own, which tests see. Money is decimal dollars, times are milliseconds since 1970.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.rides.stub.asked import FlexibleDay, Guest, Point
from bot.rides.stub.world import STATUSES

Millis = Annotated[int, Field(description="milliseconds since 1970, UTC")]
Dollars = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]{2}$")]
StatusWord = Annotated[str, Field(json_schema_extra={"enum": list(STATUSES)})]
Block = Literal["NONE", "WARN", "BLOCK", "UNKNOWN"]


class Told(BaseModel):
    """What the company writes: exactly this, or its own server stumbles."""

    model_config = ConfigDict(extra="forbid")


class Token(Told):
    """A pass that lives an hour of the company's time."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the kind of token
    expires_in: int


class Product(Told):
    """A kind of car."""

    product_id: str
    display_name: str
    capacity: int
    child_seats: int


class Fare(Told):
    """A price that holds until `expires_at`."""

    fare_id: str
    value: Dollars
    currency_code: Literal["USD"] = "USD"
    expires_at: Millis


class Length(Told):
    """How long the way is; the duration in seconds."""

    distance_unit: Literal["mile"] = "mile"
    distance_estimate: float
    duration_estimate: int


class EstimateInfo(Told):
    """One product's price for the trip; without cars neither fare nor way."""

    no_cars_available: bool
    fare: Fare | None = None
    trip: Length | None = None
    pickup_time: Millis | None = None


class Blocker(Told):
    """How likely a ride asked for now is kept: BLOCK is refused when it is ordered."""

    block_type: Block


class Indicators(Told):
    """Signs of the market."""

    request_blocker: Blocker


class Estimate(Told):
    """One product's answer."""

    product: Product
    estimate_info: EstimateInfo
    fulfillment_indicators: Indicators


class Estimates(Told):
    """The prices of every product."""

    product_estimates: list[Estimate]


class Money(Told):
    """A sum."""

    value: Dollars
    currency_code: Literal["USD"] = "USD"


class Driver(Told):
    """Who drives."""

    name: str
    phone_number: str


class Vehicle(Told):
    """The car to look for."""

    make: str
    model: str
    color: str
    plate: str


class Trip(Told):
    """One trip as it stands now."""

    request_id: str
    external_ref: str
    product_id: str
    status: StatusWord
    created_at: Millis
    updated_at: Millis
    guest: Guest
    pickup: Point
    destination: Point
    note_for_driver: str
    pickup_time: Millis | None
    deferred_ride_options: FlexibleDay | None
    eta_minutes: int | None
    wait_until: Millis | None = Field(description="until when the driver waits at the curb")
    dropoff_time: Millis | None
    driver: Driver | None
    vehicle: Vehicle | None
    fare: Money
    fee: Money
    total: Money | None = Field(description="null until the receipt is there")
    free_cancel_until: Millis | None


class TripPage(Told):
    """A page of trips, oldest first."""

    trips: list[Trip]
    next_page_token: str | None


class ReceiptLine(Told):
    """What one part of the trip cost."""

    what: Literal["trip", "wait_time", "cancellation_fee", "no_show_fee"]
    amount: Money


class Receipt(Told):
    """What a trip that is over cost, line by line."""

    request_id: str
    external_ref: str
    issued_at: Millis
    lines: list[ReceiptLine]
    total: Money
    miles: float
    waited_seconds: int


class Trouble(BaseModel):
    """A plain no: a code word, and what goes with it."""

    model_config = ConfigDict(extra="allow")

    code: str
