"""What cannot wait wakes who is on call, then the next in line, until somebody is on it."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot import staff_phone
from bot.acting import awake
from bot.channels.base import (
    CannotTell,
    Delivered,
    FindAnswer,
    Found,
    NotFound,
    Outbound,
    Rejected,
    Sent,
    StatusUpdate,
    TryLater,
    Unknown,
)
from bot.channels.simulator import Simulator
from bot.worker import alarms as worker
from bot.worker import reaching
from storage import alarms, attention, on_call, staff
from storage.tables import Alarm, AlarmCall, AttentionItem, Caseworker, Person, StaffText, table
from tests.worker.conftest import BOSTON, EVENING, RAY, Town
from tests.worker.test_reaching import _silent_since_noon

MARIA, SAM = "sms:+15555550199", "sms:+15555550198"
ZONE = "America/New_York"
ALARM, CALL, ITEM, TEXT = table(Alarm), table(AlarmCall), table(AttentionItem), table(StaffText)
STAFF, PERSON = table(Caseworker), table(Person)
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
"""What is decided in Python alone is tried on one of the databases."""


async def roster(town: Town) -> None:
    """Put Maria (1) and Sam (2) on call, in this order, and have Ray agree to our texts."""
    await town.workshop.database.run(partial(_roster, town.clock.now()))
    await town.talk("hi", "y")


def _roster(now: datetime, connection: sa.Connection) -> None:
    staff.change_caseworker(connection, 1, phone=MARIA.removeprefix("sms:"))
    sam = staff.add_caseworker(
        connection, name="Sam Poe", email="s@sample.invalid", now=now, phone=SAM.removeprefix("sms:")
    )
    for place, id_ in enumerate((1, sam.id), start=1):
        on_call.add_shift(connection, id_, zone=ZONE, now=now, place=place)


async def car_lost(town: Town, kind: str = "car lost", *, urgent: bool = True) -> int:
    """Open an item for Ray, as a ride that failed does."""
    now = town.clock.now()
    open_ = partial(
        attention.need_human, person_id=1, kind=kind, reason="out: Ray's car", due_at=now, now=now
    )
    return await town.workshop.database.run(partial(open_, urgent=urgent, about="ride:7"))


async def after(town: Town, **span: float) -> None:
    """Move the clock and let the alarms be looked after until none is due."""
    town.clock.move(timedelta(**span))
    for _ in range(20):
        if not await worker.step(town.workshop):
            return
    raise AssertionError("the alarms do not come to rest")


async def states(town: Town) -> list[str]:
    return [row.state for row in await town.rows(sa.select(ALARM.c.state).order_by(ALARM.c.id))]


# --- who is called ----------------------------------------------------------------------------------


async def test_an_alarm_goes_down_the_line_and_round_until_its_limit(town: Town) -> None:
    await roster(town)
    await car_lost(town)
    called = []
    for _ in range(8):
        await after(town, minutes=0)
        called.append((len(await town.new_texts(MARIA)), len(await town.new_texts(SAM))))
        town.clock.move(timedelta(minutes=3))
    assert called == [(1, 0), (0, 1), (1, 0), (0, 1), (1, 0), (0, 1), (0, 0), (0, 0)]
    assert await states(town) == ["unanswered"]


async def test_a_call_has_no_name_and_a_link_of_its_own(town: Town) -> None:
    await roster(town)
    await car_lost(town)
    await after(town, minutes=0)
    await after(town, minutes=3)
    [first], [second] = await town.new_texts(MARIA), await town.new_texts(SAM)
    assert re.fullmatch(
        r"Onward alarm: car lost\. http://127\.0\.0\.1:8080/r/[\w-]{43} "
        r"Open it, or reply 1 to take it\. Call 1",
        first,
    )
    assert "Ray" not in first
    tokens = [re.findall(r"/r/([\w-]{43})", text)[0] for text in (first, second)]
    opened = [await town.workshop.database.read(partial(alarms.open_link, token=each)) for each in tokens]
    assert [one.who.name for one in opened if one] == ["Maria Ruiz", "Sam Poe"]
    stored = await town.rows(sa.text("SELECT token_hash FROM alarm_link"))  # type: ignore[arg-type]
    assert all(len(row.token_hash) == 32 and row.token_hash.hex() not in first + second for row in stored)


@SQLITE
async def test_what_is_not_urgent_wakes_nobody(town: Town) -> None:
    await roster(town)
    await car_lost(town, "asked for a person", urgent=False)
    await after(town, minutes=0)
    assert await states(town) == []
    await car_lost(town, "asked for a person")  # it has become urgent
    await car_lost(town, "asked for a person")
    await after(town, minutes=0)
    assert len(await town.new_texts(MARIA)) == 1


@SQLITE
async def test_with_nobody_on_call_it_rings_once_somebody_is(town: Town) -> None:
    await town.talk("hi", "y")
    assert not await town.workshop.database.read(
        partial(awake, settings=town.workshop.settings, person_id=1, now=EVENING)
    )
    await car_lost(town)
    await after(town, minutes=0)
    assert await states(town) == ["ringing"]
    await town.workshop.database.run(partial(_roster, town.clock.now()))
    await after(town, minutes=10)
    assert len(await town.new_texts(MARIA)) == 1


@SQLITE
async def test_at_work_their_own_caseworker_is_called_where_nobody_is_on_call(town: Town) -> None:
    await town.talk("hi", "y")
    change = partial(staff.change_caseworker, caseworker_id=1, phone=MARIA.removeprefix("sms:"))
    await town.workshop.database.run(change)
    town.clock.move_to(datetime(2027, 2, 24, 10, 0, tzinfo=BOSTON))
    await car_lost(town)
    await after(town, minutes=0)
    assert len(await town.new_texts(MARIA)) == 1


# --- who is on it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "on_it"),
    [("1", True), ("OK", True), ("I'm on it!", True), ("Sí", True), ("who?", False), ("", False)],
)
def test_a_reply_that_takes_it_on(words: str, on_it: bool) -> None:
    assert staff_phone.takes_on(words) is on_it


@SQLITE
async def test_a_reply_takes_it_on_and_is_no_persons(town: Town) -> None:
    await roster(town)
    item = await car_lost(town)
    await after(town, minutes=0)
    people = len(await town.rows(sa.select(PERSON.c.id)))
    assert len(await town.text("Ok.", MARIA)) == 1, "the call, and no answer of the bot's"
    await after(town, minutes=10)
    assert await states(town) == ["answered"]
    [row] = await town.rows(sa.select(ITEM.c.state, ITEM.c.claimed_by).where(ITEM.c.id == item))
    assert tuple(row) == ("claimed", 1)
    assert await town.new_texts(SAM) == []
    assert len(await town.rows(sa.select(PERSON.c.id))) == people


async def test_a_text_of_staff_is_kept_once_and_starts_no_conversation(town: Town) -> None:
    await roster(town)
    said = town.workshop.channels["simulator"]
    assert isinstance(said, Simulator)
    one = said.read(MARIA, {"text": "RIDE7", "id": "same"})
    for _ in range(2):
        await town.workshop.conversations.received([one])
    assert await town.settle(MARIA) == []
    assert [row.body for row in await town.rows(sa.select(TEXT.c.body))] == ["RIDE7"]
    assert len(await town.rows(sa.select(PERSON.c.id))) == 1


@SQLITE
async def test_the_console_takes_it_on(town: Town) -> None:
    await roster(town)
    item = await car_lost(town)
    await after(town, minutes=0)
    await town.workshop.database.run(
        partial(attention.claim_item, item_id=item, caseworker_id=2, now=town.clock.now())
    )
    await after(town, minutes=3)
    assert await states(town) == ["over"]
    assert await town.new_texts(SAM) == []


@SQLITE
async def test_what_happens_anew_while_it_is_still_on_somebodys_list_rings_again(town: Town) -> None:
    await roster(town)
    item = await car_lost(town)
    await after(town, minutes=0)
    await town.text("1", MARIA)
    await town.new_texts(MARIA)
    await car_lost(town)  # a minute later it is theirs still
    await after(town, minutes=1)
    assert (await states(town), await town.new_texts(MARIA)) == (["answered"], [])
    town.clock.move(timedelta(hours=6))  # the way home is lost too, and nobody has ticked the first one off
    assert await car_lost(town) == item
    await after(town, minutes=0)
    assert (await states(town), len(await town.new_texts(MARIA))) == (["ringing"], 1)
    assert [row.state for row in await town.rows(sa.select(ITEM.c.state))] == ["open"]


@SQLITE
async def test_an_alarm_that_rang_in_vain_rings_its_rounds_again_for_what_is_new(town: Town) -> None:
    await roster(town)
    await car_lost(town)
    for _ in range(7):
        await after(town, minutes=3)
    assert (await states(town), len(await town.new_texts(SAM))) == (["unanswered"], 3)
    town.clock.move(timedelta(hours=1))
    await car_lost(town)
    for _ in range(7):
        await after(town, minutes=3)
    assert (await states(town), len(await town.new_texts(SAM))) == (["unanswered"], 3)


@SQLITE
async def test_who_comes_second_is_told_no(town: Town) -> None:
    await roster(town)
    await car_lost(town)
    await after(town, minutes=0)
    one, two = [await town.workshop.database.read(partial(staff.caseworker, caseworker_id=n)) for n in (1, 2)]
    assert one is not None
    assert two is not None
    now = town.clock.now()
    take = partial(alarms.answer, alarm_id=1, how="link", now=now)
    assert await town.workshop.database.run(partial(take, who=two))
    assert not await town.workshop.database.run(partial(take, who=one))
    assert await town.workshop.database.run(partial(take, who=two)), "again is no harm"


@SQLITE
async def test_stop_from_a_staff_phone_is_heard_and_the_next_is_called(town: Town) -> None:
    await roster(town)
    assert await town.text("STOP", MARIA) == []
    await car_lost(town)
    await after(town, minutes=0)
    assert (await town.new_texts(MARIA), len(await town.new_texts(SAM))) == ([], 1)
    await town.text("start", MARIA)
    await after(town, minutes=3)
    assert len(await town.new_texts(MARIA)) == 1


# --- providers --------------------------------------------------------------------------------------


@dataclass
class Company:
    """A provider at the wire that answers what it is told to, and remembers what it was asked."""

    answers: list[Sent]
    finds: list[FindAnswer] = field(default_factory=list)
    sent: list[Outbound] = field(default_factory=list)
    looked: list[Outbound] = field(default_factory=list)
    name: str = "sms"

    async def send(self, message: Outbound) -> Sent:
        self.sent.append(message)
        return self.answers.pop(0) if self.answers else Delivered(f"SM{len(self.sent)}")

    async def find_sent(self, message: Outbound, since: datetime, others: Collection[str] = ()) -> FindAnswer:
        self.looked.append(message)
        return self.finds.pop(0)


def with_company(town: Town, *answers: Sent, finds: tuple[FindAnswer, ...] = ()) -> Company:
    company = Company(list(answers), list(finds))
    at_the_wire: Any = company
    town.workshop = replace(town.workshop, channels={**town.workshop.channels, "sms": at_the_wire})
    return company


async def call_states(town: Town) -> list[str]:
    return [row.state for row in await town.rows(sa.select(CALL.c.state).order_by(CALL.c.id))]


async def test_a_lost_answer_is_looked_for_before_it_is_sent_again(town: Town) -> None:
    await roster(town)
    company = with_company(town, Unknown("timeout"), finds=(NotFound(), Found("SM9")))
    await car_lost(town)
    await after(town, minutes=0)
    assert await call_states(town) == ["unsure"]
    await after(town, seconds=12)
    assert (len(company.sent), len(company.looked)) == (2, 1)
    assert company.sent[0].body.endswith(company.looked[0].body), "the token is not looked for"
    assert company.sent[0].body != company.sent[1].body, "each has its own"
    assert await call_states(town) == ["sent"]


@SQLITE
@pytest.mark.parametrize(
    ("finds", "sends", "state"),
    [
        ((Found("SM9"),), 1, "sent"),
        ((CannotTell("503"),), 2, "sent"),
    ],
)
async def test_what_nobody_can_tell_of_is_sent_again(
    town: Town, finds: tuple[FindAnswer, ...], sends: int, state: str
) -> None:
    await roster(town)
    company = with_company(town, Unknown("timeout"), finds=finds)
    await car_lost(town)
    await after(town, minutes=0)
    await after(town, seconds=12)
    assert len(company.sent) == sends
    assert await call_states(town) == [state]


@SQLITE
async def test_a_number_that_takes_no_texts_brings_the_next_at_once(town: Town) -> None:
    await roster(town)
    company = with_company(town, Rejected("21610", "stopped", opted_out=True))
    await car_lost(town)
    await after(town, minutes=0)
    assert [one.address for one in company.sent] == [one.removeprefix("sms:") for one in (MARIA, SAM)]
    assert await call_states(town) == ["failed", "sent"]
    [row] = await town.rows(sa.select(STAFF.c.no_texts_since).where(STAFF.c.id == 1))
    assert row.no_texts_since == town.clock.now()


@SQLITE
async def test_a_report_that_it_did_not_arrive_brings_the_next_at_once(town: Town) -> None:
    await roster(town)
    company = with_company(town)
    await car_lost(town)
    await after(town, minutes=0)
    for _ in range(2):
        report = StatusUpdate("sms", "SM1", "undelivered", "30003")
        await town.workshop.conversations.status([report])
    await after(town, seconds=1)
    assert len(company.sent) == 2


@SQLITE
async def test_a_provider_that_is_down_delays_nothing_else(town: Town) -> None:
    await roster(town)
    with_company(town, *[TryLater(5.0)] * 100)
    await car_lost(town)
    await after(town, minutes=0)
    assert await call_states(town) == ["queued"]
    await after(town, minutes=3)
    assert len(await call_states(town)) == 2, "the next in line all the same"
    assert await town.text("PERSON", RAY), "people are answered"


@SQLITE
async def test_who_was_answered_meanwhile_is_not_called(town: Town) -> None:
    await roster(town)
    company = with_company(town, TryLater(60.0))
    item = await car_lost(town)
    await after(town, minutes=0)
    await town.workshop.database.run(
        partial(attention.finish_item, item_id=item, caseworker_id=1, now=town.clock.now())
    )
    await after(town, minutes=1)
    assert len(company.sent) == 1
    assert await call_states(town) == ["dropped"]


async def test_two_processes_call_once(town: Town) -> None:
    import asyncio

    await roster(town)
    await car_lost(town)
    await asyncio.gather(*(worker.step(town.workshop) for _ in range(4)))
    assert len(await town.new_texts(MARIA)) == 1


# --- what rings -------------------------------------------------------------------------------------


@SQLITE
async def test_who_is_silent_about_a_car_tomorrow_wakes_somebody_that_evening(town: Town) -> None:
    await roster(town)
    await town.wants_cars()
    await town.workshop.database.run(_silent_since_noon)
    town.clock.move_to(EVENING.replace(hour=20, minute=4))
    await reaching.step(town.workshop)
    await after(town, minutes=0)
    assert await town.new_texts(MARIA) == []
    town.clock.move(timedelta(minutes=1))
    await reaching.step(town.workshop)
    await after(town, minutes=0)
    [text] = await town.new_texts(MARIA)
    assert text.startswith("Onward alarm: no answer about the ride.")


@SQLITE
async def test_a_crisis_wakes_somebody_at_three_in_the_night(town: Town) -> None:
    await roster(town)
    town.clock.move_to(EVENING.replace(day=24, hour=3))
    await town.text("i want to kill myself")
    await after(town, minutes=0)
    [text] = await town.new_texts(MARIA)
    assert text.startswith("Onward alarm: ")
    assert "kill" not in text
