"""The harness in small: five kills on each database, and proof that its checks can fail."""

import asyncio
import signal
from collections import defaultdict
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from random import Random
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest

from tests import postgres
from tests.crash.checker import Counts, Said, came_in, cars, check, in_order, went_out
from tests.crash.driver import Driver
from tests.crash.installation import COMPANY, Kind, Stop, installation
from tests.crash.launch import POINTS, found
from tests.crash.people import ASKED, COUNT, Person, Text
from tests.crash.weather import Blow, kills

SMALL_CROWD = 6


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_killed_five_times_under_traffic(kind: Kind) -> None:
    said: list[str] = []
    try:
        with installation(kind) as made:
            driver = Driver(made, Random(5), SMALL_CROWD, said.append)
            asyncio.run(driver.run(5))
            counts = check(driver)
    except postgres.Unavailable as reason:
        pytest.skip(str(reason))
    assert not counts.broken, [*said, *counts.why]
    assert sum(text.kept is not None for text in driver.log.texts) > SMALL_CROWD


def test_every_point_is_there() -> None:
    assert len(POINTS) >= 10
    for point in POINTS:
        assert callable(found(point.at)), point


@pytest.mark.parametrize(
    ("last", "heard", "sure"),
    [
        ("number bb", [ASKED, "Got number bb.", ASKED], True),
        ("number bb", [ASKED, "Got number bb."], False),
        ("number bb", [ASKED], False),
        (COUNT, ["Got COUNT.", ASKED, ASKED], False),  # the echo of an earlier COUNT
    ],
)
def test_a_number_is_sure_where_the_last_one_came_back(last: str, heard: list[str], sure: bool) -> None:
    lines = iter([("number bc", ASKED)])
    person = Person("sms", "+15555550101", lines, last=last, waits_for=ASKED)
    person.next_words(heard)
    assert person.surely == (["number bc"] if sure else [])


@pytest.mark.parametrize(("kind", "polled"), [("sqlite", True), ("postgres", False)])
def test_every_blow_and_every_point_has_its_turn(kind: str, polled: bool) -> None:
    planned = kills(Random(1), 100, kind, polled=polled)
    points = {kill.point.name for kill in planned if kill.point}
    assert points == {point.name for point in POINTS if polled or not point.polled}
    assert {kill.blow for kill in planned} == set(get_args(Blow)) - (
        {"database"} if kind == "sqlite" else set()
    )
    whose = {kill.victim for kill in planned if kill.point and kill.point.who == COMPANY}
    assert whose == {COMPANY}


# --- each check can fail ----------------------------------------------------------------------------


def a_text(words: str, id_: str, *, began: float = 1.0, kept: float | None = 2.0) -> Text:
    return Text("sms", "+15555550101", id_, words, "", b"", {}, began, kept)


def a_row(**values: Any) -> Mapping[str, Any]:
    plain = {"id": 1, "channel": "sms", "direction": "in", "kind": "text", "state": "received", "body": "one"}
    address = {"provider_id": "SM1", "sending_since": None, "conversation_id": 7, "address": "+15555550101"}
    return {**plain, **address, "error": None, **values}


def out(id_: int, sid: str | None, body: str = "hello", **values: Any) -> Mapping[str, Any]:
    sent = {"direction": "out", "kind": "reply", "state": "sent", "sending_since": 1, "body": body}
    return a_row(id=id_, provider_id=sid, **{**sent, **values})


def said(sid: str, body: str = "hello") -> Said:
    return Said("sms", "+15555550101", sid, body)


@pytest.mark.parametrize(
    ("rows", "turns", "figures"),
    [
        ([a_row()], ["one"], {}),
        ([], [], {"lost": 1}),
        ([a_row()], [], {"lost": 1}),
        ([a_row()], ["one", "one"], {"handled_twice": 1}),
    ],
    ids=["well", "no row", "no turn", "two turns"],
)
def test_what_came_in_is_counted(rows: list[Any], turns: list[str], figures: dict[str, int]) -> None:
    counts = Counts()
    came_in([a_text("one", "SM1")], rows, {7: turns}, counts)
    assert (counts.lost, counts.handled_twice) == (figures.get("lost", 0), figures.get("handled_twice", 0))
    assert counts.broken == bool(figures)


