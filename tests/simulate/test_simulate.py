"""A short life of a small town on both databases: nothing lost, nothing twice, and the same story."""

import asyncio
from pathlib import Path

import sqlalchemy as sa

from storage.migrations import upgrade
from tests.simulate.checks import digest, findings
from tests.simulate.world import World, simulate


def live(url: str, seed: int = 5) -> World:
    return asyncio.run(simulate(url, seed, days=2, how_many=5))


def test_days_of_bad_weather_is_the_same_story_on_both_databases(
    tmp_path: Path, postgres_database: tuple[str, object], postgres_server: sa.URL
) -> None:
    url = f"sqlite:///{tmp_path / 'town.db'}"
    upgrade(url)
    ours = live(url)
    assert findings(ours) == []
    assert sum(ours.weather.seen.values()) > 3, "hardly anything went wrong: this proves little"
    assert len(ours.twilio.sent) > 15
    postgres_url, empty = postgres_database
    empty()  # type: ignore[operator]
    theirs = live(postgres_url)
    assert findings(theirs) == []
    assert digest(ours) == digest(theirs)
    for world in (ours, theirs):
        world.door.engine.dispose()
