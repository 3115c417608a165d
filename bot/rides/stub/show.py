"""How the pretend company writes a trip and its receipt down for its customer: the JSON of the API.

Money is decimal dollars, times are milliseconds since 1970, as in the dialect.
"""

import json
from datetime import timedelta
from typing import Any

from bot.rides.stub.store import Row
from bot.rides.stub.world import OVER, Company

MINUTE_MS = 60_000
RIDING = ("accepted", "arriving", "in_progress")


def show(trip: Row, now_ms: int, company: Company) -> dict[str, Any]:
    """Write a trip as it stands at `now_ms`; the car and the driver are shown while they are coming."""
    body, over = json.loads(trip["body"]), trip["status"] in OVER
    car = json.loads(trip["car"]) if trip["car"] and trip["status"] in RIDING else None
    dropoff_ms = _dropoff(trip)
    waits = trip["curb_at"] + _ms(company.waits) if trip["status"] == "arriving" else None
    return {
        "request_id": trip["request_id"],
        "external_ref": trip["ref"],
        "product_id": trip["product_id"],
        "status": trip["status"],
        "created_at": trip["created_at"],
        "updated_at": trip["changed_at"],
        "guest": body["guest"],
        "pickup": body["pickup"],
        "destination": body["dropoff"],
        "note_for_driver": body["note_for_driver"],
        "pickup_time": trip["pickup_at"],
        "deferred_ride_options": {"pickup_day": trip["flex_day"]} if trip["flex_day"] else None,
        "eta_minutes": _eta(trip, dropoff_ms, now_ms),
        "wait_until": waits,
        "dropoff_time": dropoff_ms,
        "driver": {"name": car["driver"], "phone_number": car["phone"]} if car else None,
        "vehicle": {key: car[key] for key in ("make", "model", "color", "plate")} if car else None,
        "fare": _money(trip["fare_cents"]),
        "fee": _money(trip["fee_cents"]),
        "total": _money(total_cents(trip, company)) if receipt_ready(trip, now_ms, company) else None,
        "free_cancel_until": None if over else free_until(trip, company),
    }


def receipt(trip: Row, company: Company) -> dict[str, Any]:
    """Write what a trip that is over cost, line by line."""
    return {
        "request_id": trip["request_id"],
        "external_ref": trip["ref"],
        "issued_at": _receipt_at(trip, company),
        "lines": [{"what": what, "amount": _money(cents)} for what, cents in lines(trip, company)],
        "total": _money(total_cents(trip, company)),
        "miles": trip["miles"] if trip["status"] == "completed" else 0.0,
        "waited_seconds": _waited_ms(trip) // 1000,
    }


def receipt_ready(trip: Row, now_ms: int, company: Company) -> bool:
    """Say whether the trip is over and its receipt written."""
    return trip["status"] in OVER and now_ms >= _receipt_at(trip, company)


def _receipt_at(trip: Row, company: Company) -> int:
    return int(trip["ended_at"]) + _ms(company.receipt_after)


def total_cents(trip: Row, company: Company) -> int:
    """Tell what it cost in the end."""
    return sum(cents for _, cents in lines(trip, company))


def lines(trip: Row, company: Company) -> list[tuple[str, int]]:
    """List what is charged: the trip and the waiting beyond the free minutes, or a fee."""
    match trip["status"]:
        case "completed":
            beyond = max(0, _waited_ms(trip) - _ms(company.waits_free))
            waiting = -(-beyond // MINUTE_MS) * company.wait_cents
            return [("trip", trip["fare_cents"]), *([("wait_time", waiting)] if waiting else [])]
        case status if trip["fee_cents"]:
            return [("no_show_fee" if status == "no_show" else "cancellation_fee", trip["fee_cents"])]
        case _:
            return []


def _waited_ms(trip: Row) -> int:
    """Tell how long the driver stood at the curb; nothing unless the rider came, or the driver gave up."""
    until = trip["picked_at"] or (trip["ended_at"] if trip["status"] == "no_show" else None)
    return max(0, until - trip["curb_at"]) if until and trip["curb_at"] else 0


def _money(cents: int) -> dict[str, str]:
    return {"value": dollars(cents), "currency_code": "USD"}


def dollars(cents: int) -> str:
    """Write cents as decimal dollars."""
    return f"{cents // 100}.{cents % 100:02d}"


def free_until(trip: Row, company: Company) -> int:
    """Tell until when cancelling is free, in ms.

    A scheduled car: until some time before pick-up. A car at once: for a moment after it was asked for,
    which for a flexible ride is when it was called; one nobody has called is free to its end.
    """
    if trip["pickup_at"] is None:
        return int(trip["flex_ends"])
    if trip["flex_day"] is None and json.loads(trip["body"])["scheduling"] is not None:
        return int(trip["pickup_at"]) - _ms(company.free_cancel)
    asked_at = trip["created_at"] if trip["flex_day"] is None else trip["pickup_at"] - _ms(company.wait_now)
    return int(asked_at) + _ms(company.free_cancel_now)


def _dropoff(trip: Row) -> int | None:
    match trip["status"]:
        case "completed":
            return int(trip["ended_at"])
        case "in_progress":
            return int(trip["changed_at"]) + int(trip["drive_minutes"]) * MINUTE_MS
        case status if status in OVER or trip["pickup_at"] is None:
            return None
        case _:
            return int(trip["pickup_at"]) + int(trip["drive_minutes"]) * MINUTE_MS


def _eta(trip: Row, dropoff_ms: int | None, now_ms: int) -> int | None:
    """Tell the minutes to the curb, then to the drop-off; whole ones, never less than one."""
    goal = dropoff_ms if trip["status"] == "in_progress" else trip["pickup_at"]
    if trip["status"] not in RIDING or goal is None:
        return None
    return max(1, -(-(int(goal) - now_ms) // MINUTE_MS))


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
