"""The shell of every conversation: what comes in queues here, and leaves as rows.

The rule: a lane in front of the database's door keeps each person's order, first come first served; while one
list is in the database the next one collects, at most 32 at a time. `received` and `happen` return once
everything is committed; then, and only then, the workers are woken. What could not be kept raises, so that a
provider sends it again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeAlias
from zlib import crc32

import sqlalchemy as sa

from bot import ladder, staff_acts
from bot.acting import due_for, first_name
from bot.actions import CarryOut, Worker, carry_out
from bot.channels.base import Inbound, StatusUpdate, clean
from bot.clock import Clock
from bot.happening import Happening, Item, Make, Origin, Settle, World
from bot.ladder import UNREACHED
from bot.lane import Lane
from bot.settings import Settings
from bot.turns import Spoiled, Taken, take
from flows.events import OptedOut, StaffHandedBack, StaffTookOver
from flows.flowset import FlowSet
from storage import alarms, outbox, points
from storage.attention import need_human
from storage.conversations import keep_flows
from storage.database import Database
from storage.staff import caseworker

__all__ = ["Conversations", "Happening", "Item", "Make", "Origin", "Settle", "Wake", "Worker"]

Wake: TypeAlias = Callable[[Worker], None]

BEFORE_TAKE_OVER = 2.0
"""Seconds a take-over waits for a reply of the bot that is on its way."""

log = logging.getLogger(__name__)


class Conversations:
    """The door to everybody's conversation; the `Sink` of every channel."""

    def __init__(
        self,
        database: Database,
        flows: FlowSet,
        settings: Settings,
        clock: Clock,
        wake: Wake,
        *,
        lanes: int = 1,
        carry_out: CarryOut = carry_out,
    ) -> None:
        """Start with empty lanes; `wake(name)` is called after a commit that left work for that worker.

        `carry_out` does what flows `do`; a rehearsal may have some of it pretended.
        """
        self.database, self.flows, self.settings, self.clock = database, flows, settings, clock
        self._wake, self._carry_out = wake, carry_out
        self._lanes = [Lane(self._take) for _ in range(lanes)]

    async def keep_flows(self) -> None:
        """Keep the source of the flows that turns run under, once at start-up."""
        await self.use(self.flows)

    async def use(self, flows: FlowSet) -> None:
        """Have every turn from now on run under these flows, once their source is kept.

        `flows` here is what everybody asks: lists under way end under the flows they began with.
        """
        yaml = "\n".join(f"# {name}\n{text}" for name, text in sorted(flows.sources.items()))
        await self.database.run(partial(keep_flows, hash_=flows.hash, yaml=yaml, now=self.clock.now()))
        self.flows = flows

    async def received(self, inbound: Sequence[Inbound]) -> None:
        """Keep these messages and answer them; returning means committed, duplicates included."""
        await _all([self._lane(f"{one.channel}:{one.address}").put(one) for one in inbound])

    async def happen(self, *happenings: Happening) -> list[bool]:
        """Take these turns; True for each that was decided, False where its settle or builder let it drop."""
        return await _all([self._lane(str(one.person_id)).put(one) for one in happenings])

    async def status(self, updates: Sequence[StatusUpdate]) -> None:
        """Keep what became of texts sent earlier; an unknown provider id is no error."""
        now = self.clock.now()
        stopped = await self.database.run(partial(_fold, list(updates), self.settings, now))
        if any(one.state in ("failed", "undelivered") for one in updates):
            self._wake("deliver")  # what did not arrive may go to another address
        if stopped:
            await self.happen(
                *(
                    Happening(person_id=person, event=OptedOut(at=now), contact_point_id=point)
                    for person, point in stopped
                )
            )

    async def staff_says(self, caseworker_id: int, person_id: int, text: str) -> int:
        """Queue a caseworker's text and give them the conversation; return the message's id.

        Raises LookupError where the person is gone, cannot be reached, or has not agreed to our texts.
        """
        words = clean(text).strip()
        if not words:
            raise ValueError("a text needs words")
        written: list[int] = []
        say = partial(staff_acts.say, caseworker_id, person_id, words, self.clock.now(), written)
        who = await self._caseworker(caseworker_id)
        event = StaffTookOver(at=self.clock.now(), who=who)
        if not (await self.happen(Happening(person_id=person_id, event=event, settle=say)))[0]:
            raise LookupError("this person cannot be written to")
        self._wake("deliver")
        return written[-1]

    async def take_over(self, caseworker_id: int, person_id: int) -> None:
        """Give the conversation to a caseworker: the bot's waiting replies and nudges are dropped.

        Waits up to 2 s for a reply of the bot that is on its way, so that nobody talks over it.
        """
        take = partial(staff_acts.take_over, caseworker_id, person_id, self.clock.now())
        event = StaffTookOver(at=self.clock.now(), who=await self._caseworker(caseworker_id))
        if not (await self.happen(Happening(person_id=person_id, event=event, settle=take)))[0]:
            raise LookupError("this person is gone")
        await self._nothing_in_flight(person_id)

    async def hand_back(self, person_id: int, caseworker_id: int | None = None) -> None:
        """Give the conversation back to the bot, which asks its open question again; by whom, or by time."""
        back = partial(staff_acts.hand_back, caseworker_id, person_id, self.clock.now())
        event = StaffHandedBack(at=self.clock.now())
        await self.happen(Happening(person_id=person_id, event=event, settle=back))

    async def _caseworker(self, caseworker_id: int) -> str:
        found = await self.database.read(partial(caseworker, caseworker_id=caseworker_id))
        if found is None:
            raise LookupError("no such caseworker")
        return first_name(found, self.settings)

    async def _nothing_in_flight(self, person_id: int) -> None:
        try:
            async with asyncio.timeout(BEFORE_TAKE_OVER):
                while await self.database.read(partial(staff_acts.in_flight, person_id)):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        except TimeoutError:
            log.info("a reply is still on its way", extra={"person": person_id})

    async def close(self) -> None:
        """Return when everything that was put in is committed; nothing new is taken."""
        for lane in self._lanes:
            await lane.close()

    def _lane(self, key: str) -> Lane[Item]:
        return self._lanes[crc32(key.encode()) % len(self._lanes)]

    async def _take(self, items: Sequence[Item]) -> list[bool | Exception]:
        """Take one list; what cannot be decided is taken again as a failed turn, with the others. A list that
        cannot be written, nobody knows for whose sake, is taken one by one.

        Where not even that can be written, the item is left out and its error is its answer.
        """
        left, failed, lost = list(range(len(items))), set[int](), dict[int, Exception]()
        while True:
            world = World(self.flows, self.settings, self.clock.now(), self._carry_out)
            again = frozenset(place for place, number in enumerate(left) if number in failed)
            try:
                taken = await self.database.run(partial(_take, [items[n] for n in left], world, again))
                break
            except Spoiled as spoiled:
                log.error("turn failed", extra=spoiled.where, exc_info=spoiled.error)
                if spoiled.index is None:
                    return [answer for item in items for answer in await self._take([item])]
                number = left[spoiled.index]
                if number in failed:
                    left.remove(number)
                    lost[number] = spoiled.error
                failed.add(number)
        for name in sorted(taken.work):
            self._wake(name)
        decided = dict(zip(left, taken.decided, strict=True))
        return [lost.get(number) or decided.get(number, False) for number in range(len(items))]


