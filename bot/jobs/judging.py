"""How good the ranking is: judged pairs of made-up people and jobs, nDCG@3 beside two plainer rankings.

The rule: the pairs were judged by a written rubric (judged/rubric.md) before the weights were tuned. Every
second person, in the order of the file, is tuned on; the others are scored and never tuned on. What the
judges' stories tell is not shown to any ranking.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from math import log2
from pathlib import Path
from statistics import fmean
from typing import Any, Final, TypeAlias

import yaml
from rapidfuzz import fuzz

from bot.jobs.near import MILES_A_DEGREE, near
from bot.jobs.ranking import Match, Weights, why
from bot.jobs.score import hourly_cents
from flows.wishes import WEEKDAYS, Wishes, read_wishes
from storage.jobs import JobRow
from storage.tables.jobs import PayPer, Policy

JUDGED: Final = Path(__file__).parent / "judged"
MIDDLE: Final = (42.35, -71.06)
ACROSS: Final = near(MIDDLE).across
TODAY: Final = date(2027, 3, 1)
TOP: Final = 3
RESAMPLES: Final = 4000
SEED: Final = 1

Ranking: TypeAlias = Callable[["Judged", Sequence[JobRow]], list[int]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A made-up person and what each of some jobs was judged to be worth to them, 0 to 3, by its id."""

    name: str
    wishes: Wishes
    grades: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What came of an evaluation: nDCG@3 of the people that were not tuned on, by ranking, and the gain over
    each plainer one with its 95 % interval.
    """

    people: int
    pairs: int
    ndcg: Mapping[str, float]
    gains: Mapping[str, tuple[float, float, float]]

    @property
    def holds(self) -> bool:
        """Say whether every interval of a gain lies above 0."""
        return all(low > 0 for _, low, _ in self.gains.values())


def evaluate(weights: Weights | None = None, folder: Path = JUDGED) -> Found:
    """Score the half of the people that the weights were not tuned on."""
    jobs, people = load(folder)
    half = people[1::2]
    rankings: Mapping[str, Ranking] = {
        "ours": lambda one, among: ours(one, among, weights or Weights()),
        "distance only": by_distance,
        "text only": by_text,
    }
    each = {name: [ndcg(one, rank(one, _of(one, jobs))) for one in half] for name, rank in rankings.items()}
    gains = {name: gain(each["ours"], each[name]) for name in rankings if name != "ours"}
    pairs = sum(len(one.grades) for one in people)
    return Found(len(people), pairs, {name: fmean(found) for name, found in each.items()}, gains)


def lines(found: Found) -> Iterator[str]:
    """Say what came of it, a line each."""
    half = found.people // 2
    yield f"{found.pairs} judged pairs, {found.people} people; {half} tuned on, {found.people - half} scored"
    for name, value in found.ndcg.items():
        yield f"nDCG@{TOP} {name}: {value:.3f}"
    for name, (mean, low, high) in found.gains.items():
        yield f"gain over {name}: {mean:+.3f} (95 % {low:+.3f} to {high:+.3f})"


# --- rankings ----------------------------------------------------------------------------------------


def ours(one: Judged, jobs: Sequence[JobRow], weights: Weights) -> list[int]:
    """Rank as a text would; the refused come last."""
    cents = sorted(found for job in jobs if (found := hourly_cents(job)) is not None)
    judged = [why(one.wishes, job, TODAY, cents[len(cents) // 2], weights) for job in jobs]
    keys = [(0, -each.score) if isinstance(each, Match) else (1, 0.0) for each in judged]
    return _ordered(jobs, keys)


def by_distance(one: Judged, jobs: Sequence[JobRow]) -> list[int]:
    """Rank by miles alone."""
    assert one.wishes.pin is not None, "every judged person has a home"
    here = near(one.wishes.pin)
    return _ordered(jobs, [(0, here.road_miles(job.lat or 0.0, job.lon or 0.0)) for job in jobs])


def by_text(one: Judged, jobs: Sequence[JobRow]) -> list[int]:
    """Rank by how like the title is to what they have done."""
    said = (one.wishes.done_before or "").lower()
    return _ordered(jobs, [(0, -fuzz.token_set_ratio(said, job.title.lower())) for job in jobs])


def _ordered(jobs: Sequence[JobRow], keys: Sequence[tuple[int, float]]) -> list[int]:
    return [id_ for _, id_ in sorted((key, job.id) for key, job in zip(keys, jobs, strict=True))]


def ndcg(one: Judged, ranked: Sequence[int]) -> float:
    """Say how much of what the first three could be worth they are, each place worth less than the last."""
    found = _gained([one.grades[id_] for id_ in ranked[:TOP]])
    most = _gained(sorted(one.grades.values(), reverse=True)[:TOP])
    return found / most if most else 1.0


def _gained(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / log2(place + 2) for place, grade in enumerate(grades))


def gain(ours_: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Give the mean gain and its 95 % interval, drawing people again and again from the same seed."""
    each, draw = [a - b for a, b in zip(ours_, theirs, strict=True)], random.Random(SEED)
    means = sorted(fmean(draw.choices(each, k=len(each))) for _ in range(RESAMPLES))
    return fmean(each), means[int(RESAMPLES * 0.025)], means[int(RESAMPLES * 0.975)]


