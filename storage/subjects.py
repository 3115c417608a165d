"""What a message or a timer is about, and whether that is still how things stand.

The rule: what was planned for one version of an interview or a ride is void once that has another version.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

import sqlalchemy as sa

from storage import lists
from storage.tables import Interview, Ride, table

About: TypeAlias = Literal["interview", "ride"]
_VERSIONS = {
    name: sa.select(rows.c.id, rows.c.version).where(rows.c.id.in_(sa.bindparam("ids", expanding=True)))
    for name, rows in (("interview", table(Interview)), ("ride", table(Ride)))
}


def subject(about: About, id_: int) -> str:
    """Name a subject as it is stored: "interview:5"."""
    return f"{about}:{id_}"


def is_current(connection: sa.Connection, name: str | None, version: int | None) -> bool:
    """Say whether this version is the one that holds; what is about nothing, or no version, always holds."""
    return (name, version) in current(connection, [(name, version)])


def current(
    connection: sa.Connection, versions: Iterable[tuple[str | None, int | None]]
) -> set[tuple[str | None, int | None]]:
    """Pick the subjects whose version is the one that holds; what is about nothing, or no version, always
    holds."""
    holding, asked = set[tuple[str | None, int | None]](), dict[str, list[int]]()
    for name, version in (wanted := set(versions)):
        if name is None or version is None:
            holding.add((name, version))
        else:
            about, _, id_ = name.partition(":")
            asked.setdefault(about, []).append(int(id_))
    for about, ids in asked.items():
        rows = lists.read(connection, _VERSIONS[about], ids=ids)
        holding |= wanted & {(f"{about}:{id_}", version) for id_, version in rows}
    return holding
