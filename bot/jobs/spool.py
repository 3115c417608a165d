"""Where an import's jobs wait, judged, until all of them are known: a private file on disk.

The rule: nothing is written to the database before the whole source has been read, so a source that breaks in
its middle leaves nothing behind; and memory holds one list of jobs, however many there are.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from itertools import islice
from typing import Any, Final

from storage.jobs import NewJob
from storage.types import as_row

LIST: Final = 500
"""Jobs that are written and read at a time."""

_TUPLES: Final = frozenset({"days", "requirements", "settings"})
_MOMENTS: Final = frozenset({"valid_through", "order_at"})
_NAMES: Final = frozenset(each.name for each in fields(NewJob))


class Spool:
    """A temporary table of jobs, each id once; closing it removes the file."""

    def __init__(self) -> None:
        # "" is a private file that SQLite makes and removes; what it holds is public anyway.
        self._file = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._file.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16000;"
            "CREATE TABLE job (n INTEGER PRIMARY KEY, id TEXT UNIQUE, line INTEGER, job TEXT); BEGIN"
        )

    def put(self, line: int, job: NewJob) -> int | None:
        """Keep a job; where its id is there already, return that one's line instead."""
        row = (job.external_id, line, json.dumps(as_row(job), default=_plain, ensure_ascii=False))
        added = self._file.execute("INSERT OR IGNORE INTO job (id, line, job) VALUES (?, ?, ?)", row)
        if added.rowcount:
            return None
        first = self._file.execute("SELECT line FROM job WHERE id = ?", row[:1]).fetchone()
        return int(first[0])

    def lists(self) -> Iterator[list[NewJob]]:
        """Give the jobs as they were put in, a list at a time."""
        rows = self._file.execute("SELECT job FROM job ORDER BY n")
        while some := list(islice(rows, LIST)):
            yield [_job(json.loads(text)) for (text,) in some]

    def close(self) -> None:
        """Remove the file."""
        self._file.close()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no part of a job")


def _job(given: dict[str, Any]) -> NewJob:
    values = {name: value for name, value in given.items() if name in _NAMES}
    for name in _TUPLES:
        values[name] = tuple(values[name])
    values["shifts"] = tuple((begins, ends) for begins, ends in values["shifts"])
    for name in _MOMENTS:
        values[name] = values[name] and datetime.fromisoformat(values[name])
    return NewJob(**values)
