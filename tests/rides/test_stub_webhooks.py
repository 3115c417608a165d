"""Webhooks as bad as they come: twice, late, out of order, badly signed, or never."""

from datetime import timedelta
from typing import Any

import pytest

from bot.rides.base import BadSignature, RideHint, Status
from tests.rides.conftest import EVENING, PICKUP, Company, Listener, Opened, until
from tests.rides.test_stub import book


async def heard(
    open_company: Opened, listener: Listener, awaited: list[str], **fault: Any
) -> list[RideHint | BadSignature | None]:
    """Live through the beginning of a ride with one fault; answer what came until the awaited states."""
    async with open_company(webhook_url=listener.url) as company:
        await company.at(EVENING)
        (await company.room.post("/_stub/webhooks/faults", json=fault)).raise_for_status()
        await book(company)
        await company.at(PICKUP - timedelta(minutes=12))
        await until(lambda: _states(company, awaited))
        return [company.ours.event(headers, raw) for headers, raw in listener.heard]


async def _states(company: Company, awaited: list[str]) -> bool:
    return [hook["state"] for hook in await company.webhooks()] == awaited


def statuses(hints: list[RideHint | BadSignature | None]) -> list[str]:
    return [hint.status.value if isinstance(hint, RideHint) and hint.status else "bad" for hint in hints]


SENT = ["sent"] * 3


@pytest.mark.parametrize(
    ("fault", "states", "came"),
    [
        ({"kind": "same_id"}, SENT, "scheduled scheduled processing accepted"),
        ({"kind": "new_id", "status": "processing"}, SENT, "scheduled processing processing accepted"),
        ({"kind": "bad_signature"}, SENT, "bad scheduled processing accepted"),
        ({"kind": "reorder", "status": "processing"}, SENT, "scheduled accepted processing"),
        ({"kind": "reorder", "count": 2, "seconds": 9}, SENT, "accepted scheduled processing"),
        ({"kind": "delay", "seconds": 0.2}, SENT, "processing accepted scheduled"),
        ({"kind": "delay", "seconds": 900}, ["late", "sent", "sent"], "processing accepted"),
        ({"kind": "drop", "status": "processing"}, ["sent", "dropped", "sent"], "scheduled accepted"),
        ({"kind": "drop", "count": None}, ["dropped"] * 3, ""),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
async def test_each_fault_of_the_webhooks(
    open_company: Opened, listener: Listener, fault: dict[str, Any], states: list[str], came: str
) -> None:
    if fault["kind"] == "bad_signature":
        listener.answers = [403]  # as we answer it; then it comes again, rightly signed
    hints = await heard(open_company, listener, states, **fault)
    assert statuses(hints) == came.split()
    ids = [hint.event_id for hint in hints if isinstance(hint, RideHint)]
    assert len(ids) - len(set(ids)) == (fault["kind"] == "same_id")


async def test_one_held_back_with_nothing_after_it_comes_in_its_time(
    open_company: Opened, listener: Listener
) -> None:
    hints = await heard(
        open_company, listener, SENT, kind="reorder", status=Status.ACCEPTED.value, seconds=0.05
    )
    assert statuses(hints) == ["scheduled", "processing", "accepted"]


async def test_faults_of_the_webhooks_can_be_listed_and_forgotten(company: Company) -> None:
    room, path = company.room, "/_stub/webhooks/faults"
    await room.post(path, json=[{"kind": "drop", "count": None}, {"kind": "delay", "status": "accepted"}])
    assert [fault["kind"] for fault in (await room.get(path)).json()] == ["drop", "delay"]
    await room.delete(path)
    assert (await room.get(path)).json() == []
    assert (await room.post(path, json={"kind": "sulk"})).status_code == 400
