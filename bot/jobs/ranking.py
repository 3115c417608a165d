"""The best of many jobs for one person, the same ones however many there are.

Theory of operation. A catalogue holds the open jobs in columns, in bands of latitude and along each band by
longitude: titles, terms (needs, times, policy), pay and cells of half a mile are few, so what each can give a
person at most is reckoned once, and a job's ceiling is a sum of four of those. Jobs are then scored line by
line (score.py) from the highest ceiling down, until none left can come among the best: what comes out is what
scoring all of them would give. Ties go to the older job.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import nlargest
from itertools import accumulate, chain
from math import ceil, floor, inf, sqrt
from statistics import median
from typing import Final, TypeAlias

from bot.jobs import hours, score, skills, travel
from bot.jobs.near import MILES_A_DEGREE, ROAD, Near
from bot.jobs.score import POLICY, Learned, Line, Match, Refused, Seeker, Weights, seeker
from flows.wishes import Wishes
from storage.jobs import JobRow

__all__ = ["Catalogue", "Learned", "Line", "Match", "Refused", "Weights", "best", "catalogue", "rank", "why"]

Needs: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Requirements and settings."""
Times: TypeAlias = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
"""Days and shifts."""
Terms: TypeAlias = tuple[int, int, str]
"""Which needs, which times, and the policy."""
Pay: TypeAlias = tuple[int | None, tuple[float | None, ...]]
"""Cents an hour, rounded up to a step, and the hours a week of each shift."""

STEP_CENTS: Final = 25
BANDS: Final = 30  # in a degree of latitude
A_MILE: Final = 4  # steps of distance
CELLS: Final = 120  # in a degree either way: about half a mile
SLACK: Final = 0.01  # points, for what rounding adds
FIRST: Final = 3  # times as many as are wanted are scored before we look how high the rest may come
NO_MEDIAN: Final = 1700.0
"""Cents an hour taken for the middle where no job names its pay."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Open jobs in columns; band `b` of latitude is the rows from `bands[b]` to `bands[b + 1]`, the first one
    is `south`. Jobs without a place are the last rows.
    """

    jobs: tuple[JobRow, ...]
    south: int
    bands: tuple[int, ...]
    lons: tuple[float, ...]
    cells: tuple[tuple[float, float], ...]
    cell_of: tuple[int, ...]
    titles: tuple[str, ...]
    needs: tuple[Needs, ...]
    times: tuple[Times, ...]
    terms: tuple[Terms, ...]
    pays: tuple[Pay, ...]
    title_of: tuple[int, ...]
    terms_of: tuple[int, ...]
    pay_of: tuple[int, ...]
    median_cents: float


def catalogue(jobs: Iterable[JobRow]) -> Catalogue:
    """Lay jobs out in columns."""
    rows = sorted(jobs, key=_place)
    placed = [_band(job.lat) for job in rows if job.lat is not None and job.lon is not None]
    south = placed[0] if placed else 0
    sizes = [0] * (placed[-1] - south + 1 if placed else 0)
    for band in placed:
        sizes[band - south] += 1
    needs, times = dict[Needs, int](), dict[Times, int]()
    cells = dict[tuple[float, float], int]()
    titles, terms, pays = dict[str, int](), dict[Terms, int](), dict[Pay, int]()
    terms_of = tuple(terms.setdefault(_terms(job, needs, times), len(terms)) for job in rows)
    cents = [found for job in rows if (found := score.hourly_cents(job)) is not None]
    return Catalogue(
        jobs=tuple(rows),
        south=south,
        bands=tuple(accumulate(sizes, initial=0)),
        lons=tuple(job.lon or 0.0 for job in rows),
        cell_of=tuple(cells.setdefault(_cell(job), len(cells)) for job in rows),
        cells=tuple(cells),
        title_of=tuple(titles.setdefault(job.title, len(titles)) for job in rows),
        terms_of=terms_of,
        pay_of=tuple(pays.setdefault(_pay(job), len(pays)) for job in rows),
        titles=tuple(titles),
        needs=tuple(needs),
        times=tuple(times),
        terms=tuple(terms),
        pays=tuple(pays),
        median_cents=median(cents) if cents else NO_MEDIAN,
    )


def _band(lat: float) -> int:
    return floor(lat * BANDS)


def _cell(job: JobRow) -> tuple[float, float]:
    """Give the middle of the cell a job lies in."""
    return (floor((job.lat or 0.0) * CELLS) + 0.5) / CELLS, (floor((job.lon or 0.0) * CELLS) + 0.5) / CELLS


def _place(job: JobRow) -> tuple[bool, int, float, int]:
    if job.lat is None or job.lon is None:
        return True, 0, 0.0, job.id
    return False, _band(job.lat), job.lon, job.id


