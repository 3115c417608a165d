"""An import from end to end: what it writes, what it leaves alone, and that a bad one writes nothing."""

import io
import resource
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.jobs.importing import Outcome, Progress, stage, write, write_failure
from bot.jobs.raw import BadSource
from storage import job_feeds, jobs
from storage.database import Database
from tests.storage.samples import NOW

DAY = timedelta(days=1)
HEADER = "id,title,employer,zip\n"


def rows(*numbers: int) -> str:
    return HEADER + "".join(f"{number},Cook,Sample {number % 3},02118\n" for number in numbers)


async def bring(
    database: Database,
    text: str,
    days: int = 0,
    *,
    part: bool = False,
    most_rows: int = 10_000,
    told: Progress = lambda _: None,
) -> Outcome:
    now = NOW + days * DAY
    staged = stage(io.BytesIO(text.encode()), now, most_rows=most_rows)
    try:
        return await write(database, staged, "feed", now, part=part, told=told)
    finally:
        staged.spool.close()


async def open_ids(database: Database) -> list[str]:
    def read(connection: sa.Connection) -> list[str]:
        return sorted(row.external_id for row in jobs.open_jobs(connection, now=NOW))

    return await database.read(read)


async def test_a_source_comes_again_and_again(database: Database) -> None:
    assert await bring(database, rows(1, 2, 3)) == Outcome(3, 3, 0, 0, 0, 0)
    assert await bring(database, rows(1, 2), 1) == Outcome(2, 0, 0, 2, 0, 0)
    assert await open_ids(database) == ["1", "2", "3"]  # absent once
    assert await bring(database, rows(1, 2).replace("1,Cook", "1,Baker"), 2) == Outcome(2, 0, 1, 1, 1, 0)
    assert await open_ids(database) == ["1", "2"]
    assert await bring(database, rows(1, 3), 3, part=True) == Outcome(2, 0, 1, 1, 0, 0)
    assert await open_ids(database) == ["1", "2", "3"]
    imports = await database.read(job_feeds.last_imports)
    assert [one.result for one in imports] == ["done"] * 4
    assert (imports[1].changed, imports[1].paused) == (1, 1)


async def test_more_than_one_list_is_written(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.jobs.spool.LIST", 5)
    assert (await bring(database, rows(*range(12)))).added == 12
    assert len(await open_ids(database)) == 12
    assert (await bring(database, rows(*range(12)), 1)).same == 12


async def test_bad_rows_are_told_by_line_and_the_good_ones_taken(database: Database) -> None:
    text = rows(1) + "2,,Sample,02118\n1,Cook,Again,02118\n3,=1+1,Sample,02118\n4,Cook,Sample,99999\n"
    staged = stage(io.BytesIO(text.encode()), NOW, most_rows=10)
    assert [(one.line, one.why) for one in staged.shown] == [
        (3, "has no title"),
        (4, "has the id of line 2 again"),
        (5, "has a formula for its title"),
        (6, "has a ZIP that is on no map: 99999"),
    ]
    assert (await write(database, staged, "feed", NOW)).added == 1
    staged.spool.close()


async def test_absence_counts_only_against_a_source_that_could_be_read(database: Database) -> None:
    await bring(database, rows(*range(20)))
    for days in (1, 2, 3):
        broken = rows(*range(10)) + "".join(f"{number},,Sample,02118\n" for number in range(10, 20))
        assert (await bring(database, broken, days)).paused == 0
    assert len(await open_ids(database)) == 20


LATE = 600  # rows before the fault: more than a list


@pytest.mark.parametrize(
    "text,why",
    [
        (rows(*range(LATE)) + '9999,"never closed,Sample,02118\n' + "x,y\n" * 40_000, "a quote is opened"),
        (rows(*range(LATE)) + "9999,nul\0,Sample,02118\n", "holds what is no text"),
        (rows(*range(LATE)), "has more than 599 jobs: JOBS_MOST_ROWS is the limit"),
        (HEADER, "has no jobs in it"),
        (HEADER + "1,,Sample,02118\n2,,Sample,02118\n", "not one of its 2 jobs can be used; the first (2)"),
        ("<s>" + "<job id='1'><title>Cook</title></job>" * LATE, "is not XML"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_source_that_breaks_leaves_nothing(database: Database, text: str, why: str) -> None:
    with pytest.raises(BadSource) as refused:
        await bring(database, text, most_rows=LATE - 1 if "JOBS_MOST_ROWS" in why else 10_000)
    assert why in str(refused.value)
    assert await open_ids(database) == []
    await database.run(lambda c: write_failure(c, "feed", str(refused.value), NOW))
    (line,) = await database.read(job_feeds.last_imports)
    assert line.result == str(refused.value)[:300]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_an_import_that_is_stopped_is_seen_and_completed_by_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.spool.LIST", 5)
    await bring(database, rows(*range(15), 77))

    def stop(written: int) -> None:
        if written == 10:
            raise KeyboardInterrupt

    changed = rows(*range(15)).replace("Cook", "Baker")
    for days in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            await bring(database, changed, days, told=stop)
    assert (await database.read(job_feeds.last_imports))[0].result == "under way"
    assert len(await open_ids(database)) == 16  # nobody was counted absent
    assert await bring(database, changed, 3) == Outcome(15, 0, 5, 10, 0, 0)


# --- size ---------------------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A CSV file that is made as it is read."""

    def __init__(self, count: int) -> None:
        self._rows = self._made(count)
        self._rest = b""
        self._at = 0

    @staticmethod
    def _made(count: int) -> Iterator[bytes]:
        yield HEADER.encode()
        for number in range(count):
            yield f"job-{number},Order picker,Sample {number % 500},02118\n".encode()

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset

    def tell(self) -> int:
        return self._at

    def readline(self, size: int | None = -1, /) -> bytes:
        line = next(self._rows, b"")
        self._at += len(line)
        return line


def peak_of(count: int) -> int:
    """Return the most bytes that Python held while so many rows were staged."""
    tracemalloc.start()
    try:
        staged = stage(Endless(count), NOW, format_="csv", most_rows=count)  # type: ignore[arg-type]
        assert staged.good == count
        staged.spool.close()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_six_times_the_rows_take_no_more_memory() -> None:
    peak_of(10)  # what is read once and kept
    assert peak_of(1200) < peak_of(200) + 200_000


@pytest.mark.long
def test_five_million_rows_are_streamed() -> None:
    peak_of(10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    staged = stage(Endless(5_000_000), NOW, format_="csv", most_rows=5_000_000)  # type: ignore[arg-type]
    assert staged.good == 5_000_000
    first = next(staged.spool.lists())
    assert (len(first), first[0].external_id) == (500, "job-0")
    staged.spool.close()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # kilobytes on Linux
    assert grown < 100_000
