"""What a real company does to you on the day: other cars, none, waits, fees, receipts, limits, texts."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from bot.rides.base import (
    Booked,
    FeeRequired,
    FlexDay,
    NoCars,
    Now,
    PickupAt,
    Quoted,
    Snapshot,
    Status,
    TryLater,
)
from bot.rides.stub.world import STORIES, story_for
from bot.rides.stub.world import Company as Rules
from tests.rides.conftest import EVENING, PICKUP, Company, Opened, trip

TRIPS = "/v1/guests/trips"
PHONE = "+16175550142"


async def book(company: Company, ref: str = "ref-1", **other: Any) -> Snapshot:
    quote = await company.ours.quote(trip(ref=ref, **other))
    assert isinstance(quote, Quoted), quote
    answer = await company.ours.book(ref, quote)
    assert isinstance(answer, Booked), answer
    return answer.snapshot


async def seen(company: Company, ride: Snapshot) -> Snapshot:
    answer = await company.ours.get(ride.provider_id)
    assert isinstance(answer, Snapshot), answer
    return answer


async def bearer(company: Company) -> dict[str, str]:
    form = {"client_id": "demo", "client_secret": "demo-ride-secret", "grant_type": "client_credentials"}
    answer = await company.room.post("/oauth/v2/token", data=form)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def call(company: Company, method: str, path: str, **asked: Any) -> httpx.Response:
    """Ask as a customer whose program is not ours."""
    return await company.room.request(method, path, headers=await bearer(company), **asked)


async def texts(company: Company) -> list[str]:
    return [text["words"] for text in (await company.room.get("/_stub/texts")).json()]


async def says(company: Company, words: str) -> str:
    answer = await company.room.post("/_stub/texts", json={"phone": PHONE, "words": words})
    return str(answer.json()[-1]["words"])


# --- stories -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "way"),
    [
        ("plain", "scheduled processing accepted arriving in_progress completed"),
        (
            "redispatched",
            "scheduled processing accepted driver_redispatched accepted arriving in_progress completed",
        ),
        ("driver_cancels", "scheduled processing accepted driver_canceled"),
        ("nobody_drives", "scheduled processing no_drivers_available"),
        ("rider_absent", "scheduled processing accepted arriving no_show"),
    ],
)
async def test_each_story_goes_its_way_by_itself(company: Company, story: str, way: str) -> None:
    await company.market(story=story)
    ride = await book(company)
    await company.pass_(days=1)
    assert [hook["status"] for hook in await company.webhooks()] == way.split()
    assert (await seen(company, ride)).status == way.split()[-1]


async def test_another_car_comes_and_the_first_one_is_not_shown_any_more(company: Company) -> None:
    ride = await book(company)
    await company.at(PICKUP - timedelta(minutes=11))
    first = (await seen(company, ride)).car
    assert first is not None
    await company.press(ride.provider_id, "driver_redispatched")
    looking = await seen(company, ride)
    assert (looking.status, looking.car, looking.eta_minutes) == (Status.PROCESSING, None, None)
    await company.pass_(minutes=1)
    second = await seen(company, ride)
    assert second.status == Status.ACCEPTED
    assert second.car is not None
    assert second.car != first
    told = await texts(company)
    assert any(first.plate in text for text in told)
    assert any(second.car.plate in text for text in told)


async def test_a_story_can_be_told_to_a_ride_under_way(company: Company) -> None:
    ride = await book(company)
    await company.at(PICKUP - timedelta(minutes=11))
    changed = await company.room.post(f"/_stub/trips/{ride.provider_id}/story/driver_cancels")
    assert changed.is_success
    await company.at(PICKUP - timedelta(minutes=5))
    assert (await seen(company, ride)).status == Status.DRIVER_CANCELED
    assert (await company.room.post(f"/_stub/trips/{ride.provider_id}/story/ufo")).status_code == 404


def test_drawn_stories_are_the_same_each_day_and_mostly_go_well() -> None:
    drawn = [story_for(7, number) for number in range(400)]
    assert drawn == [story_for(7, number) for number in range(400)]
    counted = Counter(drawn)
    assert counted.keys() == set(STORIES)
    assert 250 < counted["plain"] < 350


async def test_a_driver_waits_five_minutes_and_a_no_show_costs(company: Company) -> None:
    await company.market(story="rider_absent")
    ride = await book(company)
    await company.at(PICKUP)
    waiting = (await call(company, "GET", f"{TRIPS}/{ride.provider_id}")).json()
    assert waiting["wait_until"] == (PICKUP + timedelta(minutes=5)).timestamp() * 1000
    await company.at(PICKUP + timedelta(minutes=4, seconds=59))
    assert (await seen(company, ride)).live
    await company.pass_(seconds=1)
    gone = await seen(company, ride)
    assert (gone.status, gone.fee_cents, gone.final_cents) == (Status.NO_SHOW, 700, 700)
    receipt = (await call(company, "GET", f"{TRIPS}/{ride.provider_id}/receipt")).json()
    assert receipt["waited_seconds"] == 300
    assert [line["what"] for line in receipt["lines"]] == ["no_show_fee"]


# --- prices and products -------------------------------------------------------------------------


async def test_a_car_seat_is_a_product_with_a_price_of_its_own(company: Company) -> None:
    ends = [{"latitude": 42.36, "longitude": -71.05}, {"latitude": 42.39, "longitude": -71.05}]
    asked = {"pickup": ends[0], "dropoff": ends[1], "guest": {"first_name": "Ray", "phone_number": PHONE}}
    offers = (await call(company, "POST", f"{TRIPS}/estimates", json=asked)).json()["product_estimates"]
    plain, seat = offers[0], offers[1]
    cents = [float(offer["estimate_info"]["fare"]["value"]) for offer in (plain, seat)]
    assert [offer["product"]["child_seats"] for offer in (plain, seat)] == [0, 1]
    assert cents[1] - cents[0] == pytest.approx(10)
    order = {**asked, "fare_id": plain["estimate_info"]["fare"]["fare_id"]}
    wrong = await call(company, "POST", TRIPS, json={**order, "product_id": "car_seat"})
    assert (wrong.status_code, wrong.json()["fields"]) == (422, ["product_id"])
    order["fare_id"] = seat["estimate_info"]["fare"]["fare_id"]
    made = await call(company, "POST", TRIPS, json={**order, "product_id": "car_seat"})
    assert (made.status_code, made.json()["product_id"]) == (201, "car_seat")


async def test_we_take_the_cheapest_car_that_is_to_be_had(company: Company) -> None:
    quote = await company.ours.quote(trip())
    assert isinstance(quote, Quoted)
    assert quote.product_id == "standard"


async def test_prices_go_up_between_quote_and_order(company: Company) -> None:
    await company.market(order_surge=1.5)
    quote = await company.ours.quote(trip())
    assert isinstance(quote, Quoted)
    more = await company.ours.book("ref-1", quote)
    assert isinstance(more, FeeRequired)
    assert more.cents == pytest.approx(quote.fare_cents / 2, abs=1)
    assert isinstance(await company.ours.book("ref-1", quote, fee_token=more.token), Booked)


async def test_the_block_indicator_stops_rides_for_later_and_leaves_those_at_once(company: Company) -> None:
    quote = await company.ours.quote(trip())
    assert isinstance(quote, Quoted)
    await company.market(demand="BLOCK")
    assert await company.ours.book("ref-1", quote) == NoCars(), (
        "quoted before the block, refused at the order"
    )
    assert await company.ours.quote(trip()) == NoCars()
    assert await company.trips() == []
    for demand in ("WARN", "UNKNOWN"):
        await company.market(demand=demand)
        assert isinstance(await company.ours.quote(trip()), Quoted)


# --- receipts ------------------------------------------------------------------------------------


async def test_waiting_at_the_curb_is_on_the_receipt(company: Company) -> None:
    ride = await book(company)
    await company.at(PICKUP)
    await company.room.post(f"/_stub/trips/{ride.provider_id}/story/rider_absent")
    await company.at(PICKUP + timedelta(minutes=4, seconds=30))
    await company.press(ride.provider_id, "in_progress")
    await company.pass_(hours=1)
    over = await seen(company, ride)
    assert ride.fare_cents is not None
    assert over.final_cents == ride.fare_cents + 3 * 45, "two and a half minutes beyond the free ones"


async def test_a_late_receipt_is_told_of_and_then_known(open_company: Opened) -> None:
    async with open_company(company=Rules(receipt_after=timedelta(minutes=20))) as company:
        await company.at(EVENING)
        ride = await book(company)
        await company.pass_(hours=13, minutes=40)
        over = await seen(company, ride)
        assert (over.status, over.final_cents) == (Status.COMPLETED, None)
        early = await call(company, "GET", f"{TRIPS}/{ride.provider_id}/receipt")
        assert (early.status_code, early.json()["code"]) == (409, "receipt_not_ready")
        await company.pass_(minutes=20)
        assert (await seen(company, ride)).final_cents == ride.fare_cents
        assert [hook["status"] for hook in await company.webhooks()][-2:] == ["completed", "completed"]


async def test_a_total_that_is_missing_is_read_from_the_receipt(company: Company) -> None:
    """A company may keep the total for the receipt alone: then the adapter asks for that."""
    ride = await book(company)
    await company.pass_(days=1)
    bare = replace(await seen(company, ride), final_cents=None)
    assert (await company.ours._with_receipt(bare)).final_cents == ride.fare_cents
    live = replace(bare, status=Status.SCHEDULED)
    assert await company.ours._with_receipt(live) == live


# --- changing ------------------------------------------------------------------------------------


async def test_what_is_scheduled_cannot_be_changed(company: Company) -> None:
    fixed = await book(company)
    home = await book(company, "home-1", when=FlexDay(date(2027, 2, 24)))
    for ride in (fixed, home):
        answer = await call(company, "PATCH", f"{TRIPS}/{ride.provider_id}", json={"note_for_driver": "back"})
        assert (answer.status_code, answer.json()["code"]) == (409, "scheduled_trip_cannot_be_updated")


async def test_a_car_at_once_can_be_led_elsewhere_at_another_price(company: Company) -> None:
    ride = await book(company, when=Now())
    path, goal = f"{TRIPS}/{ride.provider_id}", {"latitude": 42.7, "longitude": -71.1, "address": "far"}
    led = (await call(company, "PATCH", path, json={"dropoff": goal, "note_for_driver": "dock"})).json()
    assert (led["destination"]["address"], led["note_for_driver"]) == ("far", "dock")
    assert ride.fare_cents is not None
    assert float(led["fare"]["value"]) * 100 > ride.fare_cents
    await company.pass_(days=1)
    assert (await call(company, "PATCH", path, json={})).json()["code"] == "trip_over"


# --- limits --------------------------------------------------------------------------------------


async def test_too_many_in_an_hour_are_told_when_there_is_room(company: Company) -> None:
    await company.market(per_hour=3)
    for _ in range(3):
        assert isinstance(await company.ours.quote(trip()), Quoted)
        await company.pass_(minutes=10)
    assert await company.ours.quote(trip()) == TryLater(timedelta(minutes=30))
    await company.pass_(minutes=30)
    assert isinstance(await company.ours.quote(trip()), Quoted)
    assert await company.ours.quote(trip()) == TryLater(timedelta(minutes=10))
    await company.market()
    assert isinstance(await company.ours.quote(trip()), Quoted), "switched off again"


async def test_a_token_forgotten_by_the_company_is_fetched_anew(company: Company) -> None:
    await book(company)
    await company.fault(kind="expired_token", method="POST", path=TRIPS)
    await book(company, "ref-2")
    assert (await company.room.get("/_stub/counts")).json()["tokens"] == 2
    assert len(await company.trips()) == 2, "a 401 did nothing: sent again, once"


# --- the company's own texts ---------------------------------------------------------------------


async def test_a_rider_drops_a_ride_with_8_while_that_is_free(company: Company) -> None:
    ride = await book(company)
    assert "Reply 8" in (await texts(company))[0]
    assert await says(company, " 8 ") == "Your ride is canceled."
    over = await seen(company, ride)
    assert (over.status, over.fee_cents) == (Status.RIDER_CANCELED, 0)
    assert [hook["status"] for hook in await company.webhooks()] == ["scheduled", "rider_canceled"]
    assert await says(company, "8") == "You have no ride with us now."


async def test_a_rider_drops_a_ride_that_costs_with_88_only(company: Company) -> None:
    ride = await book(company)
    later = await book(company, "ref-2", when=PickupAt(PICKUP + timedelta(hours=5)))
    await company.at(PICKUP - timedelta(minutes=30))
    assert "Reply 88" in await says(company, "8")
    assert "call who booked it" in await says(company, "where r u")
    assert (await seen(company, ride)).live
    await says(company, "88")
    over = await seen(company, ride)
    assert (over.status, over.fee_cents, over.final_cents) == (Status.RIDER_CANCELED, 500, 500)
    assert (await seen(company, later)).live, "the next ride is meant, and no other"


async def test_on_the_way_it_is_too_late_to_drop(company: Company) -> None:
    ride = await book(company)
    await company.at(PICKUP + timedelta(minutes=5))
    assert "too late" in await says(company, "88")
    assert (await seen(company, ride)).status == Status.IN_PROGRESS
