"""The whole road over both providers' wires, on both databases: hello, interview, ride, there and home."""

from datetime import datetime, timedelta

import httpx
import pytest

from bot.demo_check import book, day_before, the_day
from tests.road.conftest import (
    Onward,
    SmsPhone,
    TelegramPhone,
    WirePhone,
    sms_settings,
    telegram_settings,
)
from tests.wire.telegram import fake_telegram
from tests.wire.twilio import fake_twilio

# Each way in on one of the databases by `make test`, and on the other by `make long`.
POSTGRES_LATER = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.long)]
SQLITE_LATER = [pytest.param("sqlite", marks=pytest.mark.long), pytest.param("postgres")]


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", POSTGRES_LATER, indirect=True)
def test_the_road_by_sms(onward: Onward) -> None:
    with fake_twilio() as fake:
        onward.environ |= sms_settings(fake)
        onward.start()
        fake.now = onward.now
        with httpx.Client(base_url=onward.url, trust_env=False, timeout=30) as client:
            walk(SmsPhone(client, print, onward=onward, fake=fake))


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", SQLITE_LATER, indirect=True)
def test_the_road_by_telegram(onward: Onward, database_kind: str) -> None:
    polled = database_kind == "postgres"  # each way in is walked once
    with fake_telegram() as fake:
        onward.environ |= telegram_settings(fake, polled=polled)
        onward.start()
        with httpx.Client(base_url=onward.url, trust_env=False, timeout=30) as client:
            walk(TelegramPhone(client, print, onward=onward, fake=fake, polled=polled))


def walk(road: WirePhone) -> None:
    """Walk it all, and look at what the ride company was asked for."""
    road.move_to(f"{_day_after(road.now())}T12:00")
    book(road)
    day_before(road)
    the_day(road)
    trips = httpx.get(f"{road.onward.ride_url}/_stub/trips", trust_env=False).json()
    assert len(trips) == 2, "one car there, one home"
    assert "ERROR" not in road.onward.log()


def _day_after(now: str) -> str:
    return str((datetime.fromisoformat(now) + timedelta(days=1)).date())
