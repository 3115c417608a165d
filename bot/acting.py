"""What every action is told of the turn it runs in, what it answers, and the promise of a human that many of
them make.

The rule: a promise said to a person is a row with an hour, and somebody's list has it, in the same
transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.promises import WITHIN, OfficeHours, answer_by, read_hours
from bot.reminders.hours import to_utc, wall_clock
from bot.settings import Settings
from flows.events import Event
from flows.flowset import FlowSet
from flows.views import PersonInCharge
from storage.attention import Need, NewPromise, PromiseRow, need_humans, promise_all, promises_to
from storage.on_call import line, on_shift
from storage.staff import CaseworkerRow, all_on_duty, caseworker, on_duty

URGENT = frozenset({"crisis", "ride safety", "car lost", "missed the car", "needs help today"})
"""Reasons that do not wait for office hours: whoever is on call is told."""

AT_ONCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class AtDesk:
    """What is known of a person to whom a human may be promised; `alone`: looked up for them alone."""

    on_duty: CaseworkerRow | None
    promises: Sequence[PromiseRow]
    somebody_on_call: bool
    alone: bool


@dataclass(slots=True)
class Desk:
    """Promises of a human in one list of turns: what they need is looked up once for all, and they are
    written as one list.

    That holds for `people` to whom nothing happens in the list but one text of their own, and for their first
    promise. Anybody else is looked up as they stand then, and their promise is written at once.
    """

    people: set[int] = field(default_factory=set)
    _known: dict[int, AtDesk] = field(default_factory=dict)
    _needs: list[Need] = field(default_factory=list)
    _promises: list[NewPromise] = field(default_factory=list)

    def of(self, connection: sa.Connection, person_id: int, now: datetime) -> AtDesk:
        """Say what is known of a person."""
        if person_id not in self.people:
            self.write(connection, now)
            return _look_up(connection, [person_id], now, alone=True)[person_id]
        self._known = self._known or _look_up(connection, sorted(self.people), now)
        self.people.remove(person_id)
        return self._known[person_id]

    def promise(self, need: Need, made: NewPromise | None) -> None:
        """Take a promise down, to be written."""
        self._needs.append(need)
        self._promises += [made] if made is not None else []

    def write(self, connection: sa.Connection, now: datetime) -> None:
        """Write what was promised."""
        need_humans(connection, self._needs, now)
        promise_all(connection, self._promises, now)
        self._needs.clear()
        self._promises.clear()


def _look_up(
    connection: sa.Connection, people: Sequence[int], now: datetime, *, alone: bool = False
) -> dict[int, AtDesk]:
    staff, promises = all_on_duty(connection, people), promises_to(connection, people)
    called = bool(on_shift(connection, now))
    return {one: AtDesk(staff[one], promises[one], called, alone) for one in people}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """The turn an action runs in: for whom, from which address and text, when, and under which flows and
    settings."""

    person_id: int
    conversation_id: int
    contact_point_id: int | None
    message_id: int | None
    last_words: str
    zone: str  # the person's own
    now: datetime  # aware UTC
    flows: FlowSet
    settings: Settings
    desk: Desk = field(default_factory=Desk)


@dataclass(frozen=True, slots=True)
class Done:
    """It is done; `result` is what the flow may read, `brings` are events that follow from it in the same
    turn."""

    result: Mapping[str, Any]
    brings: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """It was not done, for one of the reasons the action declares."""

    reason: str


Answer: TypeAlias = Done | Failed


def promise_person(connection: sa.Connection, who: Acting, kind: str, text: str | None) -> PersonInCharge:
    """Put the person on the list, promise them an answer, and say who and by when, on the person's own wall
    clock. An answer that is promised sooner already stands: it is said again."""
    known = who.desk.of(connection, who.person_id, who.now)
    human, promised = known.on_duty, office_hours(who.settings, known.on_duty, who.now)
    if kind in URGENT:
        human, promised = in_charge(connection, who.settings, who.person_id, kind, who.now)
    due_at = min(promised, _answer_due(connection, who.settings, human, kind, who.now))
    there = human is not None and _at_work(who.settings, human, who.now)
    if not there and known.somebody_on_call:
        there = bool(line(connection, who.now, who.person_id))
    need = Need(who.person_id, kind, text or who.last_words or kind, due_at, urgent=kind in URGENT)
    standing = next((one for one in known.promises if who.now < one.due_at <= promised), None)
    if standing is None:
        who.desk.promise(need, NewPromise(who.person_id, human.id if human else None, kind, promised))
    else:
        who.desk.promise(need, None)
        promised = standing.due_at
        human = caseworker(connection, standing.caseworker_id) if standing.caseworker_id else None
    if known.alone:
        who.desk.write(connection, who.now)
    told: PersonInCharge = {
        "who": first_name(human, who.settings),
        "hours": hours_of(human, who.settings),
        "when": wall_clock(promised, who.zone),
        "awake": there,
    }
    if who.settings.taxi_phone:
        told["taxi"] = spoken_number(who.settings.taxi_phone)
    return told


def in_charge(
    connection: sa.Connection, settings: Settings, person_id: int, kind: str, now: datetime
) -> tuple[CaseworkerRow | None, datetime]:
    """Say who answers a person, and by when: their caseworker, in office hours. What cannot wait for these
    goes to who is on call."""
    human = on_duty(connection, person_id)
    if kind in URGENT and not _at_work(settings, human, now):
        on_call = line(connection, now, person_id)
        called = human if human in on_call else next(iter(on_call), None)
        if called is not None:
            wall = wall_clock(now, zone_of_staff(called, settings)).replace(minute=0, second=0, microsecond=0)
            return called, to_utc(wall + WITHIN, zone_of_staff(called, settings))
    return human, office_hours(settings, human, now)


def awake(connection: sa.Connection, settings: Settings, person_id: int, now: datetime) -> bool:
    """Say whether a human is there for a person now: on call, or their caseworker at work."""
    if line(connection, now, person_id):
        return True
    human = on_duty(connection, person_id)
    return human is not None and _at_work(settings, human, now)


def who_comes(
    connection: sa.Connection, settings: Settings, person_id: int, now: datetime
) -> list[CaseworkerRow]:
    """List who is woken for a person now, the first to be called first: who is on call, then their own
    caseworker while at work. Only those whose phone takes our texts."""
    on_call = line(connection, now, person_id)
    own = on_duty(connection, person_id)
    reached = own is not None and own.phone is not None and own.no_texts_since is None
    if own is not None and reached and own not in on_call and _at_work(settings, own, now):
        return [*on_call, own]
    return on_call


def due_for(
    connection: sa.Connection, settings: Settings, person_id: int, kind: str, now: datetime
) -> datetime:
    """Say by when a human should look at something of this kind."""
    human, promised = in_charge(connection, settings, person_id, kind, now)
    return min(promised, _answer_due(connection, settings, human, kind, now))


def _answer_due(
    connection: sa.Connection, settings: Settings, human: CaseworkerRow | None, kind: str, now: datetime
) -> datetime:
    """Say by when this caseworker answers: the urgent at once while somebody is there, all else in office
    hours."""
    zone = zone_of_staff(human, settings)
    if kind in URGENT and (_at_work(settings, human, now) or human in line(connection, now)):
        soon = (wall_clock(now, zone) + AT_ONCE).replace(second=0, microsecond=0)
        return to_utc(soon + timedelta(minutes=-soon.minute % 5), zone)
    return office_hours(settings, human, now)


def office_hours(settings: Settings, human: CaseworkerRow | None, now: datetime) -> datetime:
    """Say by when this caseworker answers in office hours."""
    zone = zone_of_staff(human, settings)
    return to_utc(answer_by(wall_clock(now, zone), _hours(settings, human)), zone)


def _at_work(settings: Settings, human: CaseworkerRow | None, now: datetime) -> bool:
    return _hours(settings, human).at_work(wall_clock(now, zone_of_staff(human, settings)))


def _hours(settings: Settings, human: CaseworkerRow | None) -> OfficeHours:
    return read_hours(hours_of(human, settings)).but(settings.staff_closed)


def first_name(human: CaseworkerRow | None, settings: Settings) -> str:
    """Name the human as people know them: "Maria Ruiz (sample)" is Maria; without anybody, the programme."""
    return human.name.split()[0] if human is not None and human.name.split() else settings.programme_name


def spoken_number(phone: str) -> str:
    """Write a phone number as people here do: "215-555-0199"."""
    digits = phone.removeprefix("+1")
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}" if len(digits) == 10 else phone


def hours_of(human: CaseworkerRow | None, settings: Settings) -> str:
    """Say when they work, in words."""
    return (human.hours if human is not None else None) or settings.staff_hours


def zone_of_staff(human: CaseworkerRow | None, settings: Settings) -> str:
    """Say on which wall clock they work."""
    own: str | ZoneInfo = (human.zone if human is not None else None) or settings.programme_zone
    return str(own)
