"""The demo's folder: sample data once, a clock that stays moved, a ride company that ends with it."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.app import key_ring
from bot.demo import (
    GROUP_CODE,
    MARIA,
    OWN_CODES,
    CompanyAway,
    DemoAt,
    clock_of,
    ride_company,
    run,
    seed,
    settings_of,
)
from bot.settings import Settings
from storage import funds, invites, staff
from storage.database import open_database
from tests.road.conftest import free_port

NOW = datetime(2027, 2, 23, 22, 48, tzinfo=UTC)


async def test_sample_data_is_put_there_once(database_url: str) -> None:
    settings = Settings(env="test", database_url=database_url)
    await seed(settings, NOW)
    await seed(settings, NOW)
    door = open_database(database_url, key_ring(settings))
    maria = await door.read(partial(staff.caseworker_by_email, email=MARIA))
    assert maria is not None
    assert maria.name == "Maria Ruiz (sample)"
    for code in (GROUP_CODE, *OWN_CODES):
        invite = await door.read(partial(invites.find_invite, typed=code.lower(), now=NOW))
        assert invite is not None
        assert invite.caseworker_id == maria.id
    assert len(await door.read(partial(funds.open_funds, now=NOW))) == 1
    await door.close()


def test_a_moved_clock_stays_moved(tmp_path: Path) -> None:
    ahead = timedelta(days=2)
    (tmp_path / "clock.json").write_text(json.dumps({"ahead_seconds": ahead.total_seconds()}))
    moved = clock_of(tmp_path).now() - clock_of(tmp_path / "new").now()
    assert abs(moved - ahead) < timedelta(seconds=5)


def test_nothing_of_the_environment_reaches_a_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    settings = settings_of(DemoAt(tmp_path, 8080, 8090))
    assert not settings.has_sms
    assert settings.host == "127.0.0.1"
    assert str(tmp_path) in settings.database_url


def test_a_ride_company_that_cannot_start_is_said(tmp_path: Path) -> None:
    from socket import socket

    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        at = DemoAt(tmp_path, free_port(), taken.getsockname()[1])
        with pytest.raises(CompanyAway, match="port taken"):
            run(at, lambda words: None)


def test_the_ride_company_ends_with_the_demo(tmp_path: Path) -> None:
    with ride_company(DemoAt(tmp_path, free_port(), free_port())) as process:
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()  # as when the demo is killed
        assert process.wait(30) is not None