def _terms(job: JobRow, needs: dict[Needs, int], times: dict[Times, int]) -> Terms:
    need = needs.setdefault((job.requirements, job.settings), len(needs))
    return need, times.setdefault((job.days, job.shifts), len(times)), job.policy


def _pay(job: JobRow) -> Pay:
    cents = score.hourly_cents(job)
    weekly = tuple(hours.weekly_hours(job.days, hours.span_of(*shift)) for shift in job.shifts)
    return None if cents is None else ceil(cents / STEP_CENTS) * STEP_CENTS, weekly or (None,)


# --- ranking -----------------------------------------------------------------------------------------


def rank(
    wishes: Wishes,
    jobs: Sequence[JobRow],
    today: date,
    weights: Weights | None = None,
    learned: Learned | None = None,
) -> list[Match]:
    """Score every job that is not refused, the best first."""
    median_cents = catalogue(jobs).median_cents
    who = seeker(wishes, today, weights or Weights(), learned or Learned(), median_cents)
    found = (score.judge(who, job) for job in jobs)
    return _sorted(one for one in found if isinstance(one, Match))


def best(
    among: Catalogue,
    wishes: Wishes,
    today: date,
    most: int,
    weights: Weights | None = None,
    learned: Learned | None = None,
    without: frozenset[int] = frozenset(),
) -> list[Match]:
    """Give the best jobs of a catalogue, `most` at most: what `rank` would put first. Those of `without`
    (job ids) are passed by.
    """
    who = seeker(wishes, today, weights or Weights(), learned or Learned(), among.median_cents)
    rows, ceilings = _ceilings(among, who)
    found: list[Match] = []
    start, floor_ = inf, -inf
    for wanted in (most * FIRST, len(ceilings)):
        if wanted < len(ceilings):
            floor_ = nlargest(wanted, ceilings)[-1]
        else:
            floor_ = _least(found, most)
        for top, row in _between(rows, ceilings, floor_, start):
            if top < _least(found, most):
                return _sorted(found)[:most]
            found += _scored(who, among.jobs[row], without)
            if len(found) >= 2 * most:
                found = _sorted(found)[:most]
        start = floor_
    return _sorted(found)[:most]


def _between(
    rows: Sequence[range], ceilings: Sequence[float], low: float, high: float
) -> list[tuple[float, int]]:
    """Give the rows whose ceiling is at least `low` and below `high`, and not minus infinity, the highest
    first."""
    each = chain.from_iterable(rows)
    kept = [(top, row) for top, row in zip(ceilings, each, strict=True) if low <= top < high and top > -inf]
    return sorted(kept, key=lambda one: (-one[0], one[1]))


def _least(found: Sequence[Match], most: int) -> float:
    """Say what a job must reach to come among the best so far."""
    if len(found) < most:
        return -inf
    return nlargest(most, (one.score for one in found))[-1]


def why(
    wishes: Wishes,
    job: JobRow,
    today: date,
    median_cents: float = NO_MEDIAN,
    weights: Weights | None = None,
    learned: Learned | None = None,
) -> Refused | Match:
    """Score one job line by line, or say why it is refused."""
    return score.judge(seeker(wishes, today, weights or Weights(), learned or Learned(), median_cents), job)


def _scored(who: Seeker, job: JobRow, without: frozenset[int]) -> Iterator[Match]:
    if job.id not in without:
        found = score.judge(who, job)
        if isinstance(found, Match):
            yield found


def _sorted(found: Iterable[Match]) -> list[Match]:
    return sorted(found, key=lambda one: (-one.score, one.job_id))


# --- ceilings ----------------------------------------------------------------------------------------


def _ceilings(among: Catalogue, who: Seeker) -> tuple[list[range], list[float]]:
    """Give the rows within reach, and what each can have at most (minus infinity: it is refused)."""
    title = [_title_ceiling(who, each) for each in among.titles]
    terms = _terms_ceilings(among, who)
    pay = [_pay_ceiling(who, each) for each in among.pays]
    spans = _within(among, who)
    found: list[float] = []
    way, table = dict[int, float](), _way_ceilings(who)
    for span in spans[:-1]:
        part = slice(span.start, span.stop)
        cells = among.cell_of[part]
        way |= _cell_ceilings(among, who, set(cells).difference(way), table)
        columns = among.title_of[part], among.terms_of[part], among.pay_of[part]
        found += [
            title[one] + terms[two] + pay[three] + way[cell]
            for one, two, three, cell in zip(*columns, cells, strict=True)
        ]
    nowhere, part = SLACK + _way_ceiling(who, None), slice(spans[-1].start, spans[-1].stop)
    found += [
        title[one] + terms[two] + pay[three] + nowhere
        for one, two, three in zip(
            among.title_of[part], among.terms_of[part], among.pay_of[part], strict=True
        )
    ]
    return spans, found


