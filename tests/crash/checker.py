"""Count what went wrong: what the driver and the phones saw, held against the rows.

The rule: every figure but `maybe_sent` must be 0. A text is *lost* if we said 200 and have no row of it, no
turn, or no answer reached the phone; a text of ours is lost if its row says that it left and no provider
has it. *Twice* is a second turn of one text, and a second copy of one of ours on a phone. *Order* is compared
only where it was certain: one text was kept before the next was posted; one row is older than the next.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import sqlalchemy as sa

from storage.outbox import NEVER_SENT
from storage.tables import ContactPoint, Message, Ride, Turn, table
from tests.crash.driver import Driver
from tests.crash.people import Person, Text
from tests.crash.rest import stuck

MESSAGE, POINT, RIDE, TURN = table(Message), table(ContactPoint), table(Ride), table(Turn)
LEFT: Final = ("sent", "delivered")
CALLED_OFF: Final = ("rider_canceled", "driver_canceled", "no_drivers_available")
OVER: Final = (*CALLED_OFF, "completed", "no_show")


@dataclass(frozen=True, slots=True)
class Said:
    """One of our texts as a provider took it, in the order in which it took them."""

    channel: str
    address: str
    provider_id: str
    body: str


@dataclass
class Counts:
    """What is counted; `why` says for each fault where to look."""

    lost: int = 0
    handled_twice: int = 0
    sent_twice: int = 0
    rides_twice: int = 0
    rides_lost: int = 0
    out_of_order: int = 0
    stuck: int = 0
    badly_stopped: int = 0
    maybe_sent: int = 0
    why: list[str] = field(default_factory=list)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    silent: dict[tuple[int, str], str] = field(default_factory=dict)
    """Why nothing was said to a text."""

    @property
    def broken(self) -> bool:
        """Whether a promise was broken."""
        return any(getattr(self, name) for name in FAULTS)


FAULTS: Final = (
    "lost",
    "handled_twice",
    "sent_twice",
    "rides_twice",
    "rides_lost",
    "out_of_order",
    "stuck",
    "badly_stopped",
)


def check(driver: Driver) -> Counts:
    """Hold everything against everything; the server is down."""
    installation = driver.installation
    engine = installation.engine()
    try:
        with engine.connect() as connection:
            rows = _rows(connection)
            turns, silent = _turns(connection)
            rides = [dict(row) for row in connection.execute(sa.select(RIDE)).mappings()]
            left = stuck(connection, installation.clock.now())
    finally:
        engine.dispose()
    badly = [stop for stop in driver.log.stops if not stop.well]
    counts = Counts(badly_stopped=len(badly), rows=rows, silent=silent)
    counts.why += [f"asked to end: {stop}, exit code {stop.process.exitcode}" for stop in badly]
    said = said_by(driver)
    came_in(driver.log.texts, rows, turns, counts)
    answered(driver.people, driver.log.texts, rows, said, counts)
    went_out(rows, said, driver.log.delivered, counts, driver.log.failed)
    in_order(driver.log.texts, rows, turns, said, counts)
    cars(rides, driver.trips, counts)
    counts.stuck = sum(len(ids) for ids in left.values())
    counts.why += [f"stuck in {name}: {ids}" for name, ids in left.items()]
    counts.maybe_sent = sum(map(in_doubt, rows))
    return counts


def said_by(driver: Driver) -> list[Said]:
    """List what the phones received."""
    twilio, telegram = driver.installation.twilio, driver.installation.telegram
    by_sms = [Said("sms", text.to, text.sid, text.body) for text in twilio.sent]
    ids = zip(telegram.sent, telegram.sent_ids, strict=True)
    return by_sms + [Said("telegram", str(one["chat_id"]), str(id_), str(one["text"])) for one, id_ in ids]


def _rows(connection: sa.Connection) -> list[Mapping[str, Any]]:
    names = "id channel direction kind state body error provider_id sending_since conversation_id"
    columns = [MESSAGE.c[name] for name in names.split()]
    joined = sa.select(*columns, POINT.c.address).join(POINT, POINT.c.id == MESSAGE.c.contact_point_id)
    return [dict(row) for row in connection.execute(joined.order_by(MESSAGE.c.id)).mappings()]


def _turns(connection: sa.Connection) -> tuple[dict[int, list[str]], dict[tuple[int, str], str]]:
    """List what texts each conversation's turns were about, in their order; and why some got no answer."""
    found: dict[int, list[str]] = defaultdict(list)
    silent = {}
    columns = (TURN.c.conversation_id, TURN.c.event, TURN.c.silent)
    for row in connection.execute(sa.select(*columns).order_by(TURN.c.conversation_id, TURN.c.seq)):
        if row.event["event"] == "TextReceived":
            found[row.conversation_id].append(row.event["text"])
            if row.silent:
                silent[row.conversation_id, row.event["text"]] = row.silent
    return found, silent


