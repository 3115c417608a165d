"""`onward flows try`: every flow begins with its own first words, and the page is served with them on it."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa

from bot.app import key_ring
from bot.demo import DemoAt, seed, settings_of
from bot.trying import Trial, put_there
from flows.effects import Do, Effect, Say
from flows.engine import advance
from flows.events import TextReceived
from flows.library import shipped
from flows.progress import progress_from_json
from flows.walk_atlas import Atlas
from storage.conversations import standings
from storage.database import make_engine
from storage.migrations import upgrade
from tests.road.conftest import free_port

NOW = datetime(2027, 2, 23, 17, 48, tzinfo=ZoneInfo("America/New_York"))
FLOWS = shipped()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """A demo's database with its sample data; each test takes its own rows back."""
    folder = tmp_path_factory.mktemp("try")
    settings = settings_of(DemoAt(folder, 1, 1))
    upgrade(settings.database_url)
    asyncio.run(seed(settings, NOW.astimezone(UTC)))
    engine = make_engine(settings.database_url, key_ring(settings))
    yield engine
    engine.dispose()


def begun(engine: sa.Engine, trial: Trial) -> list[Effect]:
    """Put the sample person there, have them text, and give what the engine does."""
    with engine.connect() as connection:
        put_there(trial, connection, NOW)
        ((_, written),) = standings(connection, 0, 10)
        connection.rollback()
    progress = progress_from_json(written)
    text = TextReceived(at=NOW, text=trial.words, channel=trial.channel, opted_in=True)
    return advance(trial.flows, progress, text)[1]


@pytest.mark.parametrize("name", sorted(set(FLOWS.flows) - {"welcome"}))
@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_flow_begins_with_what_it_needs(engine: sa.Engine, name: str, lang: str) -> None:
    car = name == "clocks"  # it speaks of a car alone
    effects = begun(engine, Trial(flows=FLOWS, flow=FLOWS.flows[name], lang=lang, car=car))
    said = [effect for effect in effects if isinstance(effect, Say)]
    assert said or any(isinstance(effect, Do) for effect in effects), effects
    assert {each.step.partition(".")[0] for each in said} <= Atlas(FLOWS).below[name], said


def test_a_car_is_booked_where_it_is_asked_for(engine: sa.Engine) -> None:
    ride = Trial(flows=FLOWS, flow=FLOWS.flows["ride"])
    without, with_ = (
        [effect.step for effect in begun(engine, replace(ride, car=car)) if isinstance(effect, Say)]
        for car in (False, True)
    )
    assert without != with_, with_


def test_nobody_is_there_yet_for_the_welcome(engine: sa.Engine) -> None:
    trial = Trial(flows=FLOWS, flow=FLOWS.flows["welcome"])
    assert trial.words == "RIDE7"
    with engine.connect() as connection:
        put_there(trial, connection, NOW)
        assert standings(connection, 0, 10) == []


def test_the_page_shows_the_flow_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "shoes.yaml").write_text(
        "flow: shoes\ntitle: Shoes\nstart_words: [SHOES]\nsteps:\n  - ask: size\n    as: number\n"
        "    text: What size do you wear?\n",
        encoding="utf-8",
    )
    port, ride_port = free_port(), free_port()
    command = [sys.executable, "-m", "bot.cli", "flows", "try", "shoes", "--flows", str(tmp_path)]
    ports = ["--port", str(port), "--ride-port", str(ride_port)]
    process = subprocess.Popen([*command, *ports], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Trying shoes (shoes.yaml), with sample data only.")
        page = process.stdout.readline().strip()
        assert page.startswith(f"http://127.0.0.1:{port}/phone?phone=")
        assert "What size do you wear?" in shown(page)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def shown(page: str) -> str:
    """Read the page until our first text is on it."""
    for _ in range(100):
        text = httpx.get(page, timeout=10, trust_env=False).text
        if "What size" in text:
            return text
        time.sleep(0.1)
    return text
