"""The rows a written talk takes for granted: its person, their interview and car, and what happens outside.

The rule: what a talk says is there is really there, as rows, before the talk begins or the event comes; so
the turn reads what it would read from real life. People, places and cars are made up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.pretend_jobs import pretend_jobs
from bot.reminders.hours import to_utc
from bot.views import car_json, held_leg, interview_view, place_view, ride_view
from flows.events import OUTSIDE, Event
from flows.fakes import JOBS, work
from flows.progress import new_progress, progress_to_json
from flows.talk_file import Talk
from storage import (
    conversations,
    funds,
    interviews,
    invites,
    on_call,
    people,
    places,
    points,
    rides,
    staff,
)
from storage.places import PlaceRow
from storage.rides import NewRide, RideRow
from storage.tables import Interview, PlaceLookup, table

INTERVIEW, LOOKUP = table(Interview), table(PlaceLookup)
OTHER_PHONE: Final = "sms:+15555550177"
KNOWN_PIN: Final = "1998"
MARIAS_PHONE: Final = "+15555550199"  # she is on call, day and night
PIN: Final = (42.3601, -71.0589)
STOP_PIN: Final = (42.2491, -71.0589)  # 25 minutes by car: the pick-up is 50 minutes before an interview
CAR: Final = {
    "car": "gray Toyota Camry",
    "plate": "8KLM204",
    "driver": "Sam",
    "phone": "555-0177",
    "minutes": 12,
}
STATES: Final = {
    "ride.booked": "booked",
    "ride.car": "accepted",
    "ride.late": "accepted",
    "ride.arrived": "arriving",
    "ride.dropped_off": "completed",
    "ride.home": "completed",
    "ride.lost": "lost",
    "ride.missed": "missed",
    "ride.taxi": "lost",
}

TAXI_COMES: Final = timedelta(minutes=15)


@dataclass(slots=True)
class Cast:
    """Who is in a talk: the rows its lines are about. `places` maps the talk's own place ids to rows."""

    talk: Talk
    person_id: int
    conversation_id: int
    maria_id: int
    interview_id: int | None = None
    places: dict[int, int] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        """The talk's zone."""
        return str(self.talk.now.tzinfo)


# --- before the talk ------------------------------------------------------------------------------


def set_up(talk: Talk, phone: str, channel: str, connection: sa.Connection) -> Cast:
    """Write down what a talk takes for granted."""
    now = talk.now
    maria = staff.add_caseworker(
        connection,
        name="Maria Ruiz",
        email="maria@sample.invalid",
        now=now,
        hours="Mon-Fri 9-5",
        phone=MARIAS_PHONE,
    )
    on_call.add_shift(connection, maria.id, zone=str(now.tzinfo), now=now)
    funds.add_fund(connection, name="rides", budget_cents=1_000_000, now=now)
    if talk.card is not None:
        owner = _somebody_known(now, connection) if talk.known_card else None
        invites.add_invite(
            connection, talk.card, now, person_id=owner, caseworker_id=maria.id, uses=1 if owner else 100
        )
    return meet(talk, phone, channel, maria.id, connection)


def meet(talk: Talk, phone: str, channel: str, maria_id: int, connection: sa.Connection) -> Cast:
    """Write a talk's person down, with what is known of them."""
    now = talk.now
    point = people.add_person(
        connection, channel="simulator", address=phone, lang=talk.lang, zone=str(now.tzinfo), now=now
    )
    if talk.opted_in:
        points.set_consent(connection, point.id, "given", wording="talk", method="talk", now=now)
    cast = Cast(talk, point.person_id, point.conversation_id, maria_id)
    known = dict(talk.knows)
    if isinstance(given := known.pop("interview", None), Mapping):
        known["interview"] = _interview(cast, given, connection)
    progress = new_progress(talk.lang)
    progress.channel, progress.opted_in = channel, talk.opted_in
    progress.facts.update(known)
    record = {name: value for name, value in known.items() if name != "interview"}
    people.keep_facts(connection, {point.person_id: record})
    saved = conversations.Saved(point.conversation_id, progress_to_json(progress), 0, point.id, now)
    conversations.save(connection, [saved], [])
    return cast


