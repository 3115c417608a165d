"""When texts that we start may leave: hours, zones, caps, nudges, early mornings; what keeps none of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.planning import plan_interview
from bot.reminders.hours import to_utc
from bot.worker import deliver
from storage import interviews, messages, points, rides
from storage.messages import NewOutbound
from storage.points import Point
from storage.subjects import subject
from storage.tables import ContactPoint, Conversation, Interview, Person, Timer, table
from tests.worker.conftest import BOSTON, FLOWS, MESSAGE, RAY, Town

PERSON, POINT, INTERVIEW, TIMER = table(Person), table(ContactPoint), table(Interview), table(Timer)
one_database = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
NIGHT = datetime(2027, 2, 23, 23, tzinfo=BOSTON)
MORNING = datetime(2027, 2, 24, 9, tzinfo=BOSTON)


class Ray:
    """Ray, who said yes at 17:48, and what waits for him."""

    def __init__(self, town: Town, point: Point) -> None:
        self.town, self.point = town, point

    async def is_(self, **values: Any) -> None:
        """Set columns of his record."""
        change = sa.update(PERSON).where(PERSON.c.id == self.point.person_id).values(**values)
        await self.town.workshop.database.run(lambda connection: connection.execute(change).rowcount)

    async def waits(self, *kinds: Any, at: datetime | None = None, **more: Any) -> list[str]:
        """Queue a text of each kind, now unless told otherwise, run the worker, and list states."""
        if at is not None:
            self.town.clock.move_to(at)
        now = self.town.clock.now()
        made = {"at": now, "due_at": now, "epoch": 0, **more}
        rows = [
            NewOutbound(
                conversation_id=self.point.conversation_id, contact_point_id=self.point.id,
                channel="simulator", sender="schedule", kind=kind, body=f"{kind}.", **made,
            )
            for kind in kinds
        ]  # fmt: skip
        await self.town.workshop.database.run(partial(messages.queue, messages=rows))
        return (await self.stand())[-len(kinds) :]

    async def stand(self, at: datetime | None = None) -> list[str]:
        """Run the worker and say how each text stands."""
        if at is not None:
            self.town.clock.move_to(at)
        for _ in range(20):
            if not await deliver.step(self.town.workshop):
                break
        out = sa.select(MESSAGE.c.state).where(MESSAGE.c.sender == "schedule").order_by(MESSAGE.c.id)
        return [row.state for row in await self.town.rows(out)]

    async def due(self) -> datetime:
        """Say for when the newest text was put off."""
        rows = await self.town.rows(sa.select(MESSAGE.c.due_at).order_by(MESSAGE.c.id.desc()).limit(1))
        moment: datetime = rows[0].due_at
        return moment


@pytest.fixture
async def ray(town: Town) -> Ray:
    await town.talk("ride7", "y")
    find = partial(points.find_point, channel="simulator", address=RAY)
    found = await town.workshop.database.read(find)
    assert found is not None
    return Ray(town, found)


# --- hours ------------------------------------------------------------------------------------------------


async def test_what_we_start_waits_for_the_morning(ray: Ray) -> None:
    assert await ray.waits("nudge", "reminder", at=NIGHT) == ["queued"] * 2
    assert await ray.due() == MORNING
    assert await ray.stand(MORNING) == ["sent"] * 2


@one_database
async def test_people_have_hours_of_their_own(ray: Ray) -> None:
    await ray.is_(texts_from="14:00", texts_to="22:00")
    assert await ray.waits("reminder", at=datetime(2027, 2, 23, 21, 30, tzinfo=BOSTON)) == ["sent"]
    assert await ray.waits("reminder", at=NIGHT) == ["queued"]
    assert await ray.due() == datetime(2027, 2, 24, 14, tzinfo=BOSTON)


@one_database
async def test_hours_may_go_past_midnight(ray: Ray) -> None:
    await ray.is_(texts_from="20:00", texts_to="04:00")
    assert await ray.waits("reminder", at=NIGHT) == ["sent"]
    assert await ray.waits("reminder", at=datetime(2027, 2, 24, 3, 59, tzinfo=BOSTON)) == ["sent"]
    assert await ray.waits("reminder", at=datetime(2027, 2, 24, 4, tzinfo=BOSTON)) == ["queued"]
    assert await ray.due() == datetime(2027, 2, 24, 20, tzinfo=BOSTON)


@one_database
async def test_where_two_zones_may_be_theirs_both_must_allow_it(ray: Ray) -> None:
    await ray.is_(other_zones="America/Los_Angeles")
    assert await ray.waits("reminder", at=datetime(2027, 2, 24, 9, tzinfo=BOSTON)) == ["queued"]
    assert await ray.due() == datetime(2027, 2, 24, 12, tzinfo=BOSTON)  # 9:00 in Los Angeles
    assert await ray.waits("reminder", at=datetime(2027, 2, 24, 20, tzinfo=BOSTON)) == ["queued"]
    assert await ray.due() == datetime(2027, 2, 25, 12, tzinfo=BOSTON)


@one_database
async def test_a_zip_near_a_border_of_zones_is_in_both(town: Town) -> None:
    answers = ("ride7", "y", "not yet", "ray", "yes", "37402", "no", "no", "anything", "no")
    for words in answers:  # Chattanooga: Alabama begins near by
        await town.text(words)
    (row,) = await town.rows(sa.select(PERSON.c.zone, PERSON.c.other_zones))
    assert (row.zone, row.other_zones) == ("America/New_York", "America/Chicago")


@one_database
async def test_hours_asked_for_by_text_are_kept(town: Town) -> None:
    await town.talk("ride7", "y", "i work nights", "2", "no")
    (row,) = await town.rows(sa.select(PERSON))
    assert (row.texts_from, row.texts_to, row.early_ok) == ("14:00", "22:00", False)
    await town.talk("hours", "3", "1 pm", "y", "9 pm", "y", "yes")
    (row,) = await town.rows(sa.select(PERSON))
    assert (row.texts_from, row.texts_to, row.early_ok) == ("13:00", "21:00", True)
    await town.talk("horas", "1", "no")
    (row,) = await town.rows(sa.select(PERSON))
    assert (row.texts_from, row.texts_to) == (None, None)


@one_database
async def test_what_they_wait_for_comes_at_night(ray: Ray) -> None:
    assert await ray.waits("reply", "ride", "staff", "crisis", "consent", at=NIGHT) == ["sent"] * 5


@one_database
async def test_an_answer_that_comes_late_at_night_waits_for_the_morning(ray: Ray) -> None:
    said = NIGHT - timedelta(minutes=16)
    assert await ray.waits("reply", at=NIGHT, due_at=NIGHT) == ["sent"]
    late = {"due_at": NIGHT + timedelta(minutes=1)}
    ray.town.clock.move_to(said + timedelta(minutes=17))
    rows = replace(_reply(ray.point), at=said, due_at=late["due_at"])
    await ray.town.workshop.database.run(partial(messages.queue, messages=[rows]))
    assert await ray.stand(NIGHT + timedelta(minutes=1)) == ["sent", "queued"]
    assert await ray.due() == MORNING


def _reply(point: Point) -> NewOutbound:
    return NewOutbound(
        conversation_id=point.conversation_id, contact_point_id=point.id, channel="simulator",
        sender="schedule", kind="reply", body="late", at=NIGHT, due_at=NIGHT, epoch=0,
    )  # fmt: skip


# --- caps -------------------------------------------------------------------------------------------------


async def test_three_a_day_and_the_fourth_tomorrow(ray: Ray) -> None:
    noon = datetime(2027, 2, 24, 12, tzinfo=BOSTON)
    assert await ray.waits("reminder", "reminder", "reminder", "reminder", at=noon) == ["sent"] * 3 + [
        "queued"
    ]
    assert await ray.due() == MORNING + timedelta(days=1)
    assert await ray.waits("reply", "ride", "staff") == ["sent"] * 3, "these are never capped"
    assert (await ray.stand(MORNING + timedelta(days=1)))[3] == "sent"


@one_database
async def test_a_day_with_an_appointment_has_no_cap_and_no_late_answer(ray: Ray) -> None:
    await ray.town.wants_cars()  # tomorrow, 8 am
    morning = datetime(2027, 2, 24, 9, 30, tzinfo=BOSTON)
    assert await ray.waits(*["reminder"] * 5, at=morning) == ["sent"] * 5


@one_database
async def test_a_nudge_stops_after_three_without_an_answer(ray: Ray) -> None:
    states = []
    for day in range(5):
        states += await ray.waits("nudge", at=MORNING + timedelta(days=day))
    assert states == ["sent", "sent", "sent", "dropped", "dropped"]
    (row,) = await ray.town.rows(sa.select(MESSAGE.c.error).where(MESSAGE.c.state == "dropped").limit(1))
    assert row.error == "unanswered"
    await ray.town.text("menu")
    assert await ray.waits("nudge", at=MORNING + timedelta(days=5)) == ["sent"]


# --- work before seven ------------------------------------------------------------------------------------


@one_database
async def test_about_a_ride_to_work_nobody_is_woken_before_seven(ray: Ray) -> None:
    await ray.town.wants_cars()
    about, early = subject("interview", 1), datetime(2027, 2, 24, 5, 10, tzinfo=BOSTON)
    assert await ray.waits("ride", at=early, subject=about) == ["sent"], "an interview is an interview"
    change = sa.update(INTERVIEW).values(kind="work")
    await ray.town.workshop.database.run(lambda connection: connection.execute(change).rowcount)
    assert await ray.waits("ride", subject=about) == ["queued"]
    assert await ray.due() == early.replace(hour=7, minute=0)
    await ray.is_(early_ok=True)
    assert await ray.waits("ride", subject=about) == ["sent"]


# --- numbers that fail, phones that are shared ------------------------------------------------------------


async def test_a_number_that_fails_is_paused_until_they_write(ray: Ray) -> None:
    for _ in range(2):
        await ray.town.workshop.database.run(partial(points.count_failure, point_id=ray.point.id))
    assert await ray.waits("reminder", "ride", at=MORNING) == ["dropped", "sent"]
    await ray.town.text("menu")
    assert await ray.waits("reminder") == ["sent"]


@one_database
async def test_a_text_that_arrives_ends_a_streak(ray: Ray) -> None:
    database = ray.town.workshop.database
    for what in ("count_failure", "arrived", "count_failure"):
        await database.run(partial(getattr(points, what), point_id=ray.point.id))
    (row,) = await ray.town.rows(sa.select(POINT.c.state, POINT.c.failures))
    assert (row.state, row.failures) == ("active", 1)
    await database.run(partial(points.count_failure, point_id=ray.point.id))
    await database.run(partial(points.arrived, point_id=ray.point.id))
    (row,) = await ray.town.rows(sa.select(POINT.c.state, POINT.c.failures))
    assert (row.state, row.failures) == ("active", 0)


@one_database
async def test_each_phone_says_for_itself_how_much_may_be_said(town: Town) -> None:
    for words in ("hi", "yes", "shared", "2", "1234"):
        await town.text(words)
    (row,) = await town.rows(sa.select(POINT))
    assert row.discreet is True
    own = "telegram:9001"
    await town.workshop.database.run(
        partial(points.add_point, person_id=1, channel="simulator", address=own, now=town.clock.now())
    )
    await town.workshop.database.run(partial(points.set_discreet, point_id=2, discreet=False))
    yes = partial(
        points.set_consent, point_id=2, change="given", wording="1", method="text", now=town.clock.now()
    )
    await town.workshop.database.run(yes)
    spoken = []
    for phone in (own, RAY):
        await town.text("menu", phone)
        (talk,) = await town.rows(_progress())
        spoken.append(talk.progress["facts"]["discreet"])
    assert spoken == [False, True]


def _progress() -> sa.Select[Any]:
    return sa.select(table(Conversation).c.progress)


# --- the clocks change ------------------------------------------------------------------------------------


@one_database
async def test_the_day_before_the_clocks_change_who_rides_is_told(town: Town) -> None:
    await town.wants_cars()
    at = datetime(2027, 3, 15, 8)  # the clocks change in the night to the 14th
    moment = to_utc(at, "America/New_York")

    def move(connection: sa.Connection) -> None:
        interviews.move(connection, 1, 1, at=moment, wall=at, now=town.clock.now())
        pickup = {"pickup_at": moment - timedelta(minutes=50), "state": "accepted"}
        connection.execute(sa.update(rides.RIDE).where(rides.RIDE.c.leg == "out").values(**pickup))
        plan_interview(connection, FLOWS, 1, town.clock.now())

    await town.workshop.database.run(move)
    await town.settle()
    told = sa.select(TIMER).where(TIMER.c.name == "interview.clocks", TIMER.c.state == "waiting")
    (row,) = await town.rows(told)
    assert row.due_at == datetime(2027, 3, 13, 12, tzinfo=BOSTON)
    assert row.useful_until == datetime(2027, 3, 13, 20, tzinfo=BOSTON)
    town.clock.move_to(row.due_at)
    (text,) = [body for body in await town.settle() if body.startswith("Clocks change tonight.")]
    assert "Mon Mar 15 at 7:10 am, new time" in text


@one_database
async def test_a_number_from_elsewhere_keeps_both_clocks_until_the_zip_is_known(town: Town) -> None:
    phone = "sms:+12135550142"
    for words in ("ride7", "y"):
        await town.text(words, phone)
    (row,) = await town.rows(sa.select(PERSON.c.zone, PERSON.c.other_zones))
    assert (row.zone, row.other_zones) == ("America/New_York", "America/Los_Angeles")
    for words in ("not yet", "ray", "yes", "02119", "no", "no", "anything", "no"):
        await town.text(words, phone)
    (row,) = await town.rows(sa.select(PERSON.c.zone, PERSON.c.other_zones))
    assert (row.zone, row.other_zones) == ("America/New_York", None)
