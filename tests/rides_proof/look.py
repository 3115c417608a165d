"""What must hold of a town at its end, read from the companies' own books and from ours.

The rule: each check knows nothing of how the cars were ordered. A double car is two cars of one leg at the
curb at once, or two that drove; a stray one is driven or coming for nobody who wants it, and no human knows;
somebody is stranded who had no car and no human knew in time; a leg is unpaid that does not net to what the
company charged.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Final

import sqlalchemy as sa

from bot.rides.base import Snapshot
from bot.rides.stub.store import Row
from bot.rides.stub.world import LIVE
from storage.tables import AttentionItem, FundEntry, Message, Ride, table
from tests.rides_proof.money import overspent, unbalanced
from tests.rides_proof.town import COMPANIES, Somebody, Town

RIDE, ITEM, ENTRY, MESSAGE = table(Ride), table(AttentionItem), table(FundEntry), table(Message)
KNOWN: Final = ("no ride booked", "car lost", "ride unsure", "no-show", "missed the car")
"""Why a human is put on somebody who has no car."""

COMES_WITHIN: Final = timedelta(minutes=45)
TOLD_WITHIN: Final = timedelta(minutes=30)


async def faults(town: Town) -> dict[str, list[str]]:
    """List what is wrong with a town at its end, by kind."""
    rows = await town.database.read(partial(_rows, RIDE))
    items = await town.database.read(partial(_rows, ITEM))
    texts = await town.database.read(partial(_rows, MESSAGE))
    legs = {row.ref: row for row in rows}
    trips = [trip for name in COMPANIES for trip in town.trips(name)]
    return {
        "double": list(doubles(trips, legs)),
        "stray": list(strays(trips, legs, items)),
        "stranded": [why for one in town.folk for why in stranded(one, trips, legs, items, texts)],
        "unpaid": [*await _unpaid(town, trips), *await town.database.read(_money)],
    }


def _rows(of: sa.Table, connection: sa.Connection) -> list[sa.Row[Any]]:
    return list(connection.execute(sa.select(of).order_by(of.c.id)))


def doubles(trips: list[Row], legs: dict[str, Any]) -> Iterator[str]:
    """Say which leg had two cars at the curb at once, or was driven twice."""
    cars: defaultdict[tuple[int, str], list[Row]] = defaultdict(list)
    for trip in trips:
        if trip["ref"] in legs and trip["curb_at"] is not None:
            cars[legs[trip["ref"]].interview_id, legs[trip["ref"]].leg].append(trip)
    for leg, came in cars.items():
        came.sort(key=lambda trip: int(trip["curb_at"]))
        if any(one["ended_at"] is None or one["ended_at"] > two["curb_at"] for one, two in pairwise(came)):
            yield f"leg {leg} had two cars at once"
        if sum(trip["picked_at"] is not None for trip in came) > 1:
            yield f"leg {leg} was driven twice"


def strays(trips: list[Row], legs: dict[str, Any], items: list[Any]) -> Iterator[str]:
    """Say which cars came, or are still to come, for nobody."""
    for trip in trips:
        row = legs.get(trip["ref"])
        if row is None:
            yield f"trip {trip['number']} has no ref of ours"
        elif trip["status"] in LIVE:
            yield f"trip {trip['number']} of ride {row.id} ({row.state}) still comes"
        elif row.wanted == "cancelled" and trip["curb_at"] is not None and not _human(items, row.person_id):
            yield f"trip {trip['number']} of ride {row.id} came though it was called off"


def stranded(
    one: Somebody, trips: list[Row], legs: dict[str, Any], items: list[Any], texts: list[Any]
) -> Iterator[str]:
    """Say where somebody had no car and no human knew in time, or was left without a word."""
    mine = {row.ref: row for row in legs.values() if row.interview_id == one.interview_id}
    drove = {mine[trip["ref"]].leg for trip in trips if trip["ref"] in mine and trip["picked_at"] is not None}
    if one.going and "out" not in drove and not _human(items, one.person_id, one.at):
        yield f"person {one.person_id} ({one.plan}) had no car there, and nobody knew"
    by = None if one.called_at is None else one.called_at + COMES_WITHIN
    if by is not None and "home" not in drove and not _human(items, one.person_id, by):
        yield f"person {one.person_id} ({one.plan}) had no car home, and nobody knew"
    for row in mine.values():
        if row.state == "missed" and row.wanted == "booked":
            told = (text for text in texts if text.conversation_id == one.person_id and text.kind == "ride")
            if not any(row.changed_at <= text.at <= row.changed_at + TOLD_WITHIN for text in told):
                yield f"person {one.person_id} missed the car and got no word"


def _human(items: list[Any], person_id: int, by: Any = None) -> bool:
    mine = (item for item in items if item.person_id == person_id and item.kind in KNOWN)
    return any(by is None or item.created_at <= by for item in mine)


async def _unpaid(town: Town, trips: list[Row]) -> list[str]:
    """Compare what each company charged for each trip with what the ledger says of its ride."""
    paid = await town.database.read(_paid)
    wrong = []
    for name in COMPANIES:
        company = town.workshop.rides.named(name)
        assert company is not None
        for trip in town.trips(name):
            seen = await company.get(trip["request_id"])
            assert isinstance(seen, Snapshot), seen
            due = seen.fee_cents if seen.final_cents is None else seen.final_cents
            if paid.pop((name, trip["request_id"]), 0) != due:
                wrong.append(f"trip {trip['number']} of {name} ({trip['status']}) costs {due}")
    return [*wrong, *(f"{key} was paid {cents} and is not there" for key, cents in paid.items() if cents)]


def _paid(connection: sa.Connection) -> dict[tuple[str, str], int]:
    sums = sa.func.sum(ENTRY.c.spent_cents + ENTRY.c.fees_cents)
    statement = (
        sa.select(RIDE.c.provider, RIDE.c.provider_id, sums)
        .join(ENTRY, ENTRY.c.ride_id == RIDE.c.id)
        .where(RIDE.c.provider_id.is_not(None))
        .group_by(RIDE.c.provider, RIDE.c.provider_id)
    )
    return {(provider, id_): int(cents) for provider, id_, cents in connection.execute(statement)}


def _money(connection: sa.Connection) -> list[str]:
    return [*overspent(connection), *unbalanced(connection)]
