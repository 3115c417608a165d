"""When texts do not arrive: the other phone, a call, and last one text to each safe contact."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.base import StatusUpdate
from bot.ladder import NO_ANSWER, UNREACHED
from bot.worker import reaching
from storage import messages, points, safe_contacts
from storage.attention import finish_items, need_human
from storage.messages import NewOutbound
from storage.tables import AttentionItem, Interview, Message, SafeContact, table
from tests.worker.conftest import BOSTON, RAY, Town, _ask_for_cars

MESSAGE, SAFE, ITEM, INTERVIEW = table(Message), table(SafeContact), table(AttentionItem), table(Interview)
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
MAY, JO, KIM = "sms:+16175550188", "sms:+16175550189", "sms:+16175550190"
NAMES_MAY = ("safe contact", "May", "617-555-0188", "Didi", "yes")
ASKED = "Hi, this is Onward. Please ask Didi to text us. Thank you."
TELEGRAM = "telegram:9001"


async def dee_names_may(town: Town) -> None:
    await town.talk("ride7", "y", *NAMES_MAY)


async def cannot_be_reached(town: Town, kind: str = UNREACHED) -> None:
    """Have a call task whose hour passes unanswered; it is the next day, ten in the morning."""
    now = town.clock.now()
    item = partial(need_human, person_id=1, kind=kind, reason=kind, due_at=now + timedelta(hours=12), now=now)
    town.clock.move(timedelta(seconds=1))
    await town.workshop.database.run(item)


async def morning(town: Town, days: int = 1, hour: int = 10) -> None:
    town.clock.move_to(datetime(2027, 2, 23 + days, hour, tzinfo=BOSTON))
    await reaching.step(town.workshop)


async def got(town: Town, phone: str = MAY) -> list[str]:
    simulator: Any = town.workshop.channels["simulator"]
    return [shown.body for _, _, shown in simulator._shown.get(phone, [])]


async def car_news(town: Town) -> Any:
    """Have news of a car sent to Ray's phone."""
    now = town.clock.now()
    news = NewOutbound(
        conversation_id=1, contact_point_id=1, channel="simulator", sender="schedule", kind="ride",
        body="Your car is here.", at=now, due_at=now, epoch=0,
    )  # fmt: skip
    await town.workshop.database.run(partial(messages.queue, messages=[news]))
    await town.settle()
    [ride] = await town.rows(sa.select(MESSAGE).order_by(MESSAGE.c.id.desc()).limit(1))
    assert ride.body == "Your car is here."
    return ride


async def states(town: Town) -> list[str]:
    return [row.state for row in await town.rows(sa.select(SAFE).order_by(SAFE.c.id))]


async def test_a_safe_contact_gets_one_text_and_no_more(town: Town) -> None:
    await dee_names_may(town)
    town.clock.move(timedelta(minutes=1))
    await cannot_be_reached(town)
    await reaching.step(town.workshop)
    assert await got(town) == []  # the caseworker's hour has not come
    await morning(town, hour=8)
    assert await got(town) == []  # and nobody is asked in the night
    await morning(town)
    assert await got(town) == [ASKED]
    for days in (2, 3, 30):
        await cannot_be_reached(town, "wrong number")
        town.clock.move(timedelta(days=days))
        await reaching.step(town.workshop)
    assert await got(town) == [ASKED]
    assert await states(town) == ["told"]


@SQLITE
async def test_nobody_is_asked_once_a_human_has_called_or_a_word_came(town: Town) -> None:
    await dee_names_may(town)
    town.clock.move(timedelta(minutes=1))
    await cannot_be_reached(town)
    await town.workshop.database.run(partial(finish_items, person_id=1, kind=UNREACHED, now=town.clock.now()))
    await morning(town)
    await cannot_be_reached(town)
    town.clock.move(timedelta(minutes=1))
    await town.text("im here")
    await morning(town, days=2)
    assert await got(town) == []


async def test_what_a_safe_contact_answers_is_for_humans_and_is_not_answered(town: Town) -> None:
    await dee_names_may(town)
    town.clock.move(timedelta(minutes=1))
    await cannot_be_reached(town)
    await morning(town)
    assert await town.text("ok i tell her", MAY) == [ASKED]
    assert "a safe contact wrote" in await town.needs()
    [item] = await town.rows(sa.select(ITEM).where(ITEM.c.kind == "a safe contact wrote"))
    assert (item.person_id, item.reason) == (1, "May: ok i tell her")


