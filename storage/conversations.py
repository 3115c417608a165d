"""Where people are in their flows: load a list of conversations locked, save them all, take over, hand back.

The rule: locks are taken in id order, so two lists never wait for each other in a circle, and every saved
turn leaves its row: what came, where the person stood before and after, and under which flows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage import lists
from storage.tables import ContactPoint, Conversation, FlowVersion, Person, Turn, table
from storage.types import as_row

CONVERSATION, PERSON, POINT = table(Conversation), table(Person), table(ContactPoint)
TURN, FLOWS = table(Turn), table(FlowVersion)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A locked conversation and what a turn needs of its person; `progress` is None before the first turn."""

    id: int
    person_id: int
    contact_point_id: int | None
    channel: str | None
    address: str | None
    consent: str | None
    progress: dict[str, Any] | None
    seq: int
    epoch: int
    taken_over_by: int | None
    taken_over_until: datetime | None
    lang: str
    zone: str
    first_name: str | None
    discreet: bool


@dataclass(frozen=True, slots=True)
class Saved:
    """A conversation after its turns."""

    id: int
    progress: Mapping[str, Any]
    seq: int
    contact_point_id: int | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One event, handled."""

    conversation_id: int
    seq: int
    event: Mapping[str, Any]
    before: str | None
    after: str | None
    silent: str | None
    ended: str | None
    flows_hash: str
    at: datetime


_LOAD = (
    sa.select(
        CONVERSATION.c.id,
        CONVERSATION.c.person_id,
        CONVERSATION.c.contact_point_id,
        POINT.c.channel,
        POINT.c.address,
        POINT.c.consent,
        CONVERSATION.c.progress,
        CONVERSATION.c.seq,
        CONVERSATION.c.epoch,
        CONVERSATION.c.taken_over_by,
        CONVERSATION.c.taken_over_until,
        PERSON.c.lang,
        PERSON.c.zone,
        PERSON.c.first_name,
        sa.func.coalesce(POINT.c.discreet, PERSON.c.discreet).label("discreet"),
    )
    .join(PERSON, PERSON.c.id == CONVERSATION.c.person_id)
    .join(POINT, POINT.c.id == CONVERSATION.c.contact_point_id, isouter=True)
    .where(CONVERSATION.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(CONVERSATION.c.id)
)
_OF = sa.select(CONVERSATION.c.id, CONVERSATION.c.person_id).where(
    CONVERSATION.c.person_id.in_(sa.bindparam("people", expanding=True))
)
_LOCK = (
    sa.select(CONVERSATION.c.id)
    .where(CONVERSATION.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(CONVERSATION.c.id)
    .with_for_update(key_share=True)
)
_SAVE = (
    sa.update(CONVERSATION)
    .where(CONVERSATION.c.id == sa.bindparam("the_id"))
    .values(
        progress=sa.bindparam("the_progress"),
        seq=sa.bindparam("the_seq"),
        contact_point_id=sa.bindparam("the_point"),
        updated_at=sa.bindparam("the_moment"),
    )
)
_TURN = sa.insert(TURN)


def load_conversations(connection: sa.Connection, ids: Sequence[int]) -> list[Loaded]:
    """Lock these conversations in id order and read them; erased ones are left out."""
    wanted = sorted(set(ids))
    if connection.dialect.name == "postgresql":
        # Locked first, read after: a row that was waited for is then read as its last writer left it,
        # with the person and the address as they are now.
        lists.read(connection, _LOCK, ids=wanted)
    return [Loaded(*row) for row in lists.read(connection, _LOAD, ids=wanted)]


def save(connection: sa.Connection, conversations: Sequence[Saved], turns: Sequence[TurnRow]) -> None:
    """Write conversations and their turns, each as one list."""
    lists.write(
        connection,
        _SAVE,
        [
            {
                "the_id": one.id,
                "the_progress": one.progress,
                "the_seq": one.seq,
                "the_point": one.contact_point_id,
                "the_moment": one.updated_at,
            }
            for one in conversations
        ],
    )
    lists.write(connection, _TURN, [as_row(turn) for turn in turns])


def conversation_of(connection: sa.Connection, person_id: int) -> int | None:
    """Find a person's conversation."""
    found = sa.select(CONVERSATION.c.id).where(CONVERSATION.c.person_id == person_id)
    return connection.execute(found).scalar_one_or_none()


def standings(connection: sa.Connection, after_id: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """List where people stand, by conversation, the next `limit` behind an id; nobody is locked."""
    more = sa.and_(CONVERSATION.c.id > after_id, CONVERSATION.c.progress.is_not(None))
    found = sa.select(CONVERSATION.c.id, CONVERSATION.c.progress).where(more)
    return [
        (row.id, row.progress) for row in connection.execute(found.order_by(CONVERSATION.c.id).limit(limit))
    ]


def conversations_of(connection: sa.Connection, people: Iterable[int]) -> dict[int, int]:
    """Find these people's conversations, by person; who is gone is left out."""
    wanted = sorted(set(people))
    return {person: talk for talk, person in lists.read(connection, _OF, people=wanted)} if wanted else {}


def turns_of(connection: sa.Connection, conversation_id: int) -> list[sa.Row[Any]]:
    """List the turns of a conversation in their order, for replay and audits."""
    of = TURN.c.conversation_id == conversation_id
    return list(connection.execute(sa.select(TURN).where(of).order_by(TURN.c.seq)))


def take_over(connection: sa.Connection, conversation_id: int, caseworker_id: int, until: datetime) -> int:
    """Give the conversation to a caseworker until then; the new epoch voids bot replies that have not begun.

    Returns the epoch. messages.drop_for_take_over, in the same transaction, drops what waits.
    """
    return _new_epoch(connection, conversation_id, caseworker_id, until)


def hand_back(connection: sa.Connection, conversation_id: int) -> int:
    """Give the conversation back to the bot; returns the new epoch."""
    return _new_epoch(connection, conversation_id, None, None)


def _new_epoch(
    connection: sa.Connection, conversation_id: int, by: int | None, until: datetime | None
) -> int:
    statement = (
        sa.update(CONVERSATION)
        .where(CONVERSATION.c.id == conversation_id)
        .values(epoch=CONVERSATION.c.epoch + 1, taken_over_by=by, taken_over_until=until)
        .returning(CONVERSATION.c.epoch)
    )
    return int(connection.execute(statement).scalar_one())


def run_out(connection: sa.Connection, now: datetime) -> list[int]:
    """List conversations whose take-over has run out, for the worker that hands them back."""
    statement = sa.select(CONVERSATION.c.id).where(CONVERSATION.c.taken_over_until <= now)
    return list(connection.scalars(statement.order_by(CONVERSATION.c.id)))


def keep_flows(connection: sa.Connection, hash_: str, yaml: str, now: datetime) -> None:
    """Keep the flows' source under their hash, once."""
    statement = insert(FLOWS).values(hash=hash_, yaml=yaml, first_seen_at=now)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["hash"]))
