"""Bring every leg from what is to what is wanted: priced, ordered once, watched, paid for.

Theory of operation. A leg is leased; what its state calls for is asked of the provider (ride_order,
ride_watch, ride_off); the answer is written down in the same transaction as the turn it causes
(`ride.booked`, `ride.car`, …; ride_write, ride_after). Both legs are held or neither: a leg that fails calls
the other off. Money follows the provider's figures: the hold is raised to the price before the order, and
settled or released when the leg is over.
"""

from datetime import datetime
from functools import partial

import sqlalchemy as sa

from bot.funding import waits_for_ok
from bot.rides.booking import Leg, waits_for_receipt
from bot.worker.ride_after import KEPT_OFF, OVER_BUDGET, has_nobody
from bot.worker.ride_off import cancel
from bot.worker.ride_order import look, order
from bot.worker.ride_watch import leave, send_car, sweep, sweep_over, watch
from bot.worker.ride_write import Tended, ask_staff, fail, over
from bot.worker.workshop import Workshop, side_by_side
from storage import interviews, places, points, rides
from storage.due import Lease
from storage.exclusions import excluded
from storage.rides import RideRow

LIMIT = 16


async def step(workshop: Workshop) -> int:
    """Look after the legs that are due; return how many."""
    legs = await workshop.database.run(
        partial(_claim, workshop.clock.now(), str(workshop.settings.staff_phone))
    )
    work = [(lease, _tended(Tended(workshop, lease, leg))) for lease, leg in legs]
    return await side_by_side("ride", work)


def _claim(now: datetime, desk: str, connection: sa.Connection) -> list[tuple[Lease, Leg]]:
    return [(lease, _leg(connection, row, desk)) for lease, row in rides.claim_rides(connection, now, LIMIT)]


def _leg(connection: sa.Connection, row: RideRow, desk: str) -> Leg:
    interview = interviews.interview(connection, row.interview_id)
    pickup = places.place(connection, row.pickup_place_id)
    dropoff = places.place(connection, row.dropoff_place_id)
    assert interview is not None, "a ride goes with its interview"
    assert pickup is not None, "a place is never deleted before its rides"
    assert dropoff is not None, "a place is never deleted before its rides"
    phone, but = _phone(connection, row.person_id, desk), excluded(connection, row.person_id)
    return Leg(row, interview, pickup, dropoff, phone, but)


def _phone(connection: sa.Connection, person_id: int, desk: str) -> str:
    """Give the number a driver calls: the person's own, or the desk where we know none."""
    addresses = [one.address.removeprefix("sms:") for one in points.points_of(connection, person_id)]
    return next((one for one in reversed(addresses) if one.startswith("+")), desk)


async def _tended(held: Tended) -> None:
    """Look after a leg; where that fails again and again by a fault of ours, its person is a human's."""
    try:
        await _tend(held)
    except Exception:
        if held.row.live and held.hopeless:
            await ask_staff(held, "ride unsure", "We cannot look after this car: a fault of ours.")
        raise


async def _tend(held: Tended) -> None:
    """Do what the leg's state calls for."""
    row = held.row
    if row.state == "booking":
        await look(held)
    elif waits_for_ok(row):  # due: staff said no, or said nothing in time
        await fail(held, OVER_BUDGET)
    elif row.state == "held":
        await (order(held) if row.wanted == "booked" else over(held, state="cancelled"))
    elif row.provider_id is not None and waits_for_receipt(row, held.now):
        await watch(held, row.provider_id)
    elif not row.live:
        await sweep_over(held)
    elif row.provider_id is None:
        await over(held)
    elif row.wanted == "cancelled":
        await cancel(held, row.provider_id)
    elif row.state == "booked" and row.provider in held.leg.excluded:
        await leave(held, row.provider_id, KEPT_OFF)
    elif row.called_at is not None and row.state == "booked" and row.pickup_at is None:
        await send_car(held, row.provider_id)
    elif row.state != "booked" or row.called_at is not None:
        await watch(held, row.provider_id)
    elif row.flexible and await held.workshop.database.run(lambda connection: _is_nobodys(connection, held)):
        await over(held, wanted="cancelled")
    else:
        await sweep(held, row.provider_id)


def _is_nobodys(connection: sa.Connection, held: Tended) -> bool:
    return has_nobody(connection, held.leg, held.now)
