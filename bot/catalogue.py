"""Jobs from the command line: bring them in, list them, type an order, say what is known of an employer.

The rule: a source is read and judged before the database is opened; then it is written, list by list. What
staff decide here is written into the audit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa

from bot.app import key_ring
from bot.clock import SystemClock
from bot.jobs import importing
from bot.jobs.fetching import fetch
from bot.jobs.importing import Outcome, Progress
from bot.jobs.orders import SOURCE, BadOrder, OrderPlace, read_order
from bot.jobs.ranking import Match, Refused, learned_from, why
from bot.jobs.raw import BadSource, Rejected
from bot.jobs.sample import SAMPLE, sample_jobs, sample_policy
from bot.jobs.spool import LIST
from bot.rides import zips
from bot.settings import Settings
from bot.worker.matching import seeks, weights
from storage import audit, employers, job_feeds, job_matches, jobs, places
from storage.database import BESIDE_A_SERVER, open_database
from storage.employers import EvidenceRow
from storage.job_feeds import FeedRow, ImportRow
from storage.jobs import JobRow, NewJob, Upserted
from storage.tables import JobWish, Person, table
from storage.tables.jobs import FeedFormat, JobState, Policy

Answer = TypeVar("Answer")
WEB = ("https://", "http://")
MOST_SAMPLES = 200_000
WISH, PERSON = table(JobWish), table(Person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to import and how; `where` is a file's path or an address. `part`: what is not named stays."""

    where: str
    source: str | None = None
    format: FeedFormat | None = None
    dry_run: bool = False
    part: bool = False
    every_hours: int | None = None

    @property
    def named(self) -> str:
        """Name the source: as given, else the host or the file."""
        if self.source:
            return self.source
        return urlsplit(self.where).hostname or "feed" if self.of_the_web else Path(self.where).stem

    @property
    def of_the_web(self) -> bool:
        """Say whether it is fetched."""
        return self.where.startswith(WEB)


@dataclass(frozen=True, slots=True)
class Imported:
    """How an import went: `outcome` is None of a dry run."""

    rows: int
    good: int
    rejected: int
    shown: Sequence[Rejected]
    outcome: Outcome | None


async def import_jobs(settings: Settings, wanted: Wanted, reading: Progress, writing: Progress) -> Imported:
    """Import a file or a page; raises BadSource (and then wrote nothing but that)."""
    now = SystemClock().now()
    if wanted.named in (SOURCE, SAMPLE):
        raise BadSource(f"cannot be called {wanted.named}: those are our own")
    try:
        most = settings.jobs_most_mb * 1_000_000
        if wanted.of_the_web:
            file = await fetch(wanted.where, hosts=settings.jobs_hosts, most_bytes=most)
        else:
            file = _opened(Path(wanted.where), most)
        with file:
            staged = importing.stage(
                file, now, format_=wanted.format, most_rows=settings.jobs_most_rows, told=reading
            )
    except BadSource as error:
        if not wanted.dry_run:
            why = str(error)
            await _do(settings, lambda c: importing.write_failure(c, wanted.named, why, now))
        raise
    try:
        outcome = None if wanted.dry_run else await _write(settings, wanted, staged, now, writing)
    finally:
        staged.spool.close()
    return Imported(staged.rows, staged.good, staged.rejected, staged.shown, outcome)


def _opened(path: Path, most_bytes: int) -> BinaryIO:
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise BadSource(f"has {size / 1e6:,.0f} MB, and JOBS_MOST_MB is {most_bytes // 1_000_000}")
        return path.open("rb")
    except OSError as error:
        raise BadSource(f"cannot be opened: {error.strerror}") from None


async def _write(
    settings: Settings, wanted: Wanted, staged: importing.Staged, now: datetime, told: Progress
) -> Outcome:
    def finish(connection: sa.Connection) -> None:
        if wanted.every_hours is not None and wanted.of_the_web:
            job_feeds.keep_feed(
                connection, name=wanted.named, url=wanted.where, format=wanted.format,
                every_hours=wanted.every_hours, now=now,
            )  # fmt: skip
        audit.append(
            connection, actor="cli", action="imported_jobs", object=f"jobs:{wanted.named}", now=now,
            details={"rows": outcome.rows, "added": outcome.added, "rejected": outcome.rejected},
        )  # fmt: skip

    database = open_database(settings.database_url, key_ring(settings), patience=BESIDE_A_SERVER)
    try:
        outcome = await importing.write(database, staged, wanted.named, now, part=wanted.part, told=told)
        await database.run(finish)
    finally:
        await database.close()
    return outcome


async def _do(settings: Settings, write: Callable[[sa.Connection], Answer]) -> Answer:
    database = open_database(settings.database_url, key_ring(settings), patience=BESIDE_A_SERVER)
    try:
        return await database.run(write)
    finally:
        await database.close()


# --- looking -----------------------------------------------------------------------------------------


async def listed(
    settings: Settings, words: str, state: JobState | None, source: str | None, limit: int
) -> list[JobRow]:
    """List jobs, the newest first."""
    now = SystemClock().now()
    return await _do(
        settings,
        lambda c: jobs.some_jobs(c, now=now, words=words, state=state, source=source, limit=limit),
    )


async def sources(settings: Settings) -> tuple[list[FeedRow], list[ImportRow]]:
    """List the feeds and the last imports."""
    return await _do(settings, lambda c: (job_feeds.all_feeds(c), job_feeds.last_imports(c)))


async def drop_feed(settings: Settings, name: str) -> bool:
    """Fetch a feed no more; False where there is none such."""
    return await _do(settings, lambda c: job_feeds.drop_feed(c, name))


