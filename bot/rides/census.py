"""Find a typed street address with the US Census Bureau's public geocoder: one GET, no key, US addresses.

The rule kept here: only a house number and a street in a known town are asked for; everything else is a name,
and names are ours or a caseworker's. Its pins are reckoned along a block, so a person says yes to each. A
ZIP's middle is never an answer: it only tells the town. A service that does not answer is asked again later.

Facts: https://geocoding.geo.census.gov/geocoder/Geocoding_Services_API.html: `locations/onelineaddress` with
`address`, `benchmark`, `format=json` gives `result.addressMatches`, each with `matchedAddress`, `coordinates`
(x is the longitude) and `addressComponents`; none matched is an empty list, several are ties.
"""

import logging
import ssl
from collections.abc import Sequence
from datetime import timedelta
from functools import cache

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.rides import zips
from bot.rides.base import TryLater
from bot.rides.estimates import crow_miles
from bot.rides.geocoding import AROUND_MILES, MOST, Found, Nowhere, Pin, PlaceAnswer
from bot.rides.streets import Street, read_street

PATH = "/locations/onelineaddress"
SOON = timedelta(seconds=3)
"""Somebody waits for the answer: ask a service that stumbled again this soon."""

log = logging.getLogger(__name__)


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Coordinates(_Wire):
    x: float = Field(ge=-180, le=180)
    y: float = Field(ge=-90, le=90)


class _Components(_Wire):
    zip: str = ""
    city: str = ""
    state: str = ""


class _Match(_Wire):
    matched: str = Field(alias="matchedAddress")
    coordinates: _Coordinates
    components: _Components = Field(default=_Components(), alias="addressComponents")


class _Result(_Wire):
    matches: list[_Match] = Field(alias="addressMatches")


class _Answer(_Wire):
    result: _Result


class CensusGeocoder:
    """The public geocoder at `base_url`; `benchmark` names the edition of its map."""

    def __init__(
        self, base_url: str, benchmark: str = "Public_AR_Current", *, timeout_s: float = 6.0
    ) -> None:
        self._url, self._benchmark, self._timeout_s = base_url.rstrip("/"), benchmark, timeout_s

    async def find(self, text: str, *, near_zip: str | None = None, near: Pin | None = None) -> PlaceAnswer:
        """Find a street address in the town typed, else in the person's own; at most three ties."""
        street = read_street(text)
        asked = None if street is None else _one_line(street, near_zip, near)
        if street is None or asked is None:
            return Nowhere()
        matches = await self._ask(asked)
        if isinstance(matches, TryLater):
            return matches
        around = near or (zips.centroid(near_zip) if near_zip else None)
        found = [_found(match, street) for match in matches]
        if not (street.city or street.zip) and around is not None:
            found = [one for one in found if crow_miles(one.lat, one.lon, *around) <= AROUND_MILES]
        return tuple(dict.fromkeys(found))[:MOST] or Nowhere()

    async def _ask(self, address: str) -> Sequence[_Match] | TryLater:
        params = {"address": address, "benchmark": self._benchmark, "format": "json"}
        try:
            async with httpx.AsyncClient(
                timeout=self._timeout_s, verify=_trusted(), trust_env=False
            ) as client:
                answer = await client.get(f"{self._url}{PATH}", params=params)
        except httpx.HTTPError as trouble:
            log.warning("geocoder not reached", extra={"why": type(trouble).__name__})
            return TryLater(SOON)
        if answer.status_code == 400:  # an address it cannot read is no place
            return ()
        if not answer.is_success:
            log.warning("geocoder stumbled", extra={"status": answer.status_code})
            return TryLater(SOON)
        try:
            return _Answer.model_validate_json(answer.content).result.matches
        except ValidationError:
            log.warning("geocoder's answer is not in its form", extra={"bytes": len(answer.content)})
            return TryLater(SOON)


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def _one_line(street: Street, near_zip: str | None, near: Pin | None) -> str | None:
    """Write the address with its town: the one typed, else that of the person's ZIP or pin; None without."""
    if street.zip:
        town = ", ".join(
            part for part in (street.city.title(), f"{street.state} {street.zip}".strip()) if part
        )
        return f"{street.line}, {town}"
    home = zips.look_up(near_zip) if near_zip else zips.nearest(*near) if near else None
    if home is None:
        return (
            f"{street.line}, {street.city.title()}, {street.state}" if street.city and street.state else None
        )
    return f"{street.line}, {street.city.title() or home.city}, {street.state or home.state}"


def _found(match: _Match, typed: Street) -> Found:
    """Write a match the one way we show addresses; the unit is as typed, the map knows none."""
    lat, lon = match.coordinates.y, match.coordinates.x
    at = read_street(match.matched)
    line = at.line if at is not None else typed.line
    zip_ = zips.look_up(match.components.zip)
    city = zip_.city if zip_ is not None else match.components.city.title() or zips.nearest(lat, lon).city
    whole = f"{line} {typed.unit}" if typed.unit else line
    zone = zip_.zone if zip_ is not None else zips.nearest(lat, lon).zone
    return Found(line, f"{whole}, {city}", city, lat, lon, zone)
