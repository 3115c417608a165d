"""How fast each sender of ours may go: one bucket of tokens a sender, kept as a row that all workers share.

The rule: a claim locks the rows of its senders, takes no more texts than they have tokens, and writes the
rows back in the same transaction; so any number of workers together keep one pace. A text costs a token for
each of its parts. The last tokens are a reserve for replies; crisis texts leave at once and are paid for
later. A sender that the provider told to wait is held whole, and no other with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage.tables import ChatPace, Pace, table

PACE, CHAT = table(Pace), table(ChatPace)
CRISIS, REPLY, RIDE = 0, 1, 2
DAY: Final = ZoneInfo("America/Los_Angeles")
"""The wall clock by which US carriers count a day's texts."""

SKEW: Final = timedelta(minutes=1)
"""How far two machines' clocks may be apart; a row from further ahead was written by a wrong clock."""

KEPT_OF_A_DAY: Final = 0.1
"""The part of a day's texts that only replies and rides may use."""

CHAT_BURST: Final = 3
"""Texts that may reach one chat at once before its own pace counts."""


_LOOK = (
    sa.select(PACE).where(PACE.c.sender.in_(sa.bindparam("senders", expanding=True))).order_by(PACE.c.sender)
)
_LOCKED = _LOOK.with_for_update()
_WRITE = (
    sa.update(PACE)
    .where(PACE.c.sender == sa.bindparam("the_sender"))
    .values(
        tokens=sa.bindparam("the_tokens"),
        refilled_at=sa.bindparam("the_moment"),
        day=sa.bindparam("the_day"),
        sent_today=sa.bindparam("the_count"),
        held_until=sa.bindparam("the_hold"),
    )
)


@dataclass(frozen=True, slots=True)
class Rate:
    """What one sender is allowed. `sender` is the channel and our number on it; tokens are parts of texts.

    `burst` is what the bucket holds, `reserve` the part of it that only replies and crisis texts may take,
    `a_day` the most in a day, `a_chat` texts a second to one chat; None: no such limit.
    """

    sender: str
    per_second: float
    burst: float
    reserve: float
    a_day: int | None = None
    a_chat: float | None = None

    @property
    def chat_gap(self) -> timedelta:
        """How long one text keeps its chat busy."""
        return timedelta(seconds=1 / self.a_chat) if self.a_chat else timedelta()


@dataclass(slots=True)
class Bucket:
    """A sender's row while a claim has it locked."""

    rate: Rate
    tokens: float
    filled_at: datetime
    day: str
    sent_today: int
    held_until: datetime | None

    def room(self, priority: int, most: int) -> int:
        """Say how many texts of this priority may leave now, at most `most`; a long one may overdraw."""
        if self.held_until is not None or self._day_is_full(priority):
            return 0
        left = self.tokens - self._floor(priority)
        return most if priority == CRISIS else max(0, min(most, int(left + 1e-6)))

    def take(self, parts: int) -> None:
        """Pay for a text."""
        self.tokens -= parts
        self.sent_today += parts

    def next_room(self, priority: int, now: datetime) -> datetime:
        """Say when a text of this priority may leave."""
        if self.held_until is not None:
            return self.held_until
        if self._day_is_full(priority):
            return _next_day(now)
        short = 1 + self._floor(priority) - self.tokens
        return now + timedelta(milliseconds=ceil(1000 * max(0.0, short) / self.rate.per_second))

    def _floor(self, priority: int) -> float:
        return 0.0 if priority <= REPLY else self.rate.reserve

    def _day_is_full(self, priority: int) -> bool:
        if self.rate.a_day is None or priority == CRISIS:
            return False
        kept = 0.0 if priority <= RIDE else KEPT_OF_A_DAY
        return self.sent_today >= self.rate.a_day * (1 - kept)


def lock(connection: sa.Connection, rates: Iterable[Rate], now: datetime) -> dict[str, Bucket]:
    """Lock the rows of these senders, in one order, and fill their buckets up to now; by sender."""
    wanted = {rate.sender: rate for rate in rates}
    if not wanted:
        return {}
    found = _rows(connection, sorted(wanted), locked=True)
    if len(found) < len(wanted):
        fresh = [_fresh(wanted[sender], now) for sender in sorted(wanted) if sender not in found]
        connection.execute(insert(PACE).on_conflict_do_nothing(index_elements=["sender"]), fresh)
        found = _rows(connection, sorted(wanted), locked=True)
    return {sender: _filled(wanted[sender], row, now) for sender, row in found.items()}


