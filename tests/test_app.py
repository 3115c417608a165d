"""The app as it is put together: what it serves where, what it refuses, how it says that it is well."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import app as app_module
from bot.app import App, BadFlows, Demo, build
from bot.clock import MovableClock
from bot.settings import Settings
from bot.worker.schedule import STEPS
from storage.migrations import upgrade
from tests.wire import telegram, twilio

REAL: dict[str, Any] = {
    "env": "production",
    "public_url": "https://onward.example.org",
    "encryption_keys": (("new", b"n" * 32),),
    "index_key": b"i" * 32,
    "simulator": False,
    "geocoder": "none",
    "staff_phone": "+12155550199",
    "ride_api_base": "https://rides.example.org",
    "ride_client_id": "us",
    "ride_client_secret": "secret",
    "ride_webhook_secrets": ("secret",),
    "telegram_mode": "webhook",
    "telegram_token": telegram.TOKEN,
    "telegram_webhook_secret": "a-sample-secret",
}


@asynccontextmanager
async def running(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """Run an app in this loop, without a socket."""
    async with app.asgi.router.lifespan_context(app.asgi):
        wire = httpx.ASGITransport(app.asgi, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=wire, base_url="http://127.0.0.1") as client:
            yield client


def settings(url: str, **more: Any) -> Settings:
    return Settings(env="test", database_url=url, ride_api_base="http://127.0.0.1:1", **more)


async def test_it_says_that_it_is_well(database_url: str) -> None:
    app = build(settings(database_url))
    async with running(app) as client:
        answer = await client.get("/health")
        async with asyncio.timeout(20):
            while len(answer.json()["workers"]) < len(STEPS):  # each has looked once
                await asyncio.sleep(0.02)
                answer = await client.get("/health")
        body = answer.json()
        assert answer.status_code == 200, body
        assert (body["well"], body["database"], body["late"]) == (True, True, [])
        assert set(body["workers"]) == set(STEPS)
        assert body["flows"] == app.flows.hash


async def test_a_worker_that_does_not_look_is_not_well(database_url: str) -> None:
    clock = MovableClock()
    app = build(settings(database_url), clock)
    async with running(app) as client:
        await app.workers.stop()
        app.workers.ticked["deliver"] = clock.now() - timedelta(minutes=10)
        answer = await client.get("/health")
        assert answer.status_code == 503
        assert "deliver" in answer.json()["late"]


async def test_a_text_is_answered_by_the_whole_of_it(database_url: str) -> None:
    app = build(settings(database_url))
    async with running(app) as client:
        phone = "/phone/api/sms:+15555550101"
        assert (await client.post(f"{phone}/send", json={"text": "RIDE7"})).status_code == 200
        heard = (await client.get(f"{phone}/messages", params={"wait": "5"})).json()
        assert "OK if we text you?" in heard["messages"][0]["body"]


async def test_the_page_moves_both_clocks(database_url: str) -> None:
    moved: list[Any] = []

    async def move_rides(at: Any) -> None:
        moved.append(at)

    clock = MovableClock()
    app = build(settings(database_url), clock, Demo(move_rides=move_rides))
    async with running(app) as client:
        before = clock.now()
        answer = await client.post("/phone/api/clock", json={"minutes": 60})
        assert answer.status_code == 200
        assert clock.now() - before >= timedelta(hours=1)
        assert len(moved) == 1


async def test_what_is_not_signed_is_403_and_what_is_too_large_413(database_url: str) -> None:
    real = settings(
        database_url,
        twilio_account_sid=twilio.ACCOUNT,
        twilio_auth_tokens=(twilio.TOKEN,),
        twilio_from=twilio.OUR_NUMBER,
        telegram_mode="webhook",
        telegram_token=telegram.TOKEN,
        telegram_webhook_secret="a-sample-secret",
        telegram_api_base="http://127.0.0.1:1",
    )
    async with running(build(real)) as client:
        for path in ("/twilio/sms", "/twilio/status", "/telegram/webhook", "/rides/webhook"):
            assert (await client.post(path, content=b"x=1")).status_code == 403, path
            assert (await client.post(path, content=b"x" * 5_000_000)).status_code == 413, path


async def test_production_serves_no_phones_and_no_one_click(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'onward.db'}"
    upgrade(url)
    app = build(Settings(**REAL, database_url=url), demo=Demo(one_click="maria@sample.invalid"))
    assert set(app.channels) == {"telegram"}
    wire = httpx.ASGITransport(app.asgi, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=wire, base_url="https://onward.example.org") as client:
        for path in ("/phone", "/phone/api/clock", "/phone/api/sms:+15555550101/messages"):
            assert (await client.get(path)).status_code == 404
        post = await client.post("/staff/demo-sign-in", headers={"sec-fetch-site": "same-origin"})
        assert post.status_code == 404
        assert (await client.get("/staff/sign-in")).status_code == 200
    await app.database.close()


def test_every_fault_of_the_flows_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("flow: one\nsteps:\n  - sya: hello\n")
    (tmp_path / "two.yaml").write_text("flow: two\nsteps:\n  - say: {al: hello}\n")
    with pytest.raises(BadFlows) as bad:
        build(settings("sqlite:///:memory:", flows_dir=tmp_path))
    assert "one.yaml:3" in str(bad.value)
    assert "two.yaml:3" in str(bad.value)


def test_who_calls_our_number_hears_whom_to_call_in_both_languages() -> None:
    settings = Settings(env="test", staff_phone="+16175550100")
    english, spanish = app_module._voice(settings, app_module.load_flows(settings))
    assert english[0] == "en-US"
    assert english[1].startswith("This number only takes text messages.")
    assert spanish[0] == "es-US"
    assert spanish[1].startswith("Este numero solo recibe")
    assert english[1].split("call ")[-1].rstrip(".") in spanish[1]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_who_hangs_up_before_the_end_is_no_fault_of_ours(database_url: str) -> None:
    app = build(settings(database_url))
    said: list[Any] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/phone/api/sms:+15555550142/send",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"100")],
        "client": ("127.0.0.1", 1),
    }
    coming = [{"type": "http.request", "body": b'{"te', "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        said.append(message)

    async with app.asgi.router.lifespan_context(app.asgi):
        await app.asgi(scope, receive, send)
    assert said[0]["status"] == 400
