"""Bring jobs in from a file or page: read and judge all of it, keep it aside, and only then write.

Theory of operation. A source's format is known by how it begins. Its reader gives one job at a time, `clean`
judges it, the spool keeps the good ones on disk, each id once. Only when the end was reached does anything
touch the database: upserts by (source, external id) in lists of 500, each a transaction of its own so that no
text waits for them, then the absences. A source that breaks, is too large or has no good job leaves nothing
but its line in the list of imports. An import that is stopped while it writes stands there as "under way":
every job it wrote is whole, no absence was counted, and running it again completes it.

The rule: absence counts only against a source that could be read: where more than a tenth of its jobs were
rejected, or it says it is a part, nobody's job is paused by it.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import BinaryIO, Final, Literal, TypeAlias, get_args

import sqlalchemy as sa

from bot.jobs.clean import clean
from bot.jobs.raw import BadSource, Found, RawJob, Rejected
from bot.jobs.read_csv import read_csv
from bot.jobs.read_json_ld import read_json_ld
from bot.jobs.read_xml import read_xml
from bot.jobs.spool import Spool
from storage import job_feeds
from storage.database import Database
from storage.job_feeds import ImportRow
from storage.jobs import NewJob, Upserted, count_absent, upsert_jobs
from storage.tables.jobs import FeedFormat

Format: TypeAlias = Literal["csv", "json_ld", "xml"]
FORMATS: Final[tuple[str, ...]] = get_args(Format)
SHOWN: Final = 200
"""Rejected jobs that are kept to be told of; the others are counted."""
TRUSTED: Final = 0.1
"""The share of rejected jobs above which a source's absences do not count."""
BEGINNING: Final = 2048  # bytes
UNDER_WAY: Final = "under way"

Progress: TypeAlias = Callable[[int], None]
"""Told how many bytes have been read, or jobs written."""


@dataclass(slots=True)
class Staged:
    """A source that was read to its end."""

    spool: Spool
    rows: int = 0
    good: int = 0
    rejected: int = 0
    shown: list[Rejected] = field(default_factory=list)

    @property
    def trusted(self) -> bool:
        """Say whether what it does not name can be taken for gone."""
        return self.good > 0 and self.rejected <= TRUSTED * self.rows


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did."""

    rows: int
    added: int
    changed: int
    same: int
    paused: int
    rejected: int

    def __str__(self) -> str:
        return (
            f"{self.rows} read: {self.added} new, {self.changed} changed, {self.same} as before, "
            f"{self.paused} paused, {self.rejected} rejected"
        )


def known_format(file: BinaryIO) -> FeedFormat:
    """Tell a file's format by its beginning, and go back there."""
    beginning = file.read(BEGINNING).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    file.seek(0)
    if beginning.startswith((b"{", b"[", b"<!doctype html")) or b"<html" in beginning:
        return "json_ld"
    return "xml" if beginning.startswith(b"<") else "csv"


def stage(
    file: BinaryIO,
    now: datetime,
    *,
    format_: FeedFormat | None = None,
    most_rows: int,
    told: Progress = lambda _: None,
) -> Staged:
    """Read and judge all of a source; raises BadSource, and keeps nothing then. Close its spool."""
    staged = Staged(Spool())
    try:
        for found in _reader(file, format_ or known_format(file)):
            staged.rows += 1
            if staged.rows > most_rows:
                raise BadSource(f"has more than {most_rows:,} jobs: JOBS_MOST_ROWS is the limit")
            _take(found, staged, now)
            if staged.rows % 200 == 0:
                told(file.tell())
        if staged.rows and not staged.good:
            first = staged.shown[0]
            raise BadSource(
                f"not one of its {staged.rows} jobs can be used; the first ({first.line}) {first.why}"
            )
        if not staged.rows:
            raise BadSource("has no jobs in it")
    except BaseException:
        staged.spool.close()
        raise
    told(file.tell())
    return staged


def _reader(file: BinaryIO, format_: FeedFormat) -> Iterator[Found]:
    match format_:
        case "csv":
            return read_csv(file)
        case "json_ld":
            return read_json_ld(file)
        case "xml":
            return read_xml(file)


def _take(found: Found, staged: Staged, now: datetime) -> None:
    if isinstance(found, RawJob):
        judged = clean(found, now)
        if not isinstance(judged, Rejected):
            before = staged.spool.put(found.line, judged)
            if before is None:
                staged.good += 1
                return
            judged = Rejected(found.line, f"has the id of line {before} again")
        found = judged
    staged.rejected += 1
    if len(staged.shown) < SHOWN:
        staged.shown.append(found)


async def write(
    database: Database,
    staged: Staged,
    source: str,
    now: datetime,
    *,
    part: bool = False,
    told: Progress = lambda _: None,
) -> Outcome:
    """Write what was staged, a list at a time; `part`: what it does not name is not gone."""
    total, lists = Upserted(), staged.spool.lists()
    begun = ImportRow(source, now, staged.rows, 0, 0, 0, staged.rejected, UNDER_WAY)
    id_ = await database.run(lambda c: job_feeds.write_import(c, begun))
    while (some := await asyncio.to_thread(next, lists, None)) is not None:
        one = await database.run(partial(_write_list, source, some, now))
        total = Upserted(total.added + one.added, total.changed + one.changed, total.same + one.same)
        told(total.added + total.changed + total.same)

    def finish(connection: sa.Connection) -> int:
        paused = count_absent(connection, source, now) if staged.trusted and not part else 0
        done = replace(begun, added=total.added, changed=total.changed, paused=paused, result="done")
        job_feeds.finish_import(connection, id_, done)
        return paused

    paused = await database.run(finish)
    return Outcome(staged.rows, total.added, total.changed, total.same, paused, staged.rejected)


def _write_list(source: str, some: list[NewJob], now: datetime, connection: sa.Connection) -> Upserted:
    return upsert_jobs(connection, source, some, now)


def write_failure(connection: sa.Connection, source: str, why: str, now: datetime) -> None:
    """Write down that a source could not be used, and why."""
    job_feeds.write_import(connection, ImportRow(source, now, 0, 0, 0, 0, 0, why[:300]))
