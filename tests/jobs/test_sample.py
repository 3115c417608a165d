"""The made-up catalogue: the same for the same seed, lawful, near where it was asked for."""

import pytest

from bot.jobs import sample_facts
from bot.jobs.sample import sample_jobs, sample_policy
from bot.jobs.words import REQUIREMENTS, SETTINGS
from bot.rides import zips
from bot.rides.estimates import crow_miles

JOBS = sample_jobs(400, near="02119")


def test_the_same_seed_makes_the_same_jobs() -> None:
    assert sample_jobs(50, near="02119") == JOBS[:50]
    assert sample_jobs(50, seed=2, near="02119") != JOBS[:50]
    assert len({job.external_id for job in JOBS}) == len(JOBS)


def test_jobs_lie_around_the_place_and_pay_what_the_law_asks() -> None:
    middle = zips.centroid("02119")
    assert middle is not None
    for job in JOBS:
        assert job.lat is not None
        assert job.lon is not None
        assert crow_miles(*middle, job.lat, job.lon) < 28
        assert job.pay_low_cents is not None
        assert sample_facts.MINIMUM_CENTS.get(job.state_code or "", 725) <= job.pay_low_cents < 4000
        assert set(job.requirements) <= set(REQUIREMENTS)
        assert set(job.settings) <= set(SETTINGS)
        assert job.days
        assert job.shifts


def test_every_word_and_day_of_the_facts_is_one_of_ours() -> None:
    for trade in sample_facts.TRADES:
        assert set(trade.settings.split()) <= set(SETTINGS), trade.titles
        assert set(trade.requirements.split()) <= set(REQUIREMENTS), trade.titles
    assert all(zips.centroid(town) for town in sample_facts.TOWNS)


def test_companies_have_several_jobs_and_some_a_policy() -> None:
    names = {job.employer for job in JOBS}
    assert len(names) < len(JOBS)
    policies = [sample_policy(name) for name in sorted(names)]
    assert {"unknown", "says_fair_chance", "told_us_hires", "has_hired_ours"} == set(policies)
    assert policies == [sample_policy(name) for name in sorted(names)]


def test_around_no_zip_there_are_none() -> None:
    with pytest.raises(ValueError, match="00000 is no ZIP"):
        sample_jobs(1, near="00000")
    assert len({job.state_code for job in sample_jobs(60)}) > 5
