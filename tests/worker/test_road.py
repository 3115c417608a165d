"""The road, all real but the wire: from the card in a pocket to the way home and the answer how it went.

Ray's interview is tomorrow at 8 in Boston, and it is 17:48 the evening before.
"""

from datetime import datetime

import sqlalchemy as sa

from bot.channels.simulator import read_said
from storage import funds
from storage.tables import Promise, table
from tests.worker.conftest import BOSTON, HELLO, INTERVIEW, ITEM, MESSAGE, RAY, TOMORROW, Town

PROMISE = table(Promise)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Name a moment of that February in Boston."""
    return datetime(2027, 2, day, hour, minute, tzinfo=BOSTON)


async def live_trips(town: Town) -> list[dict[str, object]]:
    """List the trips the company still means to drive."""
    over = ("completed", "rider_canceled", "driver_canceled", "no_drivers_available", "no_show")
    return [trip for trip in await town.trips() if trip["status"] not in over]


async def test_from_hello_to_how_did_it_go(town: Town) -> None:
    got = await town.talk(*TOMORROW)
    booked = next(place for place, text in enumerate(got, 1) if text.startswith("Ray, your car:"))
    assert len(TOMORROW) <= 13
    assert booked <= 14
    assert got[booked - 1] == (
        "Ray, your car: Wed Feb 24 at 7:10 am, Hope House, front, on 5th. To Harbor Freightway by 7:45 am. "
        "Ride home too: text DONE after."
    )
    trips = await live_trips(town)
    assert [trip["status"] for trip in trips] == ["scheduled", "scheduled"]
    assert [trip["deferred_ride_options"] is not None for trip in trips] == [False, True]
    assert "Hope House" not in str(trips)  # what kind of house it is, is nobody's business
    held = await town.fund()
    assert held.held_cents == sum(row.hold_cents for row in await town.rides()) >= 2 * 2980  # what they cost
    assert held.spent_cents == 0

    assert await town.move_to(at(24, 6, 9)) == []  # he told us after 16:00: nobody asks him again
    (today,) = await town.move_to(at(24, 6, 11))
    assert today.startswith("Today is the day, Ray. Car 7:10 am, Hope House, front, on 5th.")
    assert await town.text("1") == ["See you at 7:10 am."]

    car, here, there = await town.move_to(at(24, 8))
    assert car.startswith("Your car: green Kia Soul, plate 3WEF071, driver Ken, 12 min away.")
    assert here.startswith("Your car is here: green Kia Soul, plate 3WEF071.")
    assert there == "You're there. Good luck, Ray! Ready to go home? Text DONE."

    assert await town.move_to(at(24, 9, 59)) == []
    (done,) = await town.move_to(at(24, 10))
    assert done == "All done? Text DONE and a car comes. Still there? No need to answer."

    ok, home = await town.text("done"), await town.move(minutes=5)
    assert ok == ["OK. Car home from Harbor Freightway, same door where you got out. We text you the plate."]
    assert [text[:14] for text in home] == ["Your car home:"]
    here, *rest = await town.move(minutes=30)
    assert here.startswith("Your car is here:")
    (dropped,) = [row.changed_at for row in await town.rides() if row.leg == "home"]
    assert [row.state for row in await town.rides()] == ["completed", "completed"]

    (how,) = rest or await town.move(minutes=60)
    assert how.startswith("Hi Ray, how did it go?")
    (asked,) = [row.at for row in await town.rows(sa.select(MESSAGE)) if row.body == how]
    assert (asked - dropped).total_seconds() == 30 * 60
    assert (await town.text("3"))[0].startswith("OK. Waiting is hard")

    (interview,) = await town.rows(sa.select(INTERVIEW))
    assert (interview.outcome, interview.state) == ("waiting", "done")
    assert await town.move(days=2) == []
    fund = await town.fund()
    assert (fund.held_cents, fund.spent_cents) == (0, sum(row.final_cents for row in await town.rides()))
    ledger = await town.workshop.database.read(lambda connection: funds.entries(connection, 1))
    assert sum(line.spent_cents for line in ledger) == fund.spent_cents
    assert sum(line.held_cents for line in ledger) == 0


FRIDAY = ("friday at 10", "1", "harbor freightway", "1", "2")


async def test_days_ahead_the_day_before_is_asked_for_once(town: Town) -> None:
    await town.talk(*HELLO, *FRIDAY)
    assert await town.move_to(at(25, 15, 59)) == []
    (asked,) = await town.move_to(at(25, 16))
    assert asked.startswith("Tomorrow, Fri Feb 26")
    assert "1 coming 2 it moved 3 can't go" in asked
    (good,) = await town.text("k")
    assert good.startswith("Good luck!")
    assert await town.move_to(at(26, 8)) == []


async def test_the_silent_are_asked_a_second_time(town: Town) -> None:
    await town.talk(*HELLO, *FRIDAY)
    (asked,) = await town.move_to(at(25, 16))
    assert asked.startswith("Tomorrow")
    assert await town.move_to(at(25, 19, 29)) == []
    (again,) = await town.move_to(at(25, 19, 30))
    assert "your answer for tomorrow" in again


async def test_a_human_is_promised_and_comes(town: Town) -> None:
    await town.talk(*HELLO)
    (promised,) = await town.text("PERSON")
    assert "Maria" in promised
    (item,) = await town.rows(sa.select(ITEM))
    (promise,) = await town.rows(sa.select(PROMISE))
    assert item.due_at == promise.due_at > town.clock.now()
    assert (await town.text("my brother needs a ride too"))[0] == "Thanks. Maria sees what you wrote."

    conversations = town.workshop.conversations
    await conversations.staff_says(1, 1, "Hi Ray, Maria here. What do you need?")
    assert await town.settle() == ["Hi Ray, Maria here. What do you need?"]
    assert await town.text("nothing i just wanted to see if you are real") == []
    (promise,) = await town.rows(sa.select(PROMISE))
    assert promise.state == "kept"

    await conversations.hand_back(1, 1)
    (again,) = await town.settle()
    assert again.startswith("What day and time is the interview?")


async def test_an_interview_that_moves_takes_its_cars_and_reminders_along(town: Town) -> None:
    await town.talk(*TOMORROW)
    old = {trip["request_id"] for trip in await live_trips(town)}
    asked = await town.talk("it moved", "friday at 10", "1")
    assert asked[-1].startswith("Should the car stop at Hope House again?")
    got = await town.talk("1", "2")
    assert any(text.startswith("Ray, your car: Fri Feb 26 at 9:10 am") for text in got)

    new = await live_trips(town)
    assert len(new) == 2
    assert not old & {trip["request_id"] for trip in new}
    assert [trip["status"] for trip in await town.trips()][:2] == ["rider_canceled", "rider_canceled"]
    assert (await town.fund()).held_cents == sum(row.hold_cents for row in await town.rides())
    assert await town.move_to(at(25, 15, 59)) == []  # nothing of the old day
    (day_before,) = await town.move_to(at(25, 16))
    assert day_before.startswith("Tomorrow, Fri Feb 26: car 9:10 am")


async def test_the_road_in_spanish(town: Town) -> None:
    hola = await town.talk("ride7", "español")
    assert hola[-1].startswith("Hola, soy Onward")
    got = await town.talk(
        "si", "1", "mañana a las 8", "1", "harbor freightway", "1", "1", "hope house", "1", "Ana", "si", "1"
    )
    assert any(text.startswith("Ana, su carro: mie 24 feb, 7:10 am") for text in got)
    assert len(await live_trips(town)) == 2
    (today,) = await town.move_to(at(24, 6, 30))
    assert today.startswith("Hoy")


async def test_after_stop_nothing_is_sent_until_start(town: Town) -> None:
    await town.talk(*TOMORROW)
    now = town.clock.now()
    for each in ("menu", "STOP"):
        await town.workshop.conversations.received([read_said(RAY, {"text": each}, now)])
    (stopped,) = await town.settle()
    assert stopped == "You are out. No more texts from us."
    dropped = await town.rows(sa.select(MESSAGE).where(MESSAGE.c.error == "opted_out"))
    assert {row.state for row in dropped} == {"dropped"}
    assert dropped

    assert await town.move_to(at(24, 6, 30)) == []
    assert await town.text("where is my car") == []
    assert len(await live_trips(town)) == 2  # nobody is left standing by a word to the carrier
    back = await town.text("START")
    assert back[0].startswith("You are back in.")
    car, *_ = await town.move_to(at(24, 7, 5))
    assert car.startswith("Your car:")
