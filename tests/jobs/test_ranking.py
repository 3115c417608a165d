"""Ranking: what refuses a job, what each line gives, and that the best of many are the best of all."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.jobs import skills, travel
from bot.jobs.hours import against, kind_of, span_of, weekly_hours
from bot.jobs.near import near
from bot.jobs.ranking import Catalogue, best, catalogue, learned_from, rank, why
from bot.jobs.score import Learned, Match, Refused
from flows.wishes import FixedHours, Wishes, read_wishes, write_wishes
from storage.jobs import JobRow
from tests.bench.matching import made

TODAY = date(2027, 3, 1)
HERE = (42.35, -71.06)
WEEK = ("mon", "tue", "wed", "thu", "fri")
HOTEL = JobRow(
    id=1, employer_id=7, employer="Pier Hotel", policy="has_hired_ours", source="test", external_id="1",
    title="Room attendant", address="70 Pier St", city="Boston", state_code="MA", zip=None,
    lat=42.37, lon=-71.04, zone="America/New_York", days=WEEK, shifts=(("07:00", "15:00"),),
    pay_low_cents=1800, pay_high_cents=1800, pay_per="hour", requirements=(), settings=("customers",),
    apply_how={"kind": "phone", "value": "617-555-0123"}, openings=1, valid_through=None, state="open",
    order_at=None, sample=True, last_seen_at=datetime(2027, 3, 1, tzinfo=UTC),
)  # fmt: skip
LUPITA = Wishes(
    pin=HERE, travel=("bus", "walk"), max_minutes=45, shifts=("day",), home_by=time(20), adult=True,
    fixed_hours=(FixedHours(day=1, starts=time(9), ends=time(10)),), done_before="kitchen, cleaning",
)  # fmt: skip


def found(wishes: Wishes = LUPITA, learned: Learned | None = None, **job: Any) -> Match:
    given = why(wishes, replace(HOTEL, **job), TODAY, 1700.0, learned=learned)
    assert isinstance(given, Match), given
    return given


def points(match: Match) -> dict[str, float]:
    return {line.name: line.points for line in match.lines}


MORNINGS = tuple(FixedHours(day=day, starts=time(7), ends=time(12)) for day in range(3))
MONTHLY = {"pay_low_cents": 300_000, "pay_high_cents": 300_000, "pay_per": "month"}
REFUSES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("home_by", {"home_by": time(15, 20)}, {}),
    ("home_by", {}, {"shifts": (("22:00", "06:30"),)}),
    ("fixed_hours", {"fixed_hours": MORNINGS}, {}),
    ("avoid:customers", {"avoid": ("customers",)}, {}),
    ("needs:license", {"documents": {"license": "missing"}}, {"requirements": ("license",)}),
    ("needs:lift_50", {"lift": "light"}, {"requirements": ("lift_50",)}),
    ("needs:own_car", {}, {"requirements": ("own_car",)}),
    ("too_far", {}, {"lat": 43.6}),
    ("pay", {"pay_floor_cents": 1900}, {}),
    ("pay", {"pay_floor_cents": 1900}, MONTHLY),
    ("under_18", {"adult": False}, {}),
    ("gone", {}, {"state": "paused"}),
    ("gone", {}, {"valid_through": datetime(2027, 2, 27, tzinfo=UTC)}),
    ("gone", {}, {"order_at": datetime(2027, 2, 25, 11, tzinfo=UTC)}),
    ("too_early", {"earliest": date(2027, 3, 15)}, {"order_at": datetime(2027, 3, 4, 11, tzinfo=UTC)}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "wishes", "job"), REFUSES, ids=[row[0] for row in REFUSES])
def test_what_refuses_a_job_says_so(reason: str, wishes: dict[str, Any], job: dict[str, Any]) -> None:
    assert why(replace(LUPITA, **wishes), replace(HOTEL, **job), TODAY) == Refused(1, (reason,))


UNKNOWN: list[dict[str, Any]] = [
    {"lat": None, "lon": None},
    {"days": (), "shifts": ()},
    {"pay_low_cents": None, "pay_high_cents": None, "pay_per": None},
    {"requirements": ("background_check", "license", "degree")},
]


@pytest.mark.parametrize("job", UNKNOWN)
def test_what_nobody_told_us_refuses_nothing(job: dict[str, Any]) -> None:
    strict = replace(LUPITA, pay_floor_cents=1500, weekly_need_cents=40_000)
    assert found(strict, **job).score < found(strict).score
    assert found(Wishes(), **job)


def test_the_reasons_are_what_a_text_can_say() -> None:
    assert found().reasons == (
        "near:2",
        "shift:day",
        "has_hired_ours",
        "pay:good",
        "done_before",
        "ask:hours",
    )
    assert "ask:background_check" in found(requirements=("background_check",)).reasons
    assert found(policy="unknown", pay_low_cents=1500, pay_high_cents=1500).reasons[2:] == (
        "done_before",
        "ask:hours",
    )


def test_an_afternoon_a_week_that_is_taken_is_a_talk_and_no_refusal() -> None:
    thursdays = FixedHours(day=3, starts=time(14, 30), ends=time(18))
    match = found(replace(LUPITA, fixed_hours=(*LUPITA.fixed_hours, thursdays)))
    assert "ask:hours" in match.reasons
    assert points(match)["hours"] < points(found())["hours"]


def test_of_two_shifts_the_one_that_fits_is_taken() -> None:
    match = found(shifts=(("15:00", "23:00"), ("07:00", "15:00")))
    assert "shift:day" in match.reasons
    evenings = replace(LUPITA, home_by=None, shifts=("evening",))
    assert "shift:evening" in found(evenings, shifts=(("15:00", "23:00"), ("07:00", "15:00"))).reasons


def test_a_job_that_only_a_free_ride_reaches_loses_the_fourth_week() -> None:
    """Fifteen miles out a car of ours gets them there for three weeks, and no bus of theirs after."""
    far: dict[str, Any] = {"lat": 42.35 + 15 / 69}
    assert points(found(**far))["week4"] == 0
    assert "ask:way" in found(**far).reasons
    assert points(found(replace(LUPITA, travel=("car",)), **far))["week4"] > 0
    assert points(found())["week4"] == max(line.of for line in found().lines if line.name == "week4")


def test_no_bus_brings_anybody_home_from_a_night_shift() -> None:
    night = replace(LUPITA, home_by=None, shifts=("night",), fixed_hours=())
    assert points(found(night, lat=42.39, shifts=(("18:00", "02:00"),)))["week4"] == 0
    assert points(found(night, lat=42.39, shifts=(("22:00", "06:30"),)))["week4"] > 0


@pytest.mark.parametrize(
    ("line", "better", "worse"),
    [
        ("policy", {}, {"policy": "unknown"}),
        ("policy", {"policy": "told_us_hires"}, {"policy": "says_fair_chance"}),
        ("work", {}, {"title": "Forklift operator"}),
        ("pay", {"pay_low_cents": 2000, "pay_high_cents": 2000}, {}),
        ("travel", {"lat": 42.355}, {}),
        ("ready", {}, {"requirements": ("background_check",)}),
        ("hours", {}, {"shifts": (("07:00", "11:00"),)}),
    ],
)
def test_each_line_knows_better_from_worse(line: str, better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert points(found(**better))[line] > points(found(**worse))[line]


def test_a_week_whose_money_does_not_reach_is_worth_less() -> None:
    needs = replace(LUPITA, weekly_need_cents=70_000)
    short = found(needs, shifts=(("09:00", "13:00"),))
    assert points(short)["pay"] < points(found(needs))["pay"]


def test_not_for_me_lowers_what_is_like_it_and_a_yes_raises_it() -> None:
    no = learned_from([("Room attendant", 7, False)])
    yes = learned_from([("Room attendant", 7, True)])
    assert found(learned=no).score < found().score < found(learned=yes).score
    kin = found(learned=learned_from([("Housekeeper", 99, False)]))
    assert kin.score < found().score
    assert found(learned=no).score < kin.score
    assert found(learned=learned_from([("Forklift operator", 99, False)])).score == found().score


def test_a_record_is_never_judged() -> None:
    """A check costs time, nothing else: no reason but that it has to be asked about."""
    match = found(requirements=("background_check",))
    assert isinstance(match, Match)
    assert [line.why for line in match.lines if line.name == "ready"] == ["background check"]


# --- many ----------------------------------------------------------------------------------------------


PEOPLE = (
    LUPITA,
    Wishes(),
    Wishes(pin=HERE, travel=("car",), max_minutes=75, done_before="forklift", pay_floor_cents=1800),
    Wishes(pin=HERE, travel=("walk",), avoid=("warehouse", "night"), weekly_need_cents=60_000, lift="light"),
    Wishes(pin=(10.0, 10.0), max_minutes=20),
)  # fmt: skip
TOLD = learned_from([("Line cook", 3, False), ("Warehouse lead", 40, True), ("Office clerk", 40, True)])


def some(seed: int, many: int = 400, spread: float = 9) -> list[JobRow]:
    """Make jobs with gaps: some without a place, orders, two shifts, equal scores."""
    draw = random.Random(seed)
    jobs = list(made(many, spread, seed))
    for place in range(0, many, 7):
        jobs[place] = replace(jobs[place], lat=None, lon=None)
    for place in range(3, many, 9):
        jobs[place] = replace(jobs[place], order_at=datetime(2027, 3, draw.randint(1, 28), 11, tzinfo=UTC))
    for place in range(5, many, 11):
        jobs[place] = replace(jobs[place], shifts=(("06:00", "14:00"), ("22:00", "06:00")))
    twin = jobs[1]
    return [*jobs, *(replace(twin, id=many + number) for number in range(1, 6))]


@pytest.mark.parametrize("seed", range(4))
def test_the_best_of_a_catalogue_are_the_best_of_all(seed: int) -> None:
    jobs = some(seed)
    for learned in (Learned(), TOLD):
        for wishes in PEOPLE:
            among, most = catalogue(jobs), 1 + seed * 7
            every = rank(wishes, jobs, TODAY, learned=learned)
            assert best(among, wishes, TODAY, most, learned=learned) == every[:most]
            assert best(among, wishes, TODAY, 1000, learned=learned) == every


def test_what_was_told_is_passed_by() -> None:
    jobs = some(1)
    among = catalogue(jobs)
    first = best(among, LUPITA, TODAY, 3)
    without = frozenset(one.job_id for one in first)
    assert best(among, LUPITA, TODAY, 3, without=without) == rank(LUPITA, jobs, TODAY)[3:6]


def test_the_same_jobs_in_another_order_rank_the_same() -> None:
    jobs = some(2)
    mixed = random.Random(5).sample(jobs, len(jobs))
    for wishes in PEOPLE:
        assert rank(wishes, mixed, TODAY) == rank(wishes, jobs, TODAY)
        assert best(catalogue(mixed), wishes, TODAY, 30) == best(catalogue(jobs), wishes, TODAY, 30)


def test_equal_scores_go_to_the_older_job() -> None:
    jobs = [replace(HOTEL, id=number) for number in (9, 4, 6)]
    assert [one.job_id for one in rank(LUPITA, jobs, TODAY)] == [4, 6, 9]
    assert [one.job_id for one in best(catalogue(jobs), LUPITA, TODAY, 2)] == [4, 6]


def test_nothing_to_choose_from_is_no_fault() -> None:
    empty: Catalogue = catalogue([])
    assert best(empty, LUPITA, TODAY, 3) == rank(LUPITA, [], TODAY) == []


# --- parts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "kind"),
    [
        (("06:00", "14:30"), "day"), (("08:00", "16:00"), "day"), (("10:00", "18:30"), "day"),
        (("14:00", "22:30"), "evening"), (("18:00", "22:00"), "evening"), (("16:00", "00:30"), "evening"),
        (("22:00", "06:30"), "night"), (("03:00", "11:00"), "night"), (("20:00", "04:30"), "night"),
    ],
)  # fmt: skip
def test_shifts_are_named_by_their_middle(span: tuple[str, str], kind: str) -> None:
    assert kind_of(span_of(*span)) == kind


def test_to_be_home_after_midnight_belongs_to_the_evening_before() -> None:
    late = Wishes(home_by=time(0, 30))
    assert against(late, WEEK, span_of("14:00", "23:30"), 40).refused is None
    assert against(late, WEEK, span_of("16:00", "00:30"), 40).refused == "home_by"


def test_hours_a_week_are_known_only_of_days_that_are() -> None:
    assert weekly_hours(WEEK, span_of("07:00", "15:00")) == 40
    assert weekly_hours((), span_of("07:00", "15:00")) is None
    assert weekly_hours((*WEEK, "sat", "sun"), span_of("07:00", "15:00")) is None


def test_distances_are_near_enough() -> None:
    """Downtown Boston to Worcester is some 47 miles by road, to Cambridge three and a half."""
    here = near((42.3601, -71.0589))
    assert here.road_miles(42.2626, -71.8023) == pytest.approx(50, abs=3)
    assert here.road_miles(42.3736, -71.1097) == pytest.approx(3.6, abs=0.3)
    assert travel.farthest(60) == pytest.approx(39, abs=1)


def test_a_car_gets_as_far_as_we_say_and_no_farther() -> None:
    for minutes in range(5, 120, 5):
        miles = travel.farthest(minutes)
        assert travel.first_weeks(("car",), max(miles - 0.1, 0), None).minutes <= minutes
        assert travel.first_weeks(("car",), miles + 0.1, None).minutes > minutes


@pytest.mark.parametrize(
    ("said", "title", "like"),
    [
        ("i use to cook in a resturant", "Line Cook", 1.0),
        ("warhouse", "Warehouse Associate", 1.0),
        ("cocina y limpieza", "Dishwasher", 0.85),
        ("limpieza", "Hotel Housekeeper", 0.85),
        ("forklift", "Warehouse Associate", 0.5),
        ("cooking", "Roofer", 0.15),
        ("anything", "Roofer", 0.45),
        ("zzz", "Roofer", 0.5),
    ],
)
def test_work_is_known_in_many_words(said: str, title: str, like: float) -> None:
    assert skills.likeness(skills.read(said), skills.read(title)) == like


def test_wishes_come_back_as_they_were_written() -> None:
    full = replace(
        LUPITA, home={"id": 3, "label": "Home", "address": "41 Cove St", "line": "41 Cove St", "doors": []},
        earliest=TODAY + timedelta(days=9), avoid=("alcohol",), documents={"license": "ordered"},
        certificates=("forklift",), lift="some", pay_floor_cents=1600, weekly_need_cents=50_000,
        release_month="2027-02",
    )  # fmt: skip
    assert read_wishes(write_wishes(full)) == full
    assert write_wishes(Wishes()) == {}
    assert read_wishes(
        {"home_by": "soon", "shifts": ["dawn"], "fixed_hours": "x", "pin": "y", "other": 1}
    ) == Wishes(shifts=(), fixed_hours=())
