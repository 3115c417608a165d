"""What a caseworker does to a conversation, as rows of the same turn in which the engine hears of it.

The rule: sending is taking over. A new epoch voids what the bot had queued and not begun; ride and safety
texts still go. Everything is audited, and a promise of a human is kept by the first words of one.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from storage import audit, messages
from storage import conversations as talks
from storage.attention import keep_promises
from storage.conversations import Loaded, conversation_of, load_conversations
from storage.messages import NewOutbound

LASTS = timedelta(hours=12)
"""A conversation nobody handed back goes back to the bot by itself after this long."""


def say(
    caseworker_id: int,
    person_id: int,
    words: str,
    now: datetime,
    written: list[int],
    connection: sa.Connection,
) -> bool:
    """Take the conversation over and queue these words; False where nothing may be sent to this person.

    The message's id is appended to `written`.
    """
    row = _row(connection, person_id)
    if row is None or row.contact_point_id is None or row.channel is None or row.consent != "given":
        return False
    epoch = _taken(connection, row, caseworker_id, now)
    message = NewOutbound(
        conversation_id=row.id,
        contact_point_id=row.contact_point_id,
        channel=row.channel,
        sender="staff",
        kind="staff",
        body=words,
        at=now,
        due_at=now,
        epoch=epoch,
        caseworker_id=caseworker_id,
    )
    messages.queue(connection, [message])
    written.append(messages.thread(connection, row.id, limit=1)[-1].id)
    keep_promises(connection, person_id, now)
    _audit(connection, caseworker_id, "wrote", person_id, now)
    return True


def take_over(caseworker_id: int, person_id: int, now: datetime, connection: sa.Connection) -> bool:
    """Give the conversation to a caseworker; False where the person is gone."""
    row = _row(connection, person_id)
    if row is None:
        return False
    _taken(connection, row, caseworker_id, now)
    _audit(connection, caseworker_id, "took_over", person_id, now)
    return True


def hand_back(caseworker_id: int | None, person_id: int, now: datetime, connection: sa.Connection) -> bool:
    """Give the conversation back to the bot; None is the clock, which may only where the time has run out.

    False where the person is gone, or somebody else was faster.
    """
    row = _row(connection, person_id)
    if row is None or (caseworker_id is None and not _run_out(row, now)):
        return False
    talks.hand_back(connection, row.id)
    _audit(connection, caseworker_id, "handed_back", person_id, now)
    return True


def _run_out(row: Loaded, now: datetime) -> bool:
    return row.taken_over_until is not None and row.taken_over_until <= now


def in_flight(person_id: int, connection: sa.Connection) -> int:
    """Count the bot's replies to this person that have begun and are not settled."""
    found = conversation_of(connection, person_id)
    return 0 if found is None else messages.in_flight(connection, found)


def _row(connection: sa.Connection, person_id: int) -> Loaded | None:
    found = conversation_of(connection, person_id)
    return None if found is None else load_conversations(connection, [found])[0]


def _taken(connection: sa.Connection, row: Loaded, caseworker_id: int, now: datetime) -> int:
    epoch = talks.take_over(connection, row.id, caseworker_id, now + LASTS)
    messages.drop_for_take_over(connection, row.id, now)
    return epoch


def _audit(
    connection: sa.Connection, caseworker_id: int | None, action: str, person_id: int, now: datetime
) -> None:
    actor = "bot" if caseworker_id is None else f"caseworker:{caseworker_id}"
    audit.append(connection, actor=actor, action=action, object=f"person:{person_id}", now=now)
