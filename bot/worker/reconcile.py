"""Fetch what people texted while nobody listened, and look again for texts that were perhaps sent.

Theory of operation. A provider that calls us once and never again (Twilio) is asked for its list: when a
process starts, and every two minutes. A mark in the database says up to which moment everything is surely
here; it moves only when a list was kept to its end, so a day of downtime, or a restored backup, is caught up
from where it began. Lists overlap by some minutes, since they lag; a text that is here already ends at its
unique key. Of many processes one sweeps at a time, by a turn that is taken for five minutes.

The rule: nothing is decided here. An old text is dated by its own moment (bot/hearing.py), so that it is no
answer to what was asked after it.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from bot.channels.base import Channel, Found, Inbound, NotFound, Outbound, TryLater
from bot.worker.workshop import Workshop
from storage import marks, messages, outbox

EVERY = timedelta(minutes=2)
OVERLAP = timedelta(minutes=5)
TURN = timedelta(minutes=5)
DAY = timedelta(days=1)
AT_ONCE = 200
"""Texts handed to the conversations at a time."""

MOST_LOOKED_FOR = 50
GAP = timedelta(hours=1)
ALIVE = "alive"
"""The mark of the last moment at which a process was at work on this database."""

log = logging.getLogger(__name__)


async def begin(workshop: Workshop) -> None:
    """Look at what a start may find: have the next step sweep at once, and doubt what waits after a gap.

    Call it before anything is sent. After more than an hour in which nobody was here, what was due before may
    have been sent by a life that this database, restored from a backup, has forgotten.
    """
    doubted = await workshop.database.run(partial(_begin, sorted(workshop.channels), workshop.clock.now()))
    if doubted:
        log.warning("texts in doubt after a gap", extra={"texts": doubted})


def _begin(channels: Sequence[str], now: datetime, connection: sa.Connection) -> int:
    for name in channels:
        marks.next_turn(connection, _turn(name), now)
    last = marks.marked(connection, ALIVE)
    marks.move_mark(connection, ALIVE, now)
    return outbox.doubt(connection, now) if last is not None and now - last > GAP else 0


async def step(workshop: Workshop) -> int:
    """Sweep the channels whose turn it is; return how many are not at their end yet."""
    await workshop.database.run(partial(marks.move_mark, name=ALIVE, at=workshop.clock.now()))
    left = [await _sweep(workshop, name, channel) for name, channel in sorted(workshop.channels.items())]
    return sum(left)


async def _sweep(workshop: Workshop, name: str, channel: Channel) -> bool:
    """Fetch up to a day's worth; True: there is more, look again."""
    now = workshop.clock.now()
    since = await workshop.database.run(partial(_take_turn, name, now))
    if since is None:
        return False
    rest = now - since > DAY
    missed = await channel.missed(since - OVERLAP, since + 2 * DAY if rest else None)
    if isinstance(missed, TryLater):
        await workshop.database.run(
            partial(marks.next_turn, name=_turn(name), at=now + timedelta(seconds=missed.after_seconds))
        )
        return False
    await _hand_on(workshop, name, missed)
    if not rest:
        await _look_for_doubtful(workshop, name, channel, now)
    await workshop.database.run(partial(_swept, name, since + DAY if rest else now, now, rest))
    return rest


def _take_turn(name: str, now: datetime, connection: sa.Connection) -> datetime | None:
    """Take this channel's turn and say since when to ask; the first time there is nothing to fetch."""
    if not marks.take_turn(connection, _turn(name), now, now + TURN):
        return None
    since = marks.marked(connection, _mark(name))
    if since is None:
        marks.move_mark(connection, _mark(name), now)
    return since or now


def _swept(name: str, until: datetime, now: datetime, more: bool, connection: sa.Connection) -> None:
    marks.move_mark(connection, _mark(name), until)
    marks.next_turn(connection, _turn(name), now if more else now + EVERY)


async def _hand_on(workshop: Workshop, name: str, missed: Sequence[Inbound]) -> None:
    """Give the conversations what they do not know yet, the oldest first."""
    came = list(missed)
    came.reverse()  # lists begin with the newest
    came.sort(key=lambda one: one.at)
    fetched = 0
    for first in range(0, len(came), AT_ONCE):
        part = came[first : first + AT_ONCE]
        ids = [one.provider_id for one in part]
        known = await workshop.database.read(partial(messages.known, channel=name, provider_ids=ids))
        new = [one for one in part if one.provider_id not in known]
        await workshop.conversations.received(new)
        fetched += len(new)
    if fetched:
        log.warning("missed texts fetched", extra={"channel": name, "texts": fetched})


def _mark(channel: str) -> str:
    return f"reconcile:{channel}"


def _turn(channel: str) -> str:
    return f"reconcile:{channel}:turn"


# --- what we sent and nobody could tell of ---------------------------------------------------------


async def _look_for_doubtful(workshop: Workshop, name: str, channel: Channel, now: datetime) -> None:
    """Ask again for the texts of the last day that ended as perhaps sent; none of them is sent again."""
    read = partial(outbox.doubtful, channel=name, since=now - DAY, limit=MOST_LOOKED_FOR)
    for one in await workshop.database.read(read):
        others = partial(outbox.ids_of_others, conversation_id=one.conversation_id, message_id=one.id)
        text = Outbound(one.id, one.address, one.body)
        answer = await channel.find_sent(text, one.sending_since, await workshop.database.read(others))
        match answer:
            case Found(provider_id):
                found = partial(outbox.found_late, one=one, provider_id=provider_id, now=now)
                await workshop.database.run(found)
            case NotFound():
                await workshop.database.run(partial(outbox.never_sent, message_id=one.id, now=now))
            case _:
                return
