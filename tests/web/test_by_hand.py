"""Rides booked by hand and pins that staff set: what the pages show, take and refuse, and what follows."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.rides.base import PickupAt, Quoted, Snapshot, Spot, Status, Trip
from bot.rides.manual import ManualRides
from bot.worker.places import known_by
from storage import attention, hand_rides, interviews, learned_places, places, rides
from storage.hand_rides import HandRow
from tests.web.conftest import BOSTON, HOSTILE, RAY, Browser, Office, inert

HELLO = ("ride7", "yes")
PICKUP = datetime(2027, 2, 24, 7, 10, tzinfo=BOSTON)
CAR: dict[str, Any] = {
    "color": "blue",
    "make_model": "Toyota",
    "plate": "TST 123",
    "driver": "Lou",
    "phone": "+15555550188",
}
SPOT: dict[str, Any] = {
    "name": "Blue Barn",
    "kind": "other",
    "street": "9 Hill Rd",
    "city": "Boston",
    "zip": "02118",
    "doors": "",
}
PIN = "42.33610, -71.06520"


def _leg(person_id: int, now: datetime, connection: sa.Connection) -> str:
    """Write Ray's leg down as the booking does; return its ref."""
    place = places.add_place(
        connection,
        person_id=person_id,
        label="Depot",
        address="1 Lake St, Boston",
        pin=(42.46, -71.11),
        now=now,
    )
    row = interviews.add_interview(
        connection, person_id=person_id, employer=None, at=PICKUP + timedelta(hours=1), now=now,
        wall=datetime(2027, 2, 24, 8), zone="America/New_York", place_id=place.id,
    )  # fmt: skip
    new = rides.NewRide(
        interview_id=row.id, person_id=person_id, leg="out", purpose="interview", rider="Ray",
        pickup_place_id=place.id, dropoff_place_id=place.id,
    )  # fmt: skip
    return rides.add_ride(connection, new, now).ref


async def asked(office: Office, rider: str = "Ray") -> tuple[ManualRides, Quoted, int]:
    """Have Ray's leg asked of staff; return the provider, its price and the row's id."""
    await office.text(*HELLO)
    now = office.clock.now()
    ref = await office.database.run(partial(_leg, await office.person_id(), now))
    company = ManualRides(office.database, office.clock.now)
    here, there = Spot(42.36, -71.05, "218 5th St", "front door"), Spot(42.46, -71.11, "1 Lake St")
    quote = await company.quote(Trip(ref, rider, "+15555550101", here, there, PickupAt(PICKUP)))
    assert isinstance(quote, Quoted)
    await company.book(ref, quote)
    row = await office.database.read(partial(hand_rides.hand_ride, ref=ref))
    assert row is not None
    return company, quote, row.id


async def row_of(office: Office, id_: int) -> HandRow:
    row = await office.database.read(partial(hand_rides.hand_ride_by_id, id_=id_))
    assert row is not None
    return row


async def mark(office: Office, browser: Browser, id_: int, said: str, status: int = 303, **form: Any) -> Any:
    version = form.pop("version", (await row_of(office, id_)).version)
    return await browser.act(f"/staff/rides/{id_}", status, mark=said, version=str(version), **form)


async def test_a_ride_is_booked_driven_and_paid_by_hand(office: Office) -> None:
    company, quote, id_ = await asked(office)
    browser = await office.signed_in()
    page = await browser.open("/staff/rides")
    assert "Ray, Wed, Feb 24, 7:10 am" in page.text
    assert "Book a car." in page.text
    assert "218 5th St, front door" in page.text
    inert(page)
    await mark(office, browser, id_, "booked", cost="$23.50", **CAR)
    seen = await company.get(quote.trip.ref)
    assert isinstance(seen, Snapshot)
    assert (seen.status, seen.fare_cents) == (Status.SCHEDULED, 2350)
    assert "blue, Toyota, TST 123, Lou" in (await browser.open("/staff/rides")).text
    office.clock.move_to(PICKUP)
    browser = await office.signed_in()
    for said in ("arriving", "in_car"):
        await mark(office, browser, id_, said)
    await mark(office, browser, id_, "completed", cost="25")
    over = await company.get(quote.trip.ref)
    assert isinstance(over, Snapshot)
    assert (over.status, over.final_cents) == (Status.COMPLETED, 2500)
    assert "No ride has to be booked by hand" in (await browser.open("/staff/rides")).text
    assert [each.details["state"] for each in await office.audited("marked_ride_by_hand")] == [
        "booked", "arriving", "in_car", "completed",
    ]  # fmt: skip


async def test_what_cannot_follow_or_is_not_current_changes_nothing(office: Office) -> None:
    _, _, id_ = await asked(office)
    browser = await office.signed_in()
    before = await row_of(office, id_)
    await mark(office, browser, id_, "completed", 409)
    await mark(office, browser, id_, "booked", 409, version=before.version + 1)
    await mark(office, browser, id_, "flown", 400)
    assert "like 23.50" in (await mark(office, browser, id_, "booked", 400, cost="a lot")).text
    await mark(office, browser, id_, "booked", 303, plate="x" * 500)
    assert (await row_of(office, id_)).car == {**dict.fromkeys(CAR, ""), "plate": "x" * 60}
    await browser.act("/staff/rides/none", 400, mark="booked", version="1")
    await browser.act("/staff/rides/99", 404, mark="booked", version="1")


