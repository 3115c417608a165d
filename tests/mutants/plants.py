"""All planted bugs."""

from typing import Final

from tests.mutants import coming_in, going_out, holding_back, riding

PLANTS: Final = (*coming_in.PLANTS, *going_out.PLANTS, *holding_back.PLANTS, *riding.PLANTS)
