"""A number that may be somebody else's hears one neutral question, and nothing personal before a yes."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.worker import promises
from storage import messages, points
from storage.messages import NewOutbound
from storage.tables import ContactPoint, Message, Person, table
from tests.worker.conftest import RAY, Town

POINT, MESSAGE, PERSON = table(ContactPoint), table(Message), table(Person)
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
STILL_YOU = "This is Onward, a free ride service. Did you sign up with us on this phone? 1 yes 2 no"
PERSONAL = "Dock Co, Mon 9:00 am. Are you coming, Dee?"


async def remind(town: Town, kind: str = "reminder", body: str = PERSONAL) -> list[str]:
    """Have something personal to say."""
    now = town.clock.now()
    text = NewOutbound(
        conversation_id=1, contact_point_id=1, channel="simulator", sender="schedule", kind=kind,  # type: ignore[arg-type]
        body=body, at=now, due_at=now, epoch=0, useful_until=now + timedelta(days=2),
    )  # fmt: skip
    await town.workshop.database.run(partial(messages.queue, messages=[text]))
    return await town.settle()


async def away(town: Town, days: int) -> None:
    """Be silent for so many days; it is noon when we look again."""
    await town.talk("hi", "YES", "1", "1998")
    town.clock.move(timedelta(days=days) - timedelta(hours=6))


async def test_after_two_silent_months_we_ask_before_we_say_more(town: Town) -> None:
    await away(town, 61)
    assert await remind(town) == [STILL_YOU]
    assert await remind(town, body="A second one") == []
    said = await town.text("1")
    assert said[:3] == [PERSONAL, "A second one", "Thanks! Text MENU any time."]
    assert [row.unsure_since for row in await town.rows(sa.select(POINT))] == [None]


async def test_a_no_tells_nothing_and_retires_the_number(town: Town) -> None:
    await away(town, 61)
    assert await remind(town) == [STILL_YOU]
    assert await town.text("no who is this") == ["OK, sorry. We won't text here again."]
    [point] = await town.rows(sa.select(POINT))
    assert (point.state, point.consent) == ("retired", "withdrawn")
    assert "wrong number" in await town.needs()
    assert PERSONAL not in await town.sent()
    town.clock.move(timedelta(days=2))
    await promises.step(town.workshop)
    assert await town.settle() == []
    # Who has the number now is somebody new.
    assert "OK if we text you?" in (await town.text("hello"))[0]
    assert len(await town.rows(sa.select(PERSON))) == 2


@SQLITE
async def test_a_text_after_two_silent_months_is_asked_first(town: Town) -> None:
    await away(town, 61)
    assert await town.text("wheres my ride") == [STILL_YOU]
    assert await town.text("MENU") == [STILL_YOU]
    assert (await town.text("yes"))[0].startswith("Thanks!")


@SQLITE
async def test_who_asks_for_a_human_or_what_it_costs_is_answered(town: Town) -> None:
    await away(town, 61)
    assert await town.text("PERSON") == ["Thanks. A person will read this and text you back."]
    assert "asked for a person" in await town.needs()
    assert (await town.text("is this free"))[0] == "It is free. You never pay for a ride."


@SQLITE
async def test_a_month_is_no_long_silence(town: Town) -> None:
    await away(town, 31)
    assert await remind(town) == [PERSONAL]


@SQLITE
async def test_danger_and_staff_are_never_held_back(town: Town) -> None:
    await away(town, 61)
    assert await remind(town) == [STILL_YOU]
    await town.workshop.conversations.staff_says(1, 1, "Hi, is this you?")
    assert "Hi, is this you?" in await town.settle()
    await town.workshop.conversations.hand_back(1, 1)
    assert any("988" in each for each in await town.text("i want to kill myself"))


@SQLITE
async def test_a_wrong_number_leaves_their_other_one_alone(town: Town) -> None:
    await town.talk("hi", "YES", "1", "1998")
    other = partial(
        points.add_point, person_id=1, channel="simulator", address="sms:+15555550188", now=town.clock.now()
    )
    point_id = await town.workshop.database.run(other)
    given = partial(
        points.set_consent, point_id=point_id, change="given", wording="w", method="m", now=town.clock.now()
    )
    await town.workshop.database.run(given)
    await town.text("wrong number", RAY)
    assert (await town.text("MENU", "sms:+15555550188"))[0].startswith("What do you need?")