# --- in -------------------------------------------------------------------------------------------


def came_in(
    texts: Iterable[Text],
    rows: Sequence[Mapping[str, Any]],
    turns: Mapping[int, Sequence[str]],
    counts: Counts,
) -> None:
    """Every text that was kept has one row, and every row one turn."""
    kept = {(row["channel"], row["provider_id"]) for row in rows if row["direction"] == "in"}
    for text in texts:
        if text.kept is not None and (text.channel, text.provider_id) not in kept:
            counts.lost += 1
            counts.why.append(f"no row of {text.channel} {text.provider_id} {text.words!r}")
    wanted: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row["direction"] == "in":
            wanted[row["conversation_id"]][row["body"]] += 1
    for conversation in {*wanted, *turns}:
        handled = Counter(turns.get(conversation, ()))
        missing, more = wanted[conversation] - handled, handled - wanted[conversation]
        counts.lost += missing.total()
        counts.handled_twice += more.total()
        counts.why += [f"conversation {conversation} has no turn of {text!r}" for text in missing]
        counts.why += [f"conversation {conversation} has one turn too many of {text!r}" for text in more]


def answered(
    people: Iterable[Person],
    texts: Iterable[Text],
    rows: Sequence[Mapping[str, Any]],
    said: Sequence[Said],
    counts: Counts,
) -> None:
    """Every number said to a question comes back, and once."""
    said_in: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        said_in[text.address].append(text.words)
    heard: dict[str, Counter[str]] = defaultdict(Counter)
    for one in said:
        heard[one.address][one.body] += 1
    doubtful = {(row["address"], row["body"]) for row in rows if in_doubt(row)}
    for person in people:
        numbers = [words for words in said_in[person.address] if words.startswith("number")]
        answers = [f"Got {words}." for words in numbers]
        lost = [f"Got {words}." for words in person.surely if not heard[person.address][f"Got {words}."]]
        lost = [one for one in lost if (person.address, one) not in doubtful]
        counts.lost += len(lost)
        counts.why += [f"{person.address} never heard {one!r}" for one in lost]
        for answer in answers:
            if heard[person.address][answer] > 1:
                counts.handled_twice += 1
                counts.why.append(f"{person.address} heard {answer!r} again")


def in_doubt(row: Mapping[str, Any]) -> bool:
    """Say whether this is a text that nobody could tell of for too long, whatever came out later."""
    never = row["state"] == "failed" and row["error"] == NEVER_SENT
    return bool(row["direction"] == "out" and (row["state"] == "maybe_sent" or never))


# --- out ------------------------------------------------------------------------------------------


