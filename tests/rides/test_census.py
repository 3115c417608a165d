"""The Census geocoder, faked at the wire: what is asked, what is believed, and what trouble becomes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.rides.base import TryLater
from bot.rides.census import SOON, CensusGeocoder
from bot.rides.geocoding import Found, Geocoder, Nowhere
from tests.rides.conftest import served


def match(address: str, lat: float, lon: float, city: str, zip_: str) -> dict[str, Any]:
    """One match as the service writes it."""
    return {
        "tigerLine": {"side": "L", "tigerLineId": "1"},
        "coordinates": {"x": lon, "y": lat},
        "addressComponents": {"zip": zip_, "city": city, "state": "MA", "streetName": "5TH"},
        "matchedAddress": address,
    }


FIFTH = match("218 5TH ST, BOSTON, MA, 02118", 42.3361, -71.0652, "BOSTON", "02118")
FAR = match("218 5TH ST, PITTSFIELD, MA, 01201", 42.45, -73.25, "PITTSFIELD", "01201")


@dataclass
class Bureau:
    """The pretend service: what it was asked, and what it answers."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    matches: list[dict[str, Any]] = field(default_factory=list)
    instead: Response | None = None
    sleeps: float = 0.0

    async def answer(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        await asyncio.sleep(self.sleeps)
        return self.instead or JSONResponse({"result": {"input": {}, "addressMatches": self.matches}})

    @property
    def ours(self) -> Geocoder:
        return CensusGeocoder(f"{self.url}/geocoder/", timeout_s=0.2)


@pytest.fixture
async def bureau() -> AsyncIterator[Bureau]:
    """The service on a free loopback port."""
    pretend = Bureau()
    async with served(Starlette(routes=[Route("/geocoder/locations/onelineaddress", pretend.answer)])) as url:
        pretend.url = url
        yield pretend


@pytest.mark.parametrize(
    ("text", "near_zip", "asked"),
    [
        ("218 5th st", "02119", "218 5th St, Roxbury, MA"),
        ("218 5th street apt 2, boston", "02119", "218 5th St, Boston, MA"),
        ("218 5th st, boston", "02119", "218 5th St, Boston, MA"),
        ("218 5th St, Boston MA 02118", "02119", "218 5th St, Boston, MA 02118"),
        ("218 5th St, Boston MA", None, "218 5th St, Boston, MA"),
        ("218 5th st", None, None),  # in which town?
        ("hope house", "02119", None),  # a name is no address
        ("corner of 5th and main", "02119", None),
        ("", "02119", None),
    ],
)
async def test_only_a_street_in_a_known_town_is_asked(
    bureau: Bureau, text: str, near_zip: str | None, asked: str | None
) -> None:
    assert await bureau.ours.find(text, near_zip=near_zip) == Nowhere()
    assert [one["address"] for one in bureau.asked] == ([] if asked is None else [asked])
    assert all((one["benchmark"], one["format"]) == ("Public_AR_Current", "json") for one in bureau.asked)


async def test_a_match_is_written_as_we_write_addresses(bureau: Bureau) -> None:
    bureau.matches = [FIFTH]
    assert await bureau.ours.find("218 5th apt 2", near_zip="02119") == (
        Found("218 5th St", "218 5th St Apt 2, Boston", "Boston", 42.3361, -71.0652, "America/New_York"),
    )


async def test_ties_are_offered_and_what_is_far_off_only_where_its_town_was_typed(bureau: Bureau) -> None:
    bureau.matches = [FIFTH, FIFTH, FAR]
    near = await bureau.ours.find("218 5th st", near_zip="02119")
    assert isinstance(near, tuple)
    assert [one.city for one in near] == ["Boston"]
    named = await bureau.ours.find("218 5th st, pittsfield", near_zip="02119")
    assert isinstance(named, tuple)
    assert [one.city for one in named] == ["Boston", "Pittsfield"]
    bureau.matches = [
        match(f"{n} 5TH ST, BOSTON, MA, 02118", 42.3, -71.06, "BOSTON", "02118") for n in range(5)
    ]
    several = await bureau.ours.find("5th st 2, boston 02118 2 5th st", near_zip="02119")
    assert not isinstance(several, tuple) or len(several) <= 3


@pytest.mark.parametrize(
    "instead",
    [
        Response(status_code=500),
        Response(status_code=503),
        Response(status_code=429),
        Response("<html>down for maintenance</html>"),
        JSONResponse({"errors": ["?"]}),
        JSONResponse(
            {"result": {"addressMatches": [{"matchedAddress": "1 A ST", "coordinates": {"x": 999, "y": 0}}]}}
        ),
    ],
    ids=["500", "503", "429", "a page", "errors", "no place on earth"],
)
async def test_a_service_that_stumbles_is_asked_again(bureau: Bureau, instead: Response) -> None:
    bureau.instead = instead
    assert await bureau.ours.find("218 5th st", near_zip="02119") == TryLater(SOON)


async def test_an_address_it_cannot_read_is_nowhere(bureau: Bureau) -> None:
    bureau.instead = JSONResponse({"errors": ["address cannot be empty"]}, 400)
    assert await bureau.ours.find("218 5th st", near_zip="02119") == Nowhere()


async def test_one_that_hangs_or_is_not_there_is_asked_again(bureau: Bureau) -> None:
    bureau.sleeps = 0.5
    assert await bureau.ours.find("218 5th st", near_zip="02119") == TryLater(SOON)
    gone = CensusGeocoder("http://127.0.0.1:9", timeout_s=0.2)
    assert await gone.find("218 5th st", near_zip="02119") == TryLater(SOON)
