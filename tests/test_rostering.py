"""The roster as office people type it: days, clocks, a phone that rings."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bot.cli import app
from bot.rostering import BadShift, NewShift, add, listed, read_days, remove, words
from storage import alarms, on_call
from storage.migrations import upgrade
from storage.on_call import ShiftRow
from tests.storage.samples import NOW, PHONE, a_caseworker, someone

ZONE = "America/New_York"
MARIAS = "+15555550199"


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("every day", [None]),
        ("", [None]),
        ("Mon-Fri", [0, 1, 2, 3, 4]),
        ("fri-mon", [4, 5, 6, 0]),
        ("Sat, Sun", [5, 6]),
        ("Wednesday", [2]),
        ("2027-12-25", [date(2027, 12, 25)]),
    ],
)
def test_days_as_people_write_them(typed: str, days: list[Any]) -> None:
    assert list(read_days(typed)) == days


@pytest.mark.parametrize("typed", ["some day", "2027-02-30", "Mon-Someday", "25/12"])
def test_days_nobody_can_read(typed: str) -> None:
    with pytest.raises(BadShift):
        list(read_days(typed))


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (ShiftRow(1, 1, None, None, "00:00", "00:00", ZONE, 1), "every day, all day"),
        (ShiftRow(1, 1, 2, None, "17:00", "09:00", ZONE, 1), "Wed, 17:00 to 09:00 the next day"),
        (ShiftRow(1, 1, 2, None, "17:00", "00:00", ZONE, 1), "Wed, 17:00 to 24:00"),
        (ShiftRow(1, 1, None, "2027-12-25", "08:00", "20:00", ZONE, 1), "2027-12-25, 08:00 to 20:00"),
    ],
)
def test_a_shift_in_words(shift: ShiftRow, said: str) -> None:
    assert words(shift) == said


def test_a_week_of_evenings_and_off_again(connection: sa.Connection) -> None:
    maria = a_caseworker(connection)
    add(connection, NewShift(maria.email, "Mon-Fri", "17:00", "9:00", "2", MARIAS), "cli", ZONE, NOW)
    assert [one.when[:3] for one in listed(connection)] == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    assert {(one.place, one.trouble) for one in listed(connection)} == {(2, "")}
    assert [who.phone for who in on_call.line(connection, NOW)] == [MARIAS]  # a Tuesday, 5:48 pm
    assert remove(connection, listed(connection)[0].id, "cli", NOW)
    assert not remove(connection, 99, "cli", NOW)
    alarms.set_no_texts(connection, maria.id, NOW)
    assert "START" in listed(connection)[0].trouble
    assert on_call.line(connection, NOW) == []


WRONG = (
    ({"email": "nobody@sample.invalid"}, "Nobody signs in"),
    ({"days": "someday"}, "Days are"),
    ({"starts": "5pm"}, "like 17:00"),
    ({"ends": "25:00"}, "like 17:00"),
    ({"place": "first"}, "from 1 to 9"),
    ({"phone": ""}, "has no phone"),
    ({"phone": "215 555 0100"}, "with its country"),
    ({"phone": PHONE}, "talks with us as a person's"),
)


def test_what_cannot_be_on_the_roster(connection: sa.Connection) -> None:
    someone(connection)
    maria = a_caseworker(connection)
    for change, why in WRONG:
        given = {"email": maria.email, "phone": MARIAS} | change
        with pytest.raises(BadShift, match=why):
            add(connection, NewShift(**given), "cli", ZONE, NOW)
    assert on_call.shifts(connection) == []


@pytest.fixture
def installation(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    url = f"sqlite:///{tmp_path / 'onward.db'}"
    upgrade(url)
    monkeypatch.chdir(tmp_path)
    for name, value in (("DATABASE_URL", url), ("ENV", "test"), ("ONWARD_PASSWORD", "correct horse staple")):
        monkeypatch.setenv(name, value)
    return CliRunner()


def test_the_command_line(installation: CliRunner) -> None:
    def run(*words: str, code: int = 0) -> str:
        done = installation.invoke(app, list(words))
        assert done.exit_code == code, done.output
        return done.output

    run("staff", "add", "Maria Ruiz", "maria@example.org")
    assert "no phone" in run("on-call", "add", "maria@example.org", code=1)
    assert "Maria Ruiz is on call" in run("on-call", "add", "maria@example.org", "--phone", MARIAS)
    shown = run("on-call", "list")
    assert "1. Maria Ruiz: every day, all day" in shown
    assert "On call now: Maria Ruiz." in shown
    assert "off the roster" in run("on-call", "remove", "1")
    assert "On call now: nobody." in run("on-call", "list")
    assert "no shift 1" in run("on-call", "remove", "1", code=1)