@SQLITE
async def test_stop_of_a_safe_contact_holds_for_everybody(town: Town) -> None:
    await dee_names_may(town)
    await town.text("STOP", MAY)
    town.clock.move(timedelta(minutes=1))
    await cannot_be_reached(town)
    await morning(town)
    assert ASKED not in await got(town)
    assert await states(town) == ["stopped"]
    assert any(said.startswith("They asked us not to text.") for said in await town.talk(*NAMES_MAY))


@SQLITE
async def test_two_at_most_never_oneself_and_taken_back_at_a_word(town: Town) -> None:
    await dee_names_may(town)
    assert "is kept" in " ".join(await town.talk("safe contact", "Jo", "617-555-0189", "Didi", "yes"))
    assert "two already" in " ".join(await town.talk("safe contact", "Kim", "617-555-0190", "Didi", "yes"))
    assert "We ask nobody" in (await town.text("no contacts"))[0]
    own = partial(
        safe_contacts.add, person_id=1, name="Me", address=RAY, known_as="Ray", lang="en", wording="w",
        now=town.clock.now(),
    )  # fmt: skip
    assert await town.workshop.database.run(own) == "own"
    await cannot_be_reached(town)
    await morning(town)
    assert await got(town, JO) == await got(town, KIM) == []
    assert await states(town) == ["removed", "removed"]


@SQLITE
async def test_a_send_that_was_begun_is_never_begun_again(town: Town) -> None:
    await dee_names_may(town)
    town.clock.move(timedelta(minutes=1))
    await cannot_be_reached(town)
    begin = partial(safe_contacts.begin, safe_id=1, now=town.clock.now())
    assert await town.workshop.database.run(begin)  # and then this process died
    await morning(town)
    assert await got(town) == []
    assert await states(town) == ["telling"]


async def test_a_ride_text_that_does_not_arrive_goes_to_the_other_phone(town: Town) -> None:
    await town.talk("ride7", "y")
    other = partial(
        points.add_point, person_id=1, channel="simulator", address=TELEGRAM, now=town.clock.now()
    )
    point_id = await town.workshop.database.run(other)
    now = town.clock.now()
    given = partial(points.set_consent, point_id=point_id, change="given", wording="w", method="m", now=now)
    await town.workshop.database.run(given)
    await town.settle()
    ride = await car_news(town)
    failed = StatusUpdate("simulator", ride.provider_id, "undelivered", "30003")
    woken: list[str] = []
    town.workshop.conversations._wake = woken.append
    await town.workshop.conversations.status([failed])
    await town.workshop.conversations.status([failed])
    assert "deliver" in woken
    await town.settle()
    assert (await got(town, TELEGRAM)).count(ride.body) == 1


@SQLITE
async def test_without_another_phone_a_human_is_alarmed_about_the_ride(town: Town) -> None:
    await town.talk("ride7", "y")
    await town.settle()
    ride = await car_news(town)
    await town.workshop.conversations.status([StatusUpdate("simulator", ride.provider_id, "failed")])
    [item] = await town.rows(sa.select(ITEM).where(ITEM.c.kind == "texts about a ride do not arrive"))
    assert item.urgent


def _silent_since_noon(connection: sa.Connection) -> None:
    """Have it that the interview was made days ago, and not a word came since it was asked about."""
    noon = datetime(2027, 2, 23, 12, tzinfo=BOSTON)
    connection.execute(sa.update(INTERVIEW).values(state="planned", confirmed_at=None))
    connection.execute(sa.update(points.POINT).values(last_in_at=noon))


@SQLITE
async def test_who_answers_neither_question_about_a_car_is_called_at_eight(town: Town) -> None:
    await town.talk("ride7", "y", *NAMES_MAY)
    town.clock.move_to(datetime(2027, 2, 23, 20, 4, tzinfo=BOSTON))
    await town.workshop.database.run(partial(_ask_for_cars, town.workshop, town.clock.now()))
    await town.settle()
    await town.workshop.database.run(_silent_since_noon)
    await reaching.step(town.workshop)
    assert NO_ANSWER not in await town.needs()
    town.clock.move(timedelta(minutes=1))
    await reaching.step(town.workshop)
    await reaching.step(town.workshop)
    [item] = await town.rows(sa.select(ITEM).where(ITEM.c.kind == NO_ANSWER))
    assert item.urgent
