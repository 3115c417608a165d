"""Many people at once, written as lists: who has agreed to texts, their interviews, timers and history.

The rule: rows as the product writes them, sealed with its keys, only without the talk that led to them. The
history's bodies are one sealed text again and again: a seal is bound to its column, not to its row.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from flows.library import shipped
from flows.progress import new_progress, progress_to_json
from storage import lists, places
from storage.crypto import seal
from storage.points import address_index
from storage.subjects import subject
from storage.tables import ContactPoint, Conversation, Interview, Person, Timer, table
from storage.types import keys_of
from tests.bench.ground import phone

PERSON, POINT, TALK = table(Person), table(ContactPoint), table(Conversation)
INTERVIEW, TIMER = table(Interview), table(Timer)
ZONE = ZoneInfo("America/New_York")
CHUNK = 5000
_refs = count(1)


def chunks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """Part a long list: each part is one transaction."""
    return (numbers[at : at + CHUNK] for at in range(0, len(numbers), CHUNK))


def settle(connection: sa.Connection, people: Sequence[int], now: datetime) -> None:
    """Write people down who have agreed to our texts and are in no talk; their numbers are their ids."""
    progress = new_progress("en")
    progress.flows, progress.channel, progress.opted_in = shipped().hash, "sms", True
    written = progress_to_json(progress)
    lists.write(
        connection,
        sa.insert(PERSON),
        [
            {"id": one, "ref": f"b{next(_refs)}", "zone": str(ZONE), "facts": {}, "created_at": now}
            for one in people
        ],
    )
    lists.write(
        connection,
        sa.insert(TALK),
        [{"id": one, "person_id": one, "progress": written, "updated_at": now} for one in people],
    )
    lists.write(
        connection,
        sa.insert(POINT),
        [
            {
                "id": one,
                "person_id": one,
                "channel": "simulator",
                "address": phone(one),
                "address_index": address_index(connection, "simulator", phone(one)),
                "consent": "given",
                "created_at": now,
            }
            for one in people
        ],
    )
    connection.execute(sa.update(TALK).where(TALK.c.id.in_(people)).values(contact_point_id=TALK.c.id))


def appoint(connection: sa.Connection, people: Sequence[int], now: datetime, due_at: datetime) -> None:
    """Give each of them an interview the day after tomorrow and the plan's reminder of it, due then."""
    place = places.add_place(
        connection, person_id=None, label="Sample Ground", address="1 Sample Rd", pin=(42.36, -71.0), now=now
    )
    wall = (now.astimezone(ZONE) + timedelta(days=2)).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    appointment = {
        "employer": "Sample Ground",
        "at": wall.replace(tzinfo=ZONE),
        "wall": wall.isoformat(timespec="minutes"),
        "zone": str(ZONE),
        "place_id": place.id,
        "created_at": now,
        "updated_at": now,
    }
    lists.write(
        connection, sa.insert(INTERVIEW), [{"id": one, "person_id": one, **appointment} for one in people]
    )
    remind(connection, people, [due_at] * len(people), now)


def remind(
    connection: sa.Connection, people: Sequence[int], due: Sequence[datetime], now: datetime, tag: str = ""
) -> None:
    """Set a plan's reminder for each of these people."""
    fixed = {
        "kind": "plan",
        "name": "interview.tomorrow",
        "state": "waiting",
        "created_at": now,
        "version": 1,
    }
    rows = [
        {
            **fixed,
            "conversation_id": one,
            "subject": subject("interview", one),
            "due_at": at,
            "dedupe_key": f"{one}/plan/{tag}",
        }
        for one, at in zip(people, due, strict=True)
    ]
    lists.write(connection, sa.insert(TIMER), rows)


def remember(connection: sa.Connection, people: Sequence[int], each: int) -> None:
    """Give each of these people a history of so many texts, half of them questions of ours."""
    body = seal(keys_of(connection), "message.body", b"Do you need to be home by a set time? 1 yes 2 no")
    numbers = ", ".join(f"({number})" for number in range(each))
    at = "'2026-10-01 12:00:00.000000'" if connection.dialect.name == "sqlite" else "'2026-10-01 12:00:00+00'"
    ours = "n.column1 % 2 = 0"
    connection.execute(
        sa.text(
            "INSERT INTO message (conversation_id, contact_point_id, channel, direction, sender, kind, "
            "state, priority, body, prompt, epoch, attempts, provider_id, at, sending_since) "
            f"SELECT c.id, c.id, 'simulator', CASE WHEN {ours} THEN 'out' ELSE 'in' END, "
            f"CASE WHEN {ours} THEN 'bot' ELSE 'person' END, "
            f"CASE WHEN {ours} THEN 'reply' ELSE 'text' END, "
            f"CASE WHEN {ours} THEN 'sent' ELSE 'received' END, 1, :body, "
            f"CASE WHEN {ours} THEN n.column1 ELSE NULL END, "
            f"0, 0, 'h' || c.id || '-' || n.column1, {at}, {at} "
            f"FROM conversation c CROSS JOIN (VALUES {numbers}) n "
            "WHERE c.id BETWEEN :first AND :last"
        ),
        {"body": body, "first": people[0], "last": people[-1]},
    )
