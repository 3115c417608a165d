"""Why people need a human now, and what humans promised them.

The rule: one unfinished item for each reason and person; saying it again only makes it sooner or more
urgent. A promise was said to the person, so it is kept or corrected by its hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage import lists
from storage.bell import ring_at_commit
from storage.tables import Alarm, AttentionItem, Person, Promise, table
from storage.types import as_row

ITEM, PROMISE, PERSON, ALARM = table(AttentionItem), table(Promise), table(Person), table(Alarm)


@dataclass(frozen=True, slots=True)
class Item:
    """Something a human should look at by `due_at`."""

    id: int
    person_id: int
    kind: str
    reason: str
    urgent: bool
    due_at: datetime
    state: str
    claimed_by: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """What a person was told a human will do, and by when."""

    id: int
    person_id: int
    caseworker_id: int | None
    what: str
    due_at: datetime
    state: str
    moved: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Need:
    """A person to put on the list, and why."""

    person_id: int
    kind: str
    reason: str
    due_at: datetime
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class NewPromise:
    """What a person is told a human will do by then."""

    person_id: int
    caseworker_id: int | None
    what: str
    due_at: datetime


_ITEM = sa.select(*(ITEM.c[name] for name in Item.__dataclass_fields__))
_PROMISE = sa.select(*(PROMISE.c[name] for name in PromiseRow.__dataclass_fields__))
_PROMISED = _PROMISE.where(PROMISE.c.person_id == sa.bindparam("person"), PROMISE.c.state == "open").order_by(
    PROMISE.c.due_at
)
_PROMISED_TO = _PROMISE.where(
    PROMISE.c.person_id.in_(sa.bindparam("people", expanding=True)), PROMISE.c.state == "open"
).order_by(PROMISE.c.due_at)
_PROMISING = sa.insert(PROMISE).returning(PROMISE.c.id)
_OPEN = insert(ITEM)
_NEW = _OPEN.excluded
_NEED = _OPEN.on_conflict_do_update(
    index_elements=["dedupe_key"],
    index_where=sa.text("state <> 'done'"),
    set_={
        "reason": _NEW.reason,
        "urgent": sa.or_(ITEM.c.urgent, _NEW.urgent),
        "due_at": sa.case((_NEW.due_at < ITEM.c.due_at, _NEW.due_at), else_=ITEM.c.due_at),
    },
).returning(ITEM.c.id)
_WAKE = insert(ALARM).on_conflict_do_nothing(index_elements=["item_id"])

ON_IT_FOR: Final = timedelta(minutes=15)
"""So long whoever took an alarm on, or was called for it, is taken to be on it; what happens anew later
wakes somebody again."""


def need_human(
    connection: sa.Connection,
    person_id: int,
    kind: str,
    reason: str,
    due_at: datetime,
    now: datetime,
    *,
    urgent: bool = False,
    about: str = "",
    still: bool = False,
) -> int:
    """Put a person on the list; an unfinished item of this kind is brought up to date. Returns its id.

    `about` tells apart what may need a human twice at once ("ride:7"). What is urgent raises its alarm
    (storage/alarms.py), and wakes who calls: whoever writes it, in whatever transaction. One that was taken
    on or rang in vain a while ago rings again, unless this is no news (`still`): a second car lost that day
    is somebody's as the first was.
    """
    row = _need(person_id, kind, reason, due_at, now, urgent=urgent, about=about)
    ((item_id,),) = lists.add(connection, _NEED, [row])
    if urgent:
        connection.execute(_WAKE, {"item_id": item_id, "due_at": now, "created_at": now})
        if not still:
            _wake_again(connection, item_id, now)
        ring_at_commit(connection, "alarms")
    return int(item_id)


def _wake_again(connection: sa.Connection, item_id: int, now: datetime) -> None:
    """Have an alarm that came to an end a while ago ring anew, and its item be nobody's."""
    before = now - ON_IT_FOR
    ended = sa.and_(
        ALARM.c.item_id == item_id,
        ALARM.c.state != "ringing",
        ALARM.c.created_at <= before,
        sa.or_(ALARM.c.answered_at.is_(None), ALARM.c.answered_at <= before),
    )
    rings = {"state": "ringing", "due_at": now, "created_at": now, "attempts": 0, "lease_until": None}
    nobody = {"answered_by": None, "answered_at": None, "how": None}
    if connection.execute(sa.update(ALARM).where(ended).values(**rings, **nobody)).rowcount:
        free: dict[str, object] = {"state": "open", "claimed_by": None, "claimed_at": None}
        _change(connection, ITEM.c.id == item_id, free)


