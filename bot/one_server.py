"""One server a SQLite file: a lock file beside the database says whose it is.

The rule: the lock is the system's (flock), so a process that dies, however, sets it free; what stands in the
file, its number, is only for the message. Commands that write for a moment do not take it: SQLite has them
wait for each other. On PostgreSQL there is nothing to lock.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.database import sqlite_file


class Taken(Exception):
    """Another server has this database; the message says which."""


@contextmanager
def only_server(database_url: str) -> Iterator[None]:
    """Be the one server of this database while the body runs; raises Taken."""
    file = sqlite_file(database_url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    if file is None or sys.platform == "win32":  # which has no flock, and runs no server of ours in earnest
        yield
        return
    import fcntl

    path = file.with_name(f"{file.name}.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken(_sentence(file, descriptor)) from None
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def _sentence(file: Path, descriptor: int) -> str:
    number = os.read(descriptor, 32).decode("ascii", "replace").strip()
    who = f"Another Onward (process {number})" if number else "Another Onward"
    return (
        f"{who} has {file} open, and SQLite serves one process. Stop that one first; several processes need "
        "PostgreSQL (DATABASE_URL)."
    )
