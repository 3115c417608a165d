"""Prove that rides arrive: the cars under every fault, the money under contention; exits 1 on any fault.

Prints a line for each case that went wrong and two lines of figures for each database.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Final

import sqlalchemy as sa

from storage.database import engine_url
from tests import postgres
from tests.rides_proof import money
from tests.rides_proof.cars import CASES, Case, Figures
from tests.rides_proof.running import database, one_case

FEW: Final = ("nothing wrong", "book: hangs then done", "cancel: done then hangs", "webhooks: reorder")
SHOWN: Final = 20


def main() -> int:
    """Run both halves on each database; 1 where anything was wrong."""
    asked = _asked()
    cases = [case for case in CASES if not asked.few or case.name in FEW]
    cases = [case for case in cases if asked.case in case.name]
    ok = True
    with _server(asked.db) as server:
        for kind in ("sqlite", "postgres") if asked.db == "both" else (asked.db,):
            began = time.monotonic()
            cars = _cars(cases, kind, server, asked.people, asked.jobs)
            wrong = " ".join(
                f"{name}={cars.wrong[name]}" for name in ("double", "stray", "stranded", "unpaid")
            )
            print(f"rides-proof {kind}: cases={len(cases)} interviews={cars.interviews} faults={cars.met} "
                  f"driven={cars.cars} {wrong} {time.monotonic() - began:.0f}s", flush=True)  # fmt: skip
            ok = _money(kind, server, asked) and cars.ok and ok
    print("rides-proof: every ride arrived or a human knew" if ok else "rides-proof: FAULTS")
    return 0 if ok else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="rides_proof", description=__doc__)
    parser.add_argument("--people", type=int, default=60, help="interviews a case")
    parser.add_argument("--attempts", type=int, default=10_000, help="contended money attempts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time")
    parser.add_argument("--db", choices=("both", "sqlite", "postgres"), default="both")
    parser.add_argument("--case", default="", help="only cases with this in their name")
    parser.add_argument("--few", action="store_true", help="four cases only")
    return parser.parse_args()


def _money(kind: str, server: sa.URL | None, asked: argparse.Namespace) -> bool:
    began = time.monotonic()
    with database(kind, server, "money") as url:
        told = money.prove(url, asked.attempts, asked.seed)
    for why in told.why[:SHOWN]:
        print(f"  {why}")
    print(f"rides-proof {kind}: money attempts={told.attempts} held={told.held} refused={told.refused} "
          f"overspent={told.overspent} unbalanced={told.unbalanced} {time.monotonic() - began:.0f}s",
          flush=True)  # fmt: skip
    return told.ok


# --- the cases, several at a time -------------------------------------------------------------------------


def _cars(cases: Sequence[Case], kind: str, server: sa.URL | None, people: int, jobs: int) -> Figures:
    figures = Figures()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(one_case, case.name, kind, server, people) for case in cases]
        for done in as_completed(runs):
            one = done.result()
            for why in one.why[:SHOWN]:
                print(f"  {why}", flush=True)
            figures.add(one)
    return figures


@contextmanager
def _server(db: str) -> Iterator[sa.URL | None]:
    """Lend the tests' PostgreSQL where it is asked for."""
    if db == "sqlite":
        yield None
        return
    postgres.begin_session()
    try:
        yield engine_url(postgres.server_url())
    finally:
        postgres.end_session()


if __name__ == "__main__":
    sys.exit(main())
