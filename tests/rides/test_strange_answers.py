"""A server that answers what no honest company would: nothing of it is believed, nothing is lost."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.rides.base import (
    AlreadyOver,
    Booked,
    Canceled,
    Car,
    FeeRequired,
    Listed,
    NoCars,
    NotFound,
    Quoted,
    Refused,
    Snapshot,
    Status,
    TryLater,
    Unknown,
    Why,
)
from bot.rides.guest_rides import GuestRides
from tests.rides.conftest import EVENING, served, trip

TRIP: dict[str, Any] = {"request_id": "t1", "external_ref": "ref-1", "status": "accepted", "updated_at": 1}
QUOTE = Quoted("fare", "standard", trip(), None, 1500, 5.0, 15, EVENING)


class Script:
    """What the server answers next, and what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Response] = []
        self.asked: list[str] = []
        self.tokens: list[Response] = []

    async def token(self, request: Request) -> Response:
        return self.tokens.pop(0) if self.tokens else JSONResponse({"access_token": "tok"})

    async def any(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.url.path}?{request.url.query}")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def scripted(*answers: Response) -> AsyncIterator[tuple[GuestRides, Script]]:
    script = Script()
    script.answers = list(answers)
    app = Starlette(
        routes=[
            Route("/oauth/v2/token", script.token, methods=["POST"]),
            Route("/{rest:path}", script.any, methods=["GET", "POST", "DELETE"]),
        ]
    )
    async with served(app) as url:
        ours = GuestRides(url, "demo", "secret", ())
        try:
            yield ours, script
        finally:
            await ours.close()


def says(body: object, status: int = 200) -> Response:
    return JSONResponse(body, status_code=status)


BROKEN = [
    Response(b""),
    Response(b"<html>hello</html>"),
    Response(b"\xff\xfe"),
    says([]),
    says({}),
    says({**TRIP, "request_id": ""}),
    says({**TRIP, "status": "teleported"}),
    says({**TRIP, "updated_at": "soon"}),
    says({**TRIP, "updated_at": 10**17}),
    says({**TRIP, "pickup_time": 10**17}),
    says({**TRIP, "fare": {"value": "-1"}}),
    says({**TRIP, "fare": {"value": "NaN"}}),
]


@pytest.mark.parametrize("answer", BROKEN, ids=range(len(BROKEN)))
async def test_a_2xx_that_cannot_be_read_may_hide_a_car(answer: Response) -> None:
    async with scripted(answer) as (ours, script):
        assert await ours.book("ref-1", QUOTE) == Unknown("answer not in the dialect")
        assert len(script.asked) == 1
        assert isinstance(await ours.get("t1"), Unknown)
        assert isinstance(await ours.cancel("t1", fee_ok=True), Unknown)
        assert isinstance(await ours.send_car("t1"), Unknown)
        assert isinstance(await ours.find("ref-1"), Unknown)
        assert isinstance(await ours.quote(trip()), Unknown)


@pytest.mark.parametrize("status", [301, 304, 408, 500, 502, 503, 504])
async def test_what_is_neither_yes_nor_no_is_unknown(status: int) -> None:
    async with scripted(Response(status_code=status)) as (ours, _):
        why = Unknown(f"HTTP {status}")
        assert await ours.quote(trip()) == why
        assert await ours.book("ref-1", QUOTE) == why
        assert await ours.get("t1") == why
        assert await ours.find("ref-1") == why
        assert await ours.active() == why
        assert await ours.cancel("t1", fee_ok=False) == why
        assert await ours.send_car("t1") == why


@pytest.mark.parametrize("body", [b"", b"<html>not here</html>", b"[]", b"{}", b'{"code": 7}'])
async def test_a_404_of_some_other_server_is_not_a_ride_that_does_not_exist(body: bytes) -> None:
    no = Refused(Why.OTHER, "http_404")
    async with scripted(Response(body, status_code=404)) as (ours, _):
        assert await ours.get("t1") == no
        assert await ours.find("ref-1") == no
        assert await ours.active() == no
        assert await ours.cancel("t1", fee_ok=True) == no
        assert await ours.send_car("t1") == no
        assert await ours.book("ref-1", QUOTE) == no


@pytest.mark.parametrize(
    "code, why",
    [
        ("rider_blocked", Why.RIDER_BLOCKED),
        ("invalid_phone_number", Why.BAD_PHONE),
        ("payment_required", Why.ACCOUNT),
        ("something_new", Why.OTHER),
    ],
)
async def test_a_no_keeps_the_companys_own_word(code: str, why: Why) -> None:
    async with scripted(says({"code": code}, 403)) as (ours, _):
        assert await ours.book("ref-1", QUOTE) == Refused(why, code)


async def test_a_look_is_never_answered_with_a_price() -> None:
    async with scripted(says({"code": "fare_expired"}, 409)) as (ours, _):
        assert await ours.get("t1") == Refused(Why.OTHER, "fare_expired")
        assert isinstance(await ours.quote(trip()), Unknown)


async def test_a_fee_that_grows_while_we_say_yes_is_told_again() -> None:
    first = says({"code": "fee_required", "fee_token": "a", "fee": "5.00"}, 409)
    then = says({"code": "fee_required", "fee_token": "b", "fee": "7.50"}, 409)
    async with scripted(first, then) as (ours, script):
        assert await ours.cancel("t1", fee_ok=True) == FeeRequired("b", 750)
        assert script.asked == ["DELETE /v1/guests/trips/t1?", "DELETE /v1/guests/trips/t1?fee_token=a"]


