"""Whether a database has the tables of this version: asked at every start, so without loading Alembic.

The rule: migrations are numbered without a gap, their file names begin with the number, and the newest one is
what a database must have had (tests/storage/test_migrations.py holds both to what Alembic says).
"""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError

from storage.database import make_engine, sqlite_file

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def newest() -> str:
    """Name the newest migration."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def is_current(url: str) -> bool:
    """Say whether a database has had every migration, and none that we do not know; nothing is changed."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return False
    with make_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
        try:
            had = connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
        except (OperationalError, ProgrammingError) as error:
            if error.connection_invalidated:
                raise
            return False  # no such table: nothing was ever migrated here
    return list(had) == [newest()]
