"""The pretend company itself: its clock, its webhooks, its file and its control room."""

import hmac
import json
import re
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bot.clock import MovableClock, SystemClock
from bot.rides.base import (
    BadSignature,
    Booked,
    FlexDay,
    Listed,
    Now,
    PickupAt,
    Quoted,
    RideHint,
    Snapshot,
    Status,
)
from bot.rides.guest_rides import GuestRides
from bot.rides.stub.desk import Desk
from bot.rides.stub.store import Store, from_ms, to_ms
from bot.rides.stub.world import MAY_FOLLOW, NEW_YORK, OVER, STATUSES, Ride, car_for, fare_cents, next_step
from bot.rides.stub.world import Company as Rules
from tests.rides.conftest import EVENING, PICKUP, SECRET, Company, Listener, Opened, trip, until


async def book(company: Company, ref: str = "ref-1", **other: Any) -> Snapshot:
    quote = await company.ours.quote(trip(ref=ref, **other))
    assert isinstance(quote, Quoted), quote
    answer = await company.ours.book(ref, quote)
    assert isinstance(answer, Booked), answer
    return answer.snapshot


# --- the clock -----------------------------------------------------------------------------------


async def test_a_clock_moved_far_emits_all_it_passed_in_order(company: Company) -> None:
    first = await book(company)
    second = await book(company, "ref-2", when=PickupAt(PICKUP + timedelta(minutes=6)))
    await company.pass_(days=2)
    told = await company.webhooks()
    assert [hook["at"] for hook in told] == sorted(hook["at"] for hook in told)
    way = ["scheduled", "processing", "accepted", "arriving", "in_progress", "completed"]
    for ride in (first, second):
        assert [hook["status"] for hook in told if hook["request_id"] == ride.provider_id] == way
    over = await company.ours.get(first.provider_id)
    assert isinstance(over, Snapshot)
    assert over.changed_at < PICKUP + timedelta(hours=1), "stamped when it happened, not when we looked"


