"""`make mutants`: plant each bug in a copy, and see that its check fails. The last line is the figures."""

import argparse
import os
import queue
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests import postgres
from tests.mutants.bench import Bench, NotGreen, Outcome
from tests.mutants.plant import Plant
from tests.mutants.plants import PLANTS


def main() -> int:
    """Run what the command line asks for; 1 where a bug survives, a plant is stale, or a check is red."""
    asked = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    asked.add_argument("--only", default="", help="plants whose name has this in it, or one of these: a,b")
    asked.add_argument("--jobs", type=int, default=2, help="copies worked in at a time")
    given = asked.parse_args()
    plants = [plant for plant in PLANTS if any(part in plant.name for part in given.only.split(","))]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="onward-mutants-") as folder, _server() as url:
        benches = [Bench(Path(folder) / str(n), url) for n in range(given.jobs)]
        for bench in benches:
            bench.make()
        if stale := [line for plant in plants for line in benches[0].stale(plant)]:
            print("\n".join(stale))
            return 1
        checks = sorted({check for plant in plants for check in plant.caught_by})
        try:
            _green(checks, benches)
        except NotGreen as error:
            print(f"Without any plant:\n{error}")
            return 1
        print(f"{len(checks)} checks are green without a plant ({time.monotonic() - began:.0f} s)")
        outcomes = dict(_all(plants, benches))
    print(_figures(plants, outcomes, time.monotonic() - began))
    return int(any(one.verdict != "caught" for one in outcomes.values()))


def _green(checks: Sequence[str], benches: Sequence[Bench]) -> None:
    """Run every check as the code is, shared between the copies; raises NotGreen."""
    shares = [checks[n :: len(benches)] for n in range(len(benches))]
    with ThreadPoolExecutor(len(benches)) as threads:
        list(threads.map(Bench.green, benches, shares))


def _all(plants: Sequence[Plant], benches: Sequence[Bench]) -> Iterator[tuple[str, Outcome]]:
    """Try every plant, as many at a time as there are copies, and print a line for each."""
    free: queue.SimpleQueue[Bench] = queue.SimpleQueue()
    for bench in benches:
        free.put(bench)

    def one(plant: Plant) -> Outcome:
        bench = free.get()
        try:
            return bench.try_out(plant)
        finally:
            free.put(bench)

    with ThreadPoolExecutor(len(benches)) as threads:
        for plant, outcome in zip(plants, threads.map(one, plants), strict=True):
            print(f"{outcome.verdict:9} {outcome.seconds:4.1f} s  {plant.name}: {plant.breaks}", flush=True)
            for line in outcome.told:
                print(f"{'':18}{line}", flush=True)
            yield plant.name, outcome


def _figures(plants: Sequence[Plant], outcomes: dict[str, Outcome], seconds: float) -> str:
    many = Counter(one.verdict for one in outcomes.values())
    checks = len({check for plant in plants for check in plant.caught_by})
    return (
        f"mutants: planted={len(plants)} caught={many['caught']} survived={many['survived']} "
        f"broken={many['broken']} checks={checks} seconds={seconds:.0f}"
    )


@contextmanager
def _server() -> Iterator[str | None]:
    """Start one PostgreSQL for all runs; without one, its checks are not green, and that is said."""
    postgres.begin_session()
    try:
        yield postgres.server_url()
    except postgres.Unavailable as reason:
        print(reason)
        yield None
    finally:
        postgres.end_session()


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.exit(main())
