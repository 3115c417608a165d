"""Wake a human: call who is on call, one after the other, until somebody is on it.

Theory of operation. An urgent item has raised its alarm (storage/attention.py). Every three minutes the next
in line is called, whoever was called least first, until the item is in somebody's hand or all were called
three times. A call is a text without names, with a link that opens this one matter for an hour without a
sign-in; a reply of 1 or OK takes it on as well.

The rule: calls are no texts of the outbox: no night, no pace and no other text holds them up. A call whose
answer was lost is looked for; one that nobody can tell of is sent again, as a crisis text is: twice woken
is better than not woken.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import sqlalchemy as sa

from bot.acting import who_comes
from bot.channels.base import (
    CannotTell,
    Channel,
    Delivered,
    Found,
    NotFound,
    Outbound,
    Rejected,
    Sent,
    TryLater,
    Unknown,
)
from bot.settings import Settings
from bot.worker.reaching import way_to_phones
from bot.worker.workshop import Workshop, side_by_side
from storage import alarms
from storage.alarms import AlarmRow, CallRow
from storage.due import Lease, back_off
from storage.staff import CaseworkerRow

LIMIT: Final = 32
NEXT_AFTER: Final = timedelta(minutes=3)
NOBODY_FOR: Final = timedelta(minutes=10)
"""So often somebody is looked for while nobody is on call; a shift that begins is found within it."""

ROUNDS: Final = 3
"""Times each in line is called before the alarm stays unanswered; the list shows it all the while."""

LOOK_AFTER: Final = timedelta(seconds=12)
"""Providers' lists lag: a call that perhaps left is looked for after this long."""

MOST_DOUBTS: Final = 3
CALLED_FOR: Final = timedelta(minutes=15)
"""So long a call that surely did not leave is tried; the next in line is called meanwhile."""

_APART: Final = 1_000_000_000
"""Calls count downwards from here: no id of theirs is a message's, or that of a safe contact's text."""

log = logging.getLogger(__name__)


async def step(workshop: Workshop) -> int:
    """Call the next in line for every alarm that is due; return how many that were."""
    if way_to_phones(workshop) is None:
        return 0
    rung = await workshop.database.run(partial(_ring, workshop.settings, workshop.clock.now()))
    return rung + await send(workshop)


async def send(workshop: Workshop) -> int:
    """Send the calls that are due, each by itself; return how many that were."""
    way = way_to_phones(workshop)
    if way is None:
        return 0
    now = workshop.clock.now()
    calls = await workshop.database.run(partial(alarms.claim_calls, now=now, limit=LIMIT))
    return await side_by_side("alarm", [(lease, _call(workshop, lease, one, *way)) for lease, one in calls])


# --- who is next ------------------------------------------------------------------------------------


def _ring(settings: Settings, now: datetime, connection: sa.Connection) -> int:
    claimed = alarms.claim_alarms(connection, now, LIMIT)
    for lease, alarm in claimed:
        _next(connection, settings, lease, alarm, now)
    return len(claimed)


def _next(
    connection: sa.Connection, settings: Settings, lease: Lease, alarm: AlarmRow, now: datetime
) -> None:
    if alarm.item_state != "open":
        alarms.stop(connection, lease, "over")
        return
    line = who_comes(connection, settings, alarm.person_id, now)
    calls = alarms.calls_of(connection, alarm.id)
    lately = [one for one in calls if one.created_at >= alarm.created_at]  # an alarm may ring anew
    if not line:
        log.warning("nobody is on call", extra={"alarm": alarm.id})
        alarms.wait(connection, lease, now + NOBODY_FOR)
        return
    if (who := _least_called(line, lately)) is None:
        log.error("alarm unanswered", extra={"alarm": alarm.id, "calls": len(calls)})
        alarms.stop(connection, lease, "unanswered")
        return
    alarms.call(connection, lease, len(calls) + 1, who.id, now, now + NEXT_AFTER)


def _least_called(line: Sequence[CaseworkerRow], calls: Sequence[CallRow]) -> CaseworkerRow | None:
    """Pick who was called least, the first of these in line; None where all were called often enough."""
    times = Counter(one.caseworker_id for one in calls)
    who = min(line, key=lambda one: times[one.id])
    return who if times[who.id] < ROUNDS else None


# --- one call ---------------------------------------------------------------------------------------


async def _call(workshop: Workshop, lease: Lease, call: CallRow, channel: Channel, before: str) -> None:
    if call.state in ("sending", "unsure") and await _has_left(workshop, lease, call, channel, before):
        return
    now = workshop.clock.now()
    begin = partial(alarms.begin_call, lease=lease, row=call, channel=channel.name, now=now)
    begun = await workshop.database.run(begin)
    if begun is None:
        return
    who, alarm, token = begun
    words = body(workshop.settings, alarm.kind, token, call.id)
    sent = await _sent(channel, Outbound(-_APART - call.id, f"{before}{who.phone}", words))
    await workshop.database.run(partial(_note, lease, call, who, sent, workshop.clock.now()))
    log.info("alarm", extra={"alarm": alarm.id, "call": call.id, "came": type(sent).__name__})


def body(settings: Settings, kind: str, token: str, call_id: int) -> str:
    """Write the text of a call: what kind of thing it is, the link, how to take it on; no name, no place."""
    link = f"{settings.public_url.rstrip('/')}/r/{token}"
    return f"{settings.programme_name} alarm: {kind[:40]}. {link} {_end(call_id)}"


def _end(call_id: int) -> str:
    """Write the words by which a call is found again: its token is nowhere but in the text itself."""
    return f"Open it, or reply 1 to take it. Call {call_id}"


async def _has_left(workshop: Workshop, lease: Lease, call: CallRow, channel: Channel, before: str) -> bool:
    """Look for a call that perhaps left; False: send it (again)."""
    find = partial(alarms.phone_of_call, row=call)
    phone, since = await workshop.database.read(find), call.sending_since or call.created_at
    if phone is None:
        return False
    text = Outbound(-_APART - call.id, f"{before}{phone}", _end(call.id))
    match await channel.find_sent(text, since):
        case Found(provider_id):
            await workshop.database.run(partial(alarms.called, lease=lease, provider_id=provider_id))
            return True
        case NotFound():
            return False
        case CannotTell() if lease.attempts <= MOST_DOUBTS:
            return False
        case CannotTell():
            await workshop.database.run(partial(alarms.called, lease=lease, provider_id=None))
            return True


async def _sent(channel: Channel, message: Outbound) -> Sent:
    """Send, once; a bug on the way leaves as much in doubt as a lost answer does."""
    try:
        return await channel.send(message)
    except Exception as error:
        log.exception("calling failed", extra={"channel": channel.name})
        return Unknown(type(error).__name__)


def _note(
    lease: Lease, call: CallRow, who: CaseworkerRow, sent: Sent, now: datetime, connection: sa.Connection
) -> None:
    match sent:
        case Delivered(provider_id):
            alarms.called(connection, lease, provider_id)
        case Rejected(code, _, opted_out):
            alarms.not_called(connection, lease, call, code, now)
            if opted_out:
                alarms.set_no_texts(connection, who.id, now)
        case TryLater() if now - call.created_at >= CALLED_FOR:
            alarms.not_called(connection, lease, call, "tried too long", now)
        case TryLater(seconds):
            alarms.later(connection, lease, now + max(timedelta(seconds=seconds), back_off(lease.attempts)))
        case Unknown() if lease.attempts > MOST_DOUBTS:
            alarms.called(connection, lease, None)
        case Unknown(why):
            alarms.unsure(connection, lease, why, now + LOOK_AFTER)
