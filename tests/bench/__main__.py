"""Measure Onward: one table on the screen, and as JSON in `var/bench.json` (or `--json FILE`).

    make bench                               every part, small sizes, in a few minutes
    make bench ARGS="turns reminders"        some parts
    make bench ARGS="--full"                 the sizes of docs/performance.md
    make bench ARGS="growth --people 1000000 --texts 10"

The rule: never a test. Every figure stands beside its limit and beside peers of the same run; a busy machine
slows both alike, so read the ratios, and the rest only where nothing else ran.
"""

import argparse
import asyncio
import json
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from rich.console import Console

from storage.database import sqlite_driver
from tests import postgres
from tests.bench import engine, footprint, growth, matching, reminders, turns, webhooks
from tests.bench.figures import Figure, show
from tests.bench.ground import KINDS

PARTS = ("engine", "turns", "reminders", "lateness", "webhooks", "growth", "footprint", "matching")


def measure(part: str, given: argparse.Namespace) -> list[Figure]:
    """Measure one part."""
    full: bool = given.full
    match part:
        case "engine":
            return _engine(2000 if full else 300)
        case "turns":
            return _each(lambda kind: turns.run(kind, 512 if full else 128, 5 if full else 3))
        case "reminders":
            return _each(lambda kind: reminders.run(kind, 10_000 if full else 2000))
        case "lateness":
            return _each(lambda kind: reminders.lateness(kind, 1_000_000 if full else 50_000))
        case "webhooks":
            return webhooks.run(60 if full else 10, 10 if full else 2)
        case "growth":
            return growth.run(given.people, given.texts)
        case "footprint":
            return footprint.run()
        case "matching":
            return matching.run()
        case _:
            raise ValueError(part)


def _each(run: Callable[..., object]) -> list[Figure]:
    found: list[Figure] = []
    for kind in KINDS:
        try:
            found += asyncio.run(run(kind))  # type: ignore[arg-type]
        except postgres.Unavailable as reason:
            print(f"left out: {reason}")
    return found


def _engine(people: int) -> list[Figure]:
    found = engine.measure(people)
    beside = {"json.dumps of a progress": found["json_dumps_us"], "p99": found["p99_us"]}
    return [Figure("one decision of the engine, p50", found["p50_us"], "µs", beside)]


def machine() -> dict[str, object]:
    """Say what the figures were taken on."""
    load = os.getloadavg()[0]
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite_driver()[0].sqlite_version,
        "load": round(load, 1),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for."""
    reader = argparse.ArgumentParser(prog="make bench", description="Measure Onward beside its peers.")
    reader.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which (all)")
    reader.add_argument("--full", action="store_true", help="the sizes of docs/performance.md")
    reader.add_argument("--people", type=int, default=20_000, help="of growth")
    reader.add_argument("--texts", type=int, default=10, help="a person's history, of growth")
    reader.add_argument("--json", type=Path, default=Path("var/bench.json"))
    given = reader.parse_args(arguments)
    console, found, began = Console(width=150), list[Figure](), perf_counter()
    before = machine()
    for part in given.parts or PARTS:
        console.print(f"[dim]{part} …[/]")
        found += measure(part, given)
    show(found, console)
    console.print(f"{perf_counter() - began:.0f} s on {before}")
    given.json.parent.mkdir(parents=True, exist_ok=True)
    written = {"machine": before, "figures": [one.as_json() for one in found]}
    given.json.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
