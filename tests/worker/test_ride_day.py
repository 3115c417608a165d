"""The day of the ride in words, all real but the wire: what is said at the curb is answered from the live
ride.

Ray's interview is tomorrow at 8 in Boston; his car comes at 7:10.
"""

from datetime import datetime
from functools import partial

from storage.exclusions import excluded
from tests.worker.conftest import BOSTON, Town

CURB = "Hope House, front, on 5th"


def at(hour: int, minute: int = 0) -> datetime:
    """Name a moment of that Wednesday in Boston."""
    return datetime(2027, 2, 24, hour, minute, tzinfo=BOSTON)


async def test_a_driver_who_left_is_called_off_and_another_comes_in_two_minutes(town: Town) -> None:
    await town.wants_cars()
    await town.settle()
    await town.move_to(at(6, 30))
    planned, *_ = await town.text("wers my ride")
    assert planned.startswith(f"Your car: Wed Feb 24 at 7:10 am, {CURB}.")

    await town.move_to(at(7, 1))
    plate = next(row.car["plate"] for row in await town.rides() if row.car)
    door, *_ = await town.text("im at the back door they locked the frunt")
    assert door.startswith(f"The car stops at {CURB}.")
    assert plate in door

    await town.move_to(at(7, 11))
    stay, *_ = await town.text("driver left")
    assert stay == "Stay there. I am getting you another car, about 2 min. We text you the new plate."
    assert "car lost" in await town.needs()
    new = [text for text in await town.move(minutes=3) if text.startswith("New car now:")]
    assert new
    assert plate not in new[0]
    live = [row for row in await town.rides() if row.wanted == "booked" and row.leg == "out"]
    assert [row.state in ("accepted", "arriving") for row in live] == [True]


async def test_an_unsafe_ride_wakes_a_human_while_staff_talk_and_its_company_drives_him_no_more(
    town: Town,
) -> None:
    await town.wants_cars()
    await town.settle()
    await town.move_to(at(7, 5))
    await town.workshop.conversations.take_over(1, 1)
    assert await town.text("thank you maria") == []
    first, then, *more = await town.text("he wants 20 dollars cash")
    assert first.startswith("You never pay:")
    assert "That ride company does not drive you again for now." in then
    assert [text.startswith("Sorry, no car comes.") for text in more] == [True], (
        "the car booked there is off too"
    )
    assert "ride safety" in await town.needs()
    kept_off = await town.workshop.database.read(partial(excluded, person_id=1))
    assert kept_off == {"guest_rides"}
