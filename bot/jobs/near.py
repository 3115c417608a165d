"""How far: miles between two pins, and the square that holds all within so many miles.

The rule: one flat formula for a person's whole region. It is off by less than half a mile in sixty; a ZIP's
middle, which stands in for a home nobody has pinned, is off by more.
"""

from dataclasses import dataclass
from math import cos, radians, sqrt

MILES_A_DEGREE = 69.0
ROAD = 1.3
"""A road trip is about 1.2 to 1.4 times the crow's."""


@dataclass(frozen=True, slots=True)
class Near:
    """Distances from one pin."""

    lat: float
    lon: float
    across: float  # miles in a degree of longitude here

    def road_miles(self, lat: float, lon: float) -> float:
        """Guess the miles by road to there."""
        north, east = (lat - self.lat) * MILES_A_DEGREE, (lon - self.lon) * self.across
        return ROAD * sqrt(north * north + east * east)

    def square(self, road_miles: float) -> tuple[float, float, float, float]:
        """Give the square (south, north, west, east) that holds all within so many miles by road."""
        up, out = road_miles / ROAD / MILES_A_DEGREE, road_miles / ROAD / self.across
        return self.lat - up, self.lat + up, self.lon - out, self.lon + out


def near(pin: tuple[float, float]) -> Near:
    """Measure from this pin."""
    return Near(*pin, across=MILES_A_DEGREE * max(cos(radians(pin[0])), 0.01))
