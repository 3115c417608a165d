"""The jobs of a rehearsed talk as rows, found for its person, so that what they say to one has something to
change.

The rule: a job is written so that a flow sees it as the talk wrote it. Sample data.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import sqlalchemy as sa

from bot.looking import job_view
from flows.views import JobView
from storage import job_matches, jobs
from storage.job_matches import NewMatch
from storage.jobs import JOB, NewJob

SOURCE: Final = "rehearsal"
WEEK: Final = ("mon", "tue", "wed", "thu", "fri")


def pretend_jobs(
    connection: sa.Connection, person_id: int, views: Sequence[Mapping[str, Any]], now: datetime
) -> list[JobView]:
    """Write jobs and that they were found for this person; give them as a flow sees them."""
    jobs.upsert_jobs(connection, SOURCE, [_job(view) for view in views], now, sample=True)
    written = sa.select(JOB.c.external_id, JOB.c.id).where(JOB.c.source == SOURCE)
    ids: dict[str, int] = {row.external_id: row.id for row in connection.execute(written)}
    found = [
        NewMatch(ids[str(view["id"])], 100.0 - place, (), view.get("reasons", ()))
        for place, view in enumerate(views)
    ]
    job_matches.keep_found(connection, person_id, found, now)
    job_matches.show(connection, person_id, [one.job_id for one in found], now)
    return [_shown(connection, person_id, ids[str(view["id"])], view, now) for view in views]


def _shown(
    connection: sa.Connection, person_id: int, job_id: int, view: Mapping[str, Any], now: datetime
) -> JobView:
    found, row = job_matches.match(connection, person_id, job_id), jobs.job(connection, job_id, now)
    assert found is not None, "it was just written"
    assert row is not None, "it was just written"
    return cast(JobView, {**job_view(found, row), **view, "id": job_id})


def _job(view: Mapping[str, Any]) -> NewJob:
    cents = round(float(view["pay"].lstrip("$").replace(",", "")) * 100) if "pay" in view else None
    contact = {"value": view["contact"]} if "contact" in view else {}
    return NewJob(
        external_id=str(view["id"]),
        employer=view["employer"],
        title=view["title"],
        address=view.get("address"),
        days=WEEK,
        shifts=(_shift(view["hours"]),) if "hours" in view else (),
        pay_low_cents=cents,
        pay_high_cents=cents,
        pay_per=view.get("pay_per"),
        apply_how={"kind": view.get("how", "staff"), **contact},
        digest=str(sorted(view.items())),
    )


def _shift(hours: str) -> tuple[str, str]:
    """Read "7-3" as a day's shift: from the morning to the afternoon."""
    begins, _, ends = hours.partition("-")
    return _clock(begins, 0), _clock(ends, 12)


def _clock(said: str, add: int) -> str:
    hour, _, minute = said.partition(":")
    return f"{int(hour) % 12 + add:02}:{minute or '00'}"
