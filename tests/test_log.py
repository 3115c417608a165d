"""A log line says what happened to which row, and nothing of what anybody wrote or who they are."""

import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from bot import log

logger = logging.getLogger("bot.test")


class Kind(StrEnum):
    RIDE = "ride"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root, stream = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in log.TALKATIVE}
    log.configure("DEBUG", stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = before
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def test_a_line_holds_time_level_logger_words_and_fields(lines: io.StringIO) -> None:
    at = datetime(2026, 3, 4, 15, tzinfo=UTC)
    logger.info("ride booked", extra={"ride": 12, "kind": Kind.RIDE, "at": at, "late": False})
    when, said = lines.getvalue().split(" ", 1)
    assert said == "INFO bot.test ride booked ride=12 kind=ride at=2026-03-04T15:00:00+00:00 late=False\n"
    assert datetime.fromisoformat(when).tzinfo


def test_a_sentence_is_shown_by_its_length(lines: io.StringIO) -> None:
    logger.info("text kept", extra={"body": "my mom is sick\nhelp"})
    assert lines.getvalue().endswith("text kept body=<19 characters>\n")


@pytest.mark.parametrize(
    "number",
    ["+12155550100", "2155550100", "215-555-0100", "(215) 555-0100", "1 215 555 0100", "+447911123456"],
)
def test_phone_numbers_are_masked_wherever_they_stand(lines: io.StringIO, number: str) -> None:
    logger.warning("no answer from %s today", number, extra={"to": number})
    assert "no answer from <number> today" in lines.getvalue()
    assert "0100" not in lines.getvalue()
    assert "123456" not in lines.getvalue()


@pytest.mark.parametrize(
    "harmless", ["2026-03-04T15:02:11.120Z", "SM0123456789abcdef0123456789abcdef", "1840"]
)
def test_times_and_ids_stay_readable(harmless: str) -> None:
    assert log.mask(f"x {harmless} y") == f"x {harmless} y"


def test_a_database_error_hides_its_arguments(lines: io.StringIO) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (name TEXT PRIMARY KEY)"))
        connection.execute(text("INSERT INTO person VALUES (:name)"), {"name": "Ray Secret"})
        try:
            connection.execute(text("INSERT INTO person VALUES (:name)"), {"name": "Ray Secret"})
        except IntegrityError:
            logger.exception("person not kept", extra={"person": 7})
    engine.dispose()
    assert "person=7 error=IntegrityError at " in lines.getvalue()
    assert "test_log.py" in lines.getvalue()
    assert "Secret" not in lines.getvalue()
    assert lines.getvalue().count("\n") == 1


def test_an_error_of_ours_keeps_its_words_and_its_cause(lines: io.StringIO) -> None:
    try:
        try:
            raise ValueError("what they typed")
        except ValueError as cause:
            raise OSError("disk full") from cause
    except OSError:
        logger.exception("not saved")
    assert "error=OSError (disk full) at test_log.py:" in lines.getvalue()
    assert "because of ValueError at test_log.py:" in lines.getvalue()
    assert "typed" not in lines.getvalue()


def test_libraries_that_log_bodies_are_held_back(lines: io.StringIO) -> None:
    for name in log.TALKATIVE:
        logging.getLogger(name).info("POST https://api.telegram.org/botTOKEN/sendMessage")
        logging.getLogger(f"{name}.deeper").debug("body")
    assert lines.getvalue() == ""


def test_no_level_given_by_hand_opens_them_again(lines: io.StringIO) -> None:
    log.configure("ERROR", lines)
    logging.getLogger("httpx").warning("url with a token")
    assert lines.getvalue() == ""
