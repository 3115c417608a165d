"""How the pretend company writes a trip down for its customer: the JSON of the API.

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
    final = trip["fare_cents"] if trip["status"] == "completed" else trip["fee_cents"]
    dropoff_ms = _dropoff(trip)
    return {
        "request_id": trip["request_id"],
        "external_ref": trip["ref"],
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
        "dropoff_time": dropoff_ms,
        "driver": {"name": car["driver"], "phone_number": car["phone"]} if car else None,
        "vehicle": {key: car[key] for key in ("make", "model", "color", "plate")} if car else None,
        "fare": {"value": dollars(trip["fare_cents"]), "currency_code": "USD"},
        "fee": {"value": dollars(trip["fee_cents"]), "currency_code": "USD"},
        "total": {"value": dollars(final), "currency_code": "USD"} if over else None,
        "free_cancel_until": None if over else free_until(trip, company),
    }


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
