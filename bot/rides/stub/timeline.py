"""How a trip goes from status to status, by the clock or by a hand.

The rule kept here: every status that the clock has passed is applied in order of its own time, each in one
transaction with the webhook and the text that tell of it. So a clock that jumps a day emits the whole day,
stamped as it would have happened.
"""

import json
from dataclasses import asdict
from typing import Final

from bot.rides.stub import telling
from bot.rides.stub.market import market
from bot.rides.stub.store import Row, Store, from_ms, to_ms
from bot.rides.stub.world import OVER, Company, Ride, car_for, next_step

RECEIPT_READY: Final = "receipt_ready"  # comes after the end, and is no status


def settle(store: Store, company: Company, now_ms: int) -> None:
    """Apply what the clock has passed, oldest first."""
    sql = "SELECT * FROM trip WHERE next_at <= ? ORDER BY next_at, number LIMIT 1"
    while trip := store.row(sql, now_ms):
        with store.transaction():
            if trip["next_status"] == RECEIPT_READY:
                store.write("UPDATE trip SET next_at = NULL WHERE request_id = ?", trip["request_id"])
                telling.tell_receipt(store, trip, trip["next_at"])
            else:
                become(store, company, trip, _by_itself(store, trip), trip["next_at"])


def _by_itself(store: Store, trip: Row) -> str:
    status: str = trip["next_status"]
    return "no_drivers_available" if status == "accepted" and not market(store).cars else status


def become(
    store: Store, company: Company, trip: Row, status: str, at: int, fee_cents: int | None = None
) -> None:
    """Write a status and the car it brings, plan what comes next, and tell customer and rider.

    Inside the caller's transaction; without `fee_cents` a no-show costs what it costs, all else nothing.
    """
    if fee_cents is None:
        fee_cents = company.no_show_fee_cents if status == "no_show" else 0
    sends, car, curb_at = trip["sends"] + (status == "accepted"), trip["car"], trip["curb_at"]
    if status == "accepted":
        car = json.dumps(asdict(car_for(company.seed, trip["number"], sends)))
    if status == "arriving":
        curb_at = max(at, trip["pickup_at"])
    store.write(
        "UPDATE trip SET status = ?, changed_at = ?, car = ?, sends = ?, fee_cents = ?, curb_at = ?,"
        " picked_at = ?, ended_at = ? WHERE request_id = ?",
        status,
        at,
        car,
        sends,
        fee_cents,
        curb_at,
        at if status == "in_progress" else trip["picked_at"],
        at if status in OVER else None,
        trip["request_id"],
    )
    fresh = store.row("SELECT * FROM trip WHERE request_id = ?", trip["request_id"])
    assert fresh is not None
    plan(store, company, fresh)
    telling.tell_customer(store, fresh, at)
    telling.tell_rider(store, fresh, at)


def plan(store: Store, company: Company, trip: Row) -> None:
    """Write down what will happen to a trip if nobody touches it."""
    upcoming = next_step(_ride(trip), company.waits)
    if trip["status"] in OVER and company.receipt_after:
        upcoming = RECEIPT_READY, from_ms(trip["ended_at"]) + company.receipt_after
    store.write(
        "UPDATE trip SET next_status = ?, next_at = ? WHERE request_id = ?",
        upcoming[0] if upcoming else None,
        to_ms(upcoming[1]) if upcoming else None,
        trip["request_id"],
    )


def _ride(trip: Row) -> Ride:
    return Ride(
        status=trip["status"],
        changed_at=from_ms(trip["changed_at"]),
        pickup_at=from_ms(trip["pickup_at"]) if trip["pickup_at"] is not None else None,
        drive_minutes=trip["drive_minutes"],
        flex_ends=from_ms(trip["flex_ends"]) if trip["flex_ends"] is not None else None,
        story=trip["story"],
        sends=trip["sends"],
    )
