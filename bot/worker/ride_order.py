"""Order a car once: priced, its money held, written down before the order leaves, never twice unlooked for.

Theory of operation. Before an order leaves, the row says `booking`: whoever finds that word looks by our ref
first and orders only what surely does not exist. So a lost answer never sends two cars.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from bot.funding import hold_price
from bot.rides.base import (
    BadAddress,
    Booked,
    FeeRequired,
    Listed,
    NoCars,
    NotFound,
    Quoted,
    QuoteGone,
    Refused,
    Snapshot,
    TryLater,
    Unknown,
)
from bot.rides.booking import CAME_TO_NOTHING, trip_of
from bot.worker.ride_after import BAD_ADDRESS, NO_CARS, OVER_BUDGET, REFUSED, UNSURE
from bot.worker.ride_off import call_off
from bot.worker.ride_write import Tended, fail, fresh, later, over, see
from storage import rides

log = logging.getLogger(__name__)


async def order(held: Tended) -> None:
    """Ask for a price, hold the money, order; every no ends it, every maybe comes back."""
    if held.company is None or _is_past(held):
        await fail(held, NO_CARS)
        return
    trip = trip_of(held.leg, held.now + held.provider.caps.lead)
    if trip is None:
        await fail(held, BAD_ADDRESS)
        return
    match await held.provider.quote(trip):
        case Quoted() as quoted:
            await _order_at(held, quoted)
        case NoCars():
            await fail(held, NO_CARS)
        case BadAddress():
            await fail(held, BAD_ADDRESS)
        case Refused() as no:
            await refused(held, no)
        case TryLater(after):
            await later(held, after)
        case Unknown():  # a price changes nothing: ask again
            await later(held, None)


def _is_past(held: Tended) -> bool:
    """Say whether a way there comes to be ordered only now that the appointment has begun."""
    row = held.row
    return row.leg == "out" and not row.flexible and held.now >= held.leg.interview.at


async def _order_at(held: Tended, quoted: Quoted) -> None:
    match await held.workshop.database.run(partial(_begin, held, quoted.fare_cents)):
        case Tended() as held:
            pass
        case "over_budget":
            await fail(held, OVER_BUDGET)
            return
        case "waits":  # staff are asked; it is let go until they answer, or it is too late
            return
        case _:  # called off meanwhile
            await over(held)
            return
    match await held.provider.book(held.row.ref, quoted):
        case Booked(snapshot):
            await see(held, snapshot)
        case NoCars():
            await fail(held, NO_CARS)
        case BadAddress():
            await fail(held, BAD_ADDRESS)
        case Refused() as no:
            await refused(held, no)
        case QuoteGone() | FeeRequired():  # prices rose in between: the next quote says by how much
            await later(held, timedelta(), state="held")
        case TryLater(after):
            await later(held, after, state="held")
        case Unknown():
            await later(held, None)  # the row says "booking": whoever comes next looks first


def _begin(held: Tended, cents: int, connection: sa.Connection) -> Tended | str:
    """Hold what the price says and write down that an order leaves: now our ref is looked for first."""
    now, row = held.now, fresh(connection, held)
    if row is None or row.wanted != "booked" or row.state != "held":
        return "called_off"
    match hold_price(connection, row, cents, held.workshop.settings, now):
        case "no_money_left":
            return "over_budget"
        case "needs_approval":
            waiting = fresh(connection, held)
            assert waiting is not None, "its row is locked"
            assert waiting.due_at is not None, "it waits until then"
            rides.put_off_ride(connection, held.lease, waiting.due_at)
            return "waits"
        case "held":
            pass
    ours = held.provider.name
    begun = rides.change_ride(
        connection, row.id, row.version, now, state="booking", provider=ours, ordered_at=now
    )
    assert begun is not None, "its row is locked"
    return replace(held, leg=replace(held.leg, row=begun))


async def refused(held: Tended, no: Refused) -> None:
    """Take a plain no for an answer; its words are for the log and staff."""
    log.warning("ride refused", extra={"ride": held.row.id, "code": no.code, "detail": no.detail})
    await fail(held, REFUSED)


async def look(held: Tended) -> None:
    """Find out whether an order whose answer was lost exists."""
    match await held.provider.find(held.row.ref):
        case Listed(snapshots):
            await _found(held, snapshots)
        case NotFound() if held.row.wanted == "cancelled":
            await over(held, state="cancelled")
        case NotFound() if held.hopeless:
            await fail(held, UNSURE)
        case NotFound():
            await later(held, timedelta(), state="held")
        case TryLater(after):
            await later(held, after)
        case Refused() | Unknown():
            await later(held, None)


async def _found(held: Tended, snapshots: Sequence[Snapshot]) -> None:
    """Take the ride our ref led to; one that came to nothing before we heard of it is no ride."""
    live = [one for one in snapshots if one.live]
    if not await call_off(held, live[1:]):
        await later(held, None)
        return
    last = live[0] if live else snapshots[-1]
    if held.row.wanted == "booked" and last.status in CAME_TO_NOTHING:
        await fail(held, NO_CARS)
    else:
        await see(held, last)
