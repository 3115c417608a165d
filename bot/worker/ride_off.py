"""Call cars off: one that is not wanted any more, and a second one of the same leg.

The rule: a small fee is the fund's, a large one a human's to agree to; a twin goes whatever that costs.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from bot.rides.base import AlreadyOver, Canceled, FeeRequired, NotFound, Refused, Snapshot, TryLater, Unknown
from bot.worker.ride_write import Tended, ask_staff, later, over, see

log = logging.getLogger(__name__)


async def cancel(held: Tended, provider_id: str) -> None:
    """Call the ride off: a small fee is the fund's, a large one a human's to agree to."""
    answer = await held.provider.cancel(provider_id, fee_ok=False)
    if isinstance(answer, FeeRequired) and answer.cents <= held.workshop.settings.ride_fee_limit_cents:
        answer = await held.provider.cancel(provider_id, fee_ok=True)
    match answer:
        case Canceled(snapshot) | AlreadyOver(snapshot):
            await see(held, snapshot)
        case NotFound():
            await over(held, state="cancelled")
        case FeeRequired(_, cents):
            await ask_staff(held, "cancelling costs a fee", f"{cents / 100:.2f} dollars")
            await later(held, timedelta(minutes=10), give_up=False)
        case TryLater(after):
            await later(held, after, give_up=False)
        case Refused() | Unknown():
            await later(held, None, give_up=False)


async def call_off(held: Tended, twins: Sequence[Snapshot]) -> bool:
    """Call second cars of one leg off, whatever that costs; False: not all of them surely are."""
    surely = True
    for twin in twins:
        log.warning("twin ride", extra={"ride": held.row.id})
        answer = await held.provider.cancel(twin.provider_id, fee_ok=True)
        surely = surely and isinstance(answer, Canceled | AlreadyOver | NotFound)
    return surely
