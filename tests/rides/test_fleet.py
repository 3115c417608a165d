"""The fleet: whom a leg goes to, and what windows and limits the settings give each company."""

import hmac
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from bot.app import open_rides
from bot.clock import SystemClock
from bot.rides.base import BadSignature, RideHint
from bot.rides.caps import GUEST_CAPS, MANUAL_CAPS, all_caps, caps_of, why_not
from bot.rides.fleet import Fleet
from bot.rides.guest_rides import GuestRides
from bot.settings import Settings, load
from storage.database import Database


def company(name: str, *, flexible: bool = True) -> GuestRides:
    caps = replace(GUEST_CAPS, flexible=flexible)
    return GuestRides("http://127.0.0.1:9", "us", "secret", ("",), name=name, caps=caps)


def test_the_preferred_one_first_then_the_next_but_never_one_that_was_asked() -> None:
    first, second, third = company("a"), company("b", flexible=False), company("c")
    fleet = Fleet((first, second, third))
    assert fleet.next_for(flexible=False) is first
    assert fleet.next_for(flexible=False, but={"a"}) is second
    assert fleet.next_for(flexible=True, but={"a"}) is third
    assert fleet.next_for(flexible=True, but={"a", "c"}) is None
    assert fleet.named("b") is second
    assert fleet.named("z") is None
    with pytest.raises(ValueError, match="one name"):
        Fleet((first, company("a")))


def test_windows_and_limits_are_the_settings() -> None:
    settings = load(
        {
            "RIDE_PROVIDERS": "manual, guest_rides_2 guest_rides",
            "RIDE2_API_BASE": "https://second.example.org",
            "RIDE2_CLIENT_ID": "us",
            "RIDE2_CLIENT_SECRET": "secret",
            "RIDE_CAPS": "lead=45m free_cancel=2h",
            "RIDE2_CAPS": "flexible=no child_seats=yes max_miles=20.5 rate_per_hour=60 horizon=14d",
            "MANUAL_RIDE_CAPS": "lead=1d",
        }
    )
    assert caps_of(settings, "guest_rides") == replace(
        GUEST_CAPS, lead=timedelta(minutes=45), free_cancel=timedelta(hours=2)
    )
    second = caps_of(settings, "guest_rides_2")
    assert (second.flexible, second.child_seats, second.max_miles, second.rate_per_hour, second.horizon) == (
        False, True, 20.5, 60, timedelta(days=14),
    )  # fmt: skip
    assert all_caps(settings) == (
        replace(MANUAL_CAPS, lead=timedelta(days=1)), second, caps_of(settings, "guest_rides"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("miles", "notice", "why"),
    [
        (10.0, timedelta(hours=2), None),
        (10.0, timedelta(minutes=29), "too_late"),
        (74.0, timedelta(minutes=31), None),
        (90.0, timedelta(hours=4), None),  # staff drive farther, with notice
        (90.0, timedelta(hours=2), "too_late"),
        (101.0, timedelta(days=3), "too_far"),
        (101.0, timedelta(), "too_far"),  # another time would not help
    ],
)
def test_why_nobody_drives_it(miles: float, notice: timedelta, why: str | None) -> None:
    assert why_not((GUEST_CAPS, replace(MANUAL_CAPS, max_miles=100.0)), miles, notice) == why


async def test_the_fleet_is_opened_in_the_order_of_the_settings(database: Database) -> None:
    settings = Settings(
        env="test", ride_providers=("guest_rides_2", "manual", "guest_rides"), ride2_client_id="us",
        ride2_api_base="http://127.0.0.1:9", ride2_client_secret="secret",
    )  # fmt: skip
    fleet = open_rides(settings, database, SystemClock())
    assert [one.name for one in fleet.providers] == ["guest_rides_2", "manual", "guest_rides"]
    await fleet.close()


HINT = b'{"event_id": "e1", "event_type": "guests.trips.status_changed", "meta": {"resource_id": "t1"}}'


@pytest.mark.parametrize(
    ("ours", "theirs", "good"),
    [
        (("new", "old"), "new", True),
        (("new", "old"), "old", True),
        (("", "new"), "new", True),
        (("", "new"), "", False),  # a blank key signs nothing
        (("",), "", False),
        ((), "", False),
        (("new",), "old", False),
    ],
)
def test_a_webhook_is_signed_with_one_of_our_keys_and_never_with_a_blank_one(
    ours: tuple[str, ...], theirs: str, good: bool
) -> None:
    signed = hmac.new(theirs.encode(), HINT, sha256).hexdigest()
    answer = GuestRides("http://127.0.0.1:9", "us", "x", ours).event({"X-Rides-Signature": signed}, HINT)
    assert isinstance(answer, RideHint if good else BadSignature)
