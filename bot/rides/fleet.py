"""The ride companies of this installation, the preferred one first.

The rule kept here: order is the settings' (`RIDE_PROVIDERS`), and a leg that went to one company stays its
until that one has let go of it: a ride's row names its provider, and `named` gives it back. The next is asked
only for a leg that none has taken.
"""

from collections.abc import Collection
from dataclasses import dataclass

from bot.rides.base import RideProvider


@dataclass(frozen=True, slots=True)
class Fleet:
    """The companies of this installation, the preferred one first."""

    providers: tuple[RideProvider, ...]

    def __post_init__(self) -> None:
        names = [one.name for one in self.providers]
        if len(set(names)) < len(names):
            raise ValueError("two ride companies with one name: a ride's row could not tell them apart")

    def named(self, name: str) -> RideProvider | None:
        """Return the company of this name; None where it is not (or no longer) one of ours."""
        return next((one for one in self.providers if one.name == name), None)

    def next_for(self, *, flexible: bool, but: Collection[str] = ()) -> RideProvider | None:
        """Return the first company that takes such a leg, but none of these; None when all have had it."""
        able = (one for one in self.providers if one.name not in but and (one.caps.flexible or not flexible))
        return next(able, None)

    async def close(self) -> None:
        """Let go of every company's connections."""
        for one in self.providers:
            await one.close()
