"""The company's public API: OAuth2 client credentials, estimates, trips.

Bodies are checked at the edge; every plain no is JSON with a code word, as real companies answer.
"""

from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.rides.stub.desk import Desk, Problem
from bot.rides.stub.show import dollars
from bot.rides.stub.store import Row, new_id, to_ms

PAGE = 50
TEN_YEARS_MS = 315_360_000_000
Asked = TypeVar("Asked", bound=BaseModel)
PRODUCT = {"product_id": "standard", "display_name": "Standard"}


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class Point(_Asked):
    """A pin and the words for it."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    address: str = Field(default="", max_length=200)


class Scheduling(_Asked):
    """A fixed pick-up time."""

    pickup_time: int = Field(ge=1_500_000_000_000, le=1_500_000_000_000 + 3 * TEN_YEARS_MS)


class FlexibleDay(_Asked):
    """A day on which the rider calls the car."""

    pickup_day: date


class Guest(_Asked):
    """The rider, who needs no account."""

    first_name: str = Field(min_length=1, max_length=60)
    last_name: str = Field(default="", max_length=60)
    phone_number: str = Field(pattern=r"^\+[1-9]\d{6,14}$")


class AskedPrice(_Asked):
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


class Api:
    """The API's routes over one desk, for one customer's credentials."""

    def __init__(self, desk: Desk, client_id: str, client_secret: str) -> None:
        self._desk, self._client_id, self._client_secret = desk, client_id, client_secret

    def routes(self) -> list[Route]:
        """List the routes."""
        trips = "/v1/guests/trips"
        return [
            Route("/oauth/v2/token", self.token, methods=["POST"]),
            Route(f"{trips}/estimates", self.estimate, methods=["POST"]),
            Route(trips, self.create, methods=["POST"]),
            Route(trips, self.list, methods=["GET"]),
            Route(trips + "/{request_id}", self.get, methods=["GET"]),
            Route(trips + "/{request_id}", self.cancel, methods=["DELETE"]),
            Route(trips + "/{request_id}/send_car", self.send_car, methods=["POST"]),
        ]

    async def token(self, request: Request) -> JSONResponse:
        """Hand out a token that lives an hour of the company's time."""
        form = await request.form()
        given = (str(form.get("client_id", "")), str(form.get("client_secret", "")))
        if given != (self._client_id, self._client_secret):
            raise Problem(401, "invalid_client")
        if form.get("grant_type") != "client_credentials":
            raise Problem(400, "unsupported_grant_type")
        token, lives = new_id("tok"), self._desk.company.token_lives
        self._desk.store.insert("token", token=token, ends=to_ms(self._desk.now() + lives))
        seconds = int(lives.total_seconds())
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": seconds})

    async def estimate(self, request: Request) -> JSONResponse:
        """Price a trip."""
        self._enter(request)
        price = self._desk.price((await _body(request, AskedPrice)).model_dump(mode="json"))
        info: dict[str, Any] = {"no_cars_available": price is None}
        if price is not None:
            info["fare"] = {
                "fare_id": price["fare_id"],
                "value": dollars(price["cents"]),
                "currency_code": "USD",
                "expires_at": price["ends"],
            }
            info["trip"] = {
                "distance_unit": "mile",
                "distance_estimate": price["miles"],
                "duration_estimate": price["drive_minutes"] * 60,
            }
            info["pickup_time"] = price["pickup_at"]
        return JSONResponse({"product_estimates": [{"product": PRODUCT, "estimate_info": info}]})

    async def create(self, request: Request) -> JSONResponse:
        """Take a trip."""
        self._enter(request)
        asked = await _body(request, AskedTrip)
        return JSONResponse(
            self._desk.shown(self._desk.create(asked.model_dump(mode="json"))), status_code=201
        )

    async def list(self, request: Request) -> JSONResponse:
        """List trips, oldest first, a page at a time."""
        self._enter(request)
        query = request.query_params
        after, limit = _number(query.get("page_token"), 0), _number(query.get("limit"), PAGE)
        limit = max(1, min(limit, PAGE))
        found = self._desk.page(query.get("external_ref"), query.get("active") == "true", after, limit + 1)
        more = str(found[limit - 1]["number"]) if len(found) > limit else None
        shown = [self._desk.shown(trip) for trip in found[:limit]]
        return JSONResponse({"trips": shown, "next_page_token": more})

    async def get(self, request: Request) -> JSONResponse:
        """Show one trip."""
        return self._show(self._desk.trip(self._trip_id(request)))

    async def cancel(self, request: Request) -> JSONResponse:
        """Call a trip off."""
        return self._show(self._desk.cancel(self._trip_id(request), request.query_params.get("fee_token")))

    async def send_car(self, request: Request) -> JSONResponse:
        """Call the car of a flexible trip."""
        return self._show(self._desk.send_car(self._trip_id(request)))

    def _show(self, trip: Row) -> JSONResponse:
        return JSONResponse(self._desk.shown(trip))

    def _trip_id(self, request: Request) -> str:
        self._enter(request)
        return str(request.path_params["request_id"])

    def _enter(self, request: Request) -> None:
        """Let in who carries a living token, and bring the company's day up to date."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        row = self._desk.store.row("SELECT ends FROM token WHERE token = ?", token)
        if kind != "Bearer" or row is None or row["ends"] < to_ms(self._desk.now()):
            raise Problem(401, "unauthorized")
        self._desk.settle()


async def _body(request: Request, model: type[Asked]) -> Asked:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as wrong:
        fields = [".".join(map(str, fault["loc"])) for fault in wrong.errors()]
        raise Problem(422, "invalid_request", fields=fields) from None


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Problem(400, "invalid_request")
    return int(text)