async def test_a_ride_of_somebody_elses_person_is_not_there(office: Office) -> None:
    _, _, id_ = await asked(office)
    await office.give(RAY, team="north")
    eve = await office.hire("Eve Stone", team="south")
    browser = await office.signed_in(eve)
    assert "Ray" not in (await browser.open("/staff/rides")).text
    await browser.act(f"/staff/rides/{id_}", 404, mark="booked", version="1")
    assert len(await office.audited("refused_ride_by_hand")) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_hostile_words_stay_words(office: Office) -> None:
    _, _, id_ = await asked(office, rider=HOSTILE[0])
    browser = await office.signed_in()
    await mark(office, browser, id_, "booked", plate=HOSTILE[1], driver=HOSTILE[5][:40])
    page = await browser.open("/staff/rides")
    inert(page)
    assert HOSTILE[0] in page.text


# --- pins -----------------------------------------------------------------------------------------


async def waits(office: Office, kind: str = "pick-up not found") -> int:
    """Have Ray wait for a pin; return the item's id."""
    await office.text(*HELLO)
    now = office.clock.now()
    need = partial(
        attention.need_human, person_id=await office.person_id(), kind=kind,
        reason="Car to stop at: the blue barn",
        due_at=now, now=now,
    )  # fmt: skip
    return await office.database.run(lambda connection: need(connection))


async def test_a_pin_is_set_and_its_person_told(office: Office) -> None:
    item = await waits(office)
    browser = await office.signed_in()
    page = await browser.open("/staff/places")
    assert "Car to stop at: the blue barn" in page.text
    inert(page)
    await browser.act(f"/staff/places/asked/{item}", pin=PIN, **SPOT)
    await office.deliver()
    assert office.on_phone()[-2] == (
        "Maria found your spot: Blue Barn, 9 Hill Rd, Boston. Text RIDE to set up your car. "
        "When I ask where, text: Blue Barn"
    )
    (row,) = await office.database.read(partial(places.places_of, person_id=await office.person_id()))
    assert (row.pin, row.confirmed) == ((42.3361, -71.0652), True)
    assert known_by("blue barn", [row]) == (row,)
    assert await office.database.read(places.shared_places) == []
    assert "Nobody waits for a pin" in (await browser.open("/staff/places")).text
    await browser.act(f"/staff/places/asked/{item}", 404, pin=PIN, **SPOT)


async def test_a_bad_pin_is_said_and_what_was_typed_is_kept(office: Office) -> None:
    item = await waits(office, "place not found")
    browser = await office.signed_in()
    answer = await browser.act(f"/staff/places/asked/{item}", 400, pin="somewhere", **SPOT)
    assert "has no pin" in answer.text
    assert 'value="Blue Barn"' in answer.text
    await browser.act(f"/staff/places/asked/{item}", shared="1", pin=PIN, **SPOT)
    await office.deliver()
    assert "Text INTERVIEW to go on." in office.on_phone()[-2]
    assert [row.label for row in await office.database.read(places.shared_places)] == ["Blue Barn"]


async def test_a_pin_for_somebody_elses_person_is_not_there(office: Office) -> None:
    item = await waits(office)
    await office.give(RAY, team="north")
    browser = await office.signed_in(await office.hire("Eve Stone", team="south"))
    assert "blue barn" not in (await browser.open("/staff/places")).text
    await browser.act(f"/staff/places/asked/{item}", 404, pin=PIN, **SPOT)


@pytest.mark.parametrize("answer", ["yes", "no"])
async def test_what_a_ride_taught_waits_for_a_yes(office: Office, answer: str) -> None:
    await office.text(*HELLO)
    person_id, now = await office.person_id(), office.clock.now()

    def teach(connection: sa.Connection) -> int:
        ref = _leg(person_id, now, connection)
        leg = rides.ride_by_ref(connection, ref)
        assert leg is not None
        home = places.add_place(
            connection,
            person_id=person_id,
            label="12 Rowe St",
            address="12 Rowe St",
            pin=(42.3, -71.0),
            now=now,
        )
        connection.execute(sa.update(rides.RIDE).values(pickup_place_id=home.id))
        row = learned_places.learn(connection, leg, now)
        assert row is not None
        return row.id

    place_id = await office.database.run(teach)
    browser = await office.signed_in()
    assert "1 Lake St, Boston" in (await browser.open("/staff/places")).text
    given = {**SPOT, "name": "Harbor Depot", "zip": "01801", "pin": "42.46000, -71.11000"}
    await browser.act(f"/staff/places/learned/{place_id}", answer=answer, **given)
    names = [row.label for row in await office.database.read(places.shared_places)]
    assert names == (["Harbor Depot"] if answer == "yes" else [])
    await browser.act(f"/staff/places/learned/{place_id}", 404, answer=answer, **given)