# --- tuning ------------------------------------------------------------------------------------------

STEPS: Final = (0.5, 0.7, 1.4, 2.0)


def tune(start: Weights, folder: Path = JUDGED) -> tuple[Weights, float]:
    """Look for better weights on the half that is tuned on, one line at a time, until no step helps.

    A step must gain more than 0.002: what is smaller is chance.
    """
    jobs, people = load(folder)
    half = people[::2]

    def worth(weights: Weights) -> float:
        return fmean(ndcg(one, ours(one, _of(one, jobs), weights)) for one in half)

    weights, best = start, worth(start)
    moved = True
    while moved:
        moved = False
        for name in (one.name for one in fields(Weights) if one.name != "learned"):
            for step in STEPS:
                tried = replace(
                    weights, **{name: round(min(40.0, max(4.0, getattr(weights, name) * step)), 1)}
                )
                if (found := worth(tried)) > best + 0.002:
                    weights, best, moved = tried, found, True
    return weights, best


# --- what was judged -----------------------------------------------------------------------------------


def load(folder: Path = JUDGED) -> tuple[dict[str, JobRow], list[Judged]]:
    """Read the made-up jobs, by their name, and the people with their grades."""
    jobs = {
        name: _job(number, row) for number, (name, row) in enumerate(_read(folder / "jobs.yaml").items(), 1)
    }
    people = [_person(name, row, jobs) for name, row in _read(folder / "people.yaml").items()]
    return jobs, people


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _of(one: Judged, jobs: Mapping[str, JobRow]) -> list[JobRow]:
    return [job for job in jobs.values() if job.id in one.grades]


def _pin(at: Sequence[float]) -> tuple[float, float]:
    return MIDDLE[0] + at[1] / MILES_A_DEGREE, MIDDLE[1] + at[0] / ACROSS


def _days(words: str) -> tuple[str, ...]:
    first, _, last = words.partition("-")
    start, count = WEEKDAYS.index(first), (WEEKDAYS.index(last) - WEEKDAYS.index(first)) % 7 + 1
    return tuple(WEEKDAYS[(start + day) % 7] for day in range(count))


def _job(number: int, row: Mapping[str, Any]) -> JobRow:
    lat, lon = _pin(row["at"])
    shifts = [row["shifts"]] if isinstance(row["shifts"], str) else row["shifts"]
    amount, per = str(row["pay"]).split()
    cents, pay_per, policy = round(float(amount) * 100), _pay_per(per), _policy(row["policy"])
    return JobRow(
        id=number,
        employer_id=number,
        employer=row["employer"],
        policy=policy,
        source="judged",
        external_id=str(number),
        title=row["title"],
        address=None,
        city=None,
        state_code=None,
        zip=None,
        lat=lat,
        lon=lon,
        zone="America/New_York",
        days=_days(row["days"]),
        shifts=tuple((each.split("-")[0], each.split("-")[1]) for each in shifts),
        pay_low_cents=cents,
        pay_high_cents=cents,
        pay_per=pay_per,
        requirements=tuple(row["needs"]),
        settings=tuple(row["settings"]),
        apply_how={},
        openings=1,
        valid_through=None,
        state="open",
        order_at=None,
        sample=True,
        last_seen_at=datetime(2027, 3, 1, tzinfo=UTC),
    )


def _pay_per(word: str) -> PayPer:
    match word:
        case "hour" | "week" | "month" | "year":
            return word
        case _:
            raise ValueError(f"pay is per hour, week, month or year, not {word!r}")


def _policy(word: str) -> Policy:
    match word:
        case "unknown" | "says_fair_chance" | "told_us_hires" | "has_hired_ours":
            return word
        case _:
            raise ValueError(f"there is no policy {word!r}")


def _person(name: str, row: Mapping[str, Any], jobs: Mapping[str, JobRow]) -> Judged:
    told = dict(row)
    grades = {jobs[job].id: grade for job, (grade, _) in told.pop("judged").items()}
    fixed = [{"day": day, "from": begins, "to": ends} for day, begins, ends in told.pop("fixed_hours", ())]
    told |= {
        "pin": _pin(told.pop("at")),
        "fixed_hours": fixed,
        "pay_floor_cents": told.pop("pay_floor") * 100,
        "weekly_need_cents": told.pop("weekly_need") * 100,
        "adult": True,
    }
    return Judged(name, read_wishes(told), grades)
