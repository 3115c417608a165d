"""Send what is in the outbox: one text an address at a time, many addresses at once.

The rule: three transactions a text. The claim leases it, and pays for it out of its sender's pace;
`before_send` looks once more and marks it begun; what the provider said is written down. A text found begun
may be on the phone already: the provider is asked before anything else. Where nobody can tell it ends as
maybe_sent, is shown to staff, and is never sent again, but for a crisis text: twice is better than never.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

import sqlalchemy as sa

from bot import ladder
from bot.acting import due_for
from bot.channels.base import (
    SHARE_PIN,
    Button,
    CannotTell,
    Channel,
    Delivered,
    FindAnswer,
    Found,
    NotFound,
    Outbound,
    Rejected,
    Sent,
    TryLater,
    Unknown,
    button_token,
)
from bot.conversation import Happening, failing
from bot.reminders.pacing import rates
from bot.settings import Settings
from bot.worker.manners import Later, Unanswered, verdict
from bot.worker.workshop import Workshop, side_by_side
from flows.events import OptedOut
from flows.flowset import FlowSet
from storage import due, outbox, pace, points
from storage.attention import need_human
from storage.messages import LOOK_SINCE
from storage.outbox import OUTBOX, Claimed, WhyNot

LIMIT = 32
"""Texts claimed at a time: each is its own address, and all are sent at once."""

CHANNEL_OFF = timedelta(minutes=1)

TRIED_FOR = timedelta(hours=24)
"""A text that nobody would take for so long is given up, and a human told: it answers nothing any more."""

MOST_DOUBTS = 20
"""Times a text is claimed until an answer that is lost once more is the last, for those behind it."""

MOST_CRISIS = 4
"""Times a crisis text is tried when nobody can say whether it arrived."""

NOT_SENT = "could not be sent"
SHARE_SPOT = "button.share_spot"

log = logging.getLogger(__name__)


async def step(workshop: Workshop) -> int:
    """Send what may leave now; return how many texts were taken in hand."""
    paces = rates(workshop.settings)
    claim = partial(outbox.claim, now=workshop.clock.now(), limit=LIMIT, rates=paces)
    claimed = await workshop.database.run(claim)
    return await side_by_side("text", [(one.lease, _deliver(workshop, one)) for one in claimed])


async def again(workshop: Workshop) -> datetime | None:
    """Say when what waits for its sender's pace may leave; None where nothing does."""
    look = partial(outbox.next_room, now=workshop.clock.now(), rates=rates(workshop.settings))
    return await workshop.database.read(look)


async def _deliver(workshop: Workshop, message: Claimed) -> None:
    now = workshop.clock.now()
    channel = workshop.channels.get(message.channel)
    if channel is None:
        log.warning("channel is off", extra={"channel": message.channel, "text": message.id})
        await workshop.database.run(partial(_later, message, CHANNEL_OFF, now, workshop.settings))
    elif message.look_first and not await _surely_not_sent(workshop, channel, message):
        return
    else:
        await _send(workshop, channel, message)


def _look_since(message: Claimed, begun: datetime) -> datetime:
    """Say since when a text may have been sent: before this sending began, where a life we forgot said it."""
    before = (message.extra or {}).get(LOOK_SINCE)
    return begun if before is None else min(begun, datetime.fromisoformat(before))


async def _surely_not_sent(workshop: Workshop, channel: Channel, message: Claimed) -> bool:
    """Ask the provider about a text whose sending began; True: it may be sent now."""
    since = message.sending_since
    assert since is not None, "only a text that was begun is looked for"
    others = partial(outbox.ids_of_others, conversation_id=message.conversation_id, message_id=message.id)
    answer = await _found(
        channel,
        _outbound(workshop, message),
        _look_since(message, since),
        await workshop.database.read(others),
    )
    now = workshop.clock.now()
    match answer:
        case NotFound():
            return True
        case Found(provider_id):
            write = partial(outbox.sent, message_id=message.id, provider_id=provider_id, now=now)
        case CannotTell() if message.kind == "crisis" and message.lease.attempts <= MOST_CRISIS:
            return True
        case CannotTell(why, ever) if ever or now - since >= outbox.HOLD:
            write = partial(outbox.maybe_sent, message_id=message.id, error=why, now=now)
        case CannotTell(why):
            await workshop.database.run(partial(_ask_again, message, why, since, now))
            return False
    await workshop.database.run(write)
    return False


async def _found(channel: Channel, message: Outbound, since: datetime, others: Collection[str]) -> FindAnswer:
    """Look for a text; a bug on the way leaves it in doubt, which holds its address no longer than any."""
    try:
        return await channel.find_sent(message, since, others)
    except Exception as error:
        log.exception("looking failed", extra={"channel": channel.name, "text": message.id})
        return CannotTell(type(error).__name__)


def _ask_again(message: Claimed, why: str, since: datetime, now: datetime, connection: sa.Connection) -> None:
    """Look again after a while, for the last time when the address need not wait any longer."""
    at = min(now + due.back_off(message.lease.attempts), since + outbox.HOLD)
    due.put_off(connection, OUTBOX, message.lease, at, {"state": "unsure", "error": why})