def need_humans(connection: sa.Connection, needs: Sequence[Need], now: datetime) -> None:
    """Put people on the list, each of them once; what is urgent raises its alarm."""
    calm = [one for one in needs if not one.urgent]
    rows = [_need(one.person_id, one.kind, one.reason, one.due_at, now) for one in calm]
    lists.add(connection, _NEED, rows)
    for one in needs:
        if one.urgent:
            need_human(connection, one.person_id, one.kind, one.reason, one.due_at, now, urgent=True)


def _need(
    person_id: int,
    kind: str,
    reason: str,
    due_at: datetime,
    now: datetime,
    *,
    urgent: bool = False,
    about: str = "",
) -> dict[str, object]:
    values = {"person_id": person_id, "kind": kind, "reason": reason, "urgent": urgent, "due_at": due_at}
    return values | {"state": "open", "dedupe_key": f"{person_id}/{kind}/{about}", "created_at": now}


def unfinished(connection: sa.Connection, people: sa.Select[int]) -> list[Item]:
    """List these people's unfinished items (staff.visible_people): the urgent first, then by due time."""
    statement = _ITEM.where(ITEM.c.state != "done", ITEM.c.person_id.in_(people))
    statement = statement.order_by(ITEM.c.urgent.desc(), ITEM.c.due_at, ITEM.c.id)
    return [Item(**row) for row in connection.execute(statement).mappings()]


def item(connection: sa.Connection, item_id: int) -> Item | None:
    """Return an item by its id."""
    row = connection.execute(_ITEM.where(ITEM.c.id == item_id)).mappings().first()
    return None if row is None else Item(**row)


def claim_item(connection: sa.Connection, item_id: int, caseworker_id: int, now: datetime) -> bool:
    """Take an open item on; False when somebody else has."""
    values = {"state": "claimed", "claimed_by": caseworker_id, "claimed_at": now}
    return _change(connection, sa.and_(ITEM.c.id == item_id, ITEM.c.state == "open"), values) == 1


def was_agreed(connection: sa.Connection, person_id: int, kind: str, about: str) -> bool:
    """Say whether a caseworker has marked the newest item of this kind, about this, as done."""
    mine = ITEM.c.dedupe_key == f"{person_id}/{kind}/{about}"
    last = sa.select(ITEM.c.state, ITEM.c.done_by).where(mine).order_by(ITEM.c.id.desc()).limit(1)
    row = connection.execute(last).first()
    return row is not None and row.state == "done" and row.done_by is not None


def finish_item(connection: sa.Connection, item_id: int, caseworker_id: int | None, now: datetime) -> bool:
    """Close an item; False when it was closed already."""
    return _change(connection, ITEM.c.id == item_id, _done(caseworker_id, now)) == 1


def finish_items(
    connection: sa.Connection,
    person_id: int,
    kind: str,
    now: datetime,
    caseworker_id: int | None = None,
    *,
    about: str | None = None,
) -> int:
    """Close a person's items of one kind, or only the one `about` this: it is settled. Returns how many."""
    at = sa.and_(ITEM.c.person_id == person_id, ITEM.c.kind == kind)
    if about is not None:
        at = sa.and_(at, ITEM.c.dedupe_key == f"{person_id}/{kind}/{about}")
    return _change(connection, at, _done(caseworker_id, now))


