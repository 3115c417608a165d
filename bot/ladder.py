"""The ladder: what is tried when texts that matter do not arrive, each rung once.

First the person's other channel (Telegram, then SMS, or the other way), while the text still helps; then a
caseworker calls; and when their hour has passed without a word, the safe contacts the person named are asked
to have them text us (bot/worker/reaching.py).

The rule: what climbs is a ride's news, a reminder, and a caseworker's words. Each text goes to one other
address at most, only to one where the person agreed to our texts and that nobody doubts.
"""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from storage import points
from storage.attention import need_human
from storage.messages import PRIORITY
from storage.tables import ContactPoint, Message, table

MESSAGE, POINT = table(Message), table(ContactPoint)
CLIMBS: Final = frozenset({"ride", "reminder", "staff"})
FRESH: Final = timedelta(hours=2)
"""So long a text without a last moment of its own still helps on another phone."""

UNREACHED: Final = "texts do not arrive"
RIDE_UNREACHED: Final = "texts about a ride do not arrive"
NO_ANSWER: Final = "no answer about the ride"
WRONG_NUMBER: Final = "wrong number"
CALL_TASKS: Final = (UNREACHED, RIDE_UNREACHED, NO_ANSWER, WRONG_NUMBER)
"""Reasons to call a person that end, unanswered, with their safe contacts."""

SOON: Final = timedelta(minutes=15)
_COPIED = (
    *("conversation_id", "sender", "kind", "body", "options", "extra", "prompt", "step", "subject"),
    *("version", "useful_until", "epoch", "caseworker_id", "parts"),
)


def climb(connection: sa.Connection, message_id: int, now: datetime) -> bool:
    """Send a text that did not arrive to the person's other address; True where there is one.

    About a ride nobody waits for office hours: where there is no other way a human is alarmed at once.
    """
    row = connection.execute(sa.select(MESSAGE).where(MESSAGE.c.id == message_id)).mappings().one()
    useful = row["useful_until"] or row["at"] + FRESH
    if row["kind"] not in CLIMBS or useful <= now or (row["dedupe_key"] or "").startswith("ladder/"):
        return False
    failed = points.point(connection, row["contact_point_id"])
    if failed is None:
        return False
    other = _other(connection, failed)
    if other is not None:
        _copy(connection, row, other, now)
        return True
    if row["kind"] == "ride":
        need_human(connection, failed.person_id, RIDE_UNREACHED, RIDE_UNREACHED, now + SOON, now, urgent=True)
    return False


def _other(connection: sa.Connection, failed: points.Point) -> points.Point | None:
    """Find another address that works, of another channel first."""
    rest = [
        one
        for one in points.points_of(connection, failed.person_id)
        if one.id != failed.id and (one.consent, one.state, one.unsure_since) == ("given", "active", None)
    ]
    return min(rest, key=lambda one: (one.channel == failed.channel, -one.id), default=None)


def _copy(connection: sa.Connection, row: sa.RowMapping, to: points.Point, now: datetime) -> None:
    values = {name: row[name] for name in _COPIED}
    where = {"contact_point_id": to.id, "channel": to.channel, "direction": "out", "state": "queued"}
    when = {"at": now, "due_at": now, "priority": PRIORITY[row["kind"]], "dedupe_key": f"ladder/{row['id']}"}
    there = sa.select(MESSAGE.c.id).where(MESSAGE.c.dedupe_key == when["dedupe_key"])
    if connection.execute(there).first() is None:
        connection.execute(sa.insert(MESSAGE).values(**values, **where, **when))
