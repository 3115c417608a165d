"""A yes, a stop and all between: what is sent to whom, on both channels, and what the ledger keeps."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.simulator import read_said
from storage import points
from storage.points import Point
from storage.tables import Consent, ContactPoint, Turn, table
from tests.worker.conftest import MESSAGE, Town

POINT, CONSENT, TURN = table(ContactPoint), table(Consent), table(Turn)
SMS, TELEGRAM = "sms:+15555550142", "telegram:9001"
both = pytest.mark.parametrize("phone", [SMS, TELEGRAM])
one_database = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
REQUEST = "OK if we text you?"
OUT = "You are out. No more texts from us."


async def ledger(town: Town) -> list[tuple[str, str]]:
    rows = await town.rows(sa.select(CONSENT).order_by(CONSENT.c.id))
    return [(row.change, row.method) for row in rows]


async def came_back(town: Town, phone: str, **more: Any) -> list[str]:
    """Have the provider itself say something of a phone."""
    said = replace(read_said(phone, {"text": more.pop("text", "")}, town.clock.now()), **more)
    await town.workshop.conversations.received([said])
    return await town.settle(phone)


async def point(town: Town, phone: str) -> Point:
    found = await town.workshop.database.read(partial(points.find_point, channel="simulator", address=phone))
    assert found is not None
    return found


# --- before a yes -----------------------------------------------------------------------------------------


@both
async def test_a_stranger_hears_the_request_once(town: Town, phone: str) -> None:
    hostile = ("hi", "who r u", "???", "asdf", "menu", "hello", "go away bot", "MENU", "i need a ride", "hi")
    heard = [body for words in hostile for body in await town.text(words, phone)]
    heard += await town.move(minutes=5, phone=phone)
    assert [REQUEST in body for body in heard] == [True, False, False], heard
    assert "This is Onward, a free ride service." in heard[1]
    assert "Please reply YES if we may text you." in heard[2]
    assert (await point(town, phone)).consent == "asked"
    silent = [row.silent for row in await town.rows(sa.select(TURN))]
    assert "asked_already" in silent


@one_database
async def test_the_request_comes_again_in_the_other_language_and_after_a_no(town: Town) -> None:
    assert [REQUEST in body for body in await town.text("hi", SMS)] == [True]
    assert "Le podemos escribir?" in (await town.text("ES", SMS))[-1]
    assert not any("Le podemos escribir?" in body for body in await town.text("ES", SMS))
    assert await town.text("no", SMS) == [
        "Esta bien, no le escribimos. Si cambia de idea, escriba cuando quiera."
    ]
    assert "Le podemos escribir?" in (await town.text("hola", SMS))[-1]
    again = [body for _ in range(5) for words in ("no", "hola") for body in await town.text(words, SMS)]
    assert len([body for body in again if "Le podemos escribir?" in body]) == 0, "twice a day and no more"
    await town.move(hours=25, phone=SMS)
    assert "Le podemos escribir?" in (await town.text("hola", SMS))[-1]
    await town.text("si", SMS)
    assert (await point(town, SMS)).consent == "given"


@both
@one_database
async def test_a_yes_counts_though_the_request_was_not_said_again(town: Town, phone: str) -> None:
    for words in ("hi", "no", "hi", "no", "hi"):
        last = await town.text(words, phone)
    assert ["Please reply YES if we may text you." in body for body in last] == [True]
    await town.text("yes", phone)
    assert (await point(town, phone)).consent == "given"


@both
@one_database
async def test_what_a_stranger_asks_is_answered_each_time_without_the_request(town: Town, phone: str) -> None:
    await town.text("hi", phone)
    for words, answer in (
        ("who is this", "This is Onward, a free ride service."),
        ("is this free", "It is free."),
        ("i need a ride", "Please reply YES if we may text you."),
        ("is this real", "This is Onward, a free ride service."),
        ("is this free", "It is free."),
        ("person", "A person will read this"),
        ("MENU", "Please reply YES if we may text you."),
    ):
        heard = await town.text(words, phone) or await town.move(seconds=26, phone=phone)
        assert [answer in body for body in heard] == [True], (words, heard)
    assert await town.text("MENU", phone) == [], "it is the last text on their phone"
    await town.text("yes", phone)
    assert (await point(town, phone)).consent == "given"


@both
@one_database
async def test_somebody_in_danger_is_answered_whether_or_not_they_said_yes(town: Town, phone: str) -> None:
    await town.text("hi", phone)
    (answer,) = await town.text("i want to kill myself", phone)
    assert "988" in answer


@both
@one_database
async def test_a_yes_is_kept_with_the_words_it_was_for(town: Town, phone: str) -> None:
    (asked,) = await town.text("ride7", phone)
    await town.text("yes", phone)
    (line,) = await town.rows(sa.select(CONSENT))
    (shown,) = await town.rows(sa.select(MESSAGE.c.body).where(MESSAGE.c.kind == "consent"))
    assert REQUEST in asked
    assert (line.change, line.method, line.lang) == ("given", "text", "en")
    assert line.wording == "welcome 1 en"
    assert line.shown == points.print_of(shown.body)
    (yes,) = await town.rows(sa.select(MESSAGE.c.body).where(MESSAGE.c.id == line.message_id))
    assert yes.body == "yes"


@one_database
async def test_a_spanish_yes_names_the_spanish_words(town: Town) -> None:
    for words in ("hola", "si"):
        await town.text(words, SMS)
    (line,) = await town.rows(sa.select(CONSENT))
    assert (line.lang, line.wording) == ("es", "welcome 1 es")


# --- a stop -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("phone", "words"), [(SMS, "STOP"), (TELEGRAM, "ya no me escriban")])
async def test_a_stop_drops_what_waits_and_is_confirmed_once(town: Town, phone: str, words: str) -> None:
    await town.text("ride7", phone)
    await town.text("y", phone)
    for each in ("menu", words, "stop", "hello"):  # before anything of it has left
        said = read_said(phone, {"text": each}, town.clock.now())
        await town.workshop.conversations.received([said])
    assert await town.settle(phone) == [OUT]
    assert await ledger(town) == [("given", "text"), ("withdrawn", "text")]
    dropped = await town.rows(sa.select(MESSAGE).where(MESSAGE.c.error == "opted_out"))
    assert dropped


@both
@one_database
async def test_a_stop_the_provider_took_is_not_confirmed_by_us(town: Town, phone: str) -> None:
    await town.text("ride7", phone)
    await town.text("y", phone)
    opt = "stop" if phone == SMS else "blocked"
    assert await came_back(town, phone, text="STOP" if phone == SMS else "", opt=opt) == []
    assert (await point(town, phone)).consent == "withdrawn"
    assert await came_back(town, phone, text="hello") == []


@both
@one_database
async def test_start_brings_back_who_was_in(town: Town, phone: str) -> None:
    await town.text("ride7", phone)
    await town.text("y", phone)
    await town.text("stop", phone)
    assert await town.text("START", phone) != []
    assert (await point(town, phone)).consent == "given"
    assert [change for change, _ in await ledger(town)] == ["given", "withdrawn", "given"]


@both
@one_database
async def test_every_stop_and_every_help_has_its_answer(town: Town, phone: str) -> None:
    await town.text("ride7", phone)
    await town.text("y", phone)
    for _ in range(3):
        assert await town.text("stop", phone) == [OUT]
        await town.text("start", phone)
    stranger = f"{phone}7"
    heard = [body for words in ("hi", "help", "help", "stop") for body in await town.text(words, stranger)]
    assert [body[:25] for body in heard[1:]] == ["Onward: free rides to job"] * 2 + [OUT[:25]]


@both
@one_database
async def test_start_is_no_yes_of_somebody_who_never_said_one(town: Town, phone: str) -> None:
    assert [REQUEST in body for body in await town.text("START", phone)] == [True]
    assert await town.text("stop", phone) == [OUT]
    assert [REQUEST in body for body in await town.text("START", phone)] == [True]
    assert (await point(town, phone)).consent == "withdrawn"
    assert [change for change, _ in await ledger(town)] == ["withdrawn"]
    await town.text("y", phone)
    assert (await point(town, phone)).consent == "given"


@one_database
async def test_start_from_another_phone_is_no_yes_for_it(town: Town) -> None:
    await town.text("ride7", SMS)
    await town.text("y", SMS)
    add = partial(points.add_point, person_id=1, channel="simulator", address=TELEGRAM, now=town.clock.now())
    await town.workshop.database.run(add)
    await town.text("stop", SMS)
    await town.text("START", TELEGRAM)
    assert [(await point(town, phone)).consent for phone in (SMS, TELEGRAM)] == ["withdrawn", "none"]
    await town.text("STOP", TELEGRAM)
    await town.text("START", SMS)
    assert [(await point(town, phone)).consent for phone in (SMS, TELEGRAM)] == ["given", "withdrawn"]


@one_database
async def test_an_unblocked_chat_that_never_said_yes_has_not_said_it_now(town: Town) -> None:
    await town.text("hi", TELEGRAM)
    await came_back(town, TELEGRAM, opt="blocked")
    await came_back(town, TELEGRAM, opt="start")
    assert (await point(town, TELEGRAM)).consent == "withdrawn"


@pytest.mark.parametrize(("phone", "words"), [(SMS, "too many texts"), (TELEGRAM, "ya no quiero nada")])
@one_database
async def test_words_that_may_mean_stop_pause_and_call_a_human(town: Town, phone: str, words: str) -> None:
    await town.text("ride7", phone)
    await town.text("y", phone)
    (said,) = await town.text(words, phone)
    assert "hold our texts" in said
    assert "may want us to stop" in await town.needs()
    assert await town.text("menu", phone) == []
    assert await town.move(days=3, phone=phone) == []
    assert (await point(town, phone)).consent == "given"


@one_database
async def test_words_that_mean_something_else_stop_nothing(town: Town) -> None:
    await town.text("ride7", SMS)
    await town.text("y", SMS)
    for words in ("the bus stop", "dont stop texting me", "no more questions about it", "i quit my job"):
        await town.text(words, SMS)
    assert (await point(town, SMS)).consent == "given"
    assert "may want us to stop" not in await town.needs()


# --- machines ---------------------------------------------------------------------------------------------


MACHINES = {
    "the same words": (SMS, ("ok who is this",)),
    "two in turn": (TELEGRAM, ("menu", "what is this")),
    "numbers differ": (SMS, ("menu {n}",)),
}


@pytest.mark.parametrize(("phone", "words"), MACHINES.values(), ids=MACHINES.keys())
@one_database
async def test_a_machine_gets_ten_answers_in_five_minutes(
    town: Town, phone: str, words: tuple[str, ...]
) -> None:
    """It answers each of our texts, as such machines do, until we say nothing more."""
    await town.text("ride7", phone)
    heard = await town.text("y", phone)
    began, answers = town.clock.now(), 0
    while heard and answers < 30:
        heard = await town.text(words[answers % len(words)].format(n=answers), phone)
        heard = heard or await town.move(seconds=26, phone=phone)
        answers += 1
    assert 8 <= answers <= 14, "our texts come one or two at a time"
    assert town.clock.now() - began <= timedelta(minutes=6)
    assert (await town.needs()).count("automatic texts") == 1
    await town.move(minutes=6, phone=phone)
    assert await town.text("menu", phone) != [], "and is answered again later"


@one_database
async def test_somebody_who_types_fast_is_not_cut(town: Town) -> None:
    await town.text("ride7", SMS)
    await town.text("y", SMS)
    for number in range(16):
        different = ("menu", "who is this", "1", "back", "what does it cost", "again", "what is this", "skip")
        assert await town.text(f"{different[number % 8]}", SMS) != [] or number
        await town.move(seconds=6, phone=SMS)
    assert "automatic texts" not in await town.needs()
