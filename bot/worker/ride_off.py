"""Call cars off: one that is not wanted any more, and a second one of the same leg.

The rule: a small fee is the fund's. A large one is staff's to agree to, by marking the item about it as done;
until then the car stays, and the item is urgent within the hour before it comes. Whatever staff do it ends
when the company says that the ride is over. A second car goes at once, whatever that costs, and a cost of
its own is a ride of its own in the ledger.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from bot.rides.base import AlreadyOver, Canceled, FeeRequired, NotFound, Refused, Snapshot, TryLater, Unknown
from bot.rides.booking import is_soon
from bot.worker.ride_after import pay
from bot.worker.ride_write import Tended, ask_staff, later, over, see
from storage import rides
from storage.attention import was_agreed
from storage.rides import NewRide
from storage.subjects import subject

COSTS_A_FEE = "cancelling costs a fee"
TWIN = "second car"
ASK_AGAIN, ASK_AGAIN_SOON = timedelta(minutes=10), timedelta(minutes=1)
"""How often staff's answer about a fee is looked for: until the last hour, and in it."""

log = logging.getLogger(__name__)


async def cancel(held: Tended, provider_id: str) -> None:
    """Call the ride off, for what may be paid for that."""
    answer = await held.provider.cancel(provider_id, fee_ok=False)
    if isinstance(answer, FeeRequired) and answer.cents <= await _may_cost(held):
        answer = await held.provider.cancel(provider_id, fee_ok=True)
    match answer:
        case Canceled(snapshot) | AlreadyOver(snapshot):
            await see(held, snapshot)
        case NotFound():
            await over(held, state="cancelled")
        case FeeRequired(_, cents):
            await _ask_for_the_fee(held, cents)
        case TryLater(after):
            await later(held, after, give_up=False)
        case Refused() | Unknown():
            await later(held, None, give_up=False)


async def _may_cost(held: Tended) -> int:
    """Say what may be paid for calling this ride off: the programme's limit, or what staff agreed to."""
    row, limit = held.row, held.workshop.settings.ride_fee_limit_cents
    asked = partial(was_agreed, person_id=row.person_id, kind=COSTS_A_FEE, about=subject("ride", row.id))
    if row.fee_asked_cents is None or not await held.workshop.database.read(asked):
        return limit
    return max(limit, row.fee_asked_cents)


async def _ask_for_the_fee(held: Tended, cents: int) -> None:
    words = f"Calling this car off costs {cents / 100:.2f} dollars. Mark this done to pay that."
    await ask_staff(held, COSTS_A_FEE, words)
    wait = ASK_AGAIN_SOON if is_soon(held.row, held.now) else ASK_AGAIN
    kept = {} if held.row.fee_asked_cents == cents else {"fee_asked_cents": cents}
    await later(held, wait, give_up=False, **kept)


async def call_off(held: Tended, twins: Sequence[Snapshot]) -> bool:
    """Call second cars of one leg off, whatever that costs; False: not all of them surely are."""
    surely = True
    for twin in twins:
        log.warning("twin ride", extra={"ride": held.row.id})
        match await held.provider.cancel(twin.provider_id, fee_ok=True):
            case Canceled(snapshot) | AlreadyOver(snapshot):
                await _keep_cost(held, snapshot)
            case NotFound():
                pass
            case FeeRequired() | Refused() | TryLater() | Unknown():
                surely = False
    return surely


async def _keep_cost(held: Tended, twin: Snapshot) -> None:
    """Write down what a second car cost, as a ride of its own; once, however often it is seen.

    The leg's own car, called off after it was given up, is charged to the leg.
    """
    if not (twin.final_cents or twin.fee_cents):
        return
    row, company, now = held.row, held.provider.name, held.now

    def keep(connection: sa.Connection) -> None:
        rides.lock_rides(connection, row.interview_id)
        known = rides.ride_by_provider(connection, company, twin.provider_id)
        if known is not None:
            if known.id == row.id and not known.live:
                fee_cents = twin.fee_cents or twin.final_cents
                own = rides.change_ride(connection, known.id, known.version, now, fee_cents=fee_cents)
                assert own is not None, "its row is locked"
                pay(connection, own, held.workshop.settings, now)
            return
        new = NewRide(
            interview_id=row.interview_id,
            person_id=row.person_id,
            leg=row.leg,
            purpose=row.purpose,
            rider=row.rider,
            pickup_place_id=row.pickup_place_id,
            dropoff_place_id=row.dropoff_place_id,
            wanted="cancelled",
            provider=company,
            instead_of=row.id,
            fund_id=row.fund_id,
        )
        made = rides.add_ride(connection, new, now)
        cost = twin.final_cents or twin.fee_cents
        spent: dict[str, Any] = {"provider_id": twin.provider_id, "fee_cents": cost, "reason": TWIN}
        ended = rides.change_ride(
            connection, made.id, made.version, now, state="cancelled", due_at=None, **spent
        )
        assert ended is not None, "it was just made"
        pay(connection, ended, held.workshop.settings, now)

    await held.workshop.database.run(keep)
