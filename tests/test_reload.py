"""New flows under a running server: taken when clean, refused when not, and nobody's talk lost by either."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.reload import Reload, signature
from bot.serving import _asked_to_look
from flows.library import SHIPPED
from storage import invites
from storage.tables import FlowVersion, Turn, table
from tests.test_processes import Served, by_sms, eventually, process
from tests.wire import twilio

FLOWS, TURN = table(FlowVersion), table(Turn)
OLD, NEW = "Thanks! Do you have an interview set?", "Thank you! Is an interview set?"

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A programme's own copy of the flows."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "ours", ignore=shutil.ignore_patterns("talks")))


@pytest.fixture
async def served(
    folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Served, twilio.FakeTwilio]]:
    monkeypatch.setattr("bot.app.LOOK_EVERY", timedelta(seconds=0.05))
    with twilio.fake_twilio() as fake:
        async with process(database_url, flows_dir=folder, **by_sms(fake)) as one:
            card = partial(invites.add_invite, code="RIDE7", now=datetime.now(UTC), uses=10)
            await one.app.database.run(card)
            yield one, fake


def edit(folder: Path, names: str, old: str, new: str) -> None:
    for path in folder.glob(names):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(old, new), encoding="utf-8")


async def health(one: Served) -> Any:
    return (await one.client.get("/health")).json()


async def test_a_talk_goes_on_under_new_flows(folder: Path, served: tuple[Served, twilio.FakeTwilio]) -> None:
    one, fake = served
    before = (await health(one))["flows"]
    assert await one.text("RIDE7") == 200
    await eventually(lambda: len(fake.sent) == 1)
    edit(folder, "welcome*.yaml", OLD, NEW)
    edit(folder, "words/engine.yaml", "This number only takes", "We only read")

    async def taken() -> bool:
        return bool((await health(one))["flows"] != before)

    await eventually(taken)
    assert await one.text("yes") == 200
    await eventually(lambda: len(fake.sent) == 2)
    assert NEW in fake.sent[1].body
    now = (await health(one))["flows"]
    kept = await one.rows(sa.select(FLOWS.c.hash))
    assert {before, now} <= {row.hash for row in kept}
    turns = await one.rows(sa.select(TURN.c.flows_hash).order_by(TURN.c.seq))
    assert [turn.flows_hash for turn in turns] == [before, now]
    body, headers = twilio.signed(f"{one.app.settings.public_url}/twilio/voice", {"CallSid": "CA1"})
    spoken = await one.client.post("/twilio/voice", content=body, headers=headers)
    assert "We only read text messages" in spoken.text


async def test_faults_are_told_once_and_the_old_flows_stay(
    folder: Path, served: tuple[Served, twilio.FakeTwilio], caplog: pytest.LogCaptureFixture
) -> None:
    one, fake = served
    before = (await health(one))["flows"]
    edit(folder, "welcome.yaml", OLD, NEW)  # and the Spanish beside it is stale

    async def refused() -> bool:
        return bool((await health(one))["flows_refused"])

    await eventually(refused)
    await asyncio.sleep(0.3)
    said = [record.message for record in caplog.records if "welcome" in record.message]
    assert len(said) == len(set(said)) == (await health(one))["flows_refused"]
    assert (await health(one))["flows"] == before
    assert (await health(one))["well"]
    assert await one.text("RIDE7") == 200
    await eventually(lambda: len(fake.sent) == 1)
    edit(folder, "welcome.es.yaml", OLD, NEW)

    async def accepted() -> bool:
        return not await refused() and (await health(one))["flows"] != before

    await eventually(accepted)


async def test_a_bug_in_the_look_out_ends_nothing(
    served: tuple[Served, twilio.FakeTwilio], folder: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    one, _ = served

    def broken(folder: Path) -> Any:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patched:
        patched.setattr("bot.reload._read", broken)
        edit(folder, "welcome*.yaml", OLD, NEW)
        await eventually(lambda: "flows not changed" in caplog.text)
    before = (await health(one))["flows"]
    one.app.reload.look()

    async def taken() -> bool:
        return bool((await health(one))["flows"] != before)

    await eventually(taken)


async def test_without_a_folder_of_its_own_production_looks_only_when_asked(
    folder: Path, served: tuple[Served, twilio.FakeTwilio]
) -> None:
    one, _ = served
    talks = one.app.conversations
    before = talks.flows.hash
    one.app.reload._every = None  # both would look at the same folder
    asked = Reload(talks, folder, signature(folder), None)
    running = asyncio.create_task(asked.run())
    await asyncio.sleep(0.1)
    edit(folder, "welcome*.yaml", OLD, NEW)
    await asyncio.sleep(0.3)
    unasked = talks.flows.hash
    asked.look()
    await eventually(lambda: talks.flows.hash != before)
    assert unasked == before
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_folder_that_is_still_written_is_left_alone(
    folder: Path, served: tuple[Served, twilio.FakeTwilio], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = served
    states = [frozenset({("growing.yaml", 0, min(n, 5))}) for n in range(20)]
    looks, read = iter(states), list[int]()

    def reading(where: Path) -> tuple[None, tuple[str, ...]]:
        read.append(len(list(looks)))
        return None, ("no",)

    monkeypatch.setattr("bot.reload._read", reading)
    monkeypatch.setattr("bot.reload.signature", lambda where: next(looks, states[-1]))
    before = one.app.conversations.flows.hash
    await eventually(lambda: read)
    await asyncio.sleep(0.2)
    assert read == [13]  # of 20: at the second look at the size it keeps
    assert one.app.conversations.flows.hash == before


async def test_sighup_asks_for_a_look(
    served: tuple[Served, twilio.FakeTwilio], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = served
    looked: list[bool] = []
    monkeypatch.setattr(one.app.reload, "look", lambda: looked.append(True))
    monkeypatch.setattr("sys.stdin", StringIO())  # no terminal
    with _asked_to_look(one.app):
        os.kill(os.getpid(), signal.SIGHUP)
        await eventually(lambda: looked)


def test_every_change_of_a_folder_shows(folder: Path, database_kind: str) -> None:
    states = [signature(folder)]
    assert signature(folder) == states[0]
    edit(folder, "intake.yaml", "flow:", "flow: ")
    states.append(signature(folder))
    (folder / "new.yaml").write_text("flow: new")
    states.append(signature(folder))
    (folder / "words" / "crisis.yaml").unlink()
    states.append(signature(folder))
    (folder / "notes.txt").write_text("not ours")
    assert signature(folder) == states[-1]
    assert len(set(states)) == len(states)
