"""Every answer of a ride company, as our adapter reads it over real HTTP."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta

import httpx
import pytest

from bot.rides import base
from bot.rides.base import (
    AlreadyOver,
    ArriveBy,
    BadAddress,
    Booked,
    Canceled,
    FeeRequired,
    FlexDay,
    Listed,
    NoCars,
    NotFound,
    Now,
    PickupAt,
    Quoted,
    QuoteGone,
    Refused,
    RideProvider,
    Snapshot,
    Spot,
    Status,
    Trip,
    TryLater,
    Unknown,
    Why,
)
from bot.rides.guest_rides import GuestRides
from tests.rides.conftest import EVENING, HOME, PICKUP, WORK, Company, Opened, trip


async def quoted(company: Company, asked: Trip | None = None) -> Quoted:
    answer = await company.ours.quote(asked or trip())
    assert isinstance(answer, Quoted), answer
    return answer


async def booked(company: Company, asked: Trip | None = None) -> Snapshot:
    quote = await quoted(company, asked)
    answer = await company.ours.book(quote.trip.ref, quote)
    assert isinstance(answer, Booked), answer
    return answer.snapshot


async def seen(company: Company, ride: Snapshot) -> Snapshot:
    answer = await company.ours.get(ride.provider_id)
    assert isinstance(answer, Snapshot), answer
    return answer


def test_the_adapter_is_a_provider() -> None:
    provider: RideProvider = GuestRides("http://127.0.0.1:9", "a", "b", ("c",))
    assert provider.name == "guest_rides"
    assert provider.caps.flexible


# --- prices --------------------------------------------------------------------------------------


async def test_a_quote_names_price_pickup_and_how_long_it_holds(company: Company) -> None:
    quote = await quoted(company)
    assert quote.pickup_at == PICKUP
    assert quote.expires_at == EVENING + timedelta(minutes=5)
    assert 1500 < quote.fare_cents < 4000
    assert 8 < quote.miles < 11
    assert quote.drive_minutes > 15


async def test_longer_and_busier_costs_more(company: Company) -> None:
    far = replace(WORK, lat=42.7)
    noon = PickupAt(PICKUP + timedelta(hours=5))
    assert (await quoted(company, trip(dropoff=far))).fare_cents > (await quoted(company)).fare_cents
    assert (await quoted(company, trip(when=noon))).fare_cents < (await quoted(company)).fare_cents


async def test_arrive_by_becomes_a_pickup_in_time(company: Company) -> None:
    start = datetime.fromisoformat("2027-02-24T08:00-05:00")
    pickup_at = (await quoted(company, trip(when=ArriveBy(start)))).pickup_at
    assert pickup_at is not None
    assert start - timedelta(minutes=60) < pickup_at < start - timedelta(minutes=40)
    assert pickup_at.minute % 5 == 0


@pytest.mark.parametrize(
    "asked, answer",
    [
        (trip(when=PickupAt(EVENING + timedelta(minutes=10))), Refused(Why.TOO_SOON, "pickup_time_too_soon")),
        (
            trip(when=PickupAt(EVENING + timedelta(days=60))),
            Refused(Why.TOO_FAR_AHEAD, "pickup_time_too_far"),
        ),
        (trip(when=FlexDay(date(2027, 2, 22))), Refused(Why.TOO_SOON, "pickup_time_too_soon")),
        (trip(when=FlexDay(date(2027, 9, 1))), Refused(Why.TOO_FAR_AHEAD, "pickup_time_too_far")),
        (trip(dropoff=Spot(40.71, -74.0, "New York")), Refused(Why.TOO_FAR, "trip_too_long")),
        (trip(dropoff=Spot(51.5, -0.12, "London")), BadAddress("dropoff")),
        (trip(pickup=Spot(0, 0, "the sea")), BadAddress("pickup")),
        (trip(rider_phone="555"), Refused(Why.OTHER, "invalid_request")),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_the_company_does_not_do(company: Company, asked: Trip, answer: object) -> None:
    first = await company.ours.quote(asked)
    if isinstance(first, Quoted):  # only the order carries the phone
        assert await company.ours.book(asked.ref, first) == answer
    else:
        assert first == answer


async def test_no_cars_at_the_quote_and_at_the_order(company: Company) -> None:
    quote = await quoted(company)
    await company.market(cars=False)
    assert await company.ours.quote(trip()) == NoCars()
    assert await company.ours.book("ref-1", quote) == NoCars()
    assert await company.trips() == []


async def test_an_expired_quote_is_gone(company: Company) -> None:
    quote = await quoted(company)
    await company.pass_(minutes=5, seconds=1)
    assert await company.ours.book("ref-1", quote) == QuoteGone()
    assert await company.ours.book("ref-1", await quoted(company)) != QuoteGone()


async def test_a_quote_serves_its_own_trip_only(company: Company) -> None:
    quote = await quoted(company)
    elsewhere = replace(quote, trip=replace(quote.trip, dropoff=Spot(42.5, -71.2, "elsewhere")))
    assert await company.ours.book("ref-1", elsewhere) == QuoteGone()


async def test_a_surge_since_the_quote_needs_a_yes(company: Company) -> None:
    quote = await quoted(company)
    await company.market(surge=2.0)
    more = await company.ours.book("ref-1", quote)
    assert isinstance(more, FeeRequired)
    assert more.cents == quote.fare_cents
    answer = await company.ours.book("ref-1", quote, fee_token=more.token)
    assert isinstance(answer, Booked)
    assert answer.snapshot.fare_cents == 2 * quote.fare_cents


async def test_a_blocked_rider_is_refused(company: Company) -> None:
    quote = await quoted(company, trip(rider_phone="+16175550000"))
    assert await company.ours.book("ref-1", quote) == Refused(Why.RIDER_BLOCKED, "rider_blocked")


# --- a ride's day --------------------------------------------------------------------------------


async def test_a_scheduled_ride_from_order_to_arrival(company: Company) -> None:
    ride = await booked(company)
    assert (ride.status, ride.ref, ride.pickup_at, ride.car) == (Status.SCHEDULED, "ref-1", PICKUP, None)
    assert ride.free_cancel_until == PICKUP - timedelta(minutes=60)

    await company.at(PICKUP - timedelta(minutes=25))
    assert (await seen(company, ride)).status == Status.PROCESSING

    await company.at(PICKUP - timedelta(minutes=12))
    coming = await seen(company, ride)
    assert (coming.status, coming.eta_minutes) == (Status.ACCEPTED, 12)
    assert coming.car is not None
    assert all([coming.car.make_model, coming.car.color, coming.car.plate, coming.car.driver])
    assert coming.car.phone.startswith("+1617555")
    assert coming.dropoff_at is not None

    await company.at(PICKUP)
    assert (await seen(company, ride)).status == Status.ARRIVING
    await company.at(PICKUP + timedelta(minutes=2))
    riding = await seen(company, ride)
    assert riding.status == Status.IN_PROGRESS
    assert riding.dropoff_at is not None

    await company.at(riding.dropoff_at)
    there = await seen(company, ride)
    assert (there.status, there.live, there.car) == (Status.COMPLETED, False, None)
    assert (there.final_cents, there.dropoff_at) == (ride.fare_cents, riding.dropoff_at)


async def test_a_car_at_once(company: Company) -> None:
    ride = await booked(company, trip(when=Now()))
    assert (ride.status, ride.pickup_at) == (Status.PROCESSING, EVENING + timedelta(minutes=10))
    await company.pass_(minutes=1)
    coming = await seen(company, ride)
    assert (coming.status, coming.eta_minutes) == (Status.ACCEPTED, 9)


async def test_the_flexible_way_home_waits_for_the_rider(company: Company) -> None:
    home = trip(
        ref="home-1", pickup=replace(WORK, note="same door"), dropoff=HOME, when=FlexDay(date(2027, 2, 24))
    )
    ride = await booked(company, home)
    assert (ride.flexible, ride.status, ride.pickup_at) == (True, Status.SCHEDULED, None)
    early = await company.ours.send_car(ride.provider_id)
    assert early == Refused(Why.TOO_FAR_AHEAD, "pickup_time_too_far")

    await company.at(PICKUP + timedelta(hours=3))
    assert (await seen(company, ride)).status == Status.SCHEDULED
    sent = await company.ours.send_car(ride.provider_id)
    assert isinstance(sent, Booked)
    assert (sent.snapshot.status, sent.snapshot.pickup_at) == (
        Status.PROCESSING,
        PICKUP + timedelta(hours=3, minutes=10),
    )
    again = await company.ours.send_car(ride.provider_id)
    assert again == sent, "asked twice, one car"
    await company.pass_(hours=2)
    over = await company.ours.send_car(ride.provider_id)
    assert isinstance(over, AlreadyOver)
    assert over.snapshot.status == Status.COMPLETED


async def test_a_flexible_ride_nobody_called_ends_at_six_in_the_morning_free(company: Company) -> None:
    ride = await booked(company, trip(when=FlexDay(date(2027, 2, 24))))
    await company.at(datetime.fromisoformat("2027-02-25T05:59-05:00"))
    assert (await seen(company, ride)).live
    await company.pass_(minutes=1)
    gone = await seen(company, ride)
    assert (gone.status, gone.fee_cents, gone.final_cents) == (Status.RIDER_CANCELED, 0, 0)


async def test_no_car_to_send_home(company: Company) -> None:
    ride = await booked(company, trip(when=FlexDay(date(2027, 2, 23))))
    await company.market(cars=False)
    assert await company.ours.send_car(ride.provider_id) == NoCars()
    assert await company.ours.send_car("trip_none") == NotFound()
    await company.market(cars=True)
    fixed = await booked(company, trip(ref="ref-2"))
    assert await company.ours.send_car(fixed.provider_id) == Refused(Why.NOT_OFFERED, "not_flexible")


async def test_nobody_drives(company: Company) -> None:
    ride = await booked(company)
    await company.market(cars=False)
    await company.at(PICKUP - timedelta(minutes=12))
    nobody = await seen(company, ride)
    assert (nobody.status, nobody.live, nobody.final_cents) == (Status.NO_DRIVERS_AVAILABLE, False, 0)


@pytest.mark.parametrize(
    "minutes, event, status",
    [
        (-20, "no_drivers_available", Status.NO_DRIVERS_AVAILABLE),
        (-10, "driver_canceled", Status.DRIVER_CANCELED),
        (-10, "rider_canceled", Status.RIDER_CANCELED),
        (0, "no_show", Status.NO_SHOW),
    ],
)
async def test_a_button_makes_it_happen(company: Company, minutes: int, event: str, status: Status) -> None:
    ride = await booked(company)
    await company.at(PICKUP + timedelta(minutes=minutes))
    await company.press(ride.provider_id, event)
    over = await seen(company, ride)
    assert (over.status, over.live) == (status, False)
    assert over.fee_cents == (700 if status == Status.NO_SHOW else 0)
    refused = await company.room.post(f"/_stub/trips/{ride.provider_id}/accepted")
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_follow")


# --- calling it off ------------------------------------------------------------------------------


async def test_cancelling_in_time_is_free(company: Company) -> None:
    ride = await booked(company)
    await company.at(PICKUP - timedelta(minutes=60))
    answer = await company.ours.cancel(ride.provider_id, fee_ok=False)
    assert isinstance(answer, Canceled)
    assert (answer.snapshot.status, answer.snapshot.fee_cents) == (Status.RIDER_CANCELED, 0)
    again = await company.ours.cancel(ride.provider_id, fee_ok=False)
    assert again == AlreadyOver(answer.snapshot)


async def test_cancelling_late_costs_and_needs_a_yes(company: Company) -> None:
    ride = await booked(company)
    await company.at(PICKUP - timedelta(minutes=59))
    asked = await company.ours.cancel(ride.provider_id, fee_ok=False)
    assert isinstance(asked, FeeRequired)
    assert asked.cents == 500
    assert (await seen(company, ride)).live, "asking is not cancelling"
    answer = await company.ours.cancel(ride.provider_id, fee_ok=True)
    assert isinstance(answer, Canceled)
    assert (answer.snapshot.fee_cents, answer.snapshot.final_cents) == (500, 500)


async def test_a_car_on_its_way_cannot_be_cancelled_with_the_rider_inside(company: Company) -> None:
    ride = await booked(company)
    await company.at(PICKUP + timedelta(minutes=5))
    answer = await company.ours.cancel(ride.provider_id, fee_ok=True)
    assert answer == Refused(Why.NOT_OFFERED, "trip_in_progress")
    assert await company.ours.cancel("trip_none", fee_ok=True) == NotFound()


# --- looking -------------------------------------------------------------------------------------


async def test_look_by_id_and_by_ref(company: Company) -> None:
    ride = await booked(company)
    await booked(company, trip(ref="ref-10"))
    assert await company.ours.find("ref-1") == Listed((ride,))
    assert await company.ours.find("ref-") == NotFound()
    assert await company.ours.get("trip_none") == NotFound()
    assert await company.ours.get("../../_stub/trips") == NotFound()


async def test_the_company_makes_twins_and_we_can_see_them(company: Company) -> None:
    quote = await quoted(company)
    first, second = [await company.ours.book("ref-1", quote) for _ in range(2)]
    assert isinstance(first, Booked)
    assert isinstance(second, Booked)
    assert await company.ours.find("ref-1") == Listed((first.snapshot, second.snapshot))


async def test_the_sweep_lists_every_live_ride_over_many_pages(company: Company) -> None:
    quote = await quoted(company)
    made = [await company.ours.book(f"ref-{n}", quote) for n in range(120)]
    ids = [answer.snapshot.provider_id for answer in made if isinstance(answer, Booked)]
    assert len(ids) == 120
    await company.ours.cancel(ids.pop(7), fee_ok=False)
    listed = await company.ours.active()
    assert isinstance(listed, Listed)
    assert [ride.provider_id for ride in listed.snapshots] == ids


async def test_one_bad_page_spoils_the_whole_sweep(company: Company) -> None:
    quote = await quoted(company)
    for n in range(60):
        await company.ours.book(f"ref-{n}", quote)
    await company.fault(method="GET", path=base_path(), kind="truncate", applied="before")
    assert isinstance(await company.ours.active(), Unknown)
    assert isinstance(await company.ours.active(), Listed)


def base_path() -> str:
    return "/v1/guests/trips"


# --- trouble -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault, made",
    [
        ({"kind": "status", "code": 500, "applied": "before"}, 1),
        ({"kind": "status", "code": 503, "applied": "never"}, 0),
        ({"kind": "hang", "seconds": 0.6, "applied": "before"}, 1),
        ({"kind": "hang", "seconds": 0.6, "applied": "after"}, 1),
        ({"kind": "hang", "seconds": 0.6, "applied": "never"}, 0),
        ({"kind": "drop", "applied": "before"}, 1),
        ({"kind": "drop", "applied": "never"}, 0),
        ({"kind": "truncate", "applied": "before"}, 1),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else str(value),
)
async def test_a_lost_answer_is_unknown_and_our_ref_tells(
    open_company: Opened, fault: dict[str, object], made: int
) -> None:
    async with open_company(timeout_s=0.3) as company:
        await company.at(EVENING)
        quote = await quoted(company)
        await company.fault(method="POST", path=base_path(), **fault)
        assert isinstance(await company.ours.book("ref-1", quote), Unknown)
        await asyncio.sleep(0.5 if fault["kind"] == "hang" else 0)
        found = await company.ours.find("ref-1")
        assert len(await company.trips()) == made, "one order, never sent again by itself"
        assert isinstance(found, Listed) if made else found == NotFound()


async def test_too_many_requests_says_when_to_come_back(company: Company) -> None:
    await company.fault(kind="status", code=429, retry_after=17, path=base_path())
    assert await company.ours.quote(trip()) == TryLater(timedelta(seconds=17))
    await company.fault(kind="status", code=429, path=base_path())
    assert await company.ours.active() == TryLater(timedelta(minutes=1))


@pytest.mark.parametrize(
    "header, wait",
    [
        ("0", 1),
        ("90", 90),
        ("999999", 3600),
        ("Wed, 24 Feb 2027 12:00:30 GMT", 30),
        ("Wed, 24 Feb 2027 11:00:00 GMT", 1),
        ("soon", 60),
        ("-5", 60),
        ("", 60),
        ("99999999999999999999", 60),
    ],
)
async def test_every_retry_after_becomes_a_sane_wait(header: str, wait: int) -> None:
    from bot.rides.guest_rides import _retry_after

    headers = {"Retry-After": header, "Date": "Wed, 24 Feb 2027 12:00:00 GMT"}
    assert _retry_after(httpx.Response(429, headers=headers)) == timedelta(seconds=wait)


async def test_a_company_that_cannot_be_reached_has_surely_done_nothing() -> None:
    nobody = GuestRides("http://127.0.0.1:9", "demo", "demo-ride-secret", ("s",), timeout_s=1)
    assert isinstance(await nobody.quote(trip()), TryLater)
    await nobody.close()


async def test_an_unknown_status_is_unknown_not_guessed(company: Company) -> None:
    from bot.rides.guest_wire import status_of

    assert status_of("driver_redispatched") == Status.PROCESSING
    with pytest.raises(ValueError, match="teleported"):
        status_of("teleported")


# --- tokens --------------------------------------------------------------------------------------


async def test_an_expired_token_is_renewed_without_losing_the_request(company: Company) -> None:
    ride = await booked(company)
    await company.pass_(hours=2)
    assert (await seen(company, ride)).status == Status.SCHEDULED


async def test_many_at_once_fetch_one_token(company: Company) -> None:
    answers = await asyncio.gather(*(company.ours.quote(trip()) for _ in range(20)))
    assert all(isinstance(answer, Quoted) for answer in answers)
    await company.pass_(hours=2)
    await asyncio.gather(*(company.ours.active() for _ in range(20)))
    assert await tokens(company) == 2


async def tokens(company: Company) -> int:
    return int((await company.room.get("/_stub/counts")).json()["tokens"])


async def test_wrong_credentials_are_refused_and_said_so(open_company: Opened) -> None:
    async with open_company(secret="wrong") as company:
        assert await company.ours.quote(trip()) == Refused(Why.ACCOUNT, "invalid_client")


async def test_a_token_that_never_works_is_refused_after_one_more_try(company: Company) -> None:
    await company.fault(kind="status", code=401, path=base_path(), count=2)
    assert await company.ours.active() == Refused(Why.ACCOUNT, "token turned away twice")
    assert await tokens(company) == 2


@pytest.mark.parametrize("code", [429, 500, 503])
async def test_trouble_at_the_token_desk_means_nothing_was_ordered(company: Company, code: int) -> None:
    quote = await quoted(company)
    await company.pass_(minutes=4)
    fresh = GuestRides(company.url, "demo", "demo-ride-secret", ())
    await company.fault(kind="status", code=code, path="/oauth")
    assert isinstance(await fresh.book("ref-1", quote), TryLater)
    assert isinstance(await fresh.book("ref-1", quote), Booked)
    await fresh.close()


# --- values --------------------------------------------------------------------------------------


def test_a_spot_is_a_place_with_a_short_note() -> None:
    with pytest.raises(ValueError, match="26"):
        Spot(42, -71, "x", "n" * 27)
    with pytest.raises(ValueError, match="earth"):
        Spot(142, -71, "x")


@pytest.mark.parametrize(
    "door, note",
    [
        ("back, on Alley Ln", "back, on Alley Ln"),
        ("loading dock B, behind the blue building", "loading dock B, behind the"),
        ("the very long northwester, door", "the very long northwester"),
        ("x" * 40, "x" * 26),
        ("  ", ""),
    ],
)
def test_a_doors_words_are_cut_to_what_a_driver_sees(door: str, note: str) -> None:
    assert base.short_note(door) == note
    assert Spot(42, -71, "x", base.short_note(door)).note == note


def test_live_and_over_are_all_statuses() -> None:
    over = set(Status) - base.LIVE
    assert {status.value for status in over} == {
        "completed", "no_drivers_available", "driver_canceled", "rider_canceled", "no_show"
    }  # fmt: skip
