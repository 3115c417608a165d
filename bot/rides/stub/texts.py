"""What riders text to the company: 8 calls a ride off where that is free, 88 where it costs.

The rule kept here: a ride called off so is over like any other, and the customer hears of it by webhook.
"""

from typing import Final

from bot.rides.stub.desk import Desk, fee_token
from bot.rides.stub.show import dollars
from bot.rides.stub.store import Row, Store, to_ms
from bot.rides.stub.telling import WORDS, keep_text
from bot.rides.stub.world import LIVE

DROP: Final = "8"
DROP_ANYWAY: Final = "88"


def from_rider(desk: Desk, phone: str, words: str) -> str:
    """Take a rider's text, do what it asks of their next ride, and answer what they are told."""
    now, trip = to_ms(desk.now()), _next_trip(desk.store, phone)
    about = trip["request_id"] if trip else None
    keep_text(desk.store, now, phone, words, about, from_rider=True)
    why_not = _call_off(desk, trip, words.strip())
    if why_not:
        keep_text(desk.store, now, phone, why_not, about)
    return why_not or WORDS["rider_canceled"]


def _call_off(desk: Desk, trip: Row | None, words: str) -> str | None:
    """Call the trip off; say why it was not, or None."""
    if trip is None:
        return "You have no ride with us now."
    if words not in (DROP, DROP_ANYWAY):
        return "Reply 8 to cancel your ride. For all else call who booked it."
    if trip["status"] == "in_progress":
        return "You are on your way. It is too late to cancel."
    fee = desk.fee_now(trip)
    if fee and words == DROP:
        return f"To cancel now costs who booked it ${dollars(fee)}. Reply 88 to cancel anyway."
    desk.cancel(trip["request_id"], fee_token(trip, fee))
    return None


def _next_trip(store: Store, phone: str) -> Row | None:
    sql = f"SELECT * FROM trip WHERE phone = ? AND status IN {LIVE}"  # noqa: S608 - words of our own
    return store.row(sql + " ORDER BY COALESCE(pickup_at, flex_ends), number LIMIT 1", phone)
