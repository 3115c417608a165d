"""Nothing that runs at every turn or every tick reads a whole table, however many people there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.worker.schedule import FAMILIES
from storage import conversations, due, messages, outbox, people, points, rides, timers
from tests.storage.samples import NOW, someone

GROWING = (
    "message",
    "timer",
    "ride",
    "conversation",
    "turn",
    "person",
    "contact_point",
    "place_lookup",
    "photo",
)


@contextmanager
def explained(connection: sa.Connection) -> Iterator[list[str]]:
    """Collect how the database carries out what runs meanwhile, a line for each step of each statement."""
    ran: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        ran.append((statement, parameters[0] if many else parameters))

    sa.event.listen(connection, "before_cursor_execute", note)
    plans: list[str] = []
    yield plans
    sa.event.remove(connection, "before_cursor_execute", note)
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # tables of a test are too small to care
    for statement, parameters in ran:
        explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
        plans += [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters)]


def reads_all(step: str) -> bool:
    """Say whether a step of a plan reads a whole table that grows with people, or a whole index of more than
    what is due."""
    step = step.strip().removeprefix("->").strip()
    whole = [f"SCAN {name}" for name in GROWING] + [f"Seq Scan on {name}" for name in GROWING]
    due_only = step.endswith(("_due", "_leased"))
    return not due_only and any(step == each or step.startswith(f"{each} ") for each in whole)


def test_a_whole_read_is_noticed(connection: sa.Connection) -> None:
    with explained(connection) as plans:
        connection.execute(sa.text("SELECT count(*) FROM message WHERE error = 'x'"))
    assert any(reads_all(step) for step in plans)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_worker_finds_its_next_row_by_an_index(connection: sa.Connection, name: str) -> None:
    with explained(connection) as plans:
        due.next_due(connection, [FAMILIES[name]], NOW, NOW + timedelta(seconds=2))
        if name == "deliver":
            outbox.claim(connection, NOW, 32)
        else:
            due.claim(connection, FAMILIES[name], NOW, 200)
    assert plans
    assert [step for step in plans if reads_all(step)] == []


def test_what_sweeps_over_rides_reads_only_live_ones_and_money_that_is_held(
    connection: sa.Connection,
) -> None:
    with explained(connection) as plans:
        rides.live_at(connection, "guest_rides")
        rides.owed(connection)
    assert plans
    assert [step for step in plans if reads_all(step)] == []


def test_a_turn_finds_its_rows_by_indexes(connection: sa.Connection) -> None:
    ray = someone(connection)
    timer = timers.EngineTimer(conversation_id=ray.conversation_id, token="nudge", at=NOW)
    timers.set_timers(connection, [timer], NOW)
    with explained(connection) as plans:
        points.find_points(connection, [(ray.channel, ray.address)])
        messages.newest_prompts(connection, [(ray.conversation_id, NOW)])
        conversations.conversations_of(connection, [ray.person_id])
        conversations.load_conversations(connection, [ray.conversation_id])
        points.heard_from(connection, [ray.id], NOW)
        people.keep_facts(connection, {ray.person_id: {"zip": "02118"}})
        timers.clear_timers(connection, [(ray.conversation_id, "nudge")], NOW)
        timers.claim(connection, NOW, 200)
    assert plans
    assert [step for step in plans if reads_all(step)] == []
