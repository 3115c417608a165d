"""Killed, and asked to end: nothing that was answered 200 is lost, and no text is sent twice."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from tests.road.conftest import Onward, post_sms, sms_settings
from tests.wire.server import Fault
from tests.wire.twilio import FakeTwilio, fake_twilio

LEASE = timedelta(minutes=3)
"""After this long what a dead process had in hand is anybody's."""


# Starting a process takes seconds: each way to end one is tried on one of the databases.
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
POSTGRES = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


def wait(until: Callable[[], bool], why: str, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, why
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database_kind", "taken"),
    [
        pytest.param("postgres", False, id="never reached Twilio"),
        pytest.param("sqlite", True, id="taken, its answer lost"),
    ],
    indirect=["database_kind"],
)
def test_killed_while_the_reply_leaves(onward: Onward, taken: bool) -> None:
    with fake_twilio() as fake:
        onward.environ |= sms_settings(fake)
        onward.start()
        fake.faults.append(Fault(status=500, hang=60.0, done=taken))
        assert post_sms(onward.url, "+15555550142", "RIDE7").status_code == 200
        wait(lambda: not fake.faults, "the reply was not on its way")
        if taken:
            wait(lambda: len(fake.sent) == 1, "Twilio did not take it")
        onward.kill()
        onward.start()
        onward.move(LEASE)
        wait(lambda: len(fake.sent) == 1, "the reply never came")
        assert "OK if we text you" in fake.sent[0].body
        _and_no_more(onward, fake, 1)


@pytest.mark.slow
@SQLITE
def test_killed_between_the_text_and_the_reply(onward: Onward) -> None:
    with fake_twilio() as fake:
        onward.environ |= sms_settings(fake)
        onward.start()
        fake.faults += [Fault(status=429)] * 50  # nothing leaves while this process lives
        assert post_sms(onward.url, "+15555550142", "RIDE7", sid="SM" + "1" * 32).status_code == 200
        onward.kill()
        fake.faults.clear()
        onward.start()
        assert post_sms(onward.url, "+15555550142", "RIDE7", sid="SM" + "1" * 32).status_code == 200
        onward.move(LEASE)
        wait(lambda: len(fake.sent) == 1, "the reply never came")
        _and_no_more(onward, fake, 1)


@pytest.mark.slow
@POSTGRES
def test_asked_to_end_under_traffic(onward: Onward) -> None:
    people = [f"+1555555{n:04}" for n in range(200, 260)]
    with fake_twilio() as fake, ThreadPoolExecutor(8) as crowd:
        onward.environ |= sms_settings(fake)
        onward.start()
        kept: list[str] = []

        def text(number: str) -> None:
            try:
                if post_sms(onward.url, number, "RIDE7").status_code == 200:
                    kept.append(number)
            except httpx.HTTPError:
                return  # it was not taken, and Twilio would send it again

        texting = [crowd.submit(text, number) for number in people]
        wait(lambda: len(kept) > 10, "nobody got through")
        assert onward.stop() <= 10
        for one in texting:
            one.result()
        assert kept
        onward.start()
        onward.move(LEASE)
        wait(lambda: {sent.to for sent in fake.sent} >= set(kept), "somebody's text was lost")
        _and_no_more(onward, fake, len({sent.to for sent in fake.sent}))
        assert onward.stop() <= 10
        assert "ERROR" not in onward.log()


def _and_no_more(onward: Onward, fake: FakeTwilio, texts: int) -> None:
    """Let time pass, and make sure that nobody is written to twice."""
    onward.move(timedelta(minutes=5))
    time.sleep(1)
    assert len(fake.sent) == texts, [sent.to for sent in fake.sent]
