"""Which messages may leave now: the next one of each address, the urgent first, as many as the pace allows.

Theory of operation. The outbox is read line by line: a line is one channel and one priority, and its rows
stand in an index in the order in which they fall due. A first look finds the lines in which something is
due; then each is taken from its front until the sender's tokens (storage/pace.py) are spent. So a claim
reads what it takes, however much waits for tomorrow. What stands before an urgent text to the same person
becomes as urgent: order is kept, and nobody's reply waits behind a reminder that waits for its turn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage import due, pace
from storage.due import NOW, Family, Lease
from storage.pace import Bucket, Rate
from storage.tables import ChatPace, ContactPoint, Message, Person, table
from storage.tables.talk import WAITING
from storage.types import UTCDateTime

MESSAGE, POINT, PERSON, CHAT = table(Message), table(ContactPoint), table(Person), table(ChatPace)
HOLD = timedelta(minutes=2)
CHANNELS = ("sms", "telegram", "simulator")
PRIORITIES = range(6)
MOST_URGENT = pace.REPLY
"""Texts as urgent as this have what stands before them leave as soon."""

UNPACED: Mapping[str, Rate] = {}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message leased to this worker. `look_first`: its sending began before, so ask the provider first."""

    lease: Lease
    conversation_id: int
    contact_point_id: int
    channel: str
    address: str
    zone: str
    other_zones: str | None
    texts_from: str | None
    texts_to: str | None
    early_ok: bool | None
    lang: str
    kind: str
    sender: str
    state: str
    body: str
    options: list[Any] | None
    extra: dict[str, Any] | None
    prompt: int | None
    subject: str | None
    parts: int | None
    at: datetime
    useful_until: datetime | None
    sending_since: datetime | None

    @property
    def id(self) -> int:
        """The message's id."""
        return self.lease.id

    @property
    def look_first(self) -> bool:
        """Whether this text may already be on the phone."""
        return self.sending_since is not None


_OLDER = MESSAGE.alias("older")
_HOLD_SINCE: sa.BindParameter[datetime] = sa.bindparam("hold_since", type_=UTCDateTime())
# SQLite takes a partial index only where the statement says its condition in the same words.
_WAITING = sa.text(f"message.{WAITING}")
_OLDER_WAITS = sa.text(f"older.{WAITING}")
# In front of a message: an older one to its address that is due, was tried before, or may be on its way.
# One in doubt that is due is looked at first, however long ago it was begun: it may not have left at all.
_IN_FRONT = (
    sa.select(sa.literal(1))
    .where(
        _OLDER_WAITS,
        _OLDER.c.contact_point_id == MESSAGE.c.contact_point_id,
        _OLDER.c.id < MESSAGE.c.id,
        sa.or_(
            _OLDER.c.due_at <= NOW,
            sa.and_(_OLDER.c.state == "queued", _OLDER.c.attempts > 0),
            sa.and_(_OLDER.c.state.in_(("sending", "unsure")), _OLDER.c.sending_since > _HOLD_SINCE),
        ),
    )
    .correlate(MESSAGE)
    .exists()
)
_CHAT_IS_BUSY = (
    sa.select(sa.literal(1))
    .where(
        CHAT.c.contact_point_id == MESSAGE.c.contact_point_id,
        CHAT.c.busy_until > sa.bindparam("busy_after", type_=UTCDateTime()),
    )
    .correlate(MESSAGE)
    .exists()
)
OUTBOX = Family(
    MESSAGE,
    WAITING,
    (MESSAGE.c.priority, MESSAGE.c.due_at, MESSAGE.c.id),
    {"channel": CHANNELS, "priority": PRIORITIES},
)
_FIRST_IN_LINE = sa.or_(MESSAGE.c.kind == "crisis", ~_IN_FRONT)
_FREE = sa.or_(MESSAGE.c.lease_until.is_(None), MESSAGE.c.lease_until <= NOW)
_READY = sa.and_(_WAITING, MESSAGE.c.due_at <= NOW, _FREE)

