"""Leases, and the timers that live by them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import due, interviews, timers
from storage.subjects import subject
from storage.tables import Timer, table
from storage.timers import EngineTimer, PlanTimer
from tests.storage.samples import NOW, an_interview, minutes, someone

TIMER = table(Timer)


def set_one(connection: sa.Connection, conversation_id: int, token: str, at: float) -> None:
    timer = EngineTimer(conversation_id=conversation_id, token=token, at=minutes(at))
    timers.set_timers(connection, [timer], NOW)


def names(rung: list[timers.Rung]) -> list[str]:
    return [one.name for one in rung]


def states(connection: sa.Connection) -> dict[str, str]:
    return {row.name: row.state for row in connection.execute(sa.select(TIMER.c.name, TIMER.c.state))}


@pytest.mark.parametrize(
    "attempts, seconds", [(0, 15), (1, 15), (2, 30), (3, 60), (7, 960), (8, 1800), (99, 1800)]
)
def test_waits_grow_and_end_at_half_an_hour(attempts: int, seconds: int) -> None:
    assert due.back_off(attempts) == timedelta(seconds=seconds)


def test_a_timer_rings_when_due_and_once(connection: sa.Connection) -> None:
    talk = someone(connection).conversation_id
    set_one(connection, talk, "a", 10)
    assert timers.claim(connection, minutes(9.9), 10) == []
    (rung,) = timers.claim(connection, minutes(10), 10)
    assert (rung.conversation_id, rung.kind, rung.name, rung.due_at) == (talk, "engine", "a", minutes(10))
    assert timers.finish(connection, [rung.lease], minutes(10))
    assert timers.claim(connection, minutes(99), 10) == []
    assert states(connection) == {"a": "done"}


def test_a_dead_workers_timer_comes_back(connection: sa.Connection) -> None:
    set_one(connection, someone(connection).conversation_id, "a", 0)
    (lost,) = timers.claim(connection, NOW, 10)
    assert timers.claim(connection, minutes(0.5), 10) == []
    (again,) = timers.claim(connection, minutes(1), 10)
    assert again.lease.attempts == 2
    assert not timers.finish(connection, [lost.lease], minutes(1))
    assert timers.finish(connection, [again.lease], minutes(1))


def test_setting_it_again_replaces_it_even_while_it_rings(connection: sa.Connection) -> None:
    talk = someone(connection).conversation_id
    set_one(connection, talk, "nudge", 0)
    (rung,) = timers.claim(connection, NOW, 10)
    set_one(connection, talk, "nudge", 30)
    assert not timers.finish(connection, [rung.lease], NOW)
    assert names(timers.claim(connection, minutes(29), 10)) == []
    assert names(timers.claim(connection, minutes(30), 10)) == ["nudge"]
    assert connection.execute(sa.select(sa.func.count()).select_from(TIMER)).scalar_one() == 1


def test_a_cleared_timer_is_silent_and_only_that_one(connection: sa.Connection) -> None:
    ray, dee = someone(connection), someone(connection, "+15555550102")
    for person in (ray, dee):
        set_one(connection, person.conversation_id, "a", 0)
    timers.clear_timers(connection, [(ray.conversation_id, "a")], NOW)
    assert [one.conversation_id for one in timers.claim(connection, NOW, 10)] == [dee.conversation_id]


def test_the_next_due_moment_counts_leases(connection: sa.Connection) -> None:
    assert due.next_due(connection, [timers.TIMERS]) is None
    talk = someone(connection).conversation_id
    set_one(connection, talk, "a", 5)
    set_one(connection, talk, "b", 9)
    assert due.next_due(connection, [timers.TIMERS]) == minutes(5)
    timers.claim(connection, minutes(5), 10)
    assert due.next_due(connection, [timers.TIMERS]) == minutes(6)
    assert due.next_due(connection, [timers.TIMERS], after=minutes(6)) == minutes(9)
    assert due.next_due(connection, [timers.TIMERS], after=minutes(9)) is None


def test_the_soonest_rings_first_within_the_limit(connection: sa.Connection) -> None:
    talk = someone(connection).conversation_id
    for token, at in (("late", 3), ("early", 1), ("middle", 2)):
        set_one(connection, talk, token, at)
    assert names(timers.claim(connection, minutes(5), 2)) == ["early", "middle"]
    assert names(timers.claim(connection, minutes(5), 2)) == ["late"]


def plan(*events: tuple[str, float, float | None]) -> list[PlanTimer]:
    return [
        PlanTimer(event=name, at=minutes(at), useful_until=None if until is None else minutes(until))
        for name, at, until in events
    ]


def test_a_plan_is_replaced_and_what_rang_does_not_ring_again(connection: sa.Connection) -> None:
    ray = someone(connection)
    meeting = an_interview(connection, ray)
    about = subject("interview", meeting.id)
    first = plan(("interview.tomorrow", 0, None), ("interview.today", 60, None), ("gone", 70, None))
    timers.set_plan(connection, ray.conversation_id, about, 1, first, NOW)
    (rung,) = timers.claim(connection, NOW, 10)
    timers.finish(connection, [rung.lease], NOW)
    again = plan(("interview.tomorrow", 0, None), ("interview.today", 90, None))
    timers.set_plan(connection, ray.conversation_id, about, 1, again, NOW)
    assert states(connection) == {
        "interview.tomorrow": "done",
        "interview.today": "waiting",
        "gone": "dropped",
    }
    assert due.next_due(connection, [timers.TIMERS]) == minutes(90)


def test_a_new_version_rings_from_the_start(connection: sa.Connection) -> None:
    ray = someone(connection)
    meeting = an_interview(connection, ray)
    about = subject("interview", meeting.id)
    timers.set_plan(connection, ray.conversation_id, about, 1, plan(("interview.today", 0, None)), NOW)
    (rung,) = timers.claim(connection, NOW, 10)
    timers.finish(connection, [rung.lease], NOW)
    assert interviews.move(connection, meeting.id, 1, at=meeting.at, wall=meeting.wall, now=NOW)
    timers.set_plan(connection, ray.conversation_id, about, 2, plan(("interview.today", 5, None)), NOW)
    assert names(timers.claim(connection, minutes(5), 10)) == ["interview.today"]


def test_a_timer_about_what_moved_on_never_rings(connection: sa.Connection) -> None:
    ray = someone(connection)
    meeting = an_interview(connection, ray)
    about = subject("interview", meeting.id)
    timers.set_plan(connection, ray.conversation_id, about, 1, plan(("interview.today", 0, None)), NOW)
    assert interviews.cancel(connection, meeting.id, 1, NOW)
    assert timers.claim(connection, NOW, 10) == []
    assert states(connection) == {"interview.today": "dropped"}


def test_a_late_timer_rings_only_while_it_is_useful(connection: sa.Connection) -> None:
    ray = someone(connection)
    about = subject("interview", an_interview(connection, ray).id)
    rows = plan(("stale", 0, 30), ("useful", 0, 120))
    timers.set_plan(connection, ray.conversation_id, about, 1, rows, NOW)
    assert names(timers.claim(connection, minutes(60), 10)) == ["useful"]
    assert states(connection)["stale"] == "expired"


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_two_workers_share_the_timers(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        talk = someone(connection).conversation_id
        for number in range(20):
            set_one(connection, talk, f"{number}", 0)
    with engine.begin() as one, engine.begin() as two:
        first, second = timers.claim(one, NOW, 12), timers.claim(two, NOW, 12)
    assert len(first) == 12
    assert len({*names(first), *names(second)}) == 20
