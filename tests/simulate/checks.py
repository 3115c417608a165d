"""What must hold when a seed has come to rest, and what two databases must agree on."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from storage.tables import (
    AttentionItem,
    Consent,
    ContactPoint,
    Conversation,
    Fund,
    FundEntry,
    Interview,
    Message,
    Person,
    Ride,
    Timer,
    Turn,
    table,
)
from storage.tables.talk import UNFINISHED
from tests.simulate.world import World

MESSAGE, POINT, PERSON, TURN = table(Message), table(ContactPoint), table(Person), table(Turn)
CONVERSATION, CONSENT, TIMER, ITEM = table(Conversation), table(Consent), table(Timer), table(AttentionItem)
RIDE, INTERVIEW, FUND, ENTRY = table(Ride), table(Interview), table(Fund), table(FundEntry)
OPENS, CLOSES = time(9), time(20)
A_MOMENT = timedelta(seconds=5)
THEIR_OWN = ("TextReceived", "OptionTapped", "SpotShared", "Unreadable", "Failed")
WE_START = ("nudge", "reminder")
_DRAWN = re.compile(r"code is [A-Z0-9]{6}")
"""A card's code is drawn anew each time, as it must be."""
LIVE = ("held", "booking", "scheduled", "processing", "accepted", "arriving", "in_progress")


def findings(world: World) -> list[str]:
    """List everything that does not hold; empty is what we promise."""
    with world.door.engine.connect() as connection:
        found = [*world.findings, *world.twilio.breaches]
        out = _out(connection)
        by_sid = {row.provider_id: row for row in out if row.provider_id is not None}
        found += _ended(out)
        found += _wire(world, out, by_sid)
        found += _hours(world, by_sid)
        found += _useful(world, by_sid)
        found += _stops(connection, world, by_sid)
        found += _heard(connection, world)
        found += _rides(connection)
    return found


def _out(connection: sa.Connection) -> Sequence[Any]:
    statement = (
        sa.select(MESSAGE, POINT.c.address, PERSON.c.zone)
        .join(POINT, POINT.c.id == MESSAGE.c.contact_point_id)
        .join(PERSON, PERSON.c.id == POINT.c.person_id)
        .where(MESSAGE.c.direction == "out")
        .order_by(MESSAGE.c.id)
    )
    return connection.execute(statement).all()


def _ended(out: Sequence[Any]) -> Iterator[str]:
    for row in out:
        if row.state in UNFINISHED:
            yield f"text {row.id} ({row.kind}) never came to an end: {row.state}"


def _wire(world: World, out: Sequence[Any], by_sid: dict[str, Any]) -> Iterator[str]:
    """Nothing twice, nothing unsent called sent, and each phone's texts in our order."""
    may = Counter((row.address, row.body) for row in out if row.state not in ("dropped", "expired", "queued"))
    came = Counter((text.to, text.body) for text in world.twilio.sent)
    for (phone, body), times in came.items():
        if times > may[phone, body]:
            yield f"{phone} got {times} times what we sent {may[phone, body]} times: {body!r}"
    sids = {text.sid for text in world.twilio.sent}
    for row in out:
        if row.state in ("sent", "delivered") and row.provider_id not in sids:
            yield f"text {row.id} is called {row.state}, and Twilio never had it"
    last: dict[str, int] = {}
    for text in world.twilio.sent:
        row = by_sid.get(text.sid)
        if row is not None and row.kind not in ("crisis", *WE_START):  # what we start may wait for its hour
            if row.id < last.get(text.to, 0):
                yield f"{row.kind} {row.id} of {row.at:%F %T} came at {text.at:%F %T}, after {last[text.to]}"
            last[text.to] = row.id


def _hours(world: World, by_sid: dict[str, Any]) -> Iterator[str]:
    """What we start comes from nine to eight, where its person is."""
    for text in world.twilio.sent:
        row = by_sid.get(text.sid)
        if row is None or row.kind not in WE_START:
            continue
        wall = text.at.astimezone(ZoneInfo(row.zone))
        if not OPENS <= wall.time() < CLOSES:
            yield f"{row.kind} {row.id} came at {wall:%F %H:%M} ({row.zone})"


def _useful(world: World, by_sid: dict[str, Any]) -> Iterator[str]:
    for text in world.twilio.sent:
        row = by_sid.get(text.sid)
        if row is not None and row.useful_until is not None and text.at > row.useful_until + A_MOMENT:
            yield f"{row.kind} {row.id} came {text.at - row.useful_until} past its use"


