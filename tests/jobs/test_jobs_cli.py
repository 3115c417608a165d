"""`onward jobs` as it is typed."""

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from bot.app import key_ring
from bot.cli import app
from bot.settings import load
from flows.wishes import Wishes
from storage import job_matches
from storage.database import make_engine
from tests.storage.samples import NOW, someone

RUN = CliRunner()
CSV = "id,title,employer,zip,pay\n1,Cook,Sample Foods,02118,$18/hr\n2,=1+1,Sample Foods,02118,\n"


@pytest.fixture
def here(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a database of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.db").write_bytes(sqlite_template.read_bytes())
    for name, value in {"ENV": "test", "DATABASE_URL": "sqlite:///a.db"}.items():
        monkeypatch.setitem(os.environ, name, value)
    (tmp_path / "jobs.csv").write_text(CSV)
    return tmp_path


def jobs(*words: str, code: int = 0) -> Result:
    done = RUN.invoke(app, ["jobs", *words])
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    return done


def test_a_file_is_tried_brought_in_and_listed(here: Path) -> None:
    dry = jobs("import", "jobs.csv", "--dry-run", code=1)
    assert "2 read: 1 good, 1 rejected. Nothing was written." in dry.output
    assert jobs("list").output == "No such job.\n"
    done = jobs("import", "jobs.csv", code=1)
    assert "2 read: 1 new, 0 changed, 0 as before, 0 paused, 1 rejected." in done.output
    assert "line 3 has a formula for its title." in done.output
    assert jobs("list", "cook").output == "1  Cook at Sample Foods  Boston, MA, 02118  $18.00 a hour\n"
    jobs("evidence", "sample foods inc", "told_us_hires", "--source", "phone", "--who", "Maria")
    assert "(told us hires)" in jobs("list").output
    jobs("mark", "1", "fill")
    assert jobs("list").output == "No such job.\n"
    assert "[filled]" in jobs("list", "--state", "all").output
    assert "jobs: 2 read, 1 new" in jobs("feeds").output


def test_an_order_is_typed_in_a_minute(here: Path) -> None:
    place = "12 Main St, Boston 02118"
    said = jobs("order", "5 for tomorrow 6 am", "--employer", "Sample Foods", "--place", place).output
    assert said.startswith("Order 1: 5 × Helper at Sample Foods  Boston, MA, 02118")
    jobs("order", "6 for tomorrow 6 am", "--employer", "Sample Foods", "--place", place)
    assert len(jobs("list", "--source", "order").output.splitlines()) == 1
    assert "names no ZIP" in jobs(
        "order", "5 for tomorrow 6 am", "--employer", "S", "--place", "nowhere", code=1
    ).output  # fmt: skip


def test_sample_jobs_are_marked(here: Path) -> None:
    assert jobs("sample", "--count", "30").output == "30 new sample jobs, 0 as they were.\n"
    assert jobs("sample", "--count", "30").output == "0 new sample jobs, 30 as they were.\n"
    lines = jobs("list").output.splitlines()
    assert len(lines) == 30
    assert all(line.endswith(" sample") for line in lines)


@pytest.mark.parametrize(
    "words,why",
    [
        (["import", "nothing.csv"], "nothing.csv: cannot be opened: No such file or directory."),
        (["import", "https://jobs.example.org/"], "is at jobs.example.org, which JOBS_HOSTS does not name."),
        (["import", "jobs.csv", "--source", "order"], "cannot be called order"),
        (["import", "jobs.csv", "--format", "pdf"], "pdf is none of csv, json_ld, xml."),
        (["mark", "1", "burn"], "burn is none of pause, reopen, fill."),
        (["mark", "99", "fill"], "Job 99 does not stand so that one could fill it."),
        (["evidence", "Nobody", "unknown", "--source", "x", "--who", "y"], "No employer is called Nobody."),
        (["feeds", "--drop", "x"], "No feed is called x."),
        (["sample", "--near", "00000"], "00000 is no ZIP that is on the map"),
    ],
)
def test_what_cannot_be_done_is_said(here: Path, words: list[str], why: str) -> None:
    assert why in jobs(*words, code=1).output


def test_whom_an_order_could_be_for(here: Path) -> None:
    jobs("order", "5 line cooks for tomorrow 6 am", "--employer", "Sample", "--place", "02118")
    assert jobs("reach", "1").output.startswith("0 could take it, 0 could not")

    def two(connection: sa.Connection) -> None:
        for phone, wishes in (
            ("+15555550101", Wishes(pin=(42.34, -71.07), travel=("bus",), done_before="line cook")),
            ("+15555550102", Wishes(pin=(42.34, -71.07), travel=("bus",), avoid=("kitchen",))),
        ):
            point = someone(connection, phone)
            job_matches.keep_wishes(connection, point.person_id, wishes, NOW)

    engine = make_engine("sqlite:///a.db", key_ring(load()))
    with engine.begin() as connection:
        two(connection)
    engine.dispose()
    first, last = jobs("reach", "1").output.splitlines()
    assert first.startswith("person 1 ")
    assert last.startswith("1 could take it, 1 could not")
    jobs("reach", "9", code=1)
