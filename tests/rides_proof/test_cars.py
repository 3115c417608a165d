"""The proof of the cars, a few cases of it; and each of its checks can fail."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from bot.rides.stub.faults import Fault
from bot.rides.stub.webhooks import HookFault
from tests.databases import KEYS
from tests.rides_proof.cars import CASES, Hook, prove
from tests.rides_proof.line import Applied, Kind
from tests.rides_proof.look import doubles, stranded, strays
from tests.rides_proof.town import Somebody
from tests.simulate.door import Inline
from tests.simulate.weather import Weather

FEW = ("book: hangs then done",)
AT = datetime(2027, 2, 24, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "database_kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)
@pytest.mark.parametrize("name", FEW)
async def test_a_few_cases_leave_nobody_stranded(database_url: str, name: str) -> None:
    fair = Weather(1)
    fair.fair = True
    door: Any = Inline(database_url, KEYS, fair)
    try:
        figures = await prove(next(case for case in CASES if case.name == name), door, 5)
    finally:
        await door.close()
    assert figures.why == []
    assert figures.ok
    assert figures.met > 3


def test_every_fault_of_the_pretend_company_is_tried() -> None:
    annotations = Fault.model_fields
    assert set(get_args(annotations["kind"].annotation)) == set(get_args(Kind))
    assert set(get_args(annotations["applied"].annotation)) == set(get_args(Applied))
    assert set(get_args(HookFault.model_fields["kind"].annotation)) == set(get_args(Hook))
    assert {case.bad.kind for case in CASES if case.bad} == set(get_args(Kind))


# --- each check can fail ----------------------------------------------------------------------------


def ride(**other: Any) -> Any:
    """A leg out as our books have it."""
    values = {"id": 1, "ref": "r1", "interview_id": 7, "person_id": 1, "leg": "out", "state": "completed"}
    return SimpleNamespace(**{**values, "wanted": "booked", "changed_at": AT, **other})


def trip(number: int = 1, **other: Any) -> dict[str, Any]:
    """A trip as the company's books have it: at the curb at 10, away at 12, there at 30."""
    values = {
        "number": number,
        "ref": "r1",
        "status": "completed",
        "curb_at": 10,
        "picked_at": 12,
        "ended_at": 30,
    }
    return {**values, **other}


RAY = Somebody(1, "there and home", 7, AT)
LEGS = {"r1": ride(), "r2": ride(id=2, ref="r2"), "h1": ride(id=3, ref="h1", leg="home")}


def test_one_car_after_the_other_is_no_double() -> None:
    missed = trip(status="no_show", picked_at=None, ended_at=15)
    assert list(doubles([missed, trip(2, ref="r2", curb_at=40, picked_at=42, ended_at=60)], LEGS)) == []
    assert list(strays([trip()], LEGS, [])) == []


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (trip(2, ref="r2", curb_at=11, picked_at=None, ended_at=14, status="no_show"), "two cars at once"),
        (trip(2, ref="r2", curb_at=40, picked_at=41, ended_at=70), "was driven twice"),
    ],
)
def test_a_second_car_is_found(second: dict[str, Any], why: str) -> None:
    assert any(why in found for found in doubles([trip(), second], LEGS))


@pytest.mark.parametrize(
    ("one", "legs", "why"),
    [
        (trip(ref="of nobody"), LEGS, "no ref of ours"),
        (trip(status="accepted", curb_at=None), LEGS, "still comes"),
        (trip(), {"r1": ride(wanted="cancelled", state="cancelled")}, "though it was called off"),
    ],
)
def test_a_car_for_nobody_is_found(one: dict[str, Any], legs: dict[str, Any], why: str) -> None:
    (found,) = strays([one], legs, [])
    assert why in found


def test_who_has_no_car_is_found_unless_a_human_knew_in_time() -> None:
    lost = trip(picked_at=None, status="driver_canceled")
    (found,) = stranded(RAY, [lost], LEGS, [], [])
    assert "no car there" in found
    knew = SimpleNamespace(person_id=1, kind="car lost", created_at=AT - timedelta(minutes=1))
    assert list(stranded(RAY, [lost], LEGS, [knew], [])) == []
    late = SimpleNamespace(person_id=1, kind="car lost", created_at=AT + timedelta(minutes=1))
    assert list(stranded(RAY, [lost], LEGS, [late], [])) != []
    other = SimpleNamespace(person_id=1, kind="a question", created_at=AT - timedelta(minutes=1))
    assert list(stranded(RAY, [lost], LEGS, [other], [])) != []


def test_who_waits_for_the_car_home_is_found() -> None:
    waits = Somebody(1, "there and home", 7, AT, called_at=AT + timedelta(hours=1))
    (found,) = stranded(waits, [trip()], LEGS, [], [])
    assert "no car home" in found
    assert list(stranded(waits, [trip(), trip(2, ref="h1")], LEGS, [], [])) == []


def test_a_miss_without_a_word_is_found() -> None:
    legs = {"r1": ride(state="missed")}
    knew = SimpleNamespace(person_id=1, kind="no-show", created_at=AT)
    (found,) = stranded(RAY, [trip(picked_at=None)], legs, [knew], [])
    assert "got no word" in found
    text = SimpleNamespace(conversation_id=1, kind="ride", at=AT + timedelta(minutes=1))
    assert list(stranded(RAY, [trip(picked_at=None)], legs, [knew], [text])) == []
