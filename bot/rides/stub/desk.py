"""What the pretend company does with trips when it is asked: takes, shows, changes, cancels and sends them.

The rule kept here: nothing is answered before the day is brought up to the company's clock (`timeline.py`).
"""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from bot.rides.stub import market
from bot.rides.stub.market import Problem
from bot.rides.stub.show import dollars, free_until, receipt, receipt_ready, show
from bot.rides.stub.store import Row, Store, from_ms, new_id, to_ms
from bot.rides.stub.timeline import become, plan, settle
from bot.rides.stub.world import LIVE, MAY_FOLLOW, OVER, Company, drive_minutes, fare_cents


class Desk:
    """The company at work: the open store, its rules and its movable clock."""

    def __init__(self, store: Store, company: Company, real: Callable[[], datetime]) -> None:
        self.store, self.company, self.real = store, company, real

    # --- the clock -------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Tell the company's own time: real time moved by an offset, or frozen."""
        clock = self.store.kept("clock", {"offset_ms": 0, "frozen_ms": None})
        if clock["frozen_ms"] is not None:
            return from_ms(clock["frozen_ms"])
        return self.real() + timedelta(milliseconds=clock["offset_ms"])

    def set_clock(self, at: datetime, frozen: bool) -> datetime:
        """Move the clock to `at`; every status passed on the way happens now, in order."""
        offset = to_ms(at) - to_ms(self.real())
        self.store.keep("clock", {"offset_ms": offset, "frozen_ms": to_ms(at) if frozen else None})
        self.settle()
        return self.now()

    @property
    def frozen(self) -> bool:
        """Say whether the clock stands still."""
        return bool(self.store.kept("clock", {"frozen_ms": None})["frozen_ms"] is not None)

    def settle(self) -> None:
        """Apply what the clock has passed, oldest first."""
        settle(self.store, self.company, to_ms(self.now()))

    # --- taking and finding ----------------------------------------------------------------------

    def price(self, asked: Row) -> dict[str, Any]:
        """Price a trip in every kind of car."""
        return market.price(self.store, self.company, asked, self.now())

    def create(self, asked: Row) -> Row:
        """Take a trip at a fare still alive. Asked twice, it makes two trips: real ones do."""
        now = self.now()
        if self.company.idempotent and (same := self.page(asked["external_ref"], False, 0, 1)):
            return same[0]
        pickup_at, miles = market.pickup_time(asked, now, self.company), market.miles_of(asked, self.company)
        market.may_order(self.store, asked)
        fare = market.agreed_cents(self.store, asked, now)
        flex_ends, trip_id = market.flex_ends(asked, self.company), new_id("trip")
        status = "processing" if not (asked.get("scheduling") or flex_ends) else "scheduled"
        with self.store.transaction():
            self.store.insert(
                "trip",
                request_id=trip_id,
                ref=asked.get("external_ref", ""),
                phone=asked["guest"]["phone_number"],
                product_id=asked["product_id"],
                story="plain",
                status=status,
                created_at=to_ms(now),
                changed_at=to_ms(now),
                pickup_at=to_ms(pickup_at) if pickup_at else None,
                flex_day=asked["deferred_ride_options"]["pickup_day"] if flex_ends else None,
                flex_ends=flex_ends,
                miles=miles,
                drive_minutes=drive_minutes(miles),
                fare_cents=fare,
                body=json.dumps(_body_of(asked)),
            )
            story = market.market(self.store).story_of(self.company.seed, self.trip(trip_id)["number"])
            self.store.write("UPDATE trip SET story = ? WHERE request_id = ?", story, trip_id)
            become(self.store, self.company, self.trip(trip_id), status, to_ms(now))
        return self.trip(trip_id)

    def trip(self, request_id: str) -> Row:
        """Fetch one trip."""
        if (found := self.store.row("SELECT * FROM trip WHERE request_id = ?", request_id)) is None:
            raise Problem(404, "not_found")
        return found

    def page(self, ref: str | None, active: bool, after: int, limit: int) -> list[Row]:
        """Fetch a page of trips, oldest first, starting after trip number `after`."""
        sql = "SELECT * FROM trip WHERE number > ? AND (? IS NULL OR ref = ?)"
        if active:
            sql += f" AND status IN {LIVE}"
        return self.store.rows(sql + " ORDER BY number LIMIT ?", after, ref, ref, limit)

    def shown(self, trip: Row) -> dict[str, Any]:
        """Write a trip as the API shows it now."""
        return show(trip, to_ms(self.now()), self.company)

    def receipt(self, request_id: str) -> dict[str, Any]:
        """Write what a trip cost; there is none before it is over."""
        trip = self.trip(request_id)
        if not receipt_ready(trip, to_ms(self.now()), self.company):
            raise Problem(409, "receipt_not_ready")
        return receipt(trip, self.company)

    # --- changing --------------------------------------------------------------------------------

    def change(self, request_id: str, goal: dict[str, Any] | None, note: str | None) -> Row:
        """Change goal or note of a car at once; what was scheduled is cancelled and ordered anew instead."""
        trip = self.trip(request_id)
        body = json.loads(trip["body"])
        if trip["status"] in OVER:
            raise Problem(409, "trip_over")
        if body["scheduling"] or trip["pickup_at"] is None:
            raise Problem(409, "scheduled_trip_cannot_be_updated")
        body["dropoff"] = goal or body["dropoff"]
        body["note_for_driver"] = body["note_for_driver"] if note is None else note
        miles = market.miles_of(body, self.company)
        kind, surge = market.kind_of(trip["product_id"]), market.market(self.store).surge
        cents = fare_cents(miles, from_ms(trip["pickup_at"]), surge, self.company.zone, kind)
        self.store.write(
            "UPDATE trip SET body = ?, miles = ?, drive_minutes = ?, fare_cents = ? WHERE request_id = ?",
            json.dumps(body),
            miles,
            drive_minutes(miles),
            cents if goal else trip["fare_cents"],
            request_id,
        )
        return self.trip(request_id)

    def cancel(self, request_id: str, agreed: str | None) -> Row:
        """Call a trip off; inside the window it costs a fee that must be agreed to by its token."""
        trip = self.trip(request_id)
        fee = self.fee_now(trip)
        token = fee_token(trip, fee)
        if fee and agreed != token:
            raise Problem(409, "fee_required", fee_token=token, fee=dollars(fee))
        with self.store.transaction():
            become(self.store, self.company, trip, "rider_canceled", to_ms(self.now()), fee)
        return self.trip(request_id)

    def fee_now(self, trip: Row) -> int:
        """Tell what calling it off costs now; Problem where it is too late for that."""
        if trip["status"] in OVER:
            raise Problem(409, "trip_over")
        if trip["status"] == "in_progress":
            raise Problem(409, "trip_in_progress")
        free = to_ms(self.now()) <= free_until(trip, self.company)
        return 0 if free else self.company.late_fee_cents

    def send_car(self, request_id: str) -> Row:
        """Call the car of a flexible trip: it is wanted from now on. Called twice, the first one counts."""
        trip, now = self.trip(request_id), self.now()
        if trip["status"] in OVER:
            raise Problem(409, "trip_over")
        if trip["flex_day"] is None:
            raise Problem(409, "not_flexible")
        if trip["pickup_at"] is not None:
            return trip
        if now.astimezone(self.company.zone).date() < date.fromisoformat(trip["flex_day"]):
            raise Problem(409, "pickup_time_too_far")
        if not market.market(self.store).cars:
            raise Problem(409, "no_cars_available")
        with self.store.transaction():
            pickup_at = to_ms(now + self.company.wait_now)
            self.store.write("UPDATE trip SET pickup_at = ? WHERE request_id = ?", pickup_at, request_id)
            become(self.store, self.company, self.trip(request_id), "processing", to_ms(now))
        return self.trip(request_id)

    def force(self, request_id: str, status: str) -> Row:
        """Make an event happen now; refuse one that cannot follow what is."""
        trip = self.trip(request_id)
        if status not in MAY_FOLLOW.get(trip["status"], frozenset()):
            raise Problem(409, "cannot_follow", current=trip["status"])
        if status == "processing" and trip["pickup_at"] is None:
            return self.send_car(request_id)
        with self.store.transaction():
            become(self.store, self.company, trip, status, to_ms(self.now()))
        return self.trip(request_id)

    def tell_story(self, request_id: str, story: str) -> Row:
        """Decide what becomes of a trip from here on."""
        self.trip(request_id)
        with self.store.transaction():
            self.store.write("UPDATE trip SET story = ? WHERE request_id = ?", story, request_id)
            plan(self.store, self.company, self.trip(request_id))
        return self.trip(request_id)


def fee_token(trip: Row, fee: int) -> str:
    """Name the yes to a fee."""
    return f"fee-{trip['request_id']}-{fee}"


def _body_of(asked: Row) -> dict[str, Any]:
    """Keep what was asked, and nothing besides."""
    kept = ("guest", "pickup", "dropoff", "scheduling", "note_for_driver")
    return {key: asked.get(key) for key in kept}
