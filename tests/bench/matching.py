"""Ranking: the best thirty jobs for one person among ten thousand and among a hundred thousand.

The rule: the processor's own time, as a worker ranks beside other work; the first thirty must be those that
scoring every job gives. Reading the rows and laying them in columns is measured apart: it is done once a
change, not once a person. Made-up jobs, the same at every run.
"""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import product
from statistics import median
from time import process_time

from bot.jobs.near import MILES_A_DEGREE
from bot.jobs.ranking import Catalogue, best, catalogue, rank
from flows.wishes import FixedHours, Wishes
from storage.jobs import JobRow
from storage.tables.jobs import Policy
from tests.bench.figures import Figure, Limit

TODAY = date(2027, 3, 1)
HERE = (42.35, -71.06)
ROUNDS = 9
MOST = 30
WHERE = (
    "Warehouse|Line|Night|Room|Office|Forklift|Delivery|Laundry|Sewing|Tire|Home care|Garden|Retail|Bakery|"
    "Hospital|Farm|School|Hotel|Parts|Front desk"
).split("|")
WHAT = (
    "associate|cook|cleaner|attendant|operator|driver|worker|clerk|helper|technician|aide|lead|agent|trainee|"
    "assembler"
).split("|")
TITLES = tuple(" ".join(pair) for pair in product(WHERE, WHAT))
SHIFTS = tuple(
    (begins, ends)
    for begins, ends in (
        pair.split("-")
        for pair in "06:00-14:30 07:00-15:00 08:00-16:30 09:00-17:00 14:00-22:30 15:00-23:00 16:00-00:30 "
        "22:00-06:30 18:00-22:00".split()
    )
)
DAYS: tuple[tuple[str, ...], ...] = tuple(
    tuple(days.split()) for days in ("mon tue wed thu fri", "tue wed thu fri sat", "wed thu fri sat sun", "")
)
POLICIES: tuple[Policy, ...] = ("unknown", "says_fair_chance", "told_us_hires", "has_hired_ours")
PEOPLE = (
    Wishes(
        pin=HERE,
        travel=("bus", "walk"),
        max_minutes=45,
        shifts=("day",),
        home_by=time(20),
        fixed_hours=(FixedHours(day=1, starts=time(9), ends=time(10)),),
        avoid=("night",),
        done_before="kitchen, cleaning",
        lift="some",
        pay_floor_cents=1600,
        weekly_need_cents=50_000,
    ),
    Wishes(pin=HERE, travel=("car",), max_minutes=75, done_before="forklift operator", lift="heavy"),
    Wishes(pin=HERE),
)


def run() -> list[Figure]:
    """Rank for three people: one with many wishes, one with a car, one who told us nothing."""
    return [
        _measure(10_000, 8, 20, "in one town"),
        _measure(100_000, 60, 100, "over a state"),
        _measure(100_000, 8, 100, "all in one town"),
    ]


def _measure(many: int, spread: float, limit: float, where: str) -> Figure:
    jobs = made(many, spread)
    began = process_time()
    among = catalogue(jobs)
    built = (process_time() - began) * 1000
    took = []
    for wishes in PEOPLE:
        best(among, wishes, TODAY, MOST)  # the words of titles are read once a process
        took.append(median(_once(among, wishes) for _ in range(ROUNDS)))
        if many <= 10_000 and best(among, wishes, TODAY, MOST) != rank(wishes, jobs, TODAY)[:MOST]:
            raise SystemExit("the best of a catalogue are not those that scoring all of it gives")
    note = (
        f"columns made in {built:.0f} ms; slowest of three people: {', '.join(f'{one:.1f}' for one in took)}"
    )
    return Figure(f"{many:,} jobs {where}, ranked for one", max(took), "ms", {}, [Limit("≤", limit)], note)


def _once(among: Catalogue, wishes: Wishes) -> float:
    began = process_time()
    best(among, wishes, TODAY, MOST)
    return (process_time() - began) * 1000


def made(many: int, spread: float, seed: int = 1) -> Sequence[JobRow]:
    """Make jobs around one town; `spread` is how many miles most of them lie within."""
    draw = random.Random(seed)
    return [_job(number, spread, draw) for number in range(1, many + 1)]


def _job(number: int, spread: float, draw: random.Random) -> JobRow:
    cents = int(draw.gauss(1850, 300))
    return JobRow(
        id=number,
        employer_id=number // 8,
        employer=f"Sample {number // 8}",
        policy=draw.choices(POLICIES, (70, 15, 10, 5))[0],
        source="bench",
        external_id=str(number),
        title=draw.choice(TITLES),
        address=None,
        city=None,
        state_code=None,
        zip=None,
        lat=HERE[0] + draw.gauss(0, spread) / MILES_A_DEGREE,
        lon=HERE[1] + draw.gauss(0, spread) / 51,
        zone=None,
        days=draw.choice(DAYS),
        shifts=(draw.choice(SHIFTS),) if draw.random() < 0.8 else (),
        pay_low_cents=cents,
        pay_high_cents=cents + draw.choice((0, 100, 200)),
        pay_per="hour",
        requirements=tuple(one for one in ("license", "lift_50", "background_check") if draw.random() < 0.15),
        settings=tuple(one for one in ("warehouse", "kitchen", "night", "outdoors") if draw.random() < 0.15),
        apply_how={},
        openings=1,
        valid_through=None,
        state="open",
        order_at=None,
        sample=True,
        last_seen_at=datetime(2027, 1, 1, tzinfo=UTC),
    )