def _stops(connection: sa.Connection, world: World, by_sid: dict[str, Any]) -> Iterator[str]:
    """Between a STOP and the next yes nothing comes but its one confirmation."""
    ledger: defaultdict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for line in connection.execute(sa.select(CONSENT).order_by(CONSENT.c.id)):
        ledger[line.contact_point_id].append((line.at, line.change))
    confirmed: Counter[tuple[int, datetime]] = Counter()
    for text in world.twilio.sent:
        row = by_sid.get(text.sid)
        if row is None or row.kind == "crisis":
            continue
        changes = [(at, change) for at, change in ledger[row.contact_point_id] if at <= text.at]
        if not changes:
            if row.kind != "consent":
                yield f"{row.kind} {row.id} came before any yes"
            continue
        at, change = changes[-1]
        if change == "withdrawn":
            confirmed[row.contact_point_id, at] += 1
            if row.at < at or (confirmed[row.contact_point_id, at] > 1 and row.kind != "consent"):
                yield f"{row.kind} {row.id} came after the stop of {at:%F %T}: {row.body!r}"


def _heard(connection: sa.Connection, world: World) -> Iterator[str]:
    """Every text we said 200 to is here once, and was one turn."""
    rows = connection.execute(
        sa.select(MESSAGE.c.provider_id, MESSAGE.c.conversation_id).where(MESSAGE.c.direction == "in")
    ).all()
    have = Counter(row.provider_id for row in rows)
    for sid, at in world.kept.items():
        if have[sid] != 1:
            yield f"the text {sid}, answered 200 at {at:%F %T}, is here {have[sid]} times"
    texts = Counter(row.conversation_id for row in rows)
    turns: Counter[int] = Counter()
    for row in connection.execute(sa.select(TURN.c.conversation_id, TURN.c.event)):
        if row.event["event"] in THEIR_OWN:
            turns[row.conversation_id] += 1
    for conversation, many in texts.items():
        if turns[conversation] != many:
            yield f"conversation {conversation}: {many} texts came and {turns[conversation]} were handled"
    broken = connection.execute(
        sa.select(ITEM.c.kind, ITEM.c.reason).where(ITEM.c.kind == "a text could not be handled")
    ).all()
    yield from (f"could not be handled: {row.reason}" for row in broken)


def _rides(connection: sa.Connection) -> Iterator[str]:
    live = Counter(
        (row.interview_id, row.leg)
        for row in connection.execute(
            sa.select(RIDE).where(RIDE.c.wanted == "booked", RIDE.c.state.in_(LIVE))
        )
    )
    yield from (f"leg {leg} has {many} live rides" for leg, many in live.items() if many > 1)
    for fund in connection.execute(sa.select(FUND)):
        sums = [sa.func.sum(ENTRY.c[f"{account}_cents"]) for account in ("held", "spent", "fees", "free")]
        ledger = tuple(connection.execute(sa.select(*sums).where(ENTRY.c.fund_id == fund.id)).one())
        used = (fund.held_cents, fund.spent_cents, fund.fees_cents)
        if ledger != (*used, fund.budget_cents - sum(used)):
            yield f"the fund: held, spent, fees are {used}; in its ledger they and free: {ledger}"


# --- the same story on both databases -----------------------------------------------------------------


def story(world: World) -> dict[str, list[str]]:
    """Tell each person's story without ids: what was said, decided, booked, and is still to ring."""
    with world.door.engine.connect() as connection:
        told: defaultdict[str, list[str]] = defaultdict(list)
        addresses = sa.select(CONVERSATION.c.id, POINT.c.address).join(
            POINT, POINT.c.person_id == CONVERSATION.c.person_id
        )
        phone = {row.id: row.address for row in connection.execute(addresses)}
        for row in connection.execute(sa.select(MESSAGE).order_by(MESSAGE.c.id)):
            body = _DRAWN.sub("code", row.body)
            line = f"{row.at} {row.direction} {row.kind} {row.state} {body} {row.sent_at} {row.error}"
            told[phone[row.conversation_id]].append(line)
        for row in connection.execute(sa.select(TURN).order_by(TURN.c.conversation_id, TURN.c.seq)):
            told[phone[row.conversation_id]].append(
                f"{row.at} {row.event['event']} {row.before} {row.after} {row.silent} {row.ended}"
            )
        timers = sa.select(TIMER).order_by(TIMER.c.conversation_id, TIMER.c.id)
        for row in connection.execute(timers):
            told[phone[row.conversation_id]].append(f"{row.kind} {row.name} {row.state} {row.due_at}")
        rides = sa.select(RIDE, POINT.c.address).join(POINT, POINT.c.person_id == RIDE.c.person_id)
        for row in connection.execute(rides.order_by(RIDE.c.id)):
            told[row.address].append(f"{row.leg} {row.wanted} {row.state} {row.pickup_at} {row.final_cents}")
        return dict(told)


def digest(world: World) -> str:
    """Put the whole story into one short word."""
    text = json.dumps(story(world), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
