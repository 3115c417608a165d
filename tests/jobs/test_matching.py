"""Finding jobs for people, through the worker and the turn that tells them. What writes is tried on both
databases."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.acting import Acting, Answer, Done, Failed
from bot.cli.jobs_why import explain
from bot.clock import MovableClock
from bot.conversation import Conversations
from bot.looking import WANTS, answer_job, look_for_jobs
from bot.rides.fleet import Fleet
from bot.rides.geocoding import NoGeocoder
from bot.settings import Settings
from bot.worker import matching
from bot.worker.workshop import Workshop
from flows.actions import AnswerJob, LookForJobs
from flows.library import shipped
from storage import job_matches, jobs, people, points
from storage.database import Database
from storage.jobs import NewJob
from storage.tables import AttentionItem, Job, JobMatch, Person, Turn, table

BOSTON = ZoneInfo("America/New_York")
MONDAY = datetime(2027, 3, 1, 12, 20, tzinfo=BOSTON)
FLOWS, SETTINGS = shipped(), Settings(env="test")
MATCH, JOB, TURN, ITEM = table(JobMatch), table(Job), table(Turn), table(AttentionItem)
PERSON = table(Person)
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
HOTEL = NewJob(
    external_id="hotel", employer="Pier Hotel", title="Room attendant", address="70 Pier St", city="Boston",
    lat=42.372, lon=-71.035, days=("mon", "tue", "wed", "thu", "fri"), shifts=(("07:00", "15:00"),),
    pay_low_cents=1800, pay_per="hour", apply_how={"kind": "phone", "value": "617-555-0123"}, digest="1",
)  # fmt: skip
TITLES = ("Line cook", "Dishwasher", "Office cleaner", "Prep cook", "Picker", "Welder")
CATALOGUE = (
    HOTEL,
    *(
        replace(HOTEL, external_id=title, employer=f"{title} Co", title=title, apply_how={}, digest=title)
        for title in TITLES
    ),
    replace(HOTEL, external_id="night", title="Night cook", shifts=(("22:00", "06:00"),), digest="2"),
)
LUPITA = {"zip": "02128", "adult": True, "home_by": "20:00", "work": ["kitchen", "cleaning"]}


@dataclass
class Desk:
    """A worker, one person, and the hands that move them."""

    workshop: Workshop
    clock: MovableClock
    person: int

    async def run(self, do: Any) -> Any:
        return await self.workshop.database.run(do)

    async def look(self, again: str | None = None) -> list[str]:
        """Ask for jobs, let the worker find them, and give the titles they were told of."""
        await self.act(look_for_jobs, LookForJobs(again=again))
        return await self.step()

    async def step(self) -> list[str]:
        before = set(await self.titles("shown"))
        while await matching.step(self.workshop):
            pass
        return [title for title in await self.titles("shown") if title not in before]

    async def act(self, do: Any, action: Any) -> Answer:
        who = Acting(
            person_id=self.person, conversation_id=1, contact_point_id=1, message_id=None, last_words="",
            zone="America/New_York", now=self.clock.now(), flows=FLOWS, settings=SETTINGS,
        )  # fmt: skip
        answer: Answer = await self.run(lambda connection: do(connection, action, who))
        return answer

    async def say(self, title: str, answer: str) -> Answer:
        (id_,) = await self.rows(sa.select(JOB.c.id).where(JOB.c.title == title))
        view: Any = {"id": id_[0]}
        return await self.act(answer_job, AnswerJob(job=view, answer=answer))

    async def titles(self, state: str) -> list[str]:
        mine = sa.select(JOB.c.title).join(MATCH, MATCH.c.job_id == JOB.c.id).where(MATCH.c.state == state)
        return [row[0] for row in await self.rows(mine.order_by(MATCH.c.score.desc(), JOB.c.id))]

    async def rows(self, statement: sa.Select[Any]) -> list[Any]:
        return await self.workshop.database.read(lambda connection: list(connection.execute(statement)))

    async def wish(self) -> job_matches.WishRow:
        found = await self.workshop.database.read(partial(job_matches.wish, person_id=self.person))
        assert found is not None
        return found

    async def told(self) -> list[bool]:
        """Say of each time they were told of jobs whether they had asked."""
        turns = [row[0] for row in await self.rows(sa.select(TURN.c.event).order_by(TURN.c.id))]
        return [turn["asked"] for turn in turns if "jobs" in turn]


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    clock = MovableClock(MONDAY)
    conversations = Conversations(database, FLOWS, SETTINGS, clock, lambda name: None)
    await conversations.keep_flows()
    workshop = Workshop(
        database=database, conversations=conversations, clock=clock, settings=SETTINGS, channels={},
        rides=Fleet(()), geocoder=NoGeocoder(),
    )  # fmt: skip
    person = await database.run(partial(_begin, clock.now()))
    try:
        yield Desk(workshop, clock, person)
    finally:
        await conversations.close()


def _begin(now: datetime, connection: sa.Connection) -> int:
    point = people.add_person(
        connection, channel="sms", address="+15555550142", lang="en", zone="America/New_York", now=now
    )
    points.set_consent(connection, point.id, "given", wording="1", method="text", now=now)
    people.keep_facts(connection, {point.person_id: LUPITA})
    jobs.upsert_jobs(connection, "feed", CATALOGUE, now)
    return point.person_id


async def test_who_asks_is_told_of_three_that_fit_and_of_others_the_next_time(desk: Desk) -> None:
    assert await desk.look() == ["Room attendant", "Line cook", "Dishwasher"], "equal ones by age"
    assert await desk.look() == ["Office cleaner", "Prep cook", "Picker"]
    assert await desk.look() == ["Welder"], "the night is never offered"
    assert await desk.look() == []
    assert await desk.told() == [True] * 4, "who asks is answered, with nothing too"


async def test_a_job_gone_since_it_was_found_is_not_told_of(desk: Desk) -> None:
    await desk.look()
    left = await desk.titles("found")
    (id_,) = (await desk.rows(sa.select(JOB.c.id).where(JOB.c.title == left[0])))[0]
    await desk.run(partial(jobs.fill, id_=id_, now=desk.clock.now()))
    assert await desk.look() == left[1:]


async def test_new_jobs_come_once_a_week_at_their_hour_and_not_where_there_are_none(desk: Desk) -> None:
    await desk.look()
    due = datetime(2027, 3, 8, 10, tzinfo=BOSTON)
    assert (await desk.wish()).weekly_at == due.astimezone(UTC)
    desk.clock.move_to(due - timedelta(minutes=1))
    assert await desk.step() == []
    desk.clock.move_to(due)
    assert len(await desk.step()) == 3
    assert await desk.told() == [True, False]
    for week, titles in enumerate((["Welder"], []), 1):
        desk.clock.move_to(due + timedelta(days=7 * week))
        assert await desk.step() == titles
    assert await desk.told() == [True, False, False], "nothing new is nothing to say"
    assert (await desk.wish()).weekly_at == (due + timedelta(days=21)).astimezone(UTC), "the clock's ten"


@SQLITE
@pytest.mark.parametrize(
    ("facts", "again", "at"),
    [
        ({}, "day", datetime(2027, 3, 2, 10)),
        ({}, "week", datetime(2027, 3, 8, 10)),
        ({"jobs_at": "17:30"}, "week", datetime(2027, 3, 8, 17, 30)),
        ({"fixed_hours": [{"day": 0, "from": "09:30", "to": "11:00"}]}, "week", datetime(2027, 3, 8, 11)),
        ({"text_hours": "late"}, "week", datetime(2027, 3, 8, 14)),
        ({}, "never", None),
    ],
)
async def test_they_say_when(desk: Desk, facts: dict[str, Any], again: str, at: datetime | None) -> None:
    await desk.run(lambda connection: people.keep_facts(connection, {desk.person: facts}))
    await desk.look(again)
    found = await desk.wish()
    assert found.weekly_at == (None if at is None else at.replace(tzinfo=BOSTON).astimezone(UTC))
    assert found.daily == (again == "day")


@SQLITE
async def test_a_no_is_learned_from(desk: Desk) -> None:
    await desk.look()
    before = await _scores(desk)
    assert isinstance(await desk.say("Line cook", "not_for_me"), Done)
    await desk.run(lambda connection: job_matches.ask(connection, desk.person, desk.clock.now()))
    await desk.step()
    after = await _scores(desk)
    assert after["Prep cook"] < before["Prep cook"]
    assert after["Welder"] == before["Welder"]
    assert await desk.titles("not_for_me") == ["Line cook"]


async def _scores(desk: Desk) -> dict[str, float]:
    both = sa.select(JOB.c.title, MATCH.c.score).join(MATCH, MATCH.c.job_id == JOB.c.id)
    return {row.title: row.score for row in await desk.rows(both)}


@SQLITE
async def test_details_give_what_a_text_says(desk: Desk) -> None:
    await desk.look()
    answer = await desk.say("Room attendant", "details")
    assert isinstance(answer, Done)
    view = dict(answer.result)
    assert view.pop("reasons")
    assert view == {
        "id": view["id"], "title": "Room attendant", "employer": "Pier Hotel", "how": "phone",
        "contact": "617-555-0123", "address": "70 Pier St, Boston", "miles": view["miles"], "shift": "day",
        "hours": "7-3", "pay": "$18", "pay_per": "hour",
    }  # fmt: skip


async def test_a_job_wanted_through_staff_is_on_their_list_once(desk: Desk) -> None:
    await desk.look()
    assert isinstance(await desk.say("Room attendant", "interested"), Done)
    assert [row.kind for row in await desk.rows(sa.select(ITEM))] == [], "they call the hotel themselves"
    for _ in range(2):
        await desk.say("Line cook", "interested")
    assert [(row.kind, row.reason) for row in await desk.rows(sa.select(ITEM))] == [
        (WANTS, "Line cook, Line cook Co")
    ]
    await desk.say("Line cook", "details")
    assert "Line cook" in await desk.titles("interested"), "looking again takes nothing back"


async def test_a_job_that_is_gone_is_said_to_be(desk: Desk) -> None:
    await desk.look()
    (id_,) = (await desk.rows(sa.select(JOB.c.id).where(JOB.c.title == "Line cook")))[0]
    await desk.run(partial(jobs.pause, id_=id_, now=desk.clock.now()))
    assert await desk.say("Line cook", "interested") == Failed("gone")
    assert await desk.titles("gone") == ["Line cook"]
    assert isinstance(await desk.say("Dishwasher", "interested"), Done)


@SQLITE
async def test_staff_see_why(desk: Desk) -> None:
    await desk.look()
    rows = {row.title: row.id for row in await desk.rows(sa.select(JOB.c.title, JOB.c.id))}
    read = partial(explain, SETTINGS, desk.person)
    lines = await desk.workshop.database.read(partial(read, rows["Line cook"]))
    assert lines[0] == f"Job {rows['Line cook']}: Line cook, Line cook Co"
    assert [line.split()[0] for line in lines[1:10]] == [
        "work", "travel", "week4", "policy", "hours", "pay", "ready", "learned", "score",
    ]  # fmt: skip
    assert lines[-1] == "They have it as: shown"
    refused = await desk.workshop.database.read(partial(read, rows["Night cook"]))
    assert refused[1:] == [
        "Not offered:",
        "  its hours, with the way home, end after the hour they have to be home by",
    ]
    with pytest.raises(LookupError, match="no job 999"):
        await desk.workshop.database.read(partial(read, 999))


@SQLITE
async def test_an_erased_person_leaves_no_match(desk: Desk) -> None:
    await desk.look()
    gone = sa.delete(PERSON).where(PERSON.c.id == desk.person)
    await desk.run(lambda connection: connection.execute(gone))
    assert await desk.rows(sa.select(MATCH)) == []
