"""What the company's customers write: every body and query, checked on its way in.

The rule kept here: a shape is written once. The API checks with it and its OpenAPI document is drawn from
it (`openapi.py`), so the two cannot differ. Times are milliseconds since 1970.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

TEN_YEARS_MS = 315_360_000_000
FIRST_MS = 1_500_000_000_000
PAGE = 50

Wanted = Annotated[int, Field(ge=FIRST_MS, le=FIRST_MS + 3 * TEN_YEARS_MS)]


class Asked(BaseModel):
    """What a customer writes: words we do not know are passed over."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class AskedToken(Asked):
    """OAuth2 client credentials."""

    client_id: str = ""
    client_secret: str = ""
    grant_type: str = ""
    scope: str = ""


class Point(Asked):
    """A pin and the words for it."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    address: str = Field(default="", max_length=200)


class Scheduling(Asked):
    """A fixed pick-up time."""

    pickup_time: Wanted


class FlexibleDay(Asked):
    """A day on which the rider calls the car."""

    pickup_day: date


class Guest(Asked):
    """The rider, who needs no account."""

    first_name: str = Field(min_length=1, max_length=60)
    last_name: str = Field(default="", max_length=60)
    phone_number: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$")


class AskedPrice(Asked):
    """A request for a price."""

    pickup: Point
    dropoff: Point
    scheduling: Scheduling | None = None
    deferred_ride_options: FlexibleDay | None = None

    @model_validator(mode="after")
    def one_time_only(self) -> "AskedPrice":
        """Refuse a fixed time and a flexible day at once."""
        if self.scheduling and self.deferred_ride_options:
            raise ValueError("scheduling or deferred_ride_options, not both")
        return self


class AskedTrip(AskedPrice):
    """A request for a trip."""

    guest: Guest
    fare_id: str = Field(max_length=80)
    product_id: str = Field(max_length=80)
    external_ref: str = Field(default="", max_length=80)
    note_for_driver: str = Field(default="", max_length=26)
    fee_token: str | None = Field(default=None, max_length=120)


class AskedChange(Asked):
    """Another goal, or another word for the driver; for cars at once only."""

    dropoff: Point | None = None
    note_for_driver: str | None = Field(default=None, max_length=26)


class AskedPage(Asked):
    """Which trips, and where the last page ended."""

    external_ref: str | None = Field(default=None, max_length=80)
    active: Literal["true", "false"] = "false"
    page_token: int = Field(default=0, ge=0, lt=10**15)
    limit: int = Field(default=PAGE, ge=1)


class AskedCancel(Asked):
    """A yes to a fee, by its token."""

    fee_token: str | None = Field(default=None, max_length=120)
