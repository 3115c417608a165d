"""Prove that rides arrive: the cars under every fault, the money under contention; exits 1 on any fault.

Prints a line for each case that went wrong and two lines of figures for each database.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Final, cast

import sqlalchemy as sa

from storage.database import Database, engine_url, make_engine
from storage.migrations import upgrade
from tests import postgres
from tests.databases import KEYS
from tests.rides_proof import money
from tests.rides_proof.cars import CASES, Case, Figures, prove
from tests.simulate.door import Inline
from tests.simulate.weather import Weather

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
            for why in cars.why[:SHOWN]:
                print(f"  {why}")
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
    with _database(kind, server, "money") as url:
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
            figures.add(done.result())
    return figures


def one_case(name: str, kind: str, server: sa.URL | None, people: int) -> Figures:
    """Live one case on a database of its own."""
    logging.disable(logging.CRITICAL)  # what is refused and lost on purpose says so
    case = next(one for one in CASES if one.name == name)
    with _database(kind, server, f"cars_{CASES.index(case)}") as url:
        return asyncio.run(_on(url, case, people))


async def _on(url: str, case: Case, people: int) -> Figures:
    fair = Weather(1)
    fair.fair = True
    door = Inline(url, KEYS, fair)
    try:
        return await prove(case, cast(Database, door), people)
    finally:
        await door.close()


@contextmanager
def _database(kind: str, server: sa.URL | None, name: str) -> Iterator[str]:
    """Lend an empty, migrated database."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="onward-rides-") as folder:
            url = f"sqlite:///{Path(folder) / 'onward.db'}"
            upgrade(url)
            yield url
        return
    assert server is not None
    admin = make_engine(server.render_as_string(hide_password=False), isolation_level="AUTOCOMMIT")
    own = f"rides_proof_{name}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{own}"')
    url = server.set(database=own).render_as_string(hide_password=False)
    try:
        upgrade(url)
        yield url
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{own}" WITH (FORCE)')
        admin.dispose()


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