def look(connection: sa.Connection, rates: Iterable[Rate], now: datetime) -> dict[str, Bucket]:
    """Read how these senders stand, locking nothing; those that never sent are full."""
    wanted = {rate.sender: rate for rate in rates}
    found = _rows(connection, sorted(wanted), locked=False)
    today = day_of(now)
    return {
        sender: _filled(rate, found[sender], now)
        if sender in found
        else Bucket(rate, rate.burst, now, today, 0, None)
        for sender, rate in wanted.items()
    }


def write(connection: sa.Connection, buckets: Mapping[str, Bucket]) -> None:
    """Write locked buckets back, in the transaction that leased what they paid for."""
    rows = [
        {
            "the_sender": sender,
            "the_tokens": bucket.tokens,
            "the_moment": bucket.filled_at,
            "the_day": bucket.day,
            "the_count": bucket.sent_today,
            "the_hold": bucket.held_until,
        }
        for sender, bucket in sorted(buckets.items())
    ]
    if rows:
        connection.execute(_WRITE, rows)


def give_back(connection: sa.Connection, sender: str, parts: int) -> None:
    """Return what a text paid that did not leave after all."""
    more = {"tokens": PACE.c.tokens + parts, "sent_today": PACE.c.sent_today - parts}
    connection.execute(sa.update(PACE).where(PACE.c.sender == sender).values(**more))


def hold(connection: sa.Connection, sender: str, until: datetime) -> None:
    """Send nothing from this sender until then: its provider said so."""
    longer = sa.or_(PACE.c.held_until.is_(None), PACE.c.held_until < until)
    connection.execute(sa.update(PACE).where(PACE.c.sender == sender, longer).values(held_until=until))


def keep_busy(
    connection: sa.Connection, contact_points: Iterable[int], gap: timedelta, now: datetime
) -> None:
    """Note that a text goes to each of these chats: each is busy for `gap` longer."""
    ids = sorted(contact_points)
    rows = connection.execute(sa.select(CHAT).where(CHAT.c.contact_point_id.in_(ids))).all()
    until = {row.contact_point_id: row.busy_until for row in rows}
    busy = [{"contact_point_id": id_, "busy_until": max(until.get(id_, now), now) + gap} for id_ in ids]
    if busy:
        statement = insert(CHAT)
        changed = {"busy_until": statement.excluded.busy_until}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["contact_point_id"], set_=changed), busy
        )


def day_of(now: datetime) -> str:
    """Name the carriers' day."""
    return now.astimezone(DAY).date().isoformat()


def _next_day(now: datetime) -> datetime:
    midnight = now.astimezone(DAY).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return (midnight + timedelta(days=1)).astimezone(now.tzinfo)


def _rows(connection: sa.Connection, senders: list[str], *, locked: bool) -> dict[str, sa.Row[Any]]:
    statement = _LOCKED if locked else _LOOK
    return {row.sender: row for row in connection.execute(statement, {"senders": senders})}


def _fresh(rate: Rate, now: datetime) -> dict[str, object]:
    return {
        "sender": rate.sender,
        "tokens": rate.burst,
        "refilled_at": now,
        "day": day_of(now),
        "sent_today": 0,
    }


def _filled(rate: Rate, row: sa.Row[Any], now: datetime) -> Bucket:
    """Fill a bucket by the time that has passed; a clock a little behind another's fills nothing twice."""
    since = row.refilled_at if row.refilled_at - now < SKEW else now
    gone = max(timedelta(), now - since).total_seconds()
    tokens = min(rate.burst, row.tokens + gone * rate.per_second)
    today = max(row.day, day_of(now))
    held = row.held_until if row.held_until is not None and row.held_until > now else None
    sent_today = row.sent_today if row.day == today else 0
    return Bucket(rate, tokens, max(since, now), today, sent_today, held)
