"""What is kept of jobs: by whose word, for how long, and found by where they are. Both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import employers, jobs
from storage.jobs import NewJob, Upserted
from storage.tables.jobs import Policy
from tests.storage.samples import NOW

PICKER = NewJob(
    external_id="1", employer="Sample Foods, Inc.", title="Order picker", lat=42.36, lon=-71.06, zip="02128",
    days=("mon", "tue"), shifts=(("06:00", "14:30"),), pay_low_cents=1900, pay_per="hour",
    requirements=("lift_50",), settings=("warehouse",), apply_how={"kind": "walk_in", "value": "Gate 2"},
    description="Pick orders.", digest="a",
)  # fmt: skip
COOK = replace(PICKER, external_id="2", employer="Sample Kitchen", title="Cook", lat=42.50, digest="b")
DAY = timedelta(days=1)


def ids(connection: sa.Connection, **query: object) -> list[str]:
    return [row.external_id for row in jobs.open_jobs(connection, **({"now": NOW} | query))]  # type: ignore[arg-type]


def the(connection: sa.Connection, external_id: str) -> jobs.JobRow:
    (row,) = [
        each for each in jobs.some_jobs(connection, now=NOW, state=None) if each.external_id == external_id
    ]
    return row


def test_a_job_is_read_as_it_was_written(connection: sa.Connection) -> None:
    assert jobs.upsert_jobs(connection, "feed", [PICKER, COOK], NOW) == Upserted(added=2)
    row = jobs.job(connection, the(connection, "1").id, NOW)
    assert row is not None
    for name in ("title", "lat", "days", "shifts", "requirements", "settings", "apply_how", "description"):
        assert getattr(row, name) == getattr(PICKER, name), name
    assert (row.employer, row.policy, row.state, row.pay_per) == (
        "Sample Foods, Inc.",
        "unknown",
        "open",
        "hour",
    )


def test_jobs_are_found_in_a_square(connection: sa.Connection) -> None:
    nowhere = replace(PICKER, external_id="3", lat=None, lon=None, digest="c")
    jobs.upsert_jobs(connection, "feed", [PICKER, COOK, nowhere], NOW)
    assert ids(connection) == ["1", "2", "3"]
    assert ids(connection, near=(42.36, -71.06), miles=5) == ["1"]
    assert ids(connection, near=(42.36, -71.06), miles=11) == ["1", "2"]


def test_again_is_the_same_and_another_word_is_a_change(connection: sa.Connection) -> None:
    jobs.upsert_jobs(connection, "feed", [PICKER, COOK], NOW)
    dearer = replace(PICKER, pay_low_cents=2000, digest="a2")
    assert jobs.upsert_jobs(connection, "feed", [dearer, COOK], NOW + DAY) == Upserted(changed=1, same=1)
    assert the(connection, "1").pay_low_cents == 2000
    assert jobs.upsert_jobs(connection, "another", [PICKER], NOW) == Upserted(added=1)
    assert jobs.upsert_jobs(connection, "feed", [], NOW) == Upserted()


def test_absent_twice_is_paused_and_named_again_is_open(connection: sa.Connection) -> None:
    jobs.upsert_jobs(connection, "feed", [PICKER, COOK], NOW)
    jobs.upsert_jobs(connection, "another", [PICKER], NOW)
    for days, paused in ((1, 0), (2, 1), (3, 0)):
        jobs.upsert_jobs(connection, "feed", [COOK], NOW + days * DAY)
        assert jobs.count_absent(connection, "feed", NOW + days * DAY) == paused
    assert ids(connection) == ["2", "1"]  # the other source's
    jobs.upsert_jobs(connection, "feed", [PICKER, COOK], NOW + 4 * DAY)
    assert ids(connection) == ["1", "2", "1"]
    jobs.upsert_jobs(connection, "feed", [COOK], NOW + 5 * DAY)
    assert jobs.count_absent(connection, "feed", NOW + 5 * DAY) == 0  # it counts from nothing again


@pytest.mark.parametrize("changed", [False, True])
def test_what_staff_said_of_a_job_outlives_an_import(connection: sa.Connection, changed: bool) -> None:
    jobs.upsert_jobs(connection, "feed", [PICKER, COOK], NOW)
    assert jobs.pause(connection, the(connection, "1").id, NOW)
    assert jobs.fill(connection, the(connection, "2").id, NOW)
    again = [replace(each, digest="z") if changed else each for each in (PICKER, COOK)]
    jobs.upsert_jobs(connection, "feed", again, NOW + DAY)
    assert (the(connection, "1").state, the(connection, "2").state) == ("paused", "filled")
    assert not jobs.pause(connection, the(connection, "2").id, NOW)
    assert jobs.reopen(connection, the(connection, "1").id, NOW)
    assert ids(connection) == ["1"]


def test_a_job_past_its_day_is_not_open_swept_or_not(connection: sa.Connection) -> None:
    until = replace(PICKER, valid_through=NOW + DAY)
    jobs.upsert_jobs(connection, "feed", [until, COOK], NOW)
    assert ids(connection, now=NOW + DAY) == ["2"]
    assert jobs.expire_jobs(connection, NOW + DAY) == 1
    assert the(connection, "1").state == "expired"
    jobs.upsert_jobs(connection, "feed", [until], NOW + 2 * DAY)  # still named: still over
    assert the(connection, "1").state == "expired"
    longer = replace(until, valid_through=NOW + 9 * DAY, digest="longer")
    jobs.upsert_jobs(connection, "feed", [longer], NOW + 2 * DAY)
    assert ids(connection, now=NOW + 2 * DAY) == ["1", "2"]


def test_jobs_are_found_by_words_for_staff(connection: sa.Connection) -> None:
    jobs.upsert_jobs(connection, "feed", [PICKER, COOK], NOW)
    assert [row.title for row in jobs.some_jobs(connection, now=NOW, words="sample picker")] == [
        "Order picker"
    ]
    assert jobs.some_jobs(connection, now=NOW, words="100%") == []
    assert jobs.count_jobs(connection) == {"open": 2}


# --- employers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name,other,same",
    [
        ("Sample Foods, Inc.", "SAMPLE FOODS", True),
        ("The Sample Co.", "sample company", True),
        ("Joe's Diner", "Joes Diner LLC", True),
        ("A & B Movers", "A and B Movers", True),
        ("Sample Foods", "Sample Food", False),
        ("The Company", "Inc.", False),  # nothing but such words: they are the name
    ],
)
def test_a_company_is_one_however_it_is_spelt(name: str, other: str, same: bool) -> None:
    assert (employers.employer_key(name) == employers.employer_key(other)) is same


def test_evidence_counts_for_eighteen_months(connection: sa.Connection) -> None:
    (id_,) = employers.ensure_employers(connection, ["Sample Foods"], NOW).values()

    def learn(policy: Policy, days: int) -> str:
        at = NOW + timedelta(days=days)
        return employers.add_evidence(connection, id_, policy, source="phone", at=at, who="Maria")

    assert learn("has_hired_ours", 0) == "has_hired_ours"
    assert learn("says_fair_chance", 300) == "has_hired_ours"  # weaker takes nothing away
    jobs.upsert_jobs(connection, "feed", [replace(PICKER, employer="Sample Foods Inc")], NOW)

    def policy(days: int) -> str:
        (row,) = jobs.open_jobs(connection, now=NOW + timedelta(days=days))
        return row.policy

    assert policy(548) == "has_hired_ours"
    assert policy(549) == "unknown"  # before anybody has looked again
    assert employers.refresh_policies(connection, NOW + timedelta(days=549)) == 1
    assert policy(549) == "says_fair_chance"
    assert learn("unknown", 560) == "unknown"  # taken back
    assert learn("told_us_hires", 570) == "told_us_hires"
    assert [each.policy for each in employers.evidence_of(connection, id_)] == [
        "told_us_hires",
        "unknown",
        "says_fair_chance",
        "has_hired_ours",
    ]


def test_an_advertisement_says_so_once_a_month(connection: sa.Connection) -> None:
    fair = replace(PICKER, fair_chance=True)
    for days in (0, 1, 29, 31):
        jobs.upsert_jobs(connection, "feed", [fair], NOW + timedelta(days=days))
    row = employers.employer_named(connection, "Sample Foods")
    assert row is not None
    assert (row.policy, row.policy_source, row.policy_by) == ("says_fair_chance", "feed", "import")
    assert len(employers.evidence_of(connection, row.id)) == 2
