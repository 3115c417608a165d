"""What comes from the phone of a caseworker: never a conversation, sometimes the answer to an alarm.

The rule: a number of our staff that nobody signed up with is no person's. What it texts is kept; OK or 1
takes on the alarm it was last called for; STOP and START say whether alarms may be sent there. All else is
only kept.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from bot.channels.base import Inbound, clean, drawn_as
from storage import alarms
from storage.safe_contacts import bare
from storage.staff import CaseworkerRow, staff_of_phones

ON_IT: Final = frozenset(
    {"1", "ok", "okay", "k", "y", "yes", "si", "on it", "im on it", "i am on it", "got it"}
)
STOP: Final = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START: Final = frozenset({"start", "unstop"})


def take(
    connection: sa.Connection,
    inbound: Mapping[int, Inbound],
    known: Collection[tuple[str, str]],
    now: datetime,
) -> frozenset[int]:
    """Hear what came from staff's phones; returns its places in the list. `known` are people's addresses."""
    strangers = {
        place: bare(one.address)
        for place, one in inbound.items()
        if (one.channel, one.address) not in known and drawn_as(one.channel, one.address) == "sms"
    }
    staff = staff_of_phones(connection, set(strangers.values())) if strangers else {}
    ours = {place: staff[phone] for place, phone in strangers.items() if phone in staff}
    for place, who in ours.items():
        _hear(connection, who, inbound[place], now)
    return frozenset(ours)


def _hear(connection: sa.Connection, who: CaseworkerRow, one: Inbound, now: datetime) -> None:
    body = clean(one.text)
    new = alarms.keep_staff_text(
        connection, who, channel=one.channel, provider_id=one.provider_id, body=body, at=one.at
    )
    words = _plain(body)
    if not new:
        return
    if one.opt == "stop" or words in STOP:
        alarms.set_no_texts(connection, who.id, now)
    elif one.opt == "start" or words in START:
        alarms.set_no_texts(connection, who.id, None)
    elif takes_on(body) and (alarm_id := alarms.last_call(connection, who.id, now)) is not None:
        alarms.answer(connection, alarm_id, who, "text", now)


def takes_on(text: str) -> bool:
    """Say whether a text from staff takes an alarm on."""
    return _plain(text) in ON_IT


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", "", text.casefold().replace("í", "i")).split())
