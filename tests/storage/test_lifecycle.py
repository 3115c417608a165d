"""Lives of interviews and rides: only the table's steps are taken, each is written down, and drawn."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import interviews, lifecycle, rides
from storage.lifecycle import INTERVIEW, MACHINES, RIDE, ImpossibleStep
from storage.subjects import About
from storage.tables import LifecycleStep, Person, table
from storage.tables.going import LIVE_RIDES, InterviewState, RideState
from tests.storage.samples import NOW, a_ride, an_interview, someone

DOCS = Path(__file__).parents[2] / "docs" / "rides.md"
STATES = st.sampled_from(get_args(RideState))
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.mark.parametrize("about", ["interview", "ride"])
def test_the_guide_shows_the_table(about: About) -> None:
    assert f"```mermaid\n{lifecycle.drawn(about)}```" in DOCS.read_text(encoding="utf-8")


def test_what_is_over_stays_over_and_what_lives_can_end() -> None:
    over = {state for state in get_args(RideState) if state not in LIVE_RIDES}
    assert {state for state in RIDE if state is not None and not RIDE[state]} == over
    assert INTERVIEW["cancelled"] == frozenset()
    for machine in MACHINES.values():
        ends = {state for state, follow in machine.items() if not follow - {"done", "missed"}}
        for state in machine:
            assert _reached(machine, state) & ends


def _reached(machine: lifecycle.Machine, begin: str | None) -> set[str | None]:
    found: set[str | None] = {begin}
    while more := {after for state in found for after in machine[state]} - found:
        found |= more
    return found


@sqlite_only
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(asked=st.lists(st.tuples(STATES, st.sampled_from(["booked", "cancelled"])), max_size=12))
def test_a_ride_takes_only_steps_of_the_table_and_keeps_each(
    connection: sa.Connection, asked: list[tuple[str, str]]
) -> None:
    ride = a_ride(connection, an_interview(connection, someone(connection)))
    for minute, (state, wanted) in enumerate(asked):
        possible = state == ride.state or state in RIDE[ride.state]
        possible = possible and (ride.wanted, wanted) != ("cancelled", "booked")
        at = NOW + timedelta(minutes=minute)
        if possible:
            changed = rides.change_ride(connection, ride.id, ride.version, at, state=state, wanted=wanted)
            assert changed is not None
            ride = changed
        else:
            with pytest.raises(ImpossibleStep):
                rides.change_ride(connection, ride.id, ride.version, at, state=state, wanted=wanted)
            assert rides.ride(connection, ride.id) == ride
    kept = lifecycle.steps(connection, "ride", ride.id)
    assert (kept[0].before, kept[0].after, kept[0].version) == (None, "held", 1)
    for one, two in pairwise(kept):
        assert two.before == one.after
        assert two.version > one.version
        assert (two.before, one.wanted) != (two.after, two.wanted), "a step that changes nothing"
    assert (kept[-1].after, kept[-1].wanted) == (ride.state, ride.wanted)


@sqlite_only
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(acts=st.lists(st.sampled_from(["move", "confirm", "cancel", "hired", "missed"]), max_size=8))
def test_an_interview_takes_only_steps_of_the_table_and_keeps_each(
    connection: sa.Connection, acts: list[str]
) -> None:
    row = an_interview(connection, someone(connection))
    for act in acts:
        before = row
        match act:
            case "move":
                interviews.move(
                    connection, row.id, row.version, at=row.at + timedelta(days=1), wall=row.wall, now=NOW
                )
            case "confirm":
                interviews.confirm(connection, row.id, row.version, NOW)
            case "cancel":
                interviews.cancel(connection, row.id, row.version, NOW)
            case _:
                interviews.set_outcome(connection, row.id, act, NOW)
        found = interviews.interview(connection, row.id)
        assert found is not None
        row = found
        assert row.state == before.state or row.state in INTERVIEW[before.state]
    kept = lifecycle.steps(connection, "interview", row.id)
    assert [one.after for one in kept][-1] == row.state
    assert all(two.before == one.after for one, two in pairwise(kept))
    assert all(one.after in get_args(InterviewState) for one in kept)


@pytest.mark.parametrize("state", sorted(set(get_args(RideState)) - RIDE["held"] - {"held"}))
@sqlite_only
def test_an_impossible_step_is_a_bug_and_changes_nothing(connection: sa.Connection, state: str) -> None:
    ride = a_ride(connection, an_interview(connection, someone(connection)))
    with pytest.raises(ImpossibleStep, match=f"that is held cannot become {state}"):
        rides.change_ride(connection, ride.id, ride.version, NOW, state=state)
    assert rides.ride(connection, ride.id) == ride
    assert len(lifecycle.steps(connection, "ride", ride.id)) == 1


def test_a_step_says_who_and_why(connection: sa.Connection) -> None:
    ride = a_ride(connection, an_interview(connection, someone(connection)))
    ended = rides.change_ride(
        connection, ride.id, 1, NOW, actor="caseworker:1", state="failed", reason="no_cars"
    )
    assert ended is not None
    last = lifecycle.steps(connection, "ride", ride.id)[-1]
    assert (last.before, last.after, last.wanted, last.version) == ("held", "failed", "booked", 2)
    assert (last.actor, last.reason, last.at) == ("caseworker:1", "no_cars", NOW)


def test_a_life_goes_with_its_person(connection: sa.Connection) -> None:
    ray = someone(connection)
    a_ride(connection, an_interview(connection, ray))
    steps = sa.select(sa.func.count()).select_from(table(LifecycleStep))
    assert connection.scalar(steps) == 2
    connection.execute(sa.delete(table(Person)).where(table(Person).c.id == ray.person_id))
    assert connection.scalar(steps) == 0


def _all_steps() -> Iterator[tuple[About, str | None, str]]:
    for about, machine in MACHINES.items():
        for before, follow in machine.items():
            yield from ((about, before, after) for after in follow)


@pytest.mark.parametrize(("about", "before", "after"), sorted(_all_steps(), key=str))
def test_every_step_of_the_table_is_allowed(about: About, before: str | None, after: str) -> None:
    lifecycle.allow(about, before, after)