@pytest.mark.parametrize("step", [timedelta(minutes=1), timedelta(minutes=7), timedelta(hours=30)])
def test_small_steps_and_one_jump_tell_the_same_story(step: timedelta, tmp_path: Path) -> None:
    desk = Desk(Store(tmp_path / "c.sqlite"), Rules(), lambda: EVENING)
    make(desk, "ref-1", {"scheduling": {"pickup_time": to_ms(PICKUP)}})
    make(desk, "ref-2", {"scheduling": {"pickup_time": to_ms(PICKUP + timedelta(minutes=3))}})
    make(desk, "ref-3", {})
    while desk.now() < EVENING + timedelta(hours=30):
        desk.set_clock(min(desk.now() + step, EVENING + timedelta(hours=30)), frozen=True)
    rows = desk.store.rows("SELECT ref, hook.status, at FROM hook JOIN trip USING (request_id) ORDER BY id")
    desk.store.close()
    assert [
        (row["ref"], row["status"], (from_ms(row["at"]) - EVENING) // timedelta(minutes=1)) for row in rows
    ] == [
        ("ref-1", "scheduled", 0),
        ("ref-2", "scheduled", 0),
        ("ref-3", "processing", 0),
        ("ref-3", "accepted", 1),
        ("ref-3", "arriving", 8),
        ("ref-3", "in_progress", 12),
        ("ref-3", "completed", 22),
        ("ref-1", "processing", 765),
        ("ref-2", "processing", 768),
        ("ref-1", "accepted", 778),
        ("ref-2", "accepted", 781),
        ("ref-1", "arriving", 788),
        ("ref-2", "arriving", 791),
        ("ref-1", "in_progress", 792),
        ("ref-2", "in_progress", 795),
        ("ref-1", "completed", 802),
        ("ref-2", "completed", 805),
    ]


def make(desk: Desk, ref: str, when: dict[str, object]) -> dict[str, object]:
    """Have the company take a short trip, without HTTP."""
    asked: dict[str, object] = {
        "pickup": {"latitude": 42.36, "longitude": -71.05, "address": "a"},
        "dropoff": {"latitude": 42.39, "longitude": -71.05, "address": "b"},
        "guest": {"first_name": "Ray", "phone_number": "+16175550142"},
        "external_ref": ref,
        **when,
    }
    offer = desk.price(asked)["product_estimates"][0]
    order = {"fare_id": offer["estimate_info"]["fare"]["fare_id"], "product_id": "standard"}
    return desk.create({**asked, **order})


async def test_a_frozen_clock_stands_and_a_running_one_runs(company: Company) -> None:
    clock = (await company.room.get("/_stub/clock")).json()
    assert clock == {"now": EVENING.isoformat(), "frozen": True}
    await company.at(EVENING, frozen=False)
    first, second = [(await company.room.get("/_stub/clock")).json()["now"] for _ in range(2)]
    assert EVENING.isoformat() <= first < second


async def test_without_a_move_the_company_lives_in_real_time(open_company: Opened) -> None:
    before = SystemClock().now()
    async with open_company() as company:
        now = datetime.fromisoformat((await company.room.get("/_stub/clock")).json()["now"])
    assert before <= now <= SystemClock().now()


async def test_a_demo_in_one_process_moves_the_company_with_its_own_clock(
    open_company: Opened, listener: Listener
) -> None:
    clock = MovableClock(stopped_at=EVENING)
    async with open_company(clock=clock, webhook_url=listener.url, every_s=60) as company:
        ride = await book(company)
        clock.move_to(PICKUP - timedelta(minutes=10))
        await until(lambda: _heard(listener, 3))
        seen = await company.ours.get(ride.provider_id)
    assert isinstance(seen, Snapshot)
    assert (seen.status, seen.eta_minutes) == (Status.ACCEPTED, 10)


@pytest.mark.parametrize(
    "body",
    [
        '{"set": "2027-02-23T18:00"}',
        '{"set": "tea time"}',
        '{"advance": -5}',
        '{"warp": 9}',
        '{"set": "9999-12-31T00:00Z"}',
        "",
        "[]",
    ],
)
async def test_a_clock_move_that_makes_no_sense_is_turned_down(company: Company, body: str) -> None:
    answer = await company.room.post("/_stub/clock", content=body)
    assert answer.status_code == 400
    assert (await company.room.get("/_stub/clock")).json()["now"] == EVENING.isoformat()


# --- webhooks ------------------------------------------------------------------------------------


async def test_webhooks_arrive_signed_and_in_order(open_company: Opened, listener: Listener) -> None:
    async with open_company(webhook_url=listener.url) as company:
        await company.at(EVENING)
        ride = await book(company)
        await company.pass_(days=1)
        await until(lambda: _heard(listener, 6))
        hints = [company.ours.event(headers, raw) for headers, raw in listener.heard]
    assert [hint.status for hint in hints if isinstance(hint, RideHint)] == [
        Status.SCHEDULED,
        Status.PROCESSING,
        Status.ACCEPTED,
        Status.ARRIVING,
        Status.IN_PROGRESS,
        Status.COMPLETED,
    ]
    assert {(hint.provider_id, hint.ref) for hint in hints if isinstance(hint, RideHint)} == {
        (ride.provider_id, "ref-1")
    }
    assert len({hint.event_id for hint in hints if isinstance(hint, RideHint)}) == 6


async def test_a_deaf_listener_gets_the_same_word_again(open_company: Opened, listener: Listener) -> None:
    listener.answers = [500, 403]
    async with open_company(webhook_url=listener.url) as company:
        await company.at(EVENING)
        await book(company)
        await until(lambda: _heard(listener, 3))
        await until(lambda: _all_in(company, "sent"))
        hints = [company.ours.event(headers, raw) for headers, raw in listener.heard]
    assert hints[0] == hints[1] == hints[2], "the same event id: what dedupes them"


async def test_after_its_last_try_a_webhook_is_given_up(open_company: Opened, listener: Listener) -> None:
    listener.answers = [500] * 3
    async with open_company(webhook_url=listener.url, back_off_s=(0.01, 0.01)) as company:
        await company.at(EVENING)
        await book(company)
        await until(lambda: _all_in(company, "given_up"))
        assert [(hook["tries"], hook["answer"]) for hook in await company.webhooks()] == [(3, "500")]


async def test_a_restart_keeps_rides_clock_and_unsent_webhooks(
    open_company: Opened, listener: Listener
) -> None:
    async with open_company() as company:  # nobody listens yet
        await company.at(EVENING)
        ride = await book(company)
        await company.market(cars=True, surge=1.5)
    async with open_company(webhook_url=listener.url) as company:
        assert await company.ours.find("ref-1") == Listed((ride,))
        await until(lambda: _heard(listener, 1))
        assert (await company.room.get("/_stub/market")).json()["surge"] == 1.5
        await until(lambda: _all_in(company, "sent"))
    async with open_company(webhook_url=listener.url) as company:
        await company.at(PICKUP - timedelta(minutes=25))
        await until(lambda: _heard(listener, 2))
    assert len(listener.heard) == 2, "what was sent stays sent"


async def _heard(listener: Listener, count: int) -> bool:
    return len(listener.heard) >= count


async def _all_in(company: Company, state: str) -> bool:
    return all(hook["state"] == state for hook in await company.webhooks())


def signed(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Rides-Signature": hmac.new(secret.encode(), raw, sha256).hexdigest()}


BODY = json.dumps(
    {
        "event_id": "evt_1",
        "event_type": "guests.trips.status_changed",
        "event_time": 1803427200000,
        "meta": {"resource_id": "trip_1", "status": "accepted", "external_ref": "ref-1"},
    }
).encode()


@pytest.fixture
def ours() -> GuestRides:
    return GuestRides("http://127.0.0.1:9", "a", "b", (SECRET, "the next secret"))


def test_a_webhook_is_a_hint_with_an_id(ours: GuestRides) -> None:
    hint = RideHint("evt_1", "trip_1", "ref-1", Status.ACCEPTED, datetime(2027, 2, 24, 0, 0, tzinfo=UTC))
    assert ours.event(signed(BODY), BODY) == hint
    assert ours.event({key.upper(): value for key, value in signed(BODY).items()}, BODY) == hint
    assert ours.event(signed(BODY, "the next secret"), BODY) == hint


@pytest.mark.parametrize(
    "headers, raw",
    [
        ({}, BODY),
        ({"X-Rides-Signature": ""}, BODY),
        ({"X-Rides-Signature": "0" * 64}, BODY),
        ({"X-Rides-Signature": "ñ"}, BODY),
        (signed(BODY, "wrong"), BODY),
        (signed(BODY, ""), BODY),
        (signed(BODY), BODY + b" "),
        (signed(BODY), json.dumps(json.loads(BODY), separators=(",", ":")).encode()),
    ],
)
def test_a_signature_is_of_the_raw_bytes_or_it_is_bad(
    ours: GuestRides, headers: dict[str, str], raw: bytes
) -> None:
    assert ours.event(headers, raw) == BadSignature()


def test_without_a_secret_nothing_is_believed() -> None:
    open_door = GuestRides("http://127.0.0.1:9", "a", "b", ("",))
    assert open_door.event(signed(BODY, ""), BODY) == BadSignature()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b"\xff\xfe",
        json.dumps({**json.loads(BODY), "event_id": ""}).encode(),
        json.dumps({**json.loads(BODY), "event_type": "billing.invoice"}).encode(),
        json.dumps({**json.loads(BODY), "event_time": 10**30}).encode(),
        json.dumps({**json.loads(BODY), "event_time": 10**17}).encode(),
    ],
)
def test_a_signed_webhook_we_cannot_use_is_set_aside(ours: GuestRides, raw: bytes) -> None:
    assert ours.event(signed(raw), raw) is None


