"""What a message or a timer is about, and whether that is still how things stand.

The rule: what was planned for one version of an interview or a ride is void once that has another version.
"""

from typing import Literal, TypeAlias

import sqlalchemy as sa

from storage.tables import Interview, Ride, table

About: TypeAlias = Literal["interview", "ride"]
_VERSION = {
    name: sa.select(rows.c.version).where(rows.c.id == sa.bindparam("id"))
    for name, rows in (("interview", table(Interview)), ("ride", table(Ride)))
}


def subject(about: About, id_: int) -> str:
    """Name a subject as it is stored: "interview:5"."""
    return f"{about}:{id_}"


def is_current(connection: sa.Connection, name: str | None, version: int | None) -> bool:
    """Say whether this version is the one that holds; what is about nothing, or no version, always holds."""
    if name is None or version is None:
        return True
    about, _, id_ = name.partition(":")
    return connection.execute(_VERSION[about], {"id": int(id_)}).scalar_one_or_none() == version
