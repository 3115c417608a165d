"""Watch a booked car until it is over: look, sweep for a second one by our ref, and send the car home.

Whoever carries an order out after giving it up makes twins: every booking is looked for by our ref once more,
and a second car is called off. Near the pick-up a car is looked at every minute: hints may all be lost.
"""

import logging
from datetime import timedelta

from bot.rides.base import (
    AlreadyOver,
    Booked,
    Canceled,
    Listed,
    NoCars,
    NotFound,
    Refused,
    Snapshot,
    TryLater,
    Unknown,
)
from bot.rides.booking import is_near
from bot.worker.ride_after import GONE, NO_CARS, REFUSED, UNSURE
from bot.worker.ride_off import call_off
from bot.worker.ride_write import Tended, ask_staff, later, over, see
from storage.due import back_off

NO_CAR_HOME_AFTER = 3
"""Times the car home is asked for, a minute apart, before a human finds another way."""

STAND_WAITING = timedelta(minutes=1)
"""Nobody who stands at the curb waits longer than this for the next look."""

log = logging.getLogger(__name__)


async def watch(held: Tended, provider_id: str) -> None:
    """Look at one ride."""
    match await held.provider.get(provider_id):
        case Snapshot() as snapshot:
            await see(held, snapshot)
        case NotFound() if held.row.live:
            await over(held, state="lost", reason=GONE)
        case NotFound():  # it was driven: only its receipt is not there
            await over(held)
        case TryLater(after):
            await _unseen(held, after)
        case Refused() | Unknown():
            await _unseen(held, None)


async def sweep(held: Tended, provider_id: str) -> None:
    """Look at a booked ride by our ref: an order given up may have been carried out after all."""
    match await held.provider.find(held.row.ref):
        case Listed(snapshots):
            twins = [one for one in snapshots if one.live and one.provider_id != provider_id]
            ours = next((one for one in snapshots if one.provider_id == provider_id), None)
            if ours is None or not ours.live:
                await watch(held, provider_id)
            elif await call_off(held, twins):
                await see(held, ours)
            else:
                await _unseen(held, None)
        case NotFound():
            await watch(held, provider_id)
        case TryLater(after):
            await _unseen(held, after)
        case Refused() | Unknown():
            await _unseen(held, None)


async def sweep_over(held: Tended) -> None:
    """Look by our ref for cars of a leg that is over, and call them off: an order may be carried out late."""
    if held.row.ordered_at is None or held.company is None:
        await over(held)
        return
    match await held.provider.find(held.row.ref):
        case Listed(snapshots):
            surely = await call_off(held, [one for one in snapshots if one.live])
            await (over(held) if surely else later(held, None, give_up=False))
        case NotFound():
            await over(held)
        case TryLater(after):
            await later(held, after, give_up=False)
        case Refused() | Unknown():
            await later(held, None, give_up=False)


async def _unseen(held: Tended, after: timedelta | None) -> None:
    """Look again; near the pick-up soon, and a human knows of it when nothing is seen for long."""
    near = is_near(held.row, held.now)
    if near and held.hopeless:
        await ask_staff(held, "ride unsure", "The ride company does not answer about this car.")
    wait = after if after is not None else back_off(held.lease.attempts)
    await later(held, min(wait, STAND_WAITING) if near else wait, give_up=False)


async def send_car(held: Tended, provider_id: str) -> None:
    """Send the car home; asked twice, the first call counts."""
    attempts = held.lease.attempts
    match await held.provider.send_car(provider_id):
        case Booked(snapshot) | AlreadyOver(snapshot):
            await see(held, snapshot)
        case NotFound():
            await over(held, state="lost", reason=GONE)
        case Refused(code, detail):
            log.warning("ride refused", extra={"ride": held.row.id, "code": code, "detail": detail})
            await leave(held, provider_id, REFUSED)
        case NoCars() if attempts >= NO_CAR_HOME_AFTER:
            await leave(held, provider_id, NO_CARS)
        case NoCars():
            await later(held, STAND_WAITING, give_up=False)
        case TryLater() | Unknown() if held.hopeless:
            await leave(held, provider_id, NO_CARS)
        case TryLater(after):
            await later(held, min(after, STAND_WAITING), give_up=False)
        case Unknown():
            await later(held, min(timedelta(seconds=5 * attempts), STAND_WAITING), give_up=False)


async def leave(held: Tended, provider_id: str, reason: str) -> None:
    """Give up a car that does not come, or that is not to: one that may come after all bars another."""
    answer = await held.provider.cancel(provider_id, fee_ok=True)
    if isinstance(answer, Canceled | AlreadyOver):
        fee = {"fee_cents": answer.snapshot.fee_cents}
        await over(held, state="lost", reason=reason, **fee)
        return
    if not isinstance(answer, NotFound):
        await ask_staff(held, "ride unsure", "The ride company does not say whether this car is off.")
        reason = UNSURE
    await over(held, state="lost", reason=reason)