def _somebody_known(now: datetime, connection: sa.Connection) -> int:
    """Write down whose own card a talk names: somebody on another number, with four numbers."""
    known = people.add_person(
        connection, channel="simulator", address=OTHER_PHONE, lang="en", zone=str(now.tzinfo), now=now
    )
    points.set_consent(connection, known.id, "given", wording="talk", method="talk", now=now)
    people.set_pin(connection, known.person_id, KNOWN_PIN)
    return known.person_id


def _interview(cast: Cast, given: Mapping[str, Any], connection: sa.Connection) -> dict[str, Any]:
    """Write down the interview a talk knows of, with its car."""
    now = cast.talk.now
    at = given.get("at") or now.replace(tzinfo=None) + timedelta(days=1)
    employer = str(given.get("employer", "FedEx Ground"))
    place = _place(cast, _split(str(given.get("place", employer))), connection)
    row = interviews.add_interview(
        connection,
        person_id=cast.person_id,
        employer=None if employer == place.label else employer,
        at=to_utc(at, cast.zone),
        wall=at,
        zone=cast.zone,
        place_id=place.id,
        now=now,
    )
    cast.interview_id = row.id
    if given.get("ok_to_go"):
        interviews.set_ok_to_go(connection, row.id, 1, given["ok_to_go"], now)
    if given.get("outcome"):
        interviews.set_outcome(connection, row.id, given["outcome"], now)
    if given.get("confirmed"):
        interviews.confirm(connection, row.id, 1, now)
    version = (
        sa.update(INTERVIEW)
        .where(INTERVIEW.c.id == row.id)
        .values(version=given.get("version", 1), moved=1 if given.get("moved") else 0)
    )
    connection.execute(version)
    if given.get("pickup_at") or given.get("stop"):
        _car(cast, given, connection)
    return dict(_view(cast, connection))


def _view(cast: Cast, connection: sa.Connection) -> Mapping[str, Any]:
    view = interview_view(connection, cast.interview_id or 0)
    assert view is not None, "the talk has an interview"
    return view


def _split(line: str) -> dict[str, Any]:
    label, comma, address = line.partition(", ")
    return {"label": label, "address": address if comma else label, "doors": []}


def _place(cast: Cast, given: Mapping[str, Any], connection: sa.Connection) -> PlaceRow:
    line, label = str(given.get("line", "")), str(given["label"])
    address = str(given.get("address", label))
    if line.startswith(f"{address}, "):  # "77 Dale St, Boston" names no street twice
        address = line
    row = places.add_place(
        connection,
        person_id=cast.person_id,
        label=label,
        address=address,
        pin=PIN if cast.interview_id is None else STOP_PIN,
        now=cast.talk.now,
        doors=[dict(door) for door in given.get("doors", ())],
        zone=cast.zone,
    )
    if isinstance(given.get("id"), int):
        cast.places[given["id"]] = row.id
    return row


def _car(cast: Cast, given: Mapping[str, Any], connection: sa.Connection) -> None:
    """Write down both legs; without a pick-up they are those of the time before."""
    row = interviews.interview(connection, cast.interview_id or 0)
    assert row is not None
    label, _, door_words = str(given.get("pickup", "Hope House")).partition(", ")
    doors = [{"key": "door", "label": door_words}] if door_words else []
    stop_given = given.get("stop") or {"label": label, "address": label, "doors": doors}
    stop = _place(cast, stop_given, connection)
    by_words = next((door["key"] for door in stop.doors if door["label"] == door_words), None)
    pickup_at = given.get("pickup_at")
    both: dict[str, Any] = {
        "interview_id": row.id,
        "person_id": cast.person_id,
        "purpose": row.kind,
        "rider": "Ray",
    }
    out = NewRide(
        **both,
        leg="out",
        pickup_place_id=stop.id,
        dropoff_place_id=row.place_id,
        door=given.get("door") or by_words,
        pickup_at=to_utc(pickup_at, cast.zone) if pickup_at else None,
        arrive_by=row.at,
    )
    home = NewRide(**both, leg="home", pickup_place_id=row.place_id, dropoff_place_id=stop.id, flexible=True)
    live = {leg.leg for leg in rides.rides_of(connection, row.id) if leg.live}
    for leg in (leg for leg in (out, home) if leg.leg not in live):
        made = rides.add_ride(connection, leg, cast.talk.now)
        gone = {"state": "cancelled", "wanted": "cancelled"}
        values: dict[str, Any] = {"state": "booked", "car": CAR} if pickup_at else gone
        _walk(connection, made, cast.talk.now, values | {"due_at": None})


