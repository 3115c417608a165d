"""Made-up jobs for the demo and for measuring: thousands, real in shape, the same for the same seed.

The rule: job number n of a seed is always the same, however many are made. All are of the source "sample" and
marked as sample in the database; nobody is ever sent to one in earnest.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate
from random import Random
from typing import Final

from bot.jobs.clean import with_digest
from bot.jobs.sample_facts import (
    FEDERAL_MINIMUM_CENTS,
    FIRST_NAMES,
    MINIMUM_CENTS,
    PAY_LEVEL,
    SECOND_NAMES,
    STREETS,
    TOWNS,
    TRADES,
    Trade,
)
from bot.jobs.words import read_days
from bot.rides import zips
from storage.employers import employer_key
from storage.jobs import NewJob
from storage.tables.jobs import Policy

SAMPLE: Final = "sample"
_SPREAD: Final = 0.015  # degrees around a ZIP's middle: about a mile
_COMPANIES_OF_A_TOWN: Final = 12  # of each trade
_WEIGHTS: Final = list(accumulate(trade.weight for trade in TRADES))
_POLICIES: Final[Sequence[tuple[int, Policy]]] = (
    (8, "has_hired_ours"),
    (18, "told_us_hires"),
    (38, "says_fair_chance"),
)
"""Of a hundred companies, how many up to here have which policy; the others' is unknown."""


def sample_jobs(count: int, *, seed: int = 1, near: str | None = None) -> list[NewJob]:
    """Make jobs around a ZIP (25 miles), or without one in twenty towns over the country.

    Raises ValueError where `near` is no ZIP with a place.
    """
    if near is not None and zips.centroid(near) is None:
        raise ValueError(f"{near} is no ZIP that is on the map")
    return [_job(number, seed, near) for number in range(count)]


def sample_policy(employer: str) -> Policy:
    """Say what a made-up company's policy is: always the same for the same name."""
    drawn = Random(employer_key(employer)).randrange(100)
    return next((policy for most, policy in _POLICIES if drawn < most), "unknown")


def _job(number: int, seed: int, near: str | None) -> NewJob:
    draw = Random(f"{seed}-{number}")
    trade = draw.choices(TRADES, cum_weights=_WEIGHTS)[0]
    town = near or draw.choice(TOWNS)
    place = draw.choice(_places(town))
    assert place.pin is not None, "chosen for having one"
    shift = draw.choice(trade.shifts)
    begins, _, ends = shift.partition("-")
    settings = trade.settings.split() + (
        ["night"] if begins >= "21:00" and "night" not in trade.settings else []
    )
    (low, high), requirements = _pay(draw, trade, place.state), trade.requirements.split()
    if "background_check" not in requirements and draw.random() < 0.25:
        requirements.append("background_check")
    return with_digest(
        NewJob(
            external_id=f"{seed}-{near or 'all'}-{number}",
            employer=_company(draw, trade, town),
            title=draw.choice(trade.titles),
            description=f"{trade.says} Sample data: this job is made up.",
            address=f"{draw.randrange(10, 4990)} {draw.choice(STREETS)}, {place.city}",
            city=place.city,
            state_code=place.state,
            zip=place.code,
            lat=round(place.pin[0] + draw.uniform(-_SPREAD, _SPREAD), 5),
            lon=round(place.pin[1] + draw.uniform(-_SPREAD, _SPREAD), 5),
            zone=place.zone,
            days=read_days(draw.choice(trade.days)),
            shifts=((begins, ends),),
            pay_per="hour",
            requirements=tuple(requirements),
            settings=tuple(settings),
            apply_how=_how(draw),
            openings=draw.choice((1, 1, 1, 2, 3, 5)),
            pay_low_cents=low,
            pay_high_cents=high,
        )
    )


def _pay(draw: Random, trade: Trade, state: str) -> tuple[int, int | None]:
    """Draw pay around the trade's median as it is in that state, never below the law's least."""
    middle = trade.cents * PAY_LEVEL.get(state, 0.95)
    least = max(FEDERAL_MINIMUM_CENTS, MINIMUM_CENTS.get(state, 0))
    low = max(least, _quarter(middle * draw.triangular(0.82, 1.2, 0.97)))
    more = 25 * draw.choice((0, 0, 2, 4, 8, 12))
    return low, low + more if more else None


def _quarter(cents: float) -> int:
    return round(cents / 25) * 25


def _how(draw: Random) -> Mapping[str, str]:
    kind = draw.choice(("link", "link", "phone", "walk_in", "staff"))
    match kind:
        case "link":
            return {"kind": kind, "value": f"https://jobs.example.org/apply/{draw.randrange(10**6)}"}
        case "phone":
            return {"kind": kind, "value": f"+1215555{draw.randrange(100, 200):04}"}
        case "walk_in":
            return {
                "kind": kind,
                "value": draw.choice(("Mon-Fri 9-11 am", "any day before noon", "Tue 2-4 pm")),
            }
        case _:
            return {"kind": kind, "value": ""}


def _company(draw: Random, trade: Trade, town: str) -> str:
    """Name one of a town's few companies of this kind, so that each has several jobs."""
    which = draw.randrange(_COMPANIES_OF_A_TOWN)
    own = Random(f"{town}-{trade.code}-{which}")
    parts = own.choice(FIRST_NAMES), own.choice(SECOND_NAMES), own.choice(trade.companies)
    return " ".join(part for part in parts if part)


@cache
def _places(town: str) -> Sequence[zips.Zip]:
    middle = zips.centroid(town)
    assert middle is not None, "asked for before"
    return sorted((each for each in zips.around(*middle) if each.pin), key=lambda each: each.code)
