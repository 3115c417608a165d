"""Send what is in the outbox: one text an address at a time, many addresses at once.

The rule: three transactions a text. The claim leases it; `before_send` looks once more and marks it begun;
what the provider said is written down. A text found begun may be on the phone already: the provider is
asked before anything else. Where nobody can tell it ends as maybe_sent, is shown to staff, and is never
sent again, but for a crisis text: twice is better than never.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from bot.channels.base import (
    Button,
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
    button_token,
)
from bot.conversation import Happening
from bot.reminders.hours import Hours, next_allowed
from bot.worker.workshop import Workshop
from flows.events import OptedOut
from storage import outbox, points
from storage.attention import need_human
from storage.outbox import Claimed

LIMIT = 32
"""Texts claimed at a time: each is its own address, and all are sent at once."""

WE_START = frozenset({"nudge", "reminder"})
"""What waits for the person's hours; replies, rides, staff and crisis texts do not."""

CHANNEL_OFF = timedelta(minutes=1)

log = logging.getLogger(__name__)


async def step(workshop: Workshop) -> int:
    """Send what may leave now; return how many texts were taken in hand."""
    claim = partial(outbox.claim, now=workshop.clock.now(), limit=LIMIT)
    claimed = await workshop.database.run(claim)
    await asyncio.gather(*(_deliver(workshop, message) for message in claimed))
    return len(claimed)


async def _deliver(workshop: Workshop, message: Claimed) -> None:
    now = workshop.clock.now()
    channel = workshop.channels.get(message.channel)
    if channel is None:
        log.warning("channel is off", extra={"channel": message.channel, "message": message.id})
        await workshop.database.run(partial(outbox.put_off, message=message, at=now + CHANNEL_OFF))
    elif message.look_first and not await _surely_not_sent(workshop, channel, message):
        return
    elif (allowed := _hours(workshop, message, now)) > now:
        await workshop.database.run(partial(outbox.put_off, message=message, at=allowed))
    else:
        await _send(workshop, channel, message)


async def _surely_not_sent(workshop: Workshop, channel: Channel, message: Claimed) -> bool:
    """Ask the provider about a text whose sending began; True: it may be sent now."""
    assert message.sending_since is not None
    answer = await channel.find_sent(_outbound(message), message.sending_since)
    now = workshop.clock.now()
    match answer:
        case NotFound():
            return True
        case Found(provider_id):
            write = partial(outbox.sent, message_id=message.id, provider_id=provider_id, now=now)
        case CannotTell() if message.kind == "crisis":
            return True
        case CannotTell(why) if now - message.sending_since >= outbox.HOLD:
            write = partial(outbox.maybe_sent, message_id=message.id, error=why, now=now)
        case CannotTell(why):
            await workshop.database.run(partial(outbox.unsure, message=message, now=now, error=why))
            return False
    await workshop.database.run(write)
    return False


def _hours(workshop: Workshop, message: Claimed, now: datetime) -> datetime:
    if message.kind not in WE_START:
        return now
    settings = workshop.settings
    return next_allowed(now, message.zone, Hours(opens=settings.quiet_to, closes=settings.quiet_from))


async def _send(workshop: Workshop, channel: Channel, message: Claimed) -> None:
    look = partial(outbox.before_send, message=message, now=workshop.clock.now())
    why_not = await workshop.database.run(look)
    if why_not is not None:
        log.info("not sent", extra={"message": message.id, "why": why_not})
        return
    sent = await channel.send(_outbound(message))
    await workshop.database.run(partial(_note, message, sent, workshop.clock.now()))
    if isinstance(sent, Rejected) and sent.opted_out:
        await _opted_out(workshop, message)


def _note(message: Claimed, sent: Sent, now: datetime, connection: sa.Connection) -> None:
    """Write down what the provider said."""
    match sent:
        case Delivered(provider_id):
            outbox.sent(connection, message.id, provider_id, now)
        case Rejected(code, _, _, address_dead):
            outbox.rejected(connection, message.id, code, now)
            if address_dead:
                _dead(connection, message, now)
        case TryLater(seconds):
            outbox.try_later(connection, message, now + timedelta(seconds=seconds))
        case Unknown(why):
            outbox.unsure(connection, message, now, why)


def _dead(connection: sa.Connection, message: Claimed, now: datetime) -> None:
    """Put a human on a person whose address takes no texts any more."""
    points.set_point_state(connection, message.contact_point_id, "failing")
    point = points.point(connection, message.contact_point_id)
    if point is not None:
        need_human(connection, point.person_id, "can't reach", "Their number takes no texts.", now, now)


async def _opted_out(workshop: Workshop, message: Claimed) -> None:
    """The provider says they stopped us: that is an event like any other."""
    point = await workshop.database.read(partial(points.point, point_id=message.contact_point_id))
    if point is not None:
        event = OptedOut(at=workshop.clock.now())
        await workshop.conversations.happen(
            Happening(person_id=point.person_id, event=event, contact_point_id=point.id)
        )


def _outbound(message: Claimed) -> Outbound:
    options = message.options or []
    buttons = tuple(Button(button_token(message.prompt or 0, one["n"]), one["label"]) for one in options)
    asks_pin = (message.extra or {}).get("asks_for") == "spot"
    return Outbound(message.id, message.address, message.body, buttons, ask_pin=asks_pin)