# --- what happens outside -------------------------------------------------------------------------


def happen(cast: Cast, name: str, given: Mapping[str, Any], connection: sa.Connection, at: datetime) -> Event:
    """Make an outside event true as rows, and build it from them; KeyError for a name that is none."""
    made: Any = OUTSIDE[name]
    _newest_interview(cast, connection)
    if name == "place.found":
        places_ = given.get("found")
        return _found(cast, _as_asked(cast, connection) if places_ is None else places_, connection, at)
    if name == "place.set":
        row = _place(
            cast, {"label": "Hope House", "address": "218 5th St", **given.get("place", {})}, connection
        )
        found: Event = made(at=at, place=place_view(row), who="Maria", use=given.get("use", "stop"))
        return found
    if name == "phone.doubted":
        doubted: Event = made(at=at)
        return doubted
    if name == "phone.changed":
        changed: Event = made(at=at, phone={"other": True, **given.get("phone", {})})
        return changed
    if name == "work.taper":
        taper: Event = made(
            at=at, work={**work(at.replace(tzinfo=None), "FedEx Ground"), **given.get("work", {})}
        )
        return taper
    if name == "jobs.ready":
        jobs = pretend_jobs(connection, cast.person_id, given.get("jobs", JOBS), at)
        ready: Event = made(at=at, jobs=jobs, asked=given.get("asked", True))
        return ready
    if name == "promise.late":
        late: Event = made(
            at=at, promise={"who": "Maria", "number": "215-555-0199", **given.get("promise", {})}
        )
        return late
    if cast.interview_id is None:
        _interview(cast, {}, connection)
    _change_interview(cast, name, given.get("interview") or {}, at, connection)
    fields: dict[str, Any] = {}
    if name.startswith("ride.") and name not in ("ride.failed", "ride.offered", "ride.waits_for_done"):
        leg = _drive(cast, name, given.get("ride") or {}, at, connection)
        fields["ride"] = _over(ride_view(connection, leg), given.get("ride") or {})
    if name == "ride.failed":
        _end_legs(cast, at, connection)
    fields["interview"] = _over(_view(cast, connection), given.get("interview") or {})
    if name in ("ride.failed", "ride.lost"):
        fields["reason"] = given.get("reason", "no_cars")
    if name == "ride.lost":
        fields["again"] = given.get("again", False)
    if name == "ride.taxi":
        comes = at.replace(tzinfo=None, second=0, microsecond=0) + TAXI_COMES
        fields["taxi"] = {"who": "Maria", "at": comes, **given.get("taxi", {})}
    event: Event = made(at=at, **fields)
    return event


def _newest_interview(cast: Cast, connection: sa.Connection) -> None:
    """Find the interview the talk made meanwhile."""
    mine = sa.select(sa.func.max(INTERVIEW.c.id)).where(INTERVIEW.c.person_id == cast.person_id)
    cast.interview_id = connection.execute(mine).scalar_one()