async def _send(workshop: Workshop, channel: Channel, message: Claimed) -> None:
    look = partial(_may_leave, message, workshop.clock.now(), workshop.settings)
    why_not = await workshop.database.run(look)
    if why_not is not None:
        log.info("not sent", extra={"text": message.id, "why": why_not})
        return
    sent = await _asked(channel, _outbound(workshop, message))
    write = partial(_note, message, sent, workshop.clock.now(), workshop.settings)
    await workshop.database.run(write)
    if isinstance(sent, Rejected) and sent.opted_out:
        await _opted_out(workshop, message)


def _may_leave(
    message: Claimed, now: datetime, settings: Settings, connection: sa.Connection
) -> WhyNot | Literal["not_now"] | None:
    """Look once more; what does not leave gives back what it paid. None: it is marked as begun."""
    why_not: WhyNot | Literal["not_now"] | None
    match verdict(connection, message, settings, now):
        case Later(at):
            why_not = "not_now" if outbox.put_off(connection, message, at) else "already_begun"
        case Unanswered():
            why_not = outbox.drop(connection, message, "unanswered", now)
        case None:
            silent_for = timedelta(days=settings.ask_again_after_days)
            why_not = outbox.before_send(connection, message, now, silent_for)
    if why_not not in (None, "too_late"):  # what is too late paid nothing
        _give_back(connection, message, settings)
    return why_not


def _give_back(connection: sa.Connection, message: Claimed, settings: Settings) -> None:
    if (rate := rates(settings).get(message.channel)) is not None:
        pace.give_back(connection, rate.sender, message.parts or 1)


async def _asked(channel: Channel, message: Outbound) -> Sent:
    """Send, once; a bug on the way leaves as much in doubt as a lost answer does."""
    try:
        return await channel.send(message)
    except Exception as error:
        log.exception("sending failed", extra={"channel": channel.name, "text": message.id})
        return Unknown(type(error).__name__)


def _note(message: Claimed, sent: Sent, now: datetime, settings: Settings, connection: sa.Connection) -> None:
    """Write down what the provider said."""
    match sent:
        case Delivered(provider_id):
            outbox.sent(connection, message.id, provider_id, now)
        case Rejected(code, _, opted_out, address_dead):
            outbox.rejected(connection, message.id, code, now)
            point = points.point(connection, message.contact_point_id)
            if point is not None and not opted_out:
                ladder.climb(connection, message.id, now)
                failing(connection, point, settings, now, dead=address_dead)
        case TryLater(seconds, all_wait):
            after = timedelta(seconds=seconds)
            rate = rates(settings).get(message.channel)
            if all_wait and rate is not None:
                pace.hold(connection, rate.sender, now + after)
            _later(message, after, now, settings, connection)
        case Unknown(why) if now - message.at >= TRIED_FOR or message.lease.attempts >= MOST_DOUBTS:
            outbox.maybe_sent(connection, message.id, why, now)
            _not_sent(connection, message, now, settings)
        case Unknown(why):
            outbox.unsure(connection, message, now, why)


def _later(
    message: Claimed, after: timedelta, now: datetime, settings: Settings, connection: sa.Connection
) -> None:
    """Put a text that surely did not go back in line; one that is a day old is given up."""
    if now - message.at < TRIED_FOR:
        outbox.try_later(connection, message, now + after)
        return
    outbox.rejected(connection, message.id, "tried too long", now)
    _not_sent(connection, message, now, settings)


def _not_sent(connection: sa.Connection, message: Claimed, now: datetime, settings: Settings) -> None:
    point = points.point(connection, message.contact_point_id)
    if point is not None:
        due_at = due_for(connection, settings, point.person_id, NOT_SENT, now)
        need_human(connection, point.person_id, NOT_SENT, NOT_SENT, due_at, now)


async def _opted_out(workshop: Workshop, message: Claimed) -> None:
    """The provider says they stopped us: that is an event like any other."""
    point = await workshop.database.read(partial(points.point, point_id=message.contact_point_id))
    if point is not None:
        event = OptedOut(at=workshop.clock.now())
        await workshop.conversations.happen(
            Happening(person_id=point.person_id, event=event, contact_point_id=point.id)
        )


def _outbound(workshop: Workshop, message: Claimed) -> Outbound:
    options = message.options or []
    buttons = tuple(Button(button_token(message.prompt or 0, one["n"]), one["label"]) for one in options)
    if (message.extra or {}).get("asks_for") != "spot":
        return Outbound(message.id, message.address, message.body, buttons)
    key = Button(SHARE_PIN, _share_label(workshop.conversations.flows, message))
    return Outbound(message.id, message.address, message.body, (*buttons, key), ask_pin=True)


def _share_label(flows: FlowSet, message: Claimed) -> str:
    return flows.sentences[SHARE_SPOT].fill({}, lang=message.lang, channel="telegram", discreet=False)