async def reach(settings: Settings, id_: int) -> tuple[list[tuple[int, Match]], int] | None:
    """Say whom a job could be offered to, the best first, as (person, match), and how many it is not for.

    Everybody who told us what they want of a job is looked at. None where there is no such job.
    """
    now = SystemClock().now()

    def read(connection: sa.Connection) -> tuple[list[tuple[int, Match]], int] | None:
        row = jobs.job(connection, id_, now)
        if row is None:
            return None
        people = connection.scalars(_WHO_WANTS_WORK).all()
        judged = [(person_id, _judged(connection, settings, person_id, row, now)) for person_id in people]
        fit = [(person_id, one) for person_id, one in judged if isinstance(one, Match)]
        return sorted(fit, key=lambda pair: (-pair[1].score, pair[0])), len(judged) - len(fit)

    return await _do(settings, read)


_WHO_WANTS_WORK = (
    sa.select(WISH.c.person_id)
    .join(PERSON, PERSON.c.id == WISH.c.person_id)
    .where(PERSON.c.closed_at.is_(None))
    .order_by(WISH.c.person_id)
)


def _judged(
    connection: sa.Connection, settings: Settings, person_id: int, row: JobRow, now: datetime
) -> Match | Refused:
    wishes, today = seeks(connection, person_id, now)
    learned = learned_from(job_matches.answers_of(connection, person_id))
    return why(wishes, row, today, weights=weights(settings), learned=learned)


# --- what staff say ---------------------------------------------------------------------------------


async def mark(settings: Settings, id_: int, to: Literal["pause", "reopen", "fill"]) -> bool:
    """Pause, open again or fill a job; False where it does not stand so."""
    now = SystemClock().now()

    def write(connection: sa.Connection) -> bool:
        moved = {"pause": jobs.pause, "reopen": jobs.reopen, "fill": jobs.fill}[to](connection, id_, now)
        if moved:
            audit.append(connection, actor="cli", action=f"{to}_job", object=f"job:{id_}", now=now)
        return moved

    return await _do(settings, write)


async def order(
    settings: Settings, text: str, *, employer: str, place: str, title: str | None, note: str
) -> JobRow:
    """Write a job order down; raises BadOrder."""
    now = SystemClock().now()

    def write(connection: sa.Connection) -> JobRow:
        where = _place_of(connection, place)
        new = read_order(text, employer=employer, place=where, now=now, title=title, note=note)
        jobs.upsert_jobs(connection, SOURCE, [new], now)
        row = jobs.job_of(connection, SOURCE, new.external_id, now)
        assert row is not None, "it was just written"
        audit.append(connection, actor="cli", action="ordered_job", object=f"job:{row.id}", now=now)
        return row

    return await _do(settings, write)


def _place_of(connection: sa.Connection, text: str) -> OrderPlace:
    """Find a place we know by name, or read the ZIP that an address ends with; raises BadOrder."""
    wanted = " ".join(text.casefold().split())
    for row in places.all_shared(connection):
        if row.label.casefold() == wanted and row.pin is not None:
            near = zips.nearest(*row.pin)
            return OrderPlace(near.zone, row.address, near.city, near.state, None, *row.pin)
    zip_ = next((zips.look_up(word) for word in reversed(text.replace(",", " ").split())
                 if len(word) == 5 and word.isdigit()), None)  # fmt: skip
    if zip_ is None or zip_.pin is None:
        raise BadOrder(f'No place of ours is called "{text}", and it names no ZIP.')
    return OrderPlace(zip_.zone, text, zip_.city, zip_.state, zip_.code, *zip_.pin)


async def evidence(
    settings: Settings, employer: str, policy: Policy, *, source: str, who: str
) -> list[EvidenceRow] | None:
    """Write down what was learned of an employer and return all of it; None where none is called so."""
    now = SystemClock().now()

    def write(connection: sa.Connection) -> list[EvidenceRow] | None:
        row = employers.employer_named(connection, employer)
        if row is None:
            return None
        employers.add_evidence(connection, row.id, policy, source=source, at=now, who=who)
        audit.append(
            connection, actor="cli", action="added_evidence", object=f"employer:{row.id}", now=now,
            details={"policy": policy, "source": source, "who": who},
        )  # fmt: skip
        return employers.evidence_of(connection, row.id)

    return await _do(settings, write)


async def load_sample(
    settings: Settings, count: int, seed: int, near: str | None, told: Progress
) -> Upserted:
    """Write so many made-up jobs, the same for the same seed, and what is known of their employers."""
    now = SystemClock().now()
    if not 1 <= count <= MOST_SAMPLES:
        raise BadSource(f"1 to {MOST_SAMPLES:,} sample jobs")
    try:
        made = sample_jobs(count, seed=seed, near=near)
    except ValueError as error:
        raise BadSource(str(error)) from None

    database, total = (
        open_database(settings.database_url, key_ring(settings), patience=BESIDE_A_SERVER),
        Upserted(),
    )
    try:
        for begin in range(0, len(made), LIST):
            one = await database.run(partial(_write_samples, made[begin : begin + LIST], now))
            total = Upserted(total.added + one.added, total.changed + one.changed, total.same + one.same)
            told(begin)
    finally:
        await database.close()
    return total


def _write_samples(made: Sequence[NewJob], now: datetime, connection: sa.Connection) -> Upserted:
    written = jobs.upsert_jobs(connection, SAMPLE, made, now, sample=True)
    _know_samples(connection, made, now)
    return written


def _know_samples(connection: sa.Connection, made: Sequence[NewJob], now: datetime) -> None:
    """Give sample employers their policies, once."""
    for name in dict.fromkeys(job.employer for job in made):
        row, policy = employers.employer_named(connection, name), sample_policy(name)
        if row is not None and row.policy == "unknown" != policy:
            employers.add_evidence(connection, row.id, policy, source=SAMPLE, at=now, who=SAMPLE)
