"""Reach people whom texts do not reach: have the silent called, and ask the safe contacts they named.

The rule: each rung once. Who has a car tomorrow and answered neither question about it is a human's to call
at five past eight in the evening; a call task whose hour has passed, with no word from the person since, ends
with one text to each safe contact. That text says a name they chose and ours, nothing else.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from bot.channels.base import Channel, Delivered, Outbound, TryLater, Unknown
from bot.ladder import CALL_TASKS, NO_ANSWER, SOON
from bot.reminders.hours import Hours, next_allowed, to_utc
from bot.worker.workshop import Workshop
from storage import people, safe_contacts
from storage.attention import need_human, needed_since
from storage.safe_contacts import Safe
from storage.tables import ContactPoint, Interview, Ride, table

INTERVIEW, RIDE, POINT = table(Interview), table(Ride), table(ContactPoint)
ASKED = timedelta(hours=16)  # of the day before, on the clock where the interview is
GIVEN_UP = timedelta(hours=20, minutes=5)
AHEAD = timedelta(hours=28)
SENTENCE = "safe_contact.text"

log = logging.getLogger(__name__)


async def step(workshop: Workshop) -> int:
    """Look once; always 0: what is left is looked at with the next tick."""
    now = workshop.clock.now()
    await workshop.database.run(partial(_call_the_silent, now))
    way = way_to_phones(workshop)
    if way is not None:
        read = partial(safe_contacts.due, kinds=CALL_TASKS, by=now)
        for one in await workshop.database.read(read):
            await _tell(workshop, one, *way)
    return 0


def way_to_phones(workshop: Workshop) -> tuple[Channel, str] | None:
    """Say by which channel a phone number is texted, and how it writes addresses."""
    for name, before in (("sms", ""), ("simulator", "sms:")):
        if (channel := workshop.channels.get(name)) is not None:
            return channel, before
    return None


# --- who does not answer what matters --------------------------------------------------------------


def _call_the_silent(now: datetime, connection: sa.Connection) -> None:
    """Put those on the list who have a car soon and said nothing when they were asked about it."""
    last = sa.select(sa.func.max(POINT.c.last_in_at)).where(POINT.c.person_id == INTERVIEW.c.person_id)
    statement = (
        sa.select(
            INTERVIEW.c.id, INTERVIEW.c.person_id, INTERVIEW.c.wall, INTERVIEW.c.zone, RIDE.c.pickup_at,
            last.correlate(INTERVIEW).scalar_subquery().label("heard_at"),
        )
        .join(RIDE, RIDE.c.interview_id == INTERVIEW.c.id)
        .where(INTERVIEW.c.at.between(now, now + AHEAD), INTERVIEW.c.state == "planned")
        .where(INTERVIEW.c.confirmed_at.is_(None), RIDE.c.leg == "out", RIDE.c.wanted == "booked")
        .where(RIDE.c.pickup_at > now)
    )  # fmt: skip
    for row in connection.execute(statement):
        day_before = datetime.fromisoformat(row.wall).replace(hour=0, minute=0) - timedelta(days=1)
        asked, given_up = (to_utc(day_before + span, row.zone) for span in (ASKED, GIVEN_UP))
        silent = row.heard_at is None or row.heard_at < asked
        if now < given_up or not silent or needed_since(connection, row.person_id, NO_ANSWER, asked):
            continue
        reason = "has a car, and answered neither question about it"
        need_human(connection, row.person_id, NO_ANSWER, reason, now + SOON, now, urgent=True)


# --- safe contacts ---------------------------------------------------------------------------------


async def _tell(workshop: Workshop, one: Safe, channel: Channel, before: str) -> None:
    """Send the one text: begun once, in its own transaction, whatever comes of it."""
    now = workshop.clock.now()
    if not await workshop.database.run(partial(_begin, workshop, one, now)):
        return
    words = workshop.conversations.flows.sentences[SENTENCE]
    body = words.fill({"name": one.known_as}, lang=one.lang, channel="sms", discreet=False)
    sent = await channel.send(Outbound(-one.id, before + one.address, body))
    match sent:
        case TryLater():
            write = partial(safe_contacts.settle, safe_id=one.id, sent=False)
        case Delivered(provider_id):
            write = partial(safe_contacts.settle, safe_id=one.id, sent=True, provider_id=provider_id)
        case _:
            write = partial(safe_contacts.settle, safe_id=one.id, sent=True)
    await workshop.database.run(write)
    log.info("safe contact", extra={"contact": one.id, "doubt": isinstance(sent, Unknown)})


def _begin(workshop: Workshop, one: Safe, now: datetime, connection: sa.Connection) -> bool:
    settings, person = workshop.settings, people.person(connection, one.person_id)
    hours = Hours(opens=settings.quiet_to, closes=settings.quiet_from)
    if person is None or next_allowed(now, person.zone, hours) > now:
        return False
    return safe_contacts.begin(connection, one.id, now)
