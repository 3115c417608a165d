"""One case of the cars' half, on a database of its own: what each process of `make rides-proof` runs."""

import asyncio
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import sqlalchemy as sa

from storage.database import Database, make_engine
from storage.migrations import upgrade
from tests.databases import KEYS
from tests.rides_proof.cars import CASES, Case, Figures, prove
from tests.simulate.door import Inline
from tests.simulate.weather import Weather


def one_case(name: str, kind: str, server: sa.URL | None, people: int) -> Figures:
    """Live one case on a database of its own."""
    logging.disable(logging.CRITICAL)  # what is refused and lost on purpose says so
    case = next(one for one in CASES if one.name == name)
    with database(kind, server, f"cars_{CASES.index(case)}") as url:
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
def database(kind: str, server: sa.URL | None, name: str) -> Iterator[str]:
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
