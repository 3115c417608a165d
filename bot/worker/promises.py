"""Keep what people were told of humans true: a promise whose hour passes unkept is put right, by a new one.

Theory of operation. A promise is kept by a human's first words, or when they tick off what it was for. One
that is open when its hour comes goes to who is on call (else it stays with its caseworker), gets a new hour
and is marked urgent on the list, where supervisors see it; the person is told, all in one transaction, so
never twice for one hour. After two new hours that passed as well, the person gets the office's number
instead of a third. What the person must be told waits for the end of their night.

The rule: the hour that is said is one at which somebody is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from bot.acting import first_name, office_hours, spoken_number, zone_of_staff
from bot.conversation import Happening, Origin
from bot.promises import OfficeHours, answer_by
from bot.reminders.hours import next_in_all, own_hours, to_utc, wall_clock, zones_of
from bot.settings import Settings
from bot.worker.manners import usual_hours
from bot.worker.workshop import Workshop
from flows.events import Event, PromiseLate
from flows.views import PromiseView
from storage import attention, people
from storage.attention import PromiseRow, end_promise, need_human, promise
from storage.on_call import line
from storage.staff import CaseworkerRow, on_duty

LIMIT = 200
MOST_LOOKED_AT = 5000
"""People whose promises are late that are looked at in one step, those in their night included."""

MOST_MOVED = 2
"""New hours that may be said in a row; after these, a number to call."""

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class _Late:
    """A person's promises whose hour has passed."""

    person_id: int
    promises: tuple[PromiseRow, ...]


async def step(workshop: Workshop) -> int:
    """Put right what is late; return how many people that was."""
    now, settings = workshop.clock.now(), workshop.settings
    late = await workshop.database.read(partial(_late, settings, now))
    said = await workshop.conversations.happen(*(_happening(settings, one, now) for one in late))
    return sum(said)


def _late(settings: Settings, now: datetime, connection: sa.Connection) -> list[_Late]:
    """List who is to be told now: nobody in their night, and no more than LIMIT of the others."""
    usual, late = usual_hours(settings), list[_Late]()
    for who in attention.people_with_due_promises(connection, now, MOST_LOOKED_AT):
        hours = own_hours(usual, who.texts_from, who.texts_to)
        if next_in_all(now, zones_of(who.zone, who.other_zones), hours) > now:
            continue
        due = [one for one in attention.promises_of(connection, who.person_id) if one.due_at <= now]
        late.append(_Late(who.person_id, tuple(due)))
        if len(late) == LIMIT:
            break
    return late


def _happening(settings: Settings, late: _Late, now: datetime) -> Happening:
    told: list[PromiseView] = []

    def settle(connection: sa.Connection) -> bool:
        told.clear()
        if not _end(connection, late.promises, now):
            return False
        told.append(_moved(connection, settings, late, now))
        return True

    def event(connection: sa.Connection, at: datetime) -> Event:
        return PromiseLate(at=at, promise=told[-1])

    return Happening(
        person_id=late.person_id, event=event, settle=settle, origin=Origin(kind="reply", sender="schedule")
    )


def _end(connection: sa.Connection, promises: Sequence[PromiseRow], now: datetime) -> bool:
    """Close them all; False where a human or another process was faster."""
    how = [
        end_promise(connection, one.id, "broken" if one.moved >= MOST_MOVED else "corrected", now)
        for one in promises
    ]
    return any(how)


def _moved(connection: sa.Connection, settings: Settings, late: _Late, now: datetime) -> PromiseView:
    """Give the promise a new hour and a human who is there, and have the list shout."""
    last = max(late.promises, key=lambda one: one.moved)
    human, by = _who_now(connection, settings, last, now)
    for kind in dict.fromkeys(one.what for one in late.promises):
        need_human(connection, late.person_id, kind, f"promised and not kept: {kind}", now, now, urgent=True)
    view: PromiseView = {"who": first_name(human, settings), "number": spoken_number(settings.staff_phone)}
    if last.moved >= MOST_MOVED:
        return view
    promise(connection, late.person_id, human.id if human else None, last.what, by, now, moved=last.moved + 1)
    person = people.person(connection, late.person_id)
    assert person is not None, "their conversation is locked"
    return {**view, "when": wall_clock(by, person.zone)}


def _who_now(
    connection: sa.Connection, settings: Settings, late: PromiseRow, now: datetime
) -> tuple[CaseworkerRow | None, datetime]:
    """Say who answers now: who is on call, on any day until the evening; else the caseworker, in office
    hours."""
    on_call = line(connection, now, late.person_id)
    called = next((one for one in on_call if one.id != late.caseworker_id), None)
    if called is None:
        human = on_duty(connection, late.person_id)
        return human, office_hours(settings, human, now)
    zone = zone_of_staff(called, settings)
    hours = OfficeHours(EVERY_DAY, settings.quiet_to, settings.quiet_from)
    return called, to_utc(answer_by(wall_clock(now, zone), hours), zone)