def _fold(
    updates: Sequence[StatusUpdate], settings: Settings, now: datetime, connection: sa.Connection
) -> list[tuple[int, int]]:
    """Fold reports forward; an address that fails is a human's to look at. Returns who stopped us where."""
    stopped = []
    for one in updates:
        point_id = outbox.fold_status(connection, one.channel, one.provider_id, one.state, now, code=one.code)
        point = None if point_id is None else points.point(connection, point_id)
        if point is None:
            if one.state in ("failed", "undelivered"):
                alarms.fold_call(connection, one.channel, one.provider_id, one.code, now)
            continue
        if one.opted_out:
            stopped.append((point.person_id, point.id))
        elif one.state in ("failed", "undelivered"):
            climb_sent(connection, one.channel, one.provider_id, now)
            failing(connection, point, settings, now, dead=one.address_dead)
        elif one.state == "delivered":
            points.arrived(connection, point.id)
    return stopped


def climb_sent(connection: sa.Connection, channel: str, provider_id: str, now: datetime) -> None:
    """Try the person's other address for a text that was sent and did not arrive."""
    message_id = outbox.sent_as(connection, channel, provider_id)
    if message_id is not None:
        ladder.climb(connection, message_id, now)


def failing(
    connection: sa.Connection, point: points.Point, settings: Settings, now: datetime, *, dead: bool
) -> None:
    """Count a text that did not arrive; an address that is dead, or fails again, needs a human."""
    count = points.count_failure(connection, point.id, failing_after=1 if dead else 2)
    if dead or count >= 2:
        due_at = due_for(connection, settings, point.person_id, UNREACHED, now)
        need_human(connection, point.person_id, UNREACHED, UNREACHED, due_at, now, about=str(point.id))


def _take(items: Sequence[Item], world: World, failed: frozenset[int], connection: sa.Connection) -> Taken:
    return take(connection, items, world, failed)


async def _all(answers: Sequence[Awaitable[bool]]) -> list[bool]:
    """Wait for all of them, and only then raise what the first one raised."""
    done = await asyncio.gather(*answers, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException):
            raise one
    return [one for one in done if isinstance(one, bool)]