def went_out(
    rows: Sequence[Mapping[str, Any]],
    said: Sequence[Said],
    delivered: Iterable[str],
    counts: Counts,
    failed: Iterable[str] = (),
) -> None:
    """What a row says has left is at the provider, once; what was reported of it is written down."""
    ours = [row for row in rows if row["direction"] == "out" and row["kind"] != "crisis"]
    taken = {(one.channel, one.provider_id) for one in said}
    for row in ours:
        if row["state"] in LEFT and (row["channel"], row["provider_id"]) not in taken:
            counts.lost += 1
            counts.why.append(f"text {row['id']} is {row['state']}, and no provider has it")
    begun = Counter((row["address"], row["body"]) for row in ours if row["sending_since"] is not None)
    crisis = {row["body"] for row in rows if row["kind"] == "crisis"}
    copies = Counter((one.address, one.body) for one in said if one.body not in crisis)
    for (address, body), more in (copies - begun).items():
        counts.sent_twice += more
        counts.why.append(f"{address} got {more} too many of {body!r}")
    states = {row["provider_id"]: row["state"] for row in ours}
    for sid in delivered:
        if states.get(sid, "delivered") != "delivered":
            counts.lost += 1
            counts.why.append(f"the report that {sid} was delivered is lost: {states[sid]}")
    for sid in failed:
        if states.get(sid, "failed") != "failed":
            counts.lost += 1
            counts.why.append(f"the report that {sid} failed is lost: {states[sid]}")


def in_order(
    texts: Iterable[Text],
    rows: Sequence[Mapping[str, Any]],
    turns: Mapping[int, Sequence[str]],
    said: Sequence[Said],
    counts: Counts,
) -> None:
    """What surely came before is taken before; of two texts to one address the older one left first."""
    conversations = {row["address"]: row["conversation_id"] for row in rows}
    numbered: dict[int, dict[str, Text]] = defaultdict(dict)
    for text in texts:
        if text.words.startswith("number") and text.address in conversations:
            numbered[conversations[text.address]][text.words] = text
    for conversation, mine in numbered.items():
        taken = [mine[words] for words in turns.get(conversation, ()) if words in mine]
        counts.out_of_order += _overtaken(taken, counts)
    ids = {(row["channel"], row["provider_id"]): row["id"] for row in rows if is_in_line(row)}
    by_address: dict[str, list[int]] = defaultdict(list)
    for one in said:
        if (one.channel, one.provider_id) in ids:  # what waits for somebody's hours has no place in line
            by_address[one.address].append(ids[one.channel, one.provider_id])
    for address, left in by_address.items():
        for before, after in pairwise(left):
            if before > after:
                counts.out_of_order += 1
                counts.why.append(f"{address} got text {before} before text {after}")


def is_in_line(row: Mapping[str, Any]) -> bool:
    """Say whether this is a text of ours that keeps its place, and does not wait for somebody's hours."""
    return bool(row["direction"] == "out" and row["kind"] not in ("nudge", "reminder", "crisis"))


def _overtaken(taken: Sequence[Text], counts: Counts) -> int:
    """Count texts taken after one that was posted only when they had been kept."""
    found = 0
    for place, later in enumerate(taken):
        for earlier in taken[place + 1 :]:
            if earlier.kept is not None and earlier.kept < later.began:
                found += 1
                counts.why.append(f"{later.address}: {later.words!r} was taken before {earlier.words!r}")
    return found


# --- cars -----------------------------------------------------------------------------------------


def cars(rides: Sequence[Mapping[str, Any]], trips: Sequence[Mapping[str, Any]], counts: Counts) -> None:
    """One car for a leg, known to us; and a car for each leg we say is booked."""
    by_ref: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for trip in trips:
        if trip["status"] not in CALLED_OFF:
            by_ref[trip["external_ref"]].append(trip)
    for ref, some in by_ref.items():
        if len(some) > 1:
            counts.rides_twice += len(some) - 1
            counts.why.append(f"{len(some)} cars for {ref}: {[one['status'] for one in some]}")
    rows = {ride["ref"]: ride for ride in rides}
    for ref, some in by_ref.items():
        ride, live = rows.get(ref), [one for one in some if one["status"] not in OVER]
        if live and (ride is None or ride["state"] in ("failed", "cancelled", "lost")):
            counts.rides_lost += 1
            counts.why.append(f"a car comes for {ref}, and we say {ride['state'] if ride else 'nothing'}")
    known = {trip["request_id"] for trip in trips}
    for ref, ride in rows.items():
        if ride["provider_id"] is not None and ride["provider_id"] not in known:
            counts.rides_lost += 1
            counts.why.append(f"{ref} is {ride['state']}, and the company does not know it")
