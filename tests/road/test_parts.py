"""Onward in parts, as real processes: one that is called, and workers that come and go."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.road.conftest import Onward, free_port, post_sms, sms_settings
from tests.wire.twilio import FakeTwilio, fake_twilio

POSTGRES = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


@contextmanager
def parts(database_url: str, fake: FakeTwilio, folder: Path, *names: str) -> Iterator[list[Onward]]:
    """Start these parts of one installation, all at once; what still runs at the end is killed."""
    running = [_part(database_url, fake, folder / str(n), name) for n, name in enumerate(names)]
    try:
        with ThreadPoolExecutor(len(running)) as starting:
            for start in [starting.submit(one.start) for one in running]:
                start.result()
        yield running
    finally:
        for one in running:
            if one.process is not None and one.process.poll() is None:
                one.kill()


def _part(database_url: str, fake: FakeTwilio, folder: Path, name: str) -> Onward:
    port, nobody = free_port(), "http://127.0.0.1:1"
    folder.mkdir()
    environ = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        **sms_settings(fake),
        "ENV": "test",
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "WORKER_PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "RIDE_API_BASE": nobody,
        "SMS_PER_SECOND": "100",
    }
    return Onward(folder, environ, port, nobody, part=name)


def answered(web: Onward, fake: FakeTwilio, number: str) -> float:
    """Text us and wait for the answer; return how many seconds that took."""
    began = time.monotonic()
    assert post_sms(web.url, number, "RIDE7").status_code == 200
    while not any(text.to == number for text in fake.sent):
        assert time.monotonic() - began < 30, "nobody answered"
        time.sleep(0.005)
    return time.monotonic() - began


@pytest.mark.slow
@POSTGRES
def test_whoever_is_left_answers_at_once(database_url: str, tmp_path: Path) -> None:
    with fake_twilio() as fake, parts(database_url, fake, tmp_path, "web", "worker", "worker") as running:
        web, one, other = running
        waits = [answered(web, fake, f"+1555555020{n}") for n in range(5)]
        one.kill()
        waits += [answered(web, fake, f"+1555555021{n}") for n in range(5)]
        assert sorted(waits)[5] < 3, waits  # unasked they look every fifteen seconds
        assert httpx.get(f"{other.url}/health", trust_env=False).json()["hears"]
        assert httpx.get(f"{other.url}/staff/sign-in", trust_env=False).status_code == 404
        assert other.stop() <= 10
        assert web.stop() <= 10
        assert len(fake.sent) == 10
        for each in (web, other):
            assert "ERROR" not in each.log()
