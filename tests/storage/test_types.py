"""Columns: moments keep their instant on both databases, encrypted ones are unreadable on disk."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from storage import people, points
from storage.database import make_engine
from storage.tables import Mark, Person, table
from storage.types import NoKeys, carry_keys
from tests.databases import KEYS
from tests.storage.samples import NOW, someone

MARK, PERSON = table(Mark), table(Person)


@pytest.mark.parametrize(
    "given",
    [
        NOW,
        datetime(2027, 3, 14, 1, 59, 59, 999999, tzinfo=ZoneInfo("America/New_York")),
        datetime(2027, 11, 7, 1, 30, tzinfo=ZoneInfo("America/New_York"), fold=1),
        datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    ],
)
def test_a_moment_comes_back_as_the_same_instant_in_utc(connection: sa.Connection, given: datetime) -> None:
    connection.execute(sa.insert(MARK).values(name="m", at=given))
    back = connection.execute(sa.select(MARK.c.at)).scalar_one()
    assert back == given.astimezone(UTC)  # two zones never compare equal inside a repeated hour
    assert back.tzinfo is UTC
    assert connection.execute(sa.select(MARK.c.name).where(MARK.c.at == given)).scalar_one() == "m"


def test_a_naive_moment_is_refused(connection: sa.Connection) -> None:
    with pytest.raises(StatementError, match="needs its zone"), connection.begin_nested():
        connection.execute(sa.insert(MARK).values(name="m", at=datetime(2027, 1, 1)))


def test_words_are_unreadable_on_disk(connection: sa.Connection) -> None:
    point = someone(connection)
    people.keep_facts(connection, {point.person_id: {"first_name": "Ray", "starts": date(2027, 3, 8)}})
    row = connection.exec_driver_sql("SELECT first_name, facts FROM person").one()
    assert b"Ray" not in bytes(row.first_name) + bytes(row.facts)
    found = people.person(connection, point.person_id)
    assert found is not None
    assert (found.first_name, found.facts) == ("Ray", {"first_name": "Ray", "starts": "2027-03-08"})


def test_the_address_is_nowhere_in_the_file(database_url: str, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        someone(connection, "+15555550199")
    if engine.dialect.name == "sqlite":
        file = Path(database_url.removeprefix("sqlite:///"))
        assert b"5555550199" not in file.read_bytes() + file.with_name(f"{file.name}-wal").read_bytes()
    else:
        with engine.connect() as connection:
            text = connection.exec_driver_sql(
                "SELECT string_agg(p::text, '') FROM contact_point p"
            ).scalar_one()
        assert "5555550199" not in text
        assert b"5555550199".hex() not in text


def test_without_keys_nothing_is_written_or_read(database_url: str) -> None:
    engine = make_engine(database_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection, pytest.raises(NoKeys):
        points.address_index(connection, "sms", "+15555550100")
    with engine.begin() as connection, pytest.raises(StatementError, match="carries no keys"):
        connection.execute(sa.insert(PERSON).values(ref="r", lang="en", zone="UTC", facts={}, created_at=NOW))
    carry_keys(engine, KEYS)
    with engine.begin() as connection:
        assert someone(connection).address == "+15555550101"
