"""Every request we make to Twilio, and every answer of our stand-in, is one Twilio's own OpenAPI knows."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.base import Delivered, Found, Outbound, TryLater
from bot.channels.sms import Sms
from tests.channels.conftest import PUBLIC, mounted, now
from tests.contracts.twilio_api import answer_problems, needs_twilio_api, request_problems, time_problems
from tests.wire.twilio import ACCOUNT, OUR_NUMBER, SERVICE, TOKEN, FakeTwilio, fake_twilio

pytestmark = needs_twilio_api
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
PHONE = "+15555550101"
PHOTO = "ME" + "0" * 31 + "1"


@pytest.fixture
def rest() -> Iterator[FakeTwilio]:
    with fake_twilio() as fake:  # which checks every request and answer, and fails at its end
        yield fake


@pytest.mark.parametrize("sender", [OUR_NUMBER, SERVICE])
async def test_every_request_is_known(rest: FakeTwilio, sender: str) -> None:
    channel = Sms(ACCOUNT, [TOKEN], sender, public_url=PUBLIC, now=now, api_base=rest.url)
    message = Outbound(1, PHONE, "¿Mañana a las 8? 👍")
    began = now()

    async with mounted(channel):
        assert isinstance(await channel.send(message), Delivered)
        assert await channel.find_sent(message, began) == Found(rest.sent[0].sid)
        rest.receive(PHONE, "yes")
        rest.receive(PHONE, "", media=(PHOTO,))
        missed = await channel.missed(began - timedelta(hours=1))

    assert not isinstance(missed, TryLater)
    assert len(missed) == 2
    assert [call.method for call in rest.calls] == ["POST", "GET", "GET", "GET"]
    assert rest.breaches == []
    assert time_problems(rest.calls[0].answer) == []


# --- the checker itself can say no ------------------------------------------------------------------

TEXT = {"To": PHONE, "From": OUR_NUMBER, "Body": "hello"}


@pytest.mark.parametrize(
    ("method", "path", "query", "form", "problem"),
    [
        ("POST", "/2010-04-01/Messages.json", {}, TEXT, "no such operation"),
        ("PUT", PATH, {}, TEXT, "no such operation"),
        ("POST", PATH.replace("AC", "ac"), {}, TEXT, "does not match"),
        ("POST", PATH, {"Extra": "1"}, TEXT, "no query parameter Extra"),
        ("POST", PATH, {}, {"From": OUR_NUMBER, "Body": "x"}, "To is required"),
        ("POST", PATH, {}, {"To": PHONE, "Body": "x"}, "is required"),
        ("POST", PATH, {}, {"To": PHONE, "From": OUR_NUMBER}, "is required"),
        ("POST", PATH, {}, {**TEXT, "Txt": "x"}, "no form field Txt"),
        ("POST", PATH, {}, {**TEXT, "MessagingServiceSid": "MG1"}, "MessagingServiceSid"),
        ("POST", PATH, {}, {**TEXT, "StatusCallback": "/twilio/status"}, "no address"),
        ("GET", PATH, {"DateSent>": "yesterday"}, {}, "no time"),
        ("GET", PATH, {"PageSize": "5000"}, {}, "PageSize"),
    ],
)
def test_a_wrong_request_is_noticed(
    method: str, path: str, query: dict[str, str], form: dict[str, str], problem: str
) -> None:
    assert any(problem in one for one in request_problems(method, path, query, form))


@pytest.mark.parametrize(
    "change",
    [{"sid": "SM1"}, {"status": "flying"}, {"num_media": 0}, {"extra": 1}, {"error_code": "30003"}],
    ids=lambda change: next(iter(change)),
)
def test_a_wrong_answer_is_noticed(change: dict[str, Any]) -> None:
    fake = FakeTwilio()
    message = fake.receive(PHONE, "yes").as_json(ACCOUNT)
    assert answer_problems("POST", PATH, 201, message) == []

    assert answer_problems("POST", PATH, 201, message | change)
    assert answer_problems("POST", PATH, 200, message)
