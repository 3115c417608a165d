"""The roster: hours on their own wall clock, who is called first, and when nobody is."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from storage import migrations, on_call, people, staff
from storage.database import make_engine
from storage.on_call import ShiftRow, add_shift, line, spans, watch
from storage.staff import CaseworkerRow
from tests.storage.samples import NOW, a_caseworker, someone

BOSTON = "America/New_York"


SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def at(text: str, zone: str = BOSTON) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def shift(starts: str, ends: str, *, weekday: int | None = None, day: str | None = None) -> ShiftRow:
    return ShiftRow(1, 1, weekday, day, starts, ends, BOSTON, 1)


WEDNESDAY = 2
EVENING = shift("17:00", "23:00", weekday=WEDNESDAY)  # 2027-02-24 is a Wednesday
NIGHT = shift("22:00", "06:00", weekday=WEDNESDAY)
ALL_DAY = shift("00:00", "00:00", weekday=WEDNESDAY)
CHRISTMAS = shift("08:00", "20:00", day="2027-12-25")


@pytest.mark.parametrize(
    ("row", "moment", "on"),
    [
        (EVENING, "2027-02-24T16:59", False),
        (EVENING, "2027-02-24T17:00", True),
        (EVENING, "2027-02-24T22:59", True),
        (EVENING, "2027-02-24T23:00", False),
        (EVENING, "2027-02-25T18:00", False),
        (NIGHT, "2027-02-24T05:00", False),
        (NIGHT, "2027-02-24T22:00", True),
        (NIGHT, "2027-02-25T05:59", True),
        (NIGHT, "2027-02-25T06:00", False),
        (NIGHT, "2027-02-25T22:00", False),
        (ALL_DAY, "2027-02-24T00:00", True),
        (ALL_DAY, "2027-02-24T23:59", True),
        (ALL_DAY, "2027-02-25T00:00", False),
        (CHRISTMAS, "2027-12-25T12:00", True),
        (CHRISTMAS, "2028-12-25T12:00", False),
        (shift("00:00", "00:00"), "2027-07-04T03:00", True),
    ],
)
def test_a_shift_covers_its_hours(row: ShiftRow, moment: str, on: bool) -> None:
    assert bool(spans(row, at(moment), at(moment))) is on


def test_ten_at_night_is_ten_at_night_in_winter_and_summer() -> None:
    """Clocks go forward in the night to 2027-03-14: the shift is an hour shorter, its clocks are the same."""
    night = shift("22:00", "06:00")
    hours = {
        end - begin
        for text in ("2027-03-11T23:00", "2027-03-13T23:00", "2027-07-01T23:00")
        for begin, end in spans(night, at(text), at(text))
    }
    assert hours == {timedelta(hours=8), timedelta(hours=7)}
    assert spans(night, at("2027-03-14T05:30"), at("2027-03-14T05:30"))
    assert not spans(night, at("2027-03-14T06:00"), at("2027-03-14T06:00"))


def with_phone(connection: sa.Connection, name: str, number: str, **values: object) -> CaseworkerRow:
    made = a_caseworker(connection, name)
    staff.change_caseworker(connection, made.id, phone=number, **values)
    found = staff.caseworker(connection, made.id)
    assert found is not None
    return found


def test_the_line_is_by_place_and_only_of_those_a_text_reaches(connection: sa.Connection) -> None:
    maria = with_phone(connection, "Maria", "+15555550199")
    sam = with_phone(connection, "Sam", "+15555550198")
    nobody = a_caseworker(connection, "No phone")
    gone = with_phone(connection, "Gone", "+15555550197", active=False)
    quiet = with_phone(connection, "Quiet", "+15555550196", no_texts_since=NOW)
    for who in (maria, nobody, gone, quiet):
        add_shift(connection, who.id, zone=BOSTON, now=NOW, place=2)
    add_shift(connection, sam.id, zone=BOSTON, now=NOW, place=1, starts=time(22), ends=time(6))
    assert line(connection, at("2027-02-24T23:00")) == [sam, maria]
    assert line(connection, at("2027-02-24T12:00")) == [maria]
    assert on_call.remove_shift(connection, 1)
    assert not on_call.remove_shift(connection, 1)
    assert line(connection, at("2027-02-24T12:00")) == []


def test_a_persons_own_team_is_called_first(connection: sa.Connection) -> None:
    ray = someone(connection).person_id
    people.change_person(connection, ray, team="north")
    other = with_phone(connection, "Other", "+15555550199", team="south")
    ours = with_phone(connection, "Ours", "+15555550198", team="north")
    add_shift(connection, other.id, zone=BOSTON, now=NOW, place=1)
    add_shift(connection, ours.id, zone=BOSTON, now=NOW, place=2)
    assert line(connection, NOW, ray) == [ours, other]
    assert line(connection, NOW) == [other, ours]


@SQLITE
def test_a_day_of_its_own_comes_before_the_week(connection: sa.Connection) -> None:
    maria = with_phone(connection, "Maria", "+15555550199")
    sam = with_phone(connection, "Sam", "+15555550198")
    add_shift(connection, maria.id, zone=BOSTON, now=NOW)
    add_shift(connection, sam.id, zone=BOSTON, now=NOW, day=date(2027, 12, 25))
    assert line(connection, at("2027-12-25T12:00")) == [sam, maria]
    assert on_call.forget_past_shifts(connection, date(2027, 12, 26)) == 1
    assert line(connection, at("2027-12-25T12:00")) == [maria]


@SQLITE
def test_every_moment_of_a_span_has_its_human_or_a_gap(connection: sa.Connection) -> None:
    maria = with_phone(connection, "Maria", "+15555550199")
    sam = with_phone(connection, "Sam", "+15555550198")
    add_shift(connection, maria.id, zone=BOSTON, now=NOW, starts=time(6), ends=time(9), place=2)
    add_shift(connection, sam.id, zone=BOSTON, now=NOW, starts=time(8), ends=time(10), place=1)
    found = watch(connection, at("2027-02-24T05:30"), at("2027-02-24T11:00"))
    told = [(one.since, one.until, one.caseworker) for one in found]
    clocks = [
        at(f"2027-02-24T{text}").astimezone(UTC) for text in ("05:30", "06:00", "08:00", "10:00", "11:00")
    ]
    assert told == [
        (*span, who) for span, who in zip(pairwise(clocks), (None, maria, sam, None), strict=True)
    ]


def test_who_was_on_call_always_is_on_call_every_day_all_day(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'before.db'}"
    migrations.upgrade(url, "0007")
    engine = make_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO caseworker (name, email, role, zone, phone, on_call, active, created_at) VALUES "
            "('Maria', 'm@sample.invalid', 'caseworker', NULL, '+15555550199', true, true, '2027-01-01'), "
            "('Tom', 't@sample.invalid', 'caseworker', NULL, '+15555550198', false, true, '2027-01-01')"
        )
    migrations.upgrade(url)
    with engine.begin() as connection:
        for moment in ("2027-02-24T03:00", "2027-07-04T15:00"):
            assert [who.name for who in line(connection, at(moment))] == ["Maria"]