def test_a_status_we_do_not_know_is_still_a_hint(ours: GuestRides) -> None:
    raw = BODY.replace(b"accepted", b"teleported")
    hint = ours.event(signed(raw), raw)
    assert isinstance(hint, RideHint)
    assert hint.status is None


# --- the control room ----------------------------------------------------------------------------


async def test_the_page_lists_rides_with_their_buttons_and_says_they_are_made_up(company: Company) -> None:
    ride = await book(company, rider_phone="+16175550142")
    home = await book(company, "home-1", when=FlexDay(date(2027, 2, 24)))
    page = (await company.room.get("/_stub")).text
    assert "made up" in page
    assert "Ray" in page
    assert f"/_stub/trips/{ride.provider_id}/processing" in page
    assert f"/_stub/trips/{ride.provider_id}/completed" not in page
    assert "send the car" in page
    pressed = await company.room.post(
        f"/_stub/trips/{home.provider_id}/rider_canceled",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/_stub")


async def test_a_form_moves_the_clock_and_the_market(company: Company) -> None:
    await company.room.post("/_stub/clock", data={"advance": "600"})
    now = (await company.room.get("/_stub/clock")).json()["now"]
    assert now == (EVENING + timedelta(minutes=10)).isoformat()
    await company.room.post("/_stub/market", data={"cars": "false", "surge": "1.0"})
    assert (await company.room.get("/_stub/market")).json()["cars"] is False


async def test_what_riders_write_is_not_markup(company: Company) -> None:
    await book(company, pickup=replace(trip().pickup, label="<script>alert(1)</script>"))
    assert "<script>" not in (await company.room.get("/_stub")).text


async def test_the_api_needs_a_token_and_whole_bodies(company: Company) -> None:
    bare = await company.room.get("/v1/guests/trips")
    assert (bare.status_code, bare.json()["code"]) == (401, "unauthorized")
    form = {"client_id": "demo", "client_secret": "demo-ride-secret", "grant_type": "client_credentials"}
    token = (await company.room.post("/oauth/v2/token", data=form)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    for body in (b"", b"{}", b"\xff", b'{"pickup": {"latitude": NaN, "longitude": 0}}', b"[1]"):
        answer = await company.room.post("/v1/guests/trips/estimates", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    two: dict[str, object] = {
        "pickup": {"latitude": 42.3, "longitude": -71},
        "dropoff": {"latitude": 42.4, "longitude": -71},
    }
    two["deferred_ride_options"] = {"pickup_day": "2027-02-31"}
    answer = await company.room.post("/v1/guests/trips/estimates", json=two, headers=headers)
    assert (answer.status_code, answer.json()["fields"]) == (422, ["deferred_ride_options.pickup_day"])
    for page_token in ("-1", "x", "²", "9" * 40):
        answer = await company.room.get(
            "/v1/guests/trips", params={"page_token": page_token}, headers=headers
        )
        assert answer.status_code == 400
    wrong = await company.room.post("/oauth/v2/token", data={**form, "grant_type": "password"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "unsupported_grant_type")


async def test_faults_can_be_listed_and_forgotten(company: Company) -> None:
    await company.fault(kind="drop", count=3)
    assert [fault["count"] for fault in (await company.room.get("/_stub/faults")).json()] == [3]
    await company.room.delete("/_stub/faults")
    assert (await company.room.get("/_stub/faults")).json() == []
    assert (await company.room.post("/_stub/faults", json={"kind": "sulk"})).status_code == 400


# --- its rules -----------------------------------------------------------------------------------


def test_every_status_has_its_followers_and_none_leads_nowhere() -> None:
    assert set(MAY_FOLLOW) | OVER == set(STATUSES)
    assert set().union(*MAY_FOLLOW.values()) <= set(STATUSES)
    for status in STATUSES:
        upcoming = next_step(Ride(status, EVENING, PICKUP, 20, None))
        if status in OVER:
            assert upcoming is None
        else:
            assert upcoming is not None
            assert upcoming[0] in MAY_FOLLOW[status]
            assert upcoming[1] >= EVENING


def test_cars_are_the_same_each_day_and_differ_by_trip() -> None:
    assert car_for(7, 1, 1) == car_for(7, 1, 1)
    plates = {car_for(7, number, 1).plate for number in range(200)}
    assert len(plates) > 195
    assert car_for(7, 1, 1) != car_for(7, 1, 2) != car_for(8, 1, 1)


def test_a_fare_grows_with_the_way_the_hour_and_the_surge() -> None:
    noon, rush = PICKUP.replace(hour=17), PICKUP.replace(hour=13)
    plain = fare_cents(10, noon, 1.0, NEW_YORK)
    assert fare_cents(20, noon, 1.0, NEW_YORK) > plain
    assert fare_cents(10, rush, 1.0, NEW_YORK) > plain
    assert fare_cents(10, noon, 1.5, NEW_YORK) == pytest.approx(plain * 1.5, abs=1)
    assert fare_cents(0, noon, 1.0, NEW_YORK) == 800


def test_an_idempotent_company_is_one_setting_away(tmp_path: Path) -> None:
    desk = Desk(Store(tmp_path / "c.sqlite"), Rules(idempotent=True), lambda: EVENING)
    assert make(desk, "ref-1", {})["request_id"] == make(desk, "ref-1", {})["request_id"]
    desk.store.close()


def test_a_change_and_its_webhook_are_kept_together_or_not_at_all(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.sqlite")

    def interrupted() -> None:
        with store.transaction():
            store.keep("clock", {"offset_ms": 1})
            raise RuntimeError("the lights go out")

    with pytest.raises(RuntimeError):
        interrupted()
    assert store.kept("clock", None) is None
    store.close()


async def test_a_car_at_once_can_be_dropped_free_for_two_minutes(company: Company) -> None:
    ride = await book(company, when=Now())
    assert ride.free_cancel_until == EVENING + timedelta(minutes=2)


async def test_every_button_of_the_page_does_something(company: Company) -> None:
    """Press each button that the page shows, once, from a page with a ride on it."""
    await book(company)
    await company.at(PICKUP - timedelta(minutes=11))
    page = (await company.room.get("/_stub")).text
    forms = re.findall(r'<form method="post" action="([^"]+)">(.*?)</form>', page)
    assert len(forms) > 20
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for action, inside in forms:
        values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', inside))
        answer = await company.room.post(action, data=values, headers=headers)
        assert answer.status_code == 303 or answer.json()["code"] == "cannot_follow", (action, answer.text)


async def test_a_file_of_an_older_company_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE trip (number INTEGER PRIMARY KEY)")
    old.close()
    store = Store(path)
    store.keep("clock", {"offset_ms": 5})
    store.close()
    again = Store(path)
    assert again.rows("SELECT * FROM trip WHERE story = 'plain'") == []
    assert again.kept("clock", None) == {"offset_ms": 5}, "one of its own is kept"
    again.close()
