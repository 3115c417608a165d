"""Places that staff load from a file: employers, shelters, agencies (`onward places import FILE.csv`).

The rule: good rows are taken and the others named by line, so that a file can be put right and loaded again;
a place that is there already is brought up to date, never doubled. What is loaded is written into the audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from bot.app import key_ring
from bot.clock import SystemClock
from bot.rides.site_rows import change_site, keep_site
from bot.rides.sites import NewSite, same_site
from bot.settings import Settings
from storage import audit, places
from storage.database import BESIDE_A_SERVER, open_database


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many places are new, and how many were brought up to date."""

    new: int
    changed: int


async def load_sites(settings: Settings, sites: Sequence[NewSite]) -> Loaded:
    """Write these places down for everybody."""
    database = open_database(settings.database_url, key_ring(settings), patience=BESIDE_A_SERVER)
    try:
        return await database.run(partial(_load, sites))
    finally:
        await database.close()


def _load(sites: Sequence[NewSite], connection: sa.Connection) -> Loaded:
    now, known, new = SystemClock().now(), places.all_shared(connection), 0
    for site in sites:
        old = next((row for row in known if same_site(row.label, row.address, site)), None)
        if old is None:
            keep_site(connection, site, now)
            new += 1
        else:
            change_site(connection, old.id, site)
    loaded = Loaded(new, len(sites) - new)
    audit.append(
        connection, actor="cli", action="loaded_places", object=f"places:{len(sites)}", now=now,
        details={"new": loaded.new, "changed": loaded.changed},
    )  # fmt: skip
    return loaded
