"""What is said of a trip: the webhook that its customer hears, and the text on its rider's phone.

The rule kept here: both are rows, written in the transaction of what they tell of; `webhooks.py` sends the
first, and nobody sends the second: the texts are kept for the control room.
"""

import json
from typing import Any, Final

from bot.rides.stub.store import Row, Store, new_id

WORDS: Final = {
    "scheduled": "A ride is set for you. Reply 8 to cancel it.",
    "accepted": "Your driver {driver} is on the way: {color} {make} {model}, {plate}. Reply 8 to cancel.",
    "driver_redispatched": "Your driver can not come. Another one is being found.",
    "arriving": "{driver} is almost there: {color} {make} {model}, {plate}.",
    "no_drivers_available": "No driver is free. Call who booked your ride.",
    "driver_canceled": "Your driver canceled. Call who booked your ride.",
    "rider_canceled": "Your ride is canceled.",
    "no_show": "Your driver waited and has left.",
}


def tell_customer(store: Store, trip: Row, at: int) -> None:
    """Have the customer told of a trip's status."""
    _hook(store, trip, at, "guests.trips.status_changed", f"/v1/guests/trips/{trip['request_id']}")


def tell_receipt(store: Store, trip: Row, at: int) -> None:
    """Have the customer told that the receipt of a trip is there."""
    _hook(store, trip, at, "guests.trips.receipt_ready", f"/v1/guests/trips/{trip['request_id']}/receipt")


def _hook(store: Store, trip: Row, at: int, event_type: str, href: str) -> None:
    request_id, status, event_id = trip["request_id"], trip["status"], new_id("evt")
    body: dict[str, Any] = {
        "event_id": event_id,
        "event_type": event_type,
        "event_time": at,
        "meta": {"resource_id": request_id, "status": status, "external_ref": trip["ref"]},
        "resource_href": href,
    }
    words = json.dumps(body, separators=(",", ":"))
    store.insert("hook", event_id=event_id, request_id=request_id, status=status, at=at, body=words)


def tell_rider(store: Store, trip: Row, at: int) -> None:
    """Write to the rider what has become of the trip, where that is worth a text."""
    if words := WORDS.get(trip["status"]):
        car = json.loads(trip["car"]) if trip["car"] else {}
        keep_text(store, at, trip["phone"], words.format(**car), trip["request_id"])


def keep_text(
    store: Store, at: int, phone: str, words: str, request_id: str | None, *, from_rider: bool = False
) -> None:
    """Keep a text to a rider, or from one."""
    store.insert("sms", at=at, phone=phone, words=words, request_id=request_id, from_rider=int(from_rider))
