"""Find where a place is from what a person typed; the person or a caseworker says whether it is right.

The rule kept here: a geocoder offers, it never decides. It gives at most three places, the likeliest
first, and none when it would have to guess. What the demo's geocoder finds is marked as sample data;
without a geocoder a caseworker sets the pin. A pin that a person shared needs no geocoder (`pinned`).
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from bot.rides import zips
from bot.rides.base import TryLater

Pin: TypeAlias = tuple[float, float]

MOST = 3  # offers in one text
AROUND_MILES = 60.0  # farther off, a place of that name is another place


@dataclass(frozen=True, slots=True)
class Door:
    """Where a car can stop at a place: a key we store and the words we show ("front, on 5th")."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Found:
    """A place on the map.

    `label` is the short name ("Hope House", "12 Rowe St"), `address` the street line, `zone` its IANA zone.
    """

    label: str
    address: str
    city: str
    lat: float
    lon: float
    zone: str
    doors: tuple[Door, ...] = ()
    sample: bool = False  # made up for the demo: never send a real car there

    @property
    def line(self) -> str:
        """Write it as a text says it, nothing twice: "Hope House, 218 5th St", "12 Rowe St, Boston"."""
        return self.address if self.address.startswith(self.label) else f"{self.label}, {self.address}"


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Nothing on the map fits those words."""


@dataclass(frozen=True, slots=True)
class NoMap:
    """There is no geocoder here: ask a caseworker for the pin."""


Places: TypeAlias = tuple[Found, ...]
PlaceAnswer: TypeAlias = Places | Nowhere | NoMap | TryLater


class Geocoder(Protocol):
    """Whoever can find a place."""

    async def find(self, text: str, *, near_zip: str | None = None, near: Pin | None = None) -> PlaceAnswer:
        """Find at most three places for `text`, the likeliest first; a tuple here is never empty.

        `near` (a pin) counts before `near_zip` when both are known.
        """
        ...


class NoGeocoder:
    """What production has until a geocoder is connected."""

    async def find(self, text: str, *, near_zip: str | None = None, near: Pin | None = None) -> NoMap:
        """Answer that a caseworker must set the pin."""
        return NoMap()


def pinned(lat: float, lon: float) -> Found:
    """Make a place of a pin that a person shared: its zone and town are those of the nearest ZIP's middle.

    Raises ValueError for what is no place on earth.
    """
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError("not a place on earth")
    nearest = zips.nearest(lat, lon)
    return Found("Pin", f"Pin, {nearest.city}", nearest.city, lat, lon, nearest.zone)