@pytest.mark.parametrize(
    ("rows", "phone", "delivered", "figures"),
    [
        ([out(1, "SM1")], [said("SM1")], [], {}),
        ([out(1, None, state="maybe_sent")], [], [], {}),
        ([out(1, None, state="maybe_sent")], [said("SM1")], [], {}),
        ([out(1, "SM1")], [], [], {"lost": 1}),
        ([out(1, "SM1")], [said("SM1")], ["SM1"], {"lost": 1}),
        ([out(1, "SM1")], [said("SM1"), said("SM2")], [], {"sent_twice": 1}),
        ([out(1, "SM1"), out(2, "SM2")], [said("SM1"), said("SM2")], [], {}),
    ],
    ids=["well", "perhaps", "perhaps, and it was", "not there", "report lost", "twice", "two alike"],
)
def test_what_went_out_is_counted(
    rows: list[Any], phone: list[Said], delivered: list[str], figures: dict[str, int]
) -> None:
    counts = Counts()
    went_out(rows, phone, delivered, counts)
    assert (counts.lost, counts.sent_twice) == (figures.get("lost", 0), figures.get("sent_twice", 0))


@pytest.mark.parametrize(
    ("state", "told", "lost"), [("failed", "SM1", 0), ("delivered", "SM1", 1), ("failed", "SM9", 0)]
)
def test_a_failure_that_was_reported_is_written_down(state: str, told: str, lost: int) -> None:
    counts = Counts()
    went_out([out(1, "SM1", state=state)], [said("SM1")], [], counts, [told])
    assert counts.lost == lost


@pytest.mark.parametrize(
    ("seconds", "starved", "code", "well"),
    [(9.0, 0.0, 0, True), (12.0, 3.0, -signal.SIGTERM, True), (12.0, 1.0, 0, False), (1.0, 0.0, 1, False)],
)
def test_a_stop_is_slow_by_its_own_seconds_only(
    seconds: float, starved: float, code: int, well: bool
) -> None:
    ended = cast(BaseProcess, SimpleNamespace(exitcode=code))
    assert Stop(ended, 0.0, {}, seconds, starved).well is well


def test_order_is_counted_where_it_was_certain() -> None:
    first, second = a_text("number 1", "SM1"), a_text("number 2", "SM2", began=3.0, kept=4.0)
    beside = a_text("number 3", "SM3", began=1.5, kept=3.5)
    rows = [a_row(), out(5, "SM5"), out(6, "SM6")]
    orders = {
        ("number 1", "number 2", "number 3"): 0,
        ("number 3", "number 1", "number 2"): 0,
        ("number 2", "number 1"): 1,
    }
    for order, wrong in orders.items():
        counts = Counts()
        in_order([first, second, beside], rows, {7: order}, [said("SM5"), said("SM6")], counts)
        assert counts.out_of_order == wrong, order
    counts = Counts()
    in_order([], rows, defaultdict(list), [said("SM6"), said("SM5")], counts)
    assert counts.out_of_order == 1


@pytest.mark.parametrize(
    ("state", "trips", "twice", "lost"),
    [
        ("booked", ["scheduled"], 0, 0),
        ("booked", ["scheduled", "rider_canceled"], 0, 0),
        ("booked", ["scheduled", "scheduled"], 1, 0),
        ("completed", ["completed", "completed"], 1, 0),
        ("cancelled", ["scheduled"], 0, 1),
        ("booked", [], 0, 1),
    ],
)
def test_cars_are_counted(state: str, trips: list[str], twice: int, lost: int) -> None:
    counts, ride = Counts(), {"ref": "R1", "state": state, "provider_id": "trip-0"}
    named = [{"request_id": f"trip-{n}", "external_ref": "R1", "status": one} for n, one in enumerate(trips)]
    cars([ride], named, counts)
    assert (counts.rides_twice, counts.rides_lost) == (twice, lost)
