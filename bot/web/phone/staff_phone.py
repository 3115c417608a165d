"""The phone of a caseworker on the page: the alarms that ring there, and what they text back.

The rule: an alarm's text stands on its phone and nowhere else, for it holds the link; so these screens live
in the simulator's memory, and after a restart only what was texted back is left.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.channels.base import Outbound
from bot.web.pages import clock_time, day
from bot.web.phone.drawn import Bubble, Link, Phone
from flows.sms_parts import parts
from storage import alarms, on_call, staff
from storage.safe_contacts import bare
from storage.staff import CaseworkerRow

_LINK: Final = re.compile(r"https?://[^\s/]+(/r/[\w-]{43})")


@dataclass(frozen=True, slots=True)
class StaffPhone:
    """Whose phone it is, and what was texted from it: id, words, moment."""

    who: CaseworkerRow
    said: Sequence[tuple[int, str, datetime]]


def look(connection: sa.Connection, name: str) -> StaffPhone | None:
    """Say whose phone a name is; None for anybody else's."""
    if not name.startswith("sms:"):
        return None
    phone = bare(name)
    who = staff.staff_of_phones(connection, [phone]).get(phone)
    return None if who is None else StaffPhone(who, alarms.staff_texts(connection, who.id))


def on_call_first(connection: sa.Connection, now: datetime) -> list[str]:
    """Name the phone that rings first now."""
    return [f"sms:{who.phone}" for who in on_call.line(connection, now)[:1]]


def mark(connection: sa.Connection, name: str) -> str:
    """Give a short text that changes whenever this phone's screen does."""
    found = look(connection, name)
    if found is None:
        return "0"
    state = (alarms.calls_mark(connection, found.who.id), [id_ for id_, _, _ in found.said])
    return hashlib.blake2s(repr(state).encode(), digest_size=6).hexdigest()


def draw_staff(
    name: str, phone: StaffPhone, rang: Sequence[tuple[datetime, Outbound]], zone: ZoneInfo
) -> Phone:
    """Draw a caseworker's phone."""
    own = ZoneInfo(phone.who.zone) if phone.who.zone else zone
    lines = [(at, "", one.body, -one.id) for at, one in rang]
    lines += [(at, "mine", words, id_) for id_, words, at in phone.said]
    bubbles, before = [], ""
    for at, mine, text, id_ in sorted(lines):
        today = day(at, own)
        bubbles.append(_bubble(id_, bool(mine), text, at, own, today if today != before else None))
        before = today
    return Phone(
        name=name,
        spoken=f"{phone.who.name.split()[0]}: alarms",
        app="sms",
        other=None,
        bubbles=bubbles,
        typing=False,
        waiting=None,
        newest=len(rang),
        asks_pin=False,
        blocked=False,
        staff=True,
    )


def _bubble(id_: int, mine: bool, text: str, at: datetime, zone: ZoneInfo, today: str | None) -> Bubble:
    cost = parts(text)
    found = None if mine else _LINK.search(text)
    many = "1 part" if cost.parts == 1 else f"{cost.parts} parts"
    return Bubble(
        id=id_,
        mine=mine,
        text=text,
        time=clock_time(at, zone),
        under="" if mine else f"{many} · {cost.length} {cost.encoding} · sent",
        day=today,
        notice=False,
        buttons=[],
        link=Link(text[: found.start()], found[0], text[found.end() :], found[1]) if found else None,
    )