async def test_over_is_looked_at_before_it_is_believed() -> None:
    over = says({"code": "trip_over"}, 409)
    async with scripted(over, says({**TRIP, "status": "completed"})) as (ours, _):
        assert isinstance(await ours.cancel("t1", fee_ok=False), AlreadyOver)
    async with scripted(over, says(TRIP)) as (ours, _):
        assert await ours.send_car("t1") == Unknown("said to be over, and live")


async def test_a_list_that_never_ends_is_left() -> None:
    page = says({"trips": [TRIP], "next_page_token": "again"})
    async with scripted(page) as (ours, script):
        assert await ours.active() == Unknown("a list that does not end")
        assert len(script.asked) == 200


async def test_a_server_that_ignores_the_filter_is_filtered_here() -> None:
    other = {**TRIP, "request_id": "t2", "external_ref": "ref-2"}
    over = {**TRIP, "request_id": "t3", "external_ref": "ref-3", "status": "completed"}
    async with scripted(says({"trips": [other, TRIP, over]})) as (ours, _):
        found = await ours.find("ref-1")
        assert isinstance(found, Listed)
        assert [ride.provider_id for ride in found.snapshots] == ["t1"]
        assert await ours.find("ref-9") == NotFound()
        live = await ours.active()
        assert isinstance(live, Listed)
        assert [ride.provider_id for ride in live.snapshots] == ["t2", "t1"]


async def test_a_car_with_half_its_facts_is_still_a_car() -> None:
    vehicle = {"make": "Kia", "plate": "2BNR771"}
    async with scripted(says({**TRIP, "vehicle": vehicle, "brand_new_field": {"x": 1}})) as (ours, _):
        seen = await ours.get("t1")
        assert isinstance(seen, Snapshot)
        assert (seen.status, seen.car) == (Status.ACCEPTED, Car("Kia", "", "2BNR771", "", ""))


async def test_the_cheapest_product_with_a_car_is_taken() -> None:
    def offer(product: str, value: str, **info: object) -> dict[str, object]:
        fare = {"fare_id": f"fare-{product}", "value": value, "expires_at": 1}
        length = {"distance_estimate": 5.0, "duration_estimate": 601}
        return {"product": {"product_id": product}, "estimate_info": {"fare": fare, "trip": length, **info}}

    offers = [offer("none", "5.00", no_cars_available=True), offer("big", "30.10"), offer("small", "19.99")]
    async with scripted(says({"product_estimates": offers}), says({"product_estimates": []})) as (ours, _):
        quote = await ours.quote(trip())
        assert isinstance(quote, Quoted)
        assert (quote.product_id, quote.fare_cents, quote.drive_minutes) == ("small", 1999, 11)
        assert await ours.quote(trip()) == NoCars()


async def test_a_token_that_cannot_be_read_is_asked_for_again_later() -> None:
    async with scripted(says(TRIP)) as (ours, script):
        script.tokens = [Response(b"welcome!"), says({"error": "invalid_scope"}, 400)]
        assert isinstance(await ours.get("t1"), TryLater)
        assert await ours.get("t1") == Refused(Why.ACCOUNT, "http_400")
        assert isinstance(await ours.get("t1"), Snapshot)
        assert script.asked == ["GET /v1/guests/trips/t1?"]


async def test_one_late_401_among_many_costs_one_new_token() -> None:
    async with scripted(says(TRIP)) as (ours, script):
        assert isinstance(await ours.get("t1"), Snapshot)
        script.tokens = [says({"access_token": "second"}), Response(status_code=500)]
        script.answers = [*(says({"code": "unauthorized"}, 401) for _ in range(5)), says(TRIP)]
        answers = await asyncio.gather(*(ours.get("t1") for _ in range(5)))
        assert all(isinstance(answer, Snapshot) for answer in answers)
        assert len(script.tokens) == 1, "five were turned away, one fetched a token"


async def test_what_we_send_is_the_dialect() -> None:
    kept: list[dict[str, Any]] = []

    async def keep(request: Request) -> Response:
        kept.append(json.loads(await request.body()))
        return says(TRIP, 201)

    script = Script()
    routes = [
        Route("/oauth/v2/token", script.token, methods=["POST"]),
        Route("/v1/guests/trips", keep, methods=["POST"]),
    ]
    async with served(Starlette(routes=routes)) as url:
        ours = GuestRides(f"{url}/", "demo", "secret", ())
        assert isinstance(await ours.book("ref-1", QUOTE), Booked)
        await ours.close()
    (body,) = kept
    assert body["guest"] == {"first_name": "Ray", "phone_number": "+16175550142"}
    assert (body["external_ref"], body["fare_id"], body["product_id"]) == ("ref-1", "fare", "standard")
    assert body["note_for_driver"] == "front door, on 5th"
    assert body["scheduling"] == {"pickup_time": 1803471000000}
    assert "fee_token" not in body


async def test_a_cancel_is_believed_when_the_ride_is_over() -> None:
    async with scripted(says({**TRIP, "status": "rider_canceled"}), says(TRIP)) as (ours, _):
        assert isinstance(await ours.cancel("t1", fee_ok=False), Canceled)
        assert await ours.cancel("t1", fee_ok=False) == Unknown("said to be cancelled, and live")
