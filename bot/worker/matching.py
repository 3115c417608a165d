"""Find jobs for people: at once for who asked, and new ones at each one's hour, once a week or once a day.

The rule: what is found is stored before it is told, and told in the turn that marks it as told; a job is
looked at again there, so that one that was filled a minute ago is not offered. One process does this at a
time (schedule.ALONE). The catalogue is read anew only when a job or an employer has changed, or the day.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from bot.conversation import Happening, Origin
from bot.jobs.ranking import Catalogue, Match, Weights, best, catalogue, learned_from
from bot.looking import can_be_had, job_view, next_look
from bot.reminders.hours import wall_clock
from bot.rides import zips
from bot.settings import Settings
from bot.worker.workshop import Workshop
from flows.events import Event, JobsReady
from flows.views import JobView
from flows.wishes import Wishes
from storage import job_matches, jobs, people, places
from storage.database import Database
from storage.job_matches import NewMatch, WishRow
from storage.people import PersonRow

LIMIT: Final = 50
FOUND: Final = 30
"""Jobs stored for a person at a time: ten texts of three."""
TOLD: Final = 3
_KEPT: Final[WeakKeyDictionary[Database, tuple[Any, Catalogue]]] = WeakKeyDictionary()

log = logging.getLogger(__name__)


async def step(workshop: Workshop) -> int:
    """Find jobs for who is due; return how many were."""
    now = workshop.clock.now()
    due = await workshop.database.read(partial(job_matches.waiting, now=now, limit=LIMIT))
    done = 0
    for one in due:
        try:
            done += await _find(workshop, one, now)
        except Exception:  # one person whose jobs cannot be found never keeps the others from theirs
            log.exception("jobs could not be looked for", extra={"person": one.person_id})
    return done


async def _find(workshop: Workshop, one: WishRow, now: datetime) -> int:
    """Find, store and tell; 0 where another was faster."""
    held = _KEPT.get(workshop.database)
    mark, among = await workshop.database.read(partial(open_catalogue, now=now, held=held))
    _KEPT[workshop.database] = (mark, among)
    found = await workshop.database.read(partial(look, among, one.person_id, workshop.settings, now))
    await workshop.database.run(partial(_keep, one.person_id, found, now))
    settled: list[bool] = []

    def settle(connection: sa.Connection) -> bool:
        settled[:] = [
            job_matches.settle(connection, one, _next(connection, workshop.settings, one, now), now)
        ]
        return settled[-1]

    origin = Origin(kind="reply", sender="bot" if one.asked_at is not None else "schedule")
    event = partial(_ready, one, now)
    await workshop.conversations.happen(
        Happening(person_id=one.person_id, event=event, origin=origin, settle=settle)
    )
    return sum(settled)


def _next(connection: sa.Connection, settings: Settings, one: WishRow, now: datetime) -> datetime | None:
    """Say when they hear next: as it stood where that is still to come, never where they want none."""
    if one.weekly_at is None or one.weekly_at > now:
        return one.weekly_at
    return next_look(connection, settings, one.person_id, now, daily=one.daily)


def _ready(one: WishRow, now: datetime, connection: sa.Connection, at: datetime) -> Event | None:
    """Tell of the best that were not told yet; None where nobody asked and there is nothing new."""
    told: list[JobView] = []
    for each in job_matches.matches_of(connection, one.person_id):
        row = jobs.job(connection, each.job_id, now) if each.state == "found" else None
        if row is not None and can_be_had(row, now):
            told.append(job_view(each, row))
        if len(told) == TOLD:
            break
    if not told and one.asked_at is None:
        return None
    job_matches.show(connection, one.person_id, [view["id"] for view in told], now)
    return JobsReady(at=at, jobs=told, asked=one.asked_at is not None)


def _keep(person_id: int, found: list[Match], now: datetime, connection: sa.Connection) -> None:
    job_matches.keep_found(connection, person_id, [_stored(one) for one in found], now)


def _stored(one: Match) -> NewMatch:
    lines: list[Mapping[str, Any]] = [asdict(line) for line in one.lines]
    return NewMatch(one.job_id, one.score, lines, one.reasons)


# --- reading -----------------------------------------------------------------------------------------


def open_catalogue(
    connection: sa.Connection, now: datetime, held: tuple[Any, Catalogue] | None = None
) -> tuple[Any, Catalogue]:
    """Give the open jobs in columns, and a mark of what they were read from; `held` where nothing changed."""
    mark = (now.date(), *job_matches.catalogue_mark(connection))
    if held is not None and held[0] == mark:
        return held
    return mark, catalogue(jobs.open_jobs(connection, now=now))


def look(
    among: Catalogue, person_id: int, settings: Settings, now: datetime, connection: sa.Connection
) -> list[Match]:
    """Rank a catalogue for a person, without what they were told of."""
    wishes, today = seeks(connection, person_id, now)
    return best(
        among,
        wishes,
        today,
        FOUND,
        weights(settings),
        learned_from(job_matches.answers_of(connection, person_id)),
        without=job_matches.settled_jobs(connection, person_id),
    )


def weights(settings: Settings) -> Weights:
    """Give the installation's weights over the usual ones."""
    return Weights(**dict(settings.match_weights))


def seeks(connection: sa.Connection, person_id: int, now: datetime) -> tuple[Wishes, date]:
    """Give what a person wants, with where they start from, and the date on their own clock."""
    person = people.person(connection, person_id)
    if person is None:
        raise LookupError("this person is gone")
    wishes = job_matches.wishes_of(connection, person_id)
    pin = wishes.pin or _pin(connection, wishes, person)
    adult = person.adult if wishes.adult is None else wishes.adult
    return replace(wishes, pin=pin, adult=adult), wall_clock(now, person.zone).date()


def _pin(connection: sa.Connection, wishes: Wishes, person: PersonRow) -> tuple[float, float] | None:
    """Find where somebody starts from: the place they named, else one of theirs that is home, else the middle
    of their ZIP."""
    own = places.places_of(connection, person.id)
    named = [one for one in own if wishes.home is not None and one.id == wishes.home["id"]]
    for place in (*named, *(one for one in own if one.kind == "home")):
        if place.pin is not None:
            return place.pin[0], place.pin[1]
    known = zips.look_up(person.zip) if person.zip else None
    return None if known is None else known.pin
