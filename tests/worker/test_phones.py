"""Phones that change: card and four numbers bring a person back from any number, and nothing else does."""

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.worker import housekeeping
from storage import invites, people
from storage.tables import Consent, ContactPoint, Message, Person, table
from tests.worker.conftest import RAY, Town

POINT, PERSON, MESSAGE, CONSENT = table(ContactPoint), table(Person), table(Message), table(Consent)
NEW, THIRD = "sms:+15555550177", "sms:+15555550178"
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


async def dee_with_numbers(town: Town, phone: str = RAY) -> str:
    """Have Dee here, with her four numbers; return her code."""
    await town.talk("hi", "YES", "1", "1998", phone=phone)
    code = partial(invites.own_code, person_id=1, now=town.clock.now())
    return await town.workshop.database.run(code)


async def points_of(town: Town) -> list[tuple[int, str, str]]:
    rows = await town.rows(sa.select(POINT).order_by(POINT.c.id))
    return [(row.person_id, row.address[-4:], row.state) for row in rows]


async def test_code_and_numbers_make_the_new_number_theirs(town: Town) -> None:
    code = await dee_with_numbers(town)
    assert await town.text(code, NEW) == ["Welcome back. Your 4 numbers?"]
    [here] = await town.text("1998", NEW)
    assert here.startswith("All set. This is your number now. Is this phone yours alone?")
    assert await town.text("1", NEW) == ["Is your old number still yours too? 1 yes 2 no"]
    gone, again = await town.text("2", NEW)
    assert gone.startswith("OK. Nothing goes to the old number.")
    assert again == "Thanks! Do you have an interview set? 1 yes 2 not yet"  # where they stopped
    assert await points_of(town) == [(1, "0142", "retired"), (1, "0177", "active")]
    assert "new number" in await town.needs()
    yes = (await town.rows(sa.select(CONSENT).order_by(CONSENT.c.id)))[-1]
    assert (yes.change, yes.wording, yes.method) == ("given", "come back 1", "card and four numbers")
    # All that follows is said here, and the empty record of a newcomer goes.
    await town.workshop.conversations.staff_says(1, 1, "Hi Dee")
    assert await town.settle(NEW) == ["Hi Dee"]
    assert await town.new_texts(RAY) == []
    town.clock.move(timedelta(hours=2))
    await housekeeping.step(town.workshop)
    assert len(await town.rows(sa.select(PERSON))) == 1


async def test_the_four_numbers_are_shown_to_nobody(town: Town) -> None:
    code = await dee_with_numbers(town)
    await town.talk(code, "0000", "1998", phone=NEW)
    bodies = [row.body for row in await town.rows(sa.select(MESSAGE).where(MESSAGE.c.direction == "in"))]
    assert not {"1998", "0000"} & set(bodies)
    assert bodies.count("****") == 3


async def test_three_wrong_tries_lock_the_card_for_a_day_and_a_human_looks(town: Town) -> None:
    code = await dee_with_numbers(town)
    await town.text(code, NEW)
    assert (await town.text("0000", NEW))[0].startswith("That did not match.")
    assert (await town.text("0001", NEW))[0].startswith("Still no match.")
    [locked] = await town.text("0002", NEW)
    assert locked.startswith("That did not work. We told the office.")
    assert "wrong numbers for a card" in await town.needs()
    town.clock.move(timedelta(hours=23))
    assert "did not work" in (await town.talk(code, "1998", phone=THIRD))[-1]  # from whatever phone
    assert await points_of(town) == [(1, "0142", "active"), (2, "0177", "active"), (3, "0178", "active")]
    town.clock.move(timedelta(hours=2))
    assert "All set." in (await town.talk(code, "1998", phone=THIRD))[-1]


@SQLITE
async def test_who_holds_the_code_alone_learns_nothing(town: Town) -> None:
    code = await dee_with_numbers(town)
    said = " ".join(await town.talk(code, "who is this", "MENU", "0000", "PERSON", phone=NEW))
    assert "Dee" not in said
    assert "0142" not in said


@SQLITE
async def test_who_stopped_on_the_old_phone_is_reached_on_the_new_one(town: Town) -> None:
    code = await dee_with_numbers(town)
    await town.text("STOP")
    await town.talk(code, "1998", "1", phone=NEW)
    assert (await town.text("MENU", NEW))[0].startswith("What do you need?")


@SQLITE
async def test_without_numbers_a_card_from_a_new_number_is_a_humans_to_look_at(town: Town) -> None:
    await town.talk("ride7", "y")
    code = partial(invites.own_code, person_id=1, now=town.clock.now())
    [asked] = await town.text(await town.workshop.database.run(code), NEW)
    assert "OK if we text you?" in asked
    assert "known card, new number" in await town.needs()


@SQLITE
async def test_another_persons_card_from_a_phone_we_know_moves_nobody(town: Town) -> None:
    code = await dee_with_numbers(town)
    await town.talk("hi", "YES", phone=NEW)
    await town.talk(code, "1998", phone=NEW)
    assert await points_of(town) == [(1, "0142", "active"), (2, "0177", "active")]
    assert "known card, new number" in await town.needs()


@SQLITE
async def test_the_old_number_that_is_kept_still_works(town: Town) -> None:
    code = await dee_with_numbers(town)
    await town.talk(code, "1998", "1", "1", phone=NEW)
    await town.new_texts(RAY)
    assert (await town.text("MENU", RAY))[0].startswith("What do you need?")
    assert [row.unsure_since for row in await town.rows(sa.select(POINT))] == [None, None]


async def test_a_code_that_is_somebodys_is_not_given_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = iter(("B2B2B2", "B2B2B2", "C3C3C3"))
    monkeypatch.setattr(invites, "new_code", lambda: next(codes))
    given = [
        await town.workshop.database.run(partial(invites.own_code, person_id=person, now=town.clock.now()))
        for person in (await _somebody(town, "sms:+15555550151"), await _somebody(town, "sms:+15555550152"))
    ]
    assert given == ["B2B2B2", "C3C3C3"]


async def _somebody(town: Town, phone: str) -> int:
    write = partial(
        people.add_person, channel="simulator", address=phone, lang="en", zone="UTC", now=town.clock.now()
    )
    return (await town.workshop.database.run(write)).person_id