def needed_since(connection: sa.Connection, person_id: int, kind: str, since: datetime) -> bool:
    """Say whether a person was put on the list for this reason since then, whatever came of it."""
    at = sa.and_(ITEM.c.person_id == person_id, ITEM.c.kind == kind, ITEM.c.created_at >= since)
    return connection.execute(sa.select(ITEM.c.id).where(at).limit(1)).first() is not None


def promise(
    connection: sa.Connection,
    person_id: int,
    caseworker_id: int | None,
    what: str,
    due_at: datetime,
    now: datetime,
    *,
    moved: int = 0,
) -> int:
    """Write down what a person was told a human will do by then; `moved` counts the hours before it."""
    made = NewPromise(person_id, caseworker_id, what, due_at)
    ((id_,),) = lists.add(connection, _PROMISING, [{**as_row(made), "moved": moved, "made_at": now}])
    return int(id_)


def promise_all(connection: sa.Connection, promises: Sequence[NewPromise], now: datetime) -> None:
    """Write down what people were told, as one list."""
    lists.add(connection, _PROMISING, [{**as_row(one), "moved": 0, "made_at": now} for one in promises])


def promises_of(connection: sa.Connection, person_id: int) -> list[PromiseRow]:
    """List the open promises to a person, the soonest due first."""
    return [PromiseRow(*row) for row in lists.read(connection, _PROMISED, {"person": person_id})]


def promises_to(connection: sa.Connection, people: Sequence[int]) -> dict[int, list[PromiseRow]]:
    """List the open promises to these people, by person, the soonest due first."""
    found: dict[int, list[PromiseRow]] = {person_id: [] for person_id in people}
    for row in lists.read(connection, _PROMISED_TO, people=people):
        one = PromiseRow(*row)
        found[one.person_id].append(one)
    return found


def people_with_due_promises(connection: sa.Connection, by: datetime, limit: int) -> list[sa.Row[Any]]:
    """List who has an open promise whose hour comes by then, the longest due first, with what their night
    is read from: zone, other_zones, texts_from, texts_to."""
    person = [PERSON.c[name] for name in ("zone", "other_zones", "texts_from", "texts_to")]
    statement = (
        sa.select(PROMISE.c.person_id, *person)
        .join(PERSON, PERSON.c.id == PROMISE.c.person_id)
        .where(PROMISE.c.state == "open", PROMISE.c.due_at <= by)
        .group_by(PROMISE.c.person_id, *person)
        .order_by(sa.func.min(PROMISE.c.due_at), PROMISE.c.person_id)
        .limit(limit)
    )
    return list(connection.execute(statement))


def end_promise(
    connection: sa.Connection, promise_id: int, state: Literal["kept", "corrected", "broken"], now: datetime
) -> bool:
    """Note how a promise ended; False when it had ended already."""
    at = sa.and_(PROMISE.c.id == promise_id, PROMISE.c.state == "open")
    return connection.execute(sa.update(PROMISE).where(at).values(state=state, finished_at=now)).rowcount == 1


def keep_promises(connection: sa.Connection, person_id: int, now: datetime, what: str | None = None) -> int:
    """Note that a human answered this person: what was promised is kept, or only `what`. Returns how many."""
    open_ = [one.id for one in promises_of(connection, person_id) if what in (None, one.what)]
    at = sa.and_(PROMISE.c.id.in_(open_), PROMISE.c.state == "open")
    return connection.execute(sa.update(PROMISE).where(at).values(state="kept", finished_at=now)).rowcount


def _done(caseworker_id: int | None, now: datetime) -> dict[str, object]:
    return {"state": "done", "done_by": caseworker_id, "done_at": now}


def _change(connection: sa.Connection, which: sa.ColumnElement[bool], values: dict[str, object]) -> int:
    statement = sa.update(ITEM).where(which, ITEM.c.state != "done").values(**values)
    return connection.execute(statement).rowcount
