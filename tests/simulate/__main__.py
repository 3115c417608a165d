"""Simulate seeds and say what was found; the last line is the figures. Exits 1 on any finding."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from storage.database import engine_url, make_engine
from storage.migrations import upgrade
from tests import postgres
from tests.simulate.checks import digest, findings, story
from tests.simulate.world import World, simulate


def main() -> int:
    """Run the seeds on both databases; 1 where anything was found."""
    asked = _asked()
    logging.disable(logging.WARNING)
    found, seen, began = 0, Counter[str](), time.process_time()
    seeds = [asked.seed] if asked.seed is not None else range(1, asked.seeds + 1)
    with _server(asked.db) as server:
        for seed in seeds:
            told = {}
            for kind in _kinds(asked.db):
                world = asyncio.run(_run(asked, kind, seed, server))
                told[kind] = world
                seen.update(world.seen)
                seen.update(world.weather.seen)
                seen["sent"] += len(world.twilio.sent)
                problems = findings(world)
                found += len(problems)
                for each in problems[:20]:
                    print(f"  {each}")
                faults = sum(world.weather.seen.values())
                print(f"seed {seed} {kind}: {world.seen['texts']} texts came, {len(world.twilio.sent)} left, "
                      f"{faults} faults, {len(problems)} findings, story {digest(world)}")  # fmt: skip
            found += _compare(seed, told)
    print(f"simulate: seeds={len(seeds)} days={asked.days:g} people={asked.people} "
          f"{' '.join(f'{name.replace(chr(32), chr(45))}={many}' for name, many in sorted(seen.items()))} "
          f"findings={found} cpu={time.process_time() - began:.0f}s")  # fmt: skip
    return 1 if found else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="seeds 1 to this one")
    parser.add_argument("--seed", type=int, default=None, help="only this seed")
    parser.add_argument("--days", type=float, default=730)
    parser.add_argument("--people", type=int, default=13)
    parser.add_argument("--db", choices=("both", "sqlite", "postgres"), default="both")
    parser.add_argument("--trace", action="store_true", help="print what is said")
    return parser.parse_args()


def _kinds(db: str) -> tuple[str, ...]:
    return ("sqlite", "postgres") if db == "both" else (db,)


async def _run(asked: argparse.Namespace, kind: str, seed: int, server: sa.URL | None) -> World:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="onward-simulate-") as folder:
            url = f"sqlite:///{Path(folder) / 'onward.db'}"
            upgrade(url)
            return await simulate(url, seed, days=asked.days, how_many=asked.people, trace=asked.trace)
    assert server is not None
    return await simulate(
        _fresh(server, f"simulate_{seed}"), seed, days=asked.days, how_many=asked.people, trace=asked.trace
    )


def _fresh(server: sa.URL, name: str) -> str:
    """Make an empty, migrated database on the server."""
    admin = make_engine(server.render_as_string(hide_password=False), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    admin.dispose()
    url = server.set(database=name).render_as_string(hide_password=False)
    upgrade(url)
    return url


@contextmanager
def _server(db: str) -> Iterator[sa.URL | None]:
    """Lend the tests' PostgreSQL where it is asked for; without one only SQLite is simulated, and said so."""
    if db == "sqlite":
        yield None
        return
    postgres.begin_session()
    try:
        yield engine_url(postgres.server_url())
    finally:
        postgres.end_session()


def _compare(seed: int, told: dict[str, World]) -> int:
    """Compare what the databases tell of one seed; print the first line in which they part."""
    if len(told) < 2 or digest(told["sqlite"]) == digest(told["postgres"]):
        return 0
    ours, theirs = story(told["sqlite"]), story(told["postgres"])
    for phone in sorted(ours):
        for one, other in zip(ours[phone], theirs.get(phone, []), strict=False):
            if one != other:
                print(f"  seed {seed}, {phone}:\n    sqlite    {one}\n    postgres  {other}")
                return 1
    print(f"  seed {seed}: the stories differ in length")
    return 1


if __name__ == "__main__":
    sys.exit(main())
