"""A phone's screen as the template draws it: bubbles, day lines, what stands under each text.

The rule: pure; the words under a text say what is known and no more ("maybe sent").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.channels.base import button_token, drawn_as
from bot.web.pages import clock_time, day
from bot.web.phone import handset
from bot.web.said import notice, said
from flows.sms_parts import parts
from storage.screens import Screen, Shown

STATES: Final[Mapping[str, str]] = {
    "sending": "sending",
    "unsure": "maybe sent",
    "sent": "sent",
    "delivered": "delivered",
    "maybe_sent": "maybe sent",
}


@dataclass(frozen=True, slots=True)
class Button:
    """One option under a text on Telegram."""

    token: str
    label: str


@dataclass(frozen=True, slots=True)
class Link:
    """An address within a text, and the words around it; `path` is where it leads on this server."""

    before: str
    address: str
    after: str
    path: str


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message; `day` where a new day begins, `notice` where the app says it and not the person."""

    id: int
    mine: bool
    text: str
    time: str
    under: str
    day: str | None
    notice: bool
    buttons: Sequence[Button]
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone on the page; `staff`: a caseworker's, on which alarms ring."""

    name: str
    spoken: str
    app: str
    other: str | None
    bubbles: Sequence[Bubble]
    typing: bool
    waiting: str | None
    newest: int
    asks_pin: bool
    blocked: bool
    staff: bool = False


def draw(name: str, shown: Screen | None, now: datetime, zone: ZoneInfo) -> Phone:
    """Draw one phone; times are on its owner's wall clock, the programme's before the first text."""
    own = ZoneInfo(shown.point.zone) if shown else zone
    lines = shown.lines if shown else ()
    waiting = shown.waiting if shown else ()
    later = [at for at in waiting if at > now]
    last = lines[-1] if lines else None
    asks = ((last.extra or {}) if last and last.direction == "out" else {}).get("asks_for")
    return Phone(
        name=name,
        spoken=handset.spoken(name),
        app=drawn_as("simulator", name),
        other=handset.other_app(name),
        bubbles=_bubbles(lines, own, drawn_as("simulator", name)),
        typing=len(waiting) > len(later),
        waiting=_waiting(later, own),
        newest=max((line.id for line in lines if line.direction == "out"), default=0),
        asks_pin=asks == "spot",
        blocked=shown is not None and shown.point.state == "blocked",
    )


def _bubbles(lines: Sequence[Shown], zone: ZoneInfo, app: str) -> list[Bubble]:
    bubbles, before = [], ""
    for line in lines:
        today = day(line.at, zone)
        bubbles.append(_bubble(line, lines, zone, app, today if today != before else None))
        before = today
    return bubbles


def _bubble(line: Shown, lines: Sequence[Shown], zone: ZoneInfo, app: str, today: str | None) -> Bubble:
    mine = line.direction == "in"
    options = [] if mine or app != "telegram" else line.options or []
    told = notice(line.body, line.extra) if mine else None
    return Bubble(
        id=line.id,
        mine=mine,
        text=told or (said(line.body, line.extra, line.photos, lines) if mine else line.body),
        time=clock_time(line.sent_at or line.at, zone),
        under="" if mine else _under(line, app),
        day=today,
        notice=told is not None,
        buttons=[Button(button_token(line.prompt or 0, one["n"]), one["label"]) for one in options],
    )


def _under(line: Shown, app: str) -> str:
    state = STATES.get(line.state, line.state)
    if app == "telegram":
        return state
    cost = parts(line.body)
    many = "1 part" if cost.parts == 1 else f"{cost.parts} parts"
    return f"{many} · {cost.length} {cost.encoding} · {state}"


def _waiting(later: Sequence[datetime], zone: ZoneInfo) -> str | None:
    if not later:
        return None
    many = "1 text waits" if len(later) == 1 else f"{len(later)} texts wait"
    return f"{many} until {day(later[0], zone)}, {clock_time(later[0], zone)}"
