"""What each ride company can do: windows and limits are the account's, so settings may change every one.

The rule kept here: nobody else knows a window. The figures below are only where an installation starts from;
`RIDE_CAPS`, `RIDE2_CAPS` and `MANUAL_RIDE_CAPS` overrule them one by one.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from bot.rides.base import Caps
from bot.settings import Settings

GUEST_CAPS = Caps(
    lead=timedelta(minutes=30),
    horizon=timedelta(days=30),
    free_cancel=timedelta(minutes=60),
    flexible=True,
    idempotent=False,
    webhooks=True,
    texts_rider=True,
    child_seats=False,
    max_miles=75.0,
    rate_per_hour=200,
)
MANUAL_CAPS = Caps(
    lead=timedelta(hours=3),
    horizon=timedelta(days=60),
    free_cancel=timedelta(hours=2),
    flexible=True,
    idempotent=True,
    webhooks=False,
    texts_rider=False,
    child_seats=False,
    max_miles=75.0,
    rate_per_hour=1000,
)


def caps_of(settings: Settings, name: str) -> Caps:
    """Tell what the company of this name can do; KeyError for a name that is none of ours."""
    start, given = {
        "guest_rides": (GUEST_CAPS, settings.ride_caps),
        "guest_rides_2": (GUEST_CAPS, settings.ride2_caps),
        "manual": (MANUAL_CAPS, settings.manual_ride_caps),
    }[name]
    changed: dict[str, Any] = dict(given)  # of the right kinds: the setting's reader saw to it
    return replace(start, **changed)


def all_caps(settings: Settings) -> tuple[Caps, ...]:
    """Tell what each company of this installation can do, the preferred one first."""
    return tuple(caps_of(settings, name) for name in settings.ride_providers)


def why_not(caps: Sequence[Caps], miles: float, notice: timedelta) -> Literal["too_far", "too_late"] | None:
    """Say why no company drives so far at such notice; None when one does.

    `notice` is from now to the pick-up. Distance is said first: no other time would change that.
    """
    reach = [one for one in caps if miles <= one.max_miles]
    if not reach:
        return "too_far"
    return None if any(one.lead <= notice for one in reach) else "too_late"
