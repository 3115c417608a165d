"""The same work with a thousand people and with a million: turns, the look for what is due, warm and cold.

The rule: each size is measured in a process of its own that has read nothing; "cold" means that the kernel
was told to forget the file (`posix_fadvise` DONTNEED) before that process opened it. Loading a million people
with ten million texts takes a quarter of an hour: `--people 1000000 --texts 10`.
"""

import argparse
import asyncio
import gc
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from bot.channels.base import Inbound
from storage import due, timers
from storage.database import open_database
from storage.migrations import upgrade
from tests.bench import crowd
from tests.bench.figures import Figure, Limit, percentile
from tests.bench.ground import KEYS, folder, phone, shell

TURNS = 600
LOOKS = 200


async def load(path: Path, people: int, texts: int) -> None:
    """Write so many people, a timer each for another day, and so many texts each."""
    upgrade(f"sqlite:///{path}")
    database, now = open_database(f"sqlite:///{path}", KEYS), datetime.now(UTC)
    for part in crowd.chunks(range(1, people + 1)):
        await database.run(partial(_part, part, texts, now))
    await database.run(lambda connection: connection.exec_driver_sql("ANALYZE") and None)
    await database.close()
    forget(path)


def _part(part: Sequence[int], texts: int, now: datetime, connection: sa.Connection) -> None:
    crowd.settle(connection, part, now)
    later = [now + timedelta(days=2, seconds=one % 86400) for one in part]
    crowd.remind(connection, part, later, now)
    if texts:
        crowd.remember(connection, part, texts)


def forget(path: Path) -> None:
    """Have the kernel forget what it knows of the file."""
    for each in path.parent.glob(f"{path.name}*"):
        with open(each, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


async def measure(path: Path, people: int) -> dict[str, float]:
    """Take texts of people picked at random, one after another, and look for what is due; in milliseconds."""
    picked = random.Random(7)
    async with shell(f"sqlite:///{path}") as talks:
        took, looked = [], []
        gc.collect()
        cpu = time.process_time()
        for number in range(TURNS):
            one = picked.randint(1, people)
            text = Inbound(
                "simulator", phone(one), f"g{os.getpid()}-{number}", "when is my ride", talks.clock.now()
            )
            began = time.perf_counter()
            await talks.received([text])
            took.append(time.perf_counter() - began)
        cpu = time.process_time() - cpu
        for _ in range(LOOKS):
            began = time.perf_counter()
            await talks.database.run(partial(_look, talks.clock.now()))
            looked.append(time.perf_counter() - began)
    return {
        "p50": percentile(took, 0.5) * 1000,
        "p99": percentile(took, 0.99) * 1000,
        "cpu": cpu / TURNS * 1000,
        "look_p99": percentile(looked, 0.99) * 1000,
    }


def _look(now: datetime, connection: sa.Connection) -> None:
    timers.claim(connection, now, 200)
    due.next_due(connection, [timers.TIMERS], now, now + timedelta(seconds=2))


def in_process(path: Path, people: int) -> dict[str, float]:
    """Measure in a new process."""
    command = [sys.executable, "-m", "tests.bench.growth", "--measure", str(path), "--people", str(people)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def run(people: int, texts: int, small: int = 1000) -> list[Figure]:
    """Compare so many people with a thousand."""
    with folder() as place:
        few, many = place / "few.db", place / "many.db"
        asyncio.run(load(few, small, texts))
        asyncio.run(load(many, people, texts))
        in_process(few, small)
        cold = in_process(many, people)
        rounds = [(in_process(few, small), in_process(many, people)) for _ in range(3)]
    least = {name: min(each[0][name] for each in rounds) for name in rounds[0][0]}
    most = {name: min(each[1][name] for each in rounds) for name in rounds[0][1]}
    few_people = f"{small:,} people"
    sizes = f"{people:,} people, {people * texts:,} texts"
    return [
        Figure(
            f"turn p99, {sizes}", most["p99"], "ms", {few_people: least["p99"]}, [Limit("≤", 2, few_people)]
        ),
        Figure(
            f"CPU a turn, {sizes}", most["cpu"], "ms", {few_people: least["cpu"]},
            [Limit("≤", 1.2, few_people)],
        ),
        Figure(
            "look for what is due, p99, the same", most["look_p99"], "ms", {few_people: least["look_p99"]},
            [Limit("≤", 2, few_people)],
        ),
        Figure(
            "turn p50 in a new process with nothing cached", cold["p50"], "ms", {"warm": most["p50"]},
            [Limit("≤", 2, "warm")], f"p99 {cold['p99']:.0f} ms: first reads of the disk",
        ),
    ]  # fmt: skip


def main() -> None:
    """Measure one file: what `in_process` starts."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--measure", type=Path, required=True)
    reader.add_argument("--people", type=int, required=True)
    given = reader.parse_args()
    print(json.dumps(asyncio.run(measure(given.measure, given.people))))


if __name__ == "__main__":
    main()