def _within(among: Catalogue, who: Seeker) -> list[range]:
    """Find the rows of each band of latitude that can be reached; the last range is that of no known way."""
    placed = among.bands[-1]
    if who.here is None:
        return [range(len(among.jobs))]
    reach, found = travel.farthest(who.minutes) + 1, list[range]()
    south, north, _, _ = who.here.square(reach)
    last = len(among.bands) - 2
    for band in range(max(0, _band(south) - among.south), min(last, _band(north) - among.south) + 1):
        half = _half_width(who.here, (band + among.south) / BANDS, reach)
        start, stop = among.bands[band], among.bands[band + 1]
        low = bisect_left(among.lons, who.here.lon - half, start, stop)
        high = bisect_right(among.lons, who.here.lon + half, start, stop)
        if low < high:
            found.append(range(low, high))
    return [*found, range(placed, len(among.jobs))]


def _half_width(here: Near, foot: float, reach: float) -> float:
    """Say how many degrees of longitude, to either side, lie within reach in the band that begins here."""
    off = max(foot - here.lat, here.lat - foot - 1 / BANDS, 0.0) * MILES_A_DEGREE * ROAD
    return sqrt(max(reach * reach - off * off, 0.0)) / ROAD / here.across


def _cell_ceilings(
    among: Catalogue, who: Seeker, cells: Iterable[int], table: Sequence[float]
) -> dict[int, float]:
    """Say what distance can give a job of these cells at most: no job of one is nearer than its middle less
    half its diagonal."""
    here, last = who.here, len(table) - 1
    assert here is not None, "cells are looked at from a known place only"
    half = here.road_miles(here.lat + 0.5 / CELLS, here.lon + 0.5 / CELLS)
    return {
        cell: table[min(last, max(0, int(A_MILE * (here.road_miles(*among.cells[cell]) - half))))]
        for cell in cells
    }


def _way_ceilings(who: Seeker) -> list[float]:
    """Give what distance can give at most, a step each, as far as they want to go."""
    steps = ceil((travel.farthest(who.minutes) + 1) * A_MILE) + 1
    return [SLACK + _way_ceiling(who, step / A_MILE) for step in range(steps)]


def _title_ceiling(who: Seeker, title: str) -> float:
    said = skills.read(title)
    employer = max((1, *who.learned.employers.values())) if who.learned.employers else 0
    liked = score.liking(who, said, 0) + 0.5 * max(0, employer)
    return who.weights.work * skills.likeness(who.done, said) + who.weights.learned * min(1.0, liked)


def _terms_ceilings(among: Catalogue, who: Seeker) -> list[float]:
    weights = who.weights
    needs = [_needs_ceiling(who, each) for each in among.needs]
    times = [_times_ceiling(who, each) for each in among.times]
    policy = {name: weights.policy * part for name, part in POLICY.items()}
    return [needs[one] + times[two] + policy[three] for one, two, three in among.terms]


def _needs_ceiling(who: Seeker, needs: Needs) -> float:
    requirements, settings = needs
    if score.terms_refuse(who, requirements, settings):
        return -inf
    return who.weights.ready * score.readiness(who, requirements)[0]


def _times_ceiling(who: Seeker, times: Times) -> float:
    days, shifts = times
    if not shifts:
        return who.weights.hours * score.UNKNOWN_HOURS
    held = [hours.against(who.wishes, days, hours.span_of(*shift), 0) for shift in shifts]
    liked = [score.like_of_hours(who, one) for one in held if one.refused is None]
    return who.weights.hours * max(liked) if liked else -inf


def _pay_ceiling(who: Seeker, pay: Pay) -> float:
    cents, weekly = pay
    if cents is not None and who.wishes.pay_floor_cents is not None and cents < who.wishes.pay_floor_cents:
        return -inf
    return who.weights.pay * max(score.like_of_pay(who, cents, each) for each in weekly)


def _way_ceiling(who: Seeker, miles: float | None) -> float:
    near = who.weights.travel * score.like_of_travel(who, miles)
    return near + who.weights.week4 * score.week4(who, miles, None)[0]


def learned_from(answers: Iterable[tuple[str, int, bool]]) -> Learned:
    """Learn from answers (title, employer id, liked): of each trade and each employer, yes less no."""
    trades, employers = dict[str, int](), dict[int, int]()
    for title, employer_id, liked in answers:
        step = 1 if liked else -1
        employers[employer_id] = employers.get(employer_id, 0) + step
        for trade in sorted(skills.read(title).trades):
            trades[trade] = trades.get(trade, 0) + step
    return Learned(trades, employers)