_LINES = sa.union_all(
    *(
        sa.select(
            sa.literal_column(f"'{channel}'").label("channel"), sa.literal_column(str(rank)).label("priority")
        )
        for channel in CHANNELS
        for rank in PRIORITIES
    )
).cte("line")
_IN_LINE = sa.and_(MESSAGE.c.channel == _LINES.c.channel, MESSAGE.c.priority == _LINES.c.priority)
_DUE_LINES = (
    sa.select(_LINES.c.priority, _LINES.c.channel)
    .where(sa.select(sa.literal(1)).where(_IN_LINE, _READY).correlate(_LINES).exists())
    .order_by(_LINES.c.priority, _LINES.c.channel)
)
_PACED_LINES = (
    sa.select(_LINES.c.priority, _LINES.c.channel)
    .where(sa.select(sa.literal(1)).where(_IN_LINE, _READY, _FIRST_IN_LINE).correlate(_LINES).exists())
    .order_by(_LINES.c.priority, _LINES.c.channel)
)
_PICK = (
    sa.select(
        MESSAGE.c.id, MESSAGE.c.contact_point_id, MESSAGE.c.parts, MESSAGE.c.useful_until, MESSAGE.c.kind
    )
    .where(
        MESSAGE.c.channel == sa.bindparam("channel_"),
        MESSAGE.c.priority == sa.bindparam("priority_"),
        _READY,
        _FIRST_IN_LINE,
    )
    .order_by(MESSAGE.c.due_at, MESSAGE.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(of=MESSAGE, skip_locked=True)
)
_PICK_BY_CHAT = _PICK.where(sa.or_(MESSAGE.c.kind == "crisis", ~_CHAT_IS_BUSY))
# Taken first and few: a plan that began with what stands before would read all that waits for tomorrow.
_BEHIND = (
    sa.select(MESSAGE.c.contact_point_id, MESSAGE.c.id)
    .where(
        MESSAGE.c.channel == sa.bindparam("channel_"),
        MESSAGE.c.priority == sa.bindparam("priority_"),
        _READY,
    )
    .order_by(MESSAGE.c.due_at, MESSAGE.c.id)
    .limit(64)
    .cte("behind")
    .prefix_with("MATERIALIZED")
)
_BEFORE_URGENT = (
    sa.select(_OLDER.c.id)
    .join(
        _BEHIND,
        sa.and_(_BEHIND.c.contact_point_id == _OLDER.c.contact_point_id, _BEHIND.c.id > _OLDER.c.id),
    )
    .where(_OLDER_WAITS, _OLDER.c.priority > sa.bindparam("priority_"), _OLDER.c.due_at <= NOW)
    .with_for_update(of=_OLDER, skip_locked=True)
)
_THEIRS = (
    POINT.c.address,
    PERSON.c.zone,
    PERSON.c.other_zones,
    PERSON.c.texts_from,
    PERSON.c.texts_to,
    PERSON.c.early_ok,
    PERSON.c.lang,
)
_FIELDS = tuple(
    name
    for name in Claimed.__dataclass_fields__
    if name not in ("lease", *(column.name for column in _THEIRS))
)
_READ = (
    sa.select(MESSAGE.c.id, *(MESSAGE.c[name] for name in _FIELDS), *_THEIRS)
    .join(POINT, POINT.c.id == MESSAGE.c.contact_point_id)
    .join(PERSON, PERSON.c.id == POINT.c.person_id)
)


def claim(
    connection: sa.Connection, now: datetime, limit: int, rates: Mapping[str, Rate] = UNPACED
) -> list[Claimed]:
    """Lease up to `limit` messages that may leave now, one for each address, the most urgent first.

    No more of a channel than the bucket of its sender holds; the bucket is paid in this transaction.
    """
    lines = connection.execute(_DUE_LINES, {"now": now}).all()
    if not lines:
        return []
    channels = {line.channel for line in lines}
    buckets = pace.lock(connection, (rate for name, rate in rates.items() if name in channels), now)
    picked: list[Any] = []
    for priority, channel in lines:
        bucket = buckets[rates[channel].sender] if channel in rates else None
        picked += _front(connection, channel, priority, bucket, now, limit - len(picked))
    pace.write(connection, buckets)
    leases = {one.id: one for one in due.lease_these(connection, OUTBOX, [row.id for row in picked], now)}
    rows = connection.execute(_READ.where(MESSAGE.c.id.in_(leases))).mappings()
    found = {row["id"]: row for row in rows}
    return [_claimed(leases[id_], found[id_]) for id_ in leases]


def next_room(connection: sa.Connection, now: datetime, rates: Mapping[str, Rate]) -> datetime | None:
    """Say when something that is due, and waits for the pace alone, may leave; None where nothing waits.

    What waits behind another text to its address is not told of here: that one's own moment is.
    """
    with_ = {"now": now, "hold_since": now - HOLD}
    lines = [line for line in connection.execute(_PACED_LINES, with_) if line.channel in rates]
    buckets = pace.look(connection, [rates[line.channel] for line in lines], now)
    moments = []
    for priority, channel in lines:
        rate = rates[channel]
        moments.append(max(buckets[rate.sender].next_room(priority, now), now + rate.chat_gap))
    return min(moments, default=None)


_LATE = (
    sa.update(MESSAGE)
    .where(
        _WAITING,
        MESSAGE.c.state == "queued",
        MESSAGE.c.due_at <= NOW,
        MESSAGE.c.useful_until <= NOW,
        _FREE,
    )
    .values(state="expired", error="too_late", finished_at=NOW, due_at=None, lease_until=None)
)


def expire(connection: sa.Connection, now: datetime) -> int:
    """Close what waited for a pace or a held sender until it was of no use; returns how many."""
    return connection.execute(_LATE, {"now": now}).rowcount


def _front(
    connection: sa.Connection, channel: str, priority: int, bucket: Bucket | None, now: datetime, most: int
) -> list[Any]:
    """Take what may leave from the front of one line, and pay for it; what is late anyway costs nothing."""
    room = most if bucket is None else bucket.room(priority, most)
    if room <= 0:
        return []
    line: dict[str, Any] = {"channel_": channel, "priority_": priority, "now": now}
    if bucket is not None and pace.CRISIS < priority <= MOST_URGENT:
        _hurry(connection, line)
    with_ = {**line, "hold_since": now - HOLD, "most": room}
    gap = bucket.rate.chat_gap if bucket is not None else timedelta()
    if not gap:
        rows: list[Any] = list(connection.execute(_PICK, with_))
    else:
        busy_after = now + gap * (pace.CHAT_BURST - 1)
        rows = list(connection.execute(_PICK_BY_CHAT, {**with_, "busy_after": busy_after}))
    taken: list[Any] = []
    for row in rows:
        late = row.useful_until is not None and row.useful_until <= now
        if bucket is not None and not late:
            if not bucket.room(priority, 1):
                break
            bucket.take(row.parts or 1)
        taken.append(row)
    if gap and taken:
        pace.keep_busy(connection, {row.contact_point_id for row in taken}, gap, now)
    return taken


def _hurry(connection: sa.Connection, line: Mapping[str, Any]) -> None:
    """Let what stands before an urgent text to the same address be as urgent."""
    slow = list(connection.scalars(_BEFORE_URGENT, line))
    if slow:
        to = {"priority": line["priority_"]}
        connection.execute(sa.update(MESSAGE).where(MESSAGE.c.id.in_(slow)).values(**to))


def _claimed(lease: Lease, row: Any) -> Claimed:
    return Claimed(lease, **{name: value for name, value in row.items() if name != "id"})
