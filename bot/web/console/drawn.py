"""Conversations as the caseworkers' window shows them: who spoke, when, what became of each text, in words.

The rule: pure; nothing is claimed that is not known ("maybe sent" stays maybe).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.channels.base import drawn_as
from bot.standing_by import BEFORE, StandingBy
from bot.web.pages import clock_time, day
from bot.web.said import notice, said
from storage.desk import Opened
from storage.messages import Line
from storage.staff import CaseworkerRow, Listed

STATES: Final[Mapping[str, str]] = {
    "received": "",
    "queued": "waiting to be sent",
    "sending": "being sent",
    "unsure": "maybe sent, being checked",
    "sent": "sent",
    "delivered": "delivered",
    "maybe_sent": "maybe sent: nobody can tell",
    "failed": "not delivered",
    "expired": "not sent: too late to be useful",
    "dropped": "not sent",
}
WHY: Final[Mapping[str, str]] = {
    "unanswered": "the last three were not answered",
    "asked_already": "they were asked already",
    "taken_over": "a caseworker took over",
    "opted_out": "they said STOP",
    "not_opted_in": "they have not agreed to texts",
    "moved_on": "the plan had changed",
    "unreachable": "the address takes no texts",
}
NOBODY: Final = "New person"


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in the list."""

    ref: str
    name: str
    need: str | None
    due: str
    late: bool
    urgent: bool
    last: str
    last_who: str
    when: str
    talking: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the thread."""

    id: int
    side: str
    who: str
    text: str
    time: str
    state: str
    trouble: bool
    day: str | None
    notice: bool
    options: Sequence[str]


def row(
    one: Listed,
    names: Mapping[int, str],
    ends: Mapping[int, str],
    who: CaseworkerRow,
    now: datetime,
    zone: ZoneInfo,
) -> Row:
    """Draw one conversation of the list."""
    return Row(
        ref=one.person_ref,
        name=called(one.first_name, ends.get(one.person_id, "")),
        need=_sentence(one.kind) if one.kind else None,
        due=due(one.needs_by, now, zone) if one.needs_by else "",
        late=one.needs_by is not None and one.needs_by < now,
        urgent=one.urgent,
        last=_last_words(one),
        last_who={"in": one.first_name or "They", "out": "Us"}.get(one.last_direction or "", ""),
        when=when(one.last_at, now, zone) if one.last_at else "",
        talking=talking(one.taken_over_by, names, who),
    )


def _last_words(one: Listed) -> str:
    """Write the last words; a tapped button is not looked up here."""
    if one.last_at is None:
        return ""
    if "tap" in (one.last_extra or {}):
        return "(tapped a button)"
    return said(one.last_words or "", one.last_extra, 0, ()) or "(no words)"


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of a ride's watch, in words."""

    since: str
    until: str
    name: str


@dataclass(frozen=True, slots=True)
class Awake:
    """Who stands by for one ride; `pickup` is when it begins, in words."""

    pickup: str
    parts: Sequence[Part]


def awake(by: StandingBy, now: datetime, zone: str) -> Awake:
    """Draw who stands by for a ride, on the clock where it is."""
    there = ZoneInfo(zone)
    parts = [
        Part(
            clock_time(one.since, there),
            clock_time(one.until, there),
            one.caseworker.name if one.caseworker is not None else "nobody",
        )
        for one in by.stretches
    ]
    return Awake(when(by.since + BEFORE, now, there), parts)


def called(first_name: str | None, end: str) -> str:
    """Name a person; one without a name yet is told from others by the end of their number."""
    return first_name or (f"{NOBODY} (…{end})" if end else NOBODY)


def talking(by: int | None, names: Mapping[int, str], who: CaseworkerRow) -> str | None:
    """Say who of us is talking; None while the bot is."""
    if by is None:
        return None
    return "You are talking" if by == who.id else f"{first(names.get(by, 'A caseworker'))} is talking"


def thread(opened: Opened, who: CaseworkerRow, zone: ZoneInfo) -> list[Said]:
    """Draw the messages of a thread, the oldest first, with a line where a day begins."""
    drawn, before = [], ""
    for line in opened.lines:
        today = day(line.at, zone)
        drawn.append(_said(line, opened, who, zone, today if today != before else None))
        before = today
    return drawn


def _said(line: Line, opened: Opened, who: CaseworkerRow, zone: ZoneInfo, today: str | None) -> Said:
    theirs = line.direction == "in"
    told = notice(line.body, line.extra) if theirs else None
    words = said(line.body, line.extra, opened.photos.get(line.id, 0), opened.lines) if theirs else line.body
    return Said(
        id=line.id,
        side="them" if theirs else "staff" if line.sender == "staff" else "bot",
        who=_speaker(line, opened, who),
        text=told or words or "(no words)",
        time=clock_time(line.sent_at or line.at, zone),
        state=delivery(line.state, line.error),
        trouble=line.state in ("failed", "maybe_sent", "unsure", "expired", "dropped"),
        day=today,
        notice=told is not None,
        options=[str(one["label"]) for one in line.options or []],
    )


def _speaker(line: Line, opened: Opened, who: CaseworkerRow) -> str:
    match line.sender:
        case "person":
            return opened.person.first_name or "They"
        case "staff" if line.caseworker_id == who.id:
            return "You"
        case "staff":
            return first(opened.names.get(line.caseworker_id or 0, "A caseworker"))
        case "schedule":
            return "Onward, as planned"
        case _:
            return "Onward"


def delivery(state: str, error: str | None) -> str:
    """Say in words what became of a text."""
    words = STATES.get(state, state)
    if state == "dropped" and error:
        return f"{words}: {WHY.get(error, error)}"
    return f"{words} ({error})" if state == "failed" and error else words


def due(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Say by when somebody is needed."""
    words = when(at, now, zone)
    return f"was due {words}" if at < now else f"by {words}"


def channels(opened: Opened) -> str:
    """Say where they are reached: SMS, Telegram."""
    names = {"sms": "SMS", "telegram": "Telegram"}
    return ", ".join(
        dict.fromkeys(
            names[drawn_as(point.channel, point.address)]
            + (" (practice phone)" * (point.channel == "simulator"))
            for point in opened.points
        )
    )


def first(name: str) -> str:
    """Shorten a colleague's name as people are told it."""
    return name.split()[0] if name.split() else name


def when(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Write a moment: the time alone if it is today."""
    same = at.astimezone(zone).date() == now.astimezone(zone).date()
    return clock_time(at, zone) if same else f"{day(at, zone)}, {clock_time(at, zone)}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
