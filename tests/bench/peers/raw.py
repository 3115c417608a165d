"""The five statements of a turn by hand on the raw driver, and in pgbench: what the databases can do at most.

The rule: the same schema, rows of the same size, the same durability and the same lists of 32 as ours; no
engine, no encryption, no SQLAlchemy. Keep what came, load the conversation, save it, write its turn, queue
the answer.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlalchemy as sa

from bot.lane import LONGEST_LIST
from storage.database import engine_url, sqlite_driver
from tests import postgres

_serial = count(1)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of the sealed columns, as our own rows have them, and the people there are to write about."""

    progress: int
    event: int
    body: int
    talks: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, connection: sa.Connection) -> "Sizes":
        """Take them from a database in which people have talked."""

        def mean(column: str, rows: str) -> int:
            return int(connection.exec_driver_sql(f"SELECT avg(length({column})) FROM {rows}").scalar_one())

        talks = connection.exec_driver_sql(
            "SELECT id, contact_point_id FROM conversation ORDER BY id LIMIT 64"
        )
        return cls(
            mean("progress", "conversation"),
            mean("event", "turn"),
            mean("body", "message"),
            [(row[0], row[1]) for row in talks],
        )


_COLUMNS = (
    "conversation_id, contact_point_id, channel, direction, sender, kind, state, priority, body, epoch, at"
)
KEEP = (
    f"INSERT INTO message ({_COLUMNS}, attempts, provider_id) VALUES "
    "(?, ?, 'simulator', 'in', 'person', 'text', 'received', 0, ?, 0, ?, 0, ?) "
    "ON CONFLICT (channel, direction, provider_id) DO NOTHING"
)
LOAD = (
    "SELECT c.id, c.person_id, c.contact_point_id, p.channel, p.address, p.consent, c.progress, c.seq, "
    "c.epoch, c.taken_over_by, c.taken_over_until, h.lang, h.zone, h.first_name, h.discreet "
    "FROM conversation c JOIN person h ON h.id = c.person_id "
    "LEFT JOIN contact_point p ON p.id = c.contact_point_id WHERE c.id"
)
SAVE = "UPDATE conversation SET progress = ?, seq = ?, contact_point_id = ?, updated_at = ? WHERE id = ?"
TURN = (
    'INSERT INTO turn (conversation_id, seq, event, "before", "after", flows_hash, at) '
    "VALUES (?, ?, ?, 'intake.zip', 'intake.work', 'hash', ?)"
)
QUEUE = (
    f"INSERT INTO message ({_COLUMNS}, attempts, due_at, prompt) VALUES "
    "(?, ?, 'simulator', 'out', 'bot', 'reply', 'queued', 1, ?, 0, ?, 0, ?, 3)"
)
AT = "2027-02-23 17:48:00.000000"


def connect_sqlite(url: str) -> Any:
    """Open the file as our door does."""
    connection = sqlite_driver()[0].connect(sa.make_url(url).database, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def take_list(raw: Any, sizes: Sizes, talks: Sequence[tuple[int, int]]) -> None:
    """Write one turn for each of these conversations, in the caller's transaction."""
    body, event, progress = os.urandom(sizes.body), os.urandom(sizes.event), os.urandom(sizes.progress)
    raw.executemany(KEEP, [(talk, point, body, AT, f"raw-{next(_serial)}") for talk, point in talks])
    marks = ",".join("?" * len(talks))
    loaded = raw.execute(f"{LOAD} IN ({marks}) ORDER BY c.id", [talk for talk, _ in talks]).fetchall()
    seqs = {row[0]: row[7] + 1 for row in loaded}
    raw.executemany(SAVE, [(progress, seqs[talk], point, AT, talk) for talk, point in talks])
    raw.executemany(TURN, [(talk, seqs[talk], event, AT) for talk, _ in talks])
    raw.executemany(QUEUE, [(talk, point, body, AT, AT) for talk, point in talks])


def sqlite_turns(raw: Any, sizes: Sizes, turns: int) -> float:
    """Write so many turns in lists, a commit each; give the turns a second."""
    began, done = perf_counter(), 0
    while done < turns:
        start = done % len(sizes.talks)
        some = sizes.talks[start : start + LONGEST_LIST]
        raw.execute("BEGIN IMMEDIATE")
        take_list(raw, sizes, some)
        raw.execute("COMMIT")
        done += len(some)
    return done / (perf_counter() - began)


def fsyncs(folder: Path, seconds: float) -> float:
    """Append 4 KiB and flush it to the disk, again and again; give how often a second."""
    with open(folder / "fsync", "wb", buffering=0) as file:
        began, done = perf_counter(), 0
        while perf_counter() - began < seconds:
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            done += 1
        return done / (perf_counter() - began)


# --- PostgreSQL -----------------------------------------------------------------------------------


def pgbench_script(sizes: Sizes) -> str:
    """Write the five statements as a pgbench transaction; each client has a person of its own."""
    first = sizes.talks[0]
    body, event, progress = (f"'\\x{'5a' * size}'" for size in (sizes.body, sizes.event, sizes.progress))
    at = "'2027-02-23 17:48:00+00'"

    def filled(statement: str, *values: str) -> str:
        left = iter(values)
        return re.sub(r"\?", lambda _: next(left), statement) + ";"

    return "\n".join(
        (
            f"\\set talk :client_id + {first[0]}",
            f"\\set point :client_id + {first[1]}",
            "BEGIN;",
            filled(KEEP, ":talk", ":point", body, at, "gen_random_uuid()::text"),
            f"{LOAD} = :talk FOR NO KEY UPDATE OF c \\gset",
            filled(SAVE, progress, ":seq + 1", ":point", at, ":talk"),
            filled(TURN, ":talk", ":seq + 1", event, at),
            filled(QUEUE, ":talk", ":point", body, at, at),
            "COMMIT;",
            "",
        )
    )


def pgbench(url: str, sizes: Sizes, folder: Path, seconds: int, clients: int) -> float:
    """Run the script with so many clients; give the transactions a second."""
    script, at = folder / "turn.sql", engine_url(url)
    script.write_text(pgbench_script(sizes))
    program = postgres.binary("pgbench")
    command = [str(program), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds)]
    where = ["-h", str(at.host), "-p", str(at.port), "-U", str(at.username), "-f", str(script)]
    done = subprocess.run([*command, *where, str(at.database)], capture_output=True, text=True, timeout=120)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None or done.returncode:
        raise RuntimeError(f"pgbench failed: {done.stderr[-800:]}")
    return float(found.group(1))