def _over(view: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Put what a talk says over what the rows say; ids stay the rows' own, and "none" takes away."""
    said = {name: value for name, value in given.items() if name not in ("id", "version", "stop")}
    return {name: value for name, value in {**view, **said}.items() if value is not None}


def _found(cast: Cast, found: Sequence[Mapping[str, Any]], connection: sa.Connection, at: datetime) -> Event:
    """Answer the newest look-up with these places."""
    newest = sa.select(sa.func.max(LOOKUP.c.id)).where(LOOKUP.c.conversation_id == cast.conversation_id)
    lookup = connection.execute(newest).scalar_one()
    done = {"state": "found", "due_at": None, "finished_at": at}
    connection.execute(sa.update(LOOKUP).where(LOOKUP.c.id == lookup).values(**done))
    views = [place_view(_place(cast, one, connection)) for one in found]
    made: Any = OUTSIDE["place.found"]
    only = views[0] if len(views) == 1 else None
    event: Event = made(at=at, lookup={"id": lookup or 0}, found=views, only=only)
    return event


def _as_asked(cast: Cast, connection: sa.Connection) -> list[dict[str, Any]]:
    """Find one place, called what they asked for."""
    words = asked_for(cast, connection)
    if words is None:
        return []
    label = words.strip()[:60]
    return [{"label": label, "address": label, "line": label, "doors": []}]


def asked_for(cast: Cast, connection: sa.Connection) -> str | None:
    """Give the words of the look-up that nothing has answered yet."""
    open_ = sa.and_(LOOKUP.c.conversation_id == cast.conversation_id, LOOKUP.c.state == "asked")
    statement = sa.select(LOOKUP.c.asked).where(open_).order_by(LOOKUP.c.id.desc()).limit(1)
    row = connection.execute(statement).first()
    return None if row is None else (row[0] or "the spot you sent")


def _change_interview(
    cast: Cast, name: str, given: Mapping[str, Any], at: datetime, connection: sa.Connection
) -> None:
    row = interviews.interview(connection, cast.interview_id or 0)
    assert row is not None
    if isinstance(to := given.get("at"), datetime) and to != row.wall:
        moved = {"at": to_utc(to, row.zone), "wall": to}
        interviews.move(connection, row.id, row.version, **moved, now=at)
    if "pickup_at" in given and given["pickup_at"] is None:
        _end_legs(cast, at, connection)
    elif given.get("pickup_at") and held_leg(rides.rides_of(connection, row.id), "out") is None:
        _car(cast, given, connection)
    if name == "interview.cancelled":
        interviews.cancel(connection, row.id, row.version, at)
        _end_legs(cast, at, connection)


def _end_legs(cast: Cast, at: datetime, connection: sa.Connection) -> None:
    for leg in rides.rides_of(connection, cast.interview_id or 0):
        if leg.live:
            ended: dict[str, Any] = {"state": "cancelled", "wanted": "cancelled", "due_at": None}
            rides.change_ride(connection, leg.id, leg.version, at, **ended)


def _drive(
    cast: Cast, name: str, given: Mapping[str, Any], at: datetime, connection: sa.Connection
) -> RideRow:
    """Bring a leg to where the event says it stands."""
    which = "home" if name == "ride.home" else str(given.get("leg", "out"))
    legs = rides.rides_of(connection, cast.interview_id or 0)
    if held_leg(legs, which) is None:
        wall = _view(cast, connection)["at"] - timedelta(minutes=50)
        _car(cast, {"pickup_at": given.get("pickup_at") or wall}, connection)
        legs = rides.rides_of(connection, cast.interview_id or 0)
    leg = held_leg(legs, which)
    assert leg is not None
    values: dict[str, Any] = {"state": STATES[name], "changed_at": at, "due_at": None}
    if isinstance(pickup_at := given.get("pickup_at"), datetime):
        values["pickup_at"] = to_utc(pickup_at, cast.zone)
    if name in ("ride.car", "ride.late", "ride.arrived"):
        car = {**(leg.car or CAR), **{key: given[key] for key in CAR if given.get(key) is not None}}
        color, _, model = str(car["car"]).partition(" ")
        values["car"] = car_json(
            color, model, str(car["plate"]), str(car["driver"]), str(car["phone"]), car["minutes"]
        )
    if which == "home" and leg.called_at is None:
        values["called_at"] = at
    return _walk(connection, leg, at, values)


def _walk(connection: sa.Connection, leg: RideRow, at: datetime, values: dict[str, Any]) -> RideRow:
    """Change a leg; one that no order has left for is ordered first, as in life."""
    if leg.state == "held" and values.get("state") != "cancelled":
        ordered = rides.change_ride(connection, leg.id, leg.version, at, state="booking")
        assert ordered is not None, "nobody else is in a talk"
        leg = ordered
    changed = rides.change_ride(connection, leg.id, leg.version, at, **values)
    assert changed is not None, "nobody else is in a talk"
    return changed
