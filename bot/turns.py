"""A list of things that happened, decided and written in one transaction.

The rule: all of a list is kept or nothing is. Conversations are locked in id order, each event is decided
by the pure engine, what it wants done is done in the same transaction, and a Turn row says what came and
where the person stood before and after. An event whose decision raises is taken again as a *failed turn*:
its message is kept, a human is put on it and the person is told so. Only that event is lost to the bug,
never what others said.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot import hearing
from bot.acting import Desk
from bot.actions import Worker
from bot.channels.base import Inbound
from bot.happening import Happening, Item, Planned, World
from bot.hearing import Heard
from bot.one_turn import Talk, as_this_phone, take_one
from bot.views import interview_views
from flows.progress import new_progress, progress_from_json, progress_to_json
from flows.views import InterviewView
from storage import people, timers
from storage.apply import apply
from storage.conversations import Loaded, Saved, conversations_of, load_conversations, save


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a list: which items were decided, and which workers have something to do."""

    decided: list[bool]
    work: frozenset[Worker]


class Spoiled(Exception):
    """The item at `index` cannot be decided: it is taken again as a failed turn. `where` is for the log.

    Without an index nobody knows which it was: each is to be taken alone.
    """

    def __init__(self, index: int | None, error: Exception, where: Mapping[str, Any]) -> None:
        super().__init__(f"item {index}")
        self.index, self.error, self.where = index, error, dict(where)


def take(
    connection: sa.Connection, items: Sequence[Item], world: World, failed: AbstractSet[int] = frozenset()
) -> Taken:
    """Take a list in one transaction; items named in `failed` become failed turns. Raises Spoiled."""
    inbound = {place: item for place, item in enumerate(items) if isinstance(item, Inbound)}
    heard = hearing.keep(connection, inbound, world.settings, world.now)
    talks, whose = _load(connection, items, heard)
    world = replace(world, desk=_desk(talks, whose, heard))
    hearing.note(connection, list(heard.values()), world.now)
    rung = _close_timers(connection, items, whose, world.now)
    decided = []
    for place, item in enumerate(items):
        talk = talks.get(whose.get(place, 0))
        if talk is None:  # a second copy of a message, or a person who is gone
            decided.append(False)
            continue
        if talk.decided:  # their earlier turn is what this one stands on
            _write(connection, items, talks.values(), world)
        if isinstance(item, Happening) and item.rang is not None:
            if talk.turns:  # which may have set it anew
                rung |= timers.finish(connection, [item.rang], world.now)
            if item.rang.id not in rung:
                decided.append(False)
                continue
        try:
            decided.append(take_one(connection, talk, item, heard.get(place), world, failed=place in failed))
        except sa.exc.OperationalError:
            raise  # the database's trouble, not this event's
        except Exception as error:
            raise Spoiled(place, error, _where(talk, item)) from error
    _write(connection, items, talks.values(), world)
    _save(connection, list(talks.values()), world.now)
    work = {name for talk in talks.values() for name in talk.work}
    if any(one.inbound.photos for one in heard.values()):
        work.add("photos")
    return Taken(decided, frozenset(work))


def _desk(talks: Mapping[int, Talk], whose: Mapping[int, int], heard: Mapping[int, Heard]) -> Desk:
    """Know those to whom nothing happens here but one text of their own."""
    times = Counter(whose.values())
    return Desk(
        {
            talks[whose[place]].loaded.person_id
            for place in heard
            if times[whose[place]] == 1 and whose[place] in talks
        }
    )


def _close_timers(
    connection: sa.Connection, items: Sequence[Item], whose: Mapping[int, int], now: datetime
) -> set[int]:
    """Close the timers that rang, as one list; those of a person to whom something else happens before are
    closed at their turn. Returns which had not been set anew."""
    first: dict[int, int] = {}
    for place, talk in sorted(whose.items()):
        first.setdefault(talk, place)
    rang = [items[place] for place in first.values()]
    leases = [one.rang for one in rang if isinstance(one, Happening) and one.rang is not None]
    return timers.finish(connection, leases, now) if leases else set()


def _write(connection: sa.Connection, items: Sequence[Item], talks: Collection[Talk], world: World) -> None:
    """Write what was decided so far, as one list."""
    decided = [one for talk in talks for one in talk.decided]
    for talk in talks:
        talk.decided.clear()
    try:
        world.desk.write(connection, world.now)
        apply(connection, decided)
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        raise Spoiled(0 if len(items) == 1 else None, error, {"items": len(items)}) from error


def _load(
    connection: sa.Connection, items: Sequence[Item], heard: Mapping[int, Heard]
) -> tuple[dict[int, Talk], dict[int, int]]:
    """Lock the conversations of a list; the second mapping says which is each item's."""
    whose = {place: one.point.conversation_id for place, one in heard.items()}
    happened = {place: item.person_id for place, item in enumerate(items) if isinstance(item, Happening)}
    found = conversations_of(connection, happened.values())
    whose |= {place: found[person_id] for place, person_id in happened.items() if person_id in found}
    rows = load_conversations(connection, list(whose.values())) if whose else []
    happenings = [item.event for item in items if isinstance(item, Happening)]
    planned = {event.interview_id for event in happenings if isinstance(event, Planned)}
    views = interview_views(connection, planned)
    return {row.id: _talk(connection, row, views) for row in rows}, whose


def _talk(connection: sa.Connection, row: Loaded, views: Mapping[int, InterviewView]) -> Talk:
    """Take up a conversation; a new one begins with what the person's record knows."""
    if row.progress is not None:
        progress = progress_from_json(row.progress)
    else:
        progress = new_progress(row.lang)
        person = people.person(connection, row.person_id)
        if person is not None:
            progress.facts.update(person.facts)
    as_this_phone(progress, row.discreet)
    return Talk(row, progress, row.seq, views=views)


def _save(connection: sa.Connection, talks: Sequence[Talk], now: datetime) -> None:
    changed = [talk for talk in talks if talk.turns]
    rows = [
        Saved(talk.loaded.id, progress_to_json(talk.progress), talk.seq, talk.loaded.contact_point_id, now)
        for talk in changed
    ]
    save(connection, rows, [turn for talk in changed for turn in talk.turns])


def _where(talk: Talk, item: Item) -> dict[str, Any]:
    """Name a failed item for the log: ids and kinds, never words."""
    what = "text" if isinstance(item, Inbound) else type(item.event).__name__
    return {"conversation": talk.loaded.id, "turn": talk.seq + 1, "event": what}
