"""Where the company calls us: only it, once, and only as a hint."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from bot.rides.stub.webhooks import SIGNATURE, sign
from bot.web import ride_webhook
from bot.worker import rides as rides_worker
from storage.tables import RideEvent, table
from tests.worker.conftest import SECRET, Town

EVENT = table(RideEvent)


@pytest.fixture
async def door(town: Town) -> AsyncIterator[tuple[httpx.AsyncClient, list[str]]]:
    """Our own server's door for the company, and whom it woke."""
    await town.wants_cars()
    await town.settle()
    woken: list[str] = []
    shop = town.workshop
    app = Starlette(
        routes=[*ride_webhook.routes(shop.database, shop.rides, shop.clock, lambda: woken.append("rides"))]
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ours") as client:
        yield client, woken


def hint(trip: str, event: str = "evt-1", status: str = "accepted") -> bytes:
    body = {
        "event_id": event,
        "event_type": "guests.trips.status_changed",
        "event_time": 1803422880000,
        "meta": {"resource_id": trip, "status": status, "external_ref": ""},
        "resource_href": f"/v1/guests/trips/{trip}",
    }
    return json.dumps(body).encode()


async def post(client: httpx.AsyncClient, body: bytes, secret: str = SECRET) -> int:
    answer = await client.post("/rides/webhook", content=body, headers={SIGNATURE: sign(secret, body)})
    return answer.status_code


async def test_a_hint_is_kept_once_and_has_us_look(
    town: Town, door: tuple[httpx.AsyncClient, list[str]]
) -> None:
    client, woken = door
    out = next(row for row in await town.rides() if row.leg == "out")
    (await town.company.post(f"/_stub/trips/{out.provider_id}/processing")).raise_for_status()
    (await town.company.post(f"/_stub/trips/{out.provider_id}/accepted")).raise_for_status()
    body = hint(out.provider_id)
    assert await post(client, body) == 200
    assert await post(client, body) == 200
    assert woken == ["rides"]
    (kept,) = await town.rows(sa.select(EVENT))
    assert kept.ride_id == out.id
    got = await town.settle()
    assert any(text.startswith("Your car:") for text in got)
    assert await town.settle() == []


async def test_what_a_hint_says_is_never_believed(
    town: Town, door: tuple[httpx.AsyncClient, list[str]]
) -> None:
    client, _ = door
    out = next(row for row in await town.rides() if row.leg == "out")
    assert await post(client, hint(out.provider_id, status="completed")) == 200
    assert await town.settle() == []
    assert [row.state for row in await town.rides()] == ["booked", "booked"]


async def test_strangers_oversized_and_odd_ones_are_turned_away(
    town: Town, door: tuple[httpx.AsyncClient, list[str]]
) -> None:
    client, woken = door
    out = next(row for row in await town.rides() if row.leg == "out")
    body = hint(out.provider_id)
    assert await post(client, body, secret="guessed") == 403
    assert (await client.post("/rides/webhook", content=body)).status_code == 403
    assert (
        await client.post("/rides/webhook", content=body, headers=[(SIGNATURE.encode(), b"\xe9")])
    ).status_code == 403
    assert await post(client, b"x" * (ride_webhook.LARGEST + 1)) == 413
    assert await post(client, hint("trip_of_somebody_else", "evt-2")) == 200
    assert await post(client, b'{"event_type": "guests.trips.status_changed"}') == 200
    assert await post(client, hint(out.provider_id + "\\u0000", "evt-3").replace(b"\\\\", b"\\")) == 200
    assert woken == []
    assert await town.settle() == []


async def test_a_hint_that_comes_while_we_look_is_looked_at_again(
    town: Town, door: tuple[httpx.AsyncClient, list[str]]
) -> None:
    client, _ = door
    out = next(row for row in await town.rides() if row.leg == "out")
    await town.move(minutes=3)
    (provider,) = town.workshop.rides.providers
    sees = provider.find

    async def find_and_be_late(ref: str) -> object:
        seen = await sees(ref)  # what the worker saw, before the driver accepted
        if ref == out.ref:
            town.clock.move(timedelta(seconds=1))
            for event in ("processing", "accepted"):
                await town.company.post(f"/_stub/trips/{out.provider_id}/{event}")
            await post(client, hint(out.provider_id, "evt-late"))
        return seen

    await post(client, hint(out.provider_id, "evt-first"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provider, "find", find_and_be_late)
        await rides_worker.step(town.workshop)
    got = await town.settle()
    assert any(text.startswith("Your car:") for text in got)
