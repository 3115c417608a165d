"""The letter staff print: place, times and a phone number, and no word that tells who sends it or why."""

from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from bot.reminders.hours import wall_clock
from storage import interviews, people, places, rides, work
from storage.places import PlaceRow
from tests.web.conftest import Office
from tests.web.test_window import another_caseload, asks_for_a_person

ZONE = "America/New_York"


def _written(person_id: int, office: Office, connection: sa.Connection) -> None:
    """An appointment in two days, and rides to work from then on."""
    now = office.clock.now()
    there: PlaceRow = places.add_place(
        connection, person_id=None, label="Sample Ground", address="1 Sample Rd", pin=(42.36, -71.0), now=now
    )
    at = now + timedelta(days=2)
    interviews.add_interview(
        connection,
        person_id=person_id,
        employer=None,
        at=at,
        wall=wall_clock(at, ZONE),
        zone=ZONE,
        place_id=there.id,
        now=now,
    )
    day = wall_clock(at, ZONE).date().isoformat()
    work.add_plan(
        connection,
        now,
        person_id=person_id,
        place_id=there.id,
        stop_place_id=there.id,
        rider="Ray",
        zone=ZONE,
        first_day=day,
        until=day,
        weekdays="01234",
        starts="06:00",
        ends="14:30",
    )


async def test_the_letter_says_place_and_time_and_the_bus_line_is_kept(office: Office) -> None:
    ref = await asks_for_a_person(office)
    person_id = await office.person_id()
    await office.database.run(partial(_written, person_id, office))
    browser = await office.signed_in()
    page = (await browser.open(f"/staff/people/{ref}/letter")).text
    assert "Sample Ground, 1 Sample Rd" in page
    for word in ("reentry", "program", "parole", "probation", "caseworker"):
        assert word not in page.lower()
    assert len(await office.audited("opened_letter")) == 1

    await browser.act(f"/staff/people/{ref}/onward", onward="  bus 7   from 5th & Main ")
    plan = await office.database.run(partial(work.plan_of, person_id=person_id))
    assert plan is not None
    assert plan.onward == "bus 7 from 5th & Main"


async def test_nobody_elses_letter_is_shown(office: Office) -> None:
    other, ref = await another_caseload(office)
    assert other is not None
    browser = await office.signed_in()
    await browser.open(f"/staff/people/{ref}/letter", 404)
    await browser.act(f"/staff/people/{ref}/onward", 404, onward="x")
    await browser.open("/staff/people/'--/letter", 404)


async def test_staff_plan_rides_to_work_from_the_last_stop(office: Office) -> None:
    ref = await asks_for_a_person(office)
    person_id = await office.person_id()
    now = office.clock.now()
    first = f"{wall_clock(now + timedelta(days=3), ZONE):%Y-%m-%d}T06:00"
    told: dict[str, Any] = {"first": first, "ends": "14:30", "day": ["mon", "wed"]}
    browser = await office.signed_in()
    await browser.act(f"/staff/people/{ref}/work", 400, **told)  # no ride yet: the place is not known
    await office.database.run(partial(_rode, person_id, office))
    await browser.act(f"/staff/people/{ref}/work", 400, **told | {"ends": "late"})
    await browser.act(f"/staff/people/{ref}/work", 400, **told | {"first": "2020-01-06T06:00"})
    await browser.act(f"/staff/people/{ref}/work", **told)
    plan = await office.database.run(partial(work.plan_of, person_id=person_id))
    assert plan is not None
    assert (plan.first_day, plan.starts, plan.ends, plan.rider) == (first[:10], "06:00", "14:30", "Ray")
    assert {"0", "2"} <= set(plan.weekdays)
    assert len(await office.audited("planned_work")) == 1


def _rode(person_id: int, office: Office, connection: sa.Connection) -> None:
    """Two days from now, from Hope House to Sample Ground and back."""
    _written(person_id, office, connection)
    now = office.clock.now()
    people.keep_facts(connection, {person_id: {"first_name": "Ray"}})
    home = places.add_place(
        connection,
        person_id=person_id,
        label="Hope House",
        address="218 5th St",
        pin=(42.36, -71.05),
        now=now,
    )
    (row,) = interviews.ahead(connection, person_id)
    rides.add_ride(
        connection,
        rides.NewRide(
            interview_id=row.id, person_id=person_id, leg="out", purpose="interview", rider="Ray",
            pickup_place_id=home.id, dropoff_place_id=row.place_id, door=None,
            pickup_at=row.at - timedelta(hours=1), arrive_by=row.at, flexible=False, estimate_cents=1500,
        ),
        now,
    )  # fmt: skip
    open_one = work.plan_of(connection, person_id)
    assert open_one is not None
    work.change_plan(connection, open_one.id, now, state="over")


async def test_nobody_elses_rides_to_work_are_planned(office: Office) -> None:
    _, ref = await another_caseload(office)
    browser = await office.signed_in()
    form = {"first": "2030-01-07T06:00", "ends": "14:30", "day": "mon"}
    await browser.act(f"/staff/people/{ref}/work", 404, **form)
