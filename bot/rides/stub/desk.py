"""What the pretend company does with trips: prices, takes, moves, cancels and sends them.

The rule kept here: before anything is answered, every status that the clock has passed is applied in
order of its own time, each in one transaction with the webhook that tells of it. So a clock that
jumps a day emits the whole day, stamped as it would have happened.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.rides.stub.show import dollars, free_until, show
from bot.rides.stub.store import Row, Store, from_ms, new_id, to_ms
from bot.rides.stub.world import (
    MAY_FOLLOW,
    OVER,
    Company,
    Ride,
    car_for,
    drive_minutes,
    fare_cents,
    next_step,
    road_miles,
)

FLEX_ENDS = time(6, 0)  # a flexible ride can be called until six the next morning


class Problem(Exception):
    """A request the company turns down, as an HTTP status and its own code word."""

    def __init__(self, status: int, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.extra = status, code, extra


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
        limit = to_ms(self.now())
        sql = "SELECT * FROM trip WHERE next_at <= ? ORDER BY next_at, number LIMIT 1"
        while trip := self.store.row(sql, limit):
            with self.store.transaction():
                self._become(trip, self._by_itself(trip), trip["next_at"])

    def _by_itself(self, trip: Row) -> str:
        status: str = trip["next_status"]
        return "no_drivers_available" if status == "accepted" and not self.market()["cars"] else status

    # --- the market ------------------------------------------------------------------------------

    def market(self) -> dict[str, Any]:
        """Tell whether there are cars, and the surge on every price."""
        return {"cars": True, "surge": 1.0, **self.store.kept("market", {})}

    def set_market(self, cars: bool, surge: float) -> None:
        """Switch cars off and on, or raise prices."""
        self.store.keep("market", {"cars": cars, "surge": surge})

    # --- prices ----------------------------------------------------------------------------------

    def price(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Price a trip: fare id, cents, miles, minutes and pick-up; None when there are no cars."""
        now = self.now()
        pickup_at = self._pickup_time(asked, now)
        miles = self._miles(asked)
        market = self.market()
        if not market["cars"]:
            return None
        cents = fare_cents(miles, pickup_at or now, market["surge"], self.company.zone)
        fare_id, ends = new_id("fare"), to_ms(now + self.company.fare_lives)
        self.store.insert(
            "fare", fare_id=fare_id, cents=cents, surge=market["surge"], ends=ends, asked=_asked_key(asked)
        )
        return {
            "fare_id": fare_id,
            "cents": cents,
            "ends": ends,
            "miles": miles,
            "drive_minutes": drive_minutes(miles),
            "pickup_at": to_ms(pickup_at) if pickup_at else None,
        }

    def _pickup_time(self, asked: dict[str, Any], now: datetime) -> datetime | None:
        """Read when the car is wanted; None for a flexible day."""
        if day := asked.get("deferred_ride_options"):
            local = date.fromisoformat(day["pickup_day"])
            if local < now.astimezone(self.company.zone).date():
                raise Problem(422, "pickup_time_too_soon")
            if datetime.combine(local, time(), self.company.zone) > now + self.company.horizon:
                raise Problem(422, "pickup_time_too_far")
            return None
        if not (scheduling := asked.get("scheduling")):
            return now + self.company.wait_now
        at = from_ms(scheduling["pickup_time"])
        if at < now + self.company.lead:
            raise Problem(422, "pickup_time_too_soon")
        if at > now + self.company.horizon:
            raise Problem(422, "pickup_time_too_far")
        return at

    def _miles(self, asked: dict[str, Any]) -> float:
        ends = {}
        for end in ("pickup", "dropoff"):
            lat, lon = asked[end]["latitude"], asked[end]["longitude"]
            if not (15 <= lat <= 72 and -180 <= lon <= -60):  # the company drives in the US only
                raise Problem(422, "location_not_serviceable", which=end)
            ends[end] = (lat, lon)
        miles = road_miles(*ends["pickup"], *ends["dropoff"])
        if miles > self.company.max_miles:
            raise Problem(422, "trip_too_long")
        return round(miles, 2)

    # --- trips -----------------------------------------------------------------------------------

    def create(self, asked: dict[str, Any]) -> Row:
        """Take a trip at a fare still alive. Asked twice, it makes two trips: real ones do."""
        now = self.now()
        if self.company.idempotent and (same := self.by_ref(asked["external_ref"])):
            return same[0]
        if asked["guest"]["phone_number"].endswith("0000"):
            raise Problem(403, "rider_blocked")
        pickup_at = self._pickup_time(asked, now)
        miles = self._miles(asked)
        fare = self._fare(asked, now)
        if not self.market()["cars"]:
            raise Problem(409, "no_cars_available")
        flex_ends = self._flex_ends(asked)
        body = _body_of(asked)
        trip_id = new_id("trip")
        status = "processing" if not (asked.get("scheduling") or flex_ends) else "scheduled"
        with self.store.transaction():
            self.store.insert(
                "trip",
                request_id=trip_id,
                ref=asked.get("external_ref", ""),
                status=status,
                created_at=to_ms(now),
                changed_at=to_ms(now),
                pickup_at=to_ms(pickup_at) if pickup_at else None,
                flex_day=asked["deferred_ride_options"]["pickup_day"] if flex_ends else None,
                flex_ends=flex_ends,
                miles=miles,
                drive_minutes=drive_minutes(miles),
                fare_cents=fare,
                body=json.dumps(body),
            )
            self._become(self.trip(trip_id), status, to_ms(now))
        return self.trip(trip_id)

    def _fare(self, asked: dict[str, Any], now: datetime) -> int:
        """Check the fare id; a surge since then costs a yes to the difference."""
        fare = self.store.row("SELECT * FROM fare WHERE fare_id = ?", asked["fare_id"])
        if fare is None or fare["ends"] < to_ms(now) or fare["asked"] != _asked_key(asked):
            raise Problem(409, "fare_expired")
        surge = self.market()["surge"]
        cents: int = max(fare["cents"], round(fare["cents"] * surge / fare["surge"]))
        token = f"surge-{surge}"
        if cents > fare["cents"] and asked.get("fee_token") != token:
            raise Problem(409, "fee_required", fee_token=token, fee=dollars(cents - fare["cents"]))
        return cents

    def _flex_ends(self, asked: dict[str, Any]) -> int | None:
        if not (day := asked.get("deferred_ride_options")):
            return None
        next_day = date.fromisoformat(day["pickup_day"]) + timedelta(days=1)
        return to_ms(datetime.combine(next_day, FLEX_ENDS, self.company.zone))

    def trip(self, request_id: str) -> Row:
        """Fetch one trip."""
        if (found := self.store.row("SELECT * FROM trip WHERE request_id = ?", request_id)) is None:
            raise Problem(404, "not_found")
        return found

    def by_ref(self, ref: str) -> list[Row]:
        """Fetch the trips under one outside ref, oldest first."""
        return self.store.rows("SELECT * FROM trip WHERE ref = ? ORDER BY number", ref)

    def page(self, ref: str | None, active: bool, after: int, limit: int) -> list[Row]:
        """Fetch a page of trips, oldest first, starting after trip number `after`."""
        sql = "SELECT * FROM trip WHERE number > ? AND (? IS NULL OR ref = ?)"
        if active:
            sql += " AND status IN ('scheduled','processing','accepted','arriving','in_progress')"
        return self.store.rows(sql + " ORDER BY number LIMIT ?", after, ref, ref, limit)

    def shown(self, trip: Row) -> dict[str, Any]:
        """Write a trip as the API shows it now."""
        return show(trip, to_ms(self.now()), self.company)

    def cancel(self, request_id: str, fee_token: str | None) -> Row:
        """Call a trip off; inside the window it costs a fee that must be agreed to by its token."""
        trip, now = self.trip(request_id), to_ms(self.now())
        if trip["status"] in OVER:
            raise Problem(409, "trip_over")
        if trip["status"] == "in_progress":
            raise Problem(409, "trip_in_progress")
        fee = 0 if now <= free_until(trip, self.company) else self.company.late_fee_cents
        if fee and fee_token != f"fee-{request_id}-{fee}":
            raise Problem(409, "fee_required", fee_token=f"fee-{request_id}-{fee}", fee=dollars(fee))
        with self.store.transaction():
            self._become(trip, "rider_canceled", now, fee)
        return self.trip(request_id)

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
        if not self.market()["cars"]:
            raise Problem(409, "no_cars_available")
        with self.store.transaction():
            pickup_at = to_ms(now + self.company.wait_now)
            self.store.write("UPDATE trip SET pickup_at = ? WHERE request_id = ?", pickup_at, request_id)
            self._become(self.trip(request_id), "processing", to_ms(now))
        return self.trip(request_id)

    def force(self, request_id: str, status: str) -> Row:
        """Make an event happen now; refuse one that cannot follow what is."""
        trip = self.trip(request_id)
        if status not in MAY_FOLLOW.get(trip["status"], frozenset()):
            raise Problem(409, "cannot_follow", current=trip["status"])
        if status == "processing" and trip["pickup_at"] is None:
            return self.send_car(request_id)
        fee = self.company.no_show_fee_cents if status == "no_show" else 0
        with self.store.transaction():
            self._become(trip, status, to_ms(self.now()), fee)
        return self.trip(request_id)

    def _become(self, trip: Row, status: str, at: int, fee_cents: int = 0) -> None:
        """Write a status, the car it brings, what comes next, and the webhook that tells of it."""
        sends = trip["sends"] + (status == "accepted")
        car = trip["car"]
        if status == "accepted":
            car = json.dumps(asdict(car_for(self.company.seed, trip["number"], sends)))
        upcoming = next_step(
            Ride(
                status=status,
                changed_at=from_ms(at),
                pickup_at=from_ms(trip["pickup_at"]) if trip["pickup_at"] is not None else None,
                drive_minutes=trip["drive_minutes"],
                flex_ends=from_ms(trip["flex_ends"]) if trip["flex_ends"] is not None else None,
            )
        )
        self.store.write(
            "UPDATE trip SET status = ?, changed_at = ?, car = ?, sends = ?, fee_cents = ?, picked_at = ?,"
            " ended_at = ?, next_status = ?, next_at = ? WHERE request_id = ?",
            status,
            at,
            car,
            sends,
            fee_cents,
            at if status == "in_progress" else trip["picked_at"],
            at if status in OVER else None,
            upcoming[0] if upcoming else None,
            to_ms(upcoming[1]) if upcoming else None,
            trip["request_id"],
        )
        self._tell(trip, status, at)

    def _tell(self, trip: Row, status: str, at: int) -> None:
        event_id = new_id("evt")
        body = {
            "event_id": event_id,
            "event_type": "guests.trips.status_changed",
            "event_time": at,
            "meta": {"resource_id": trip["request_id"], "status": status, "external_ref": trip["ref"]},
            "resource_href": f"/v1/guests/trips/{trip['request_id']}",
        }
        self.store.insert(
            "hook",
            event_id=event_id,
            request_id=trip["request_id"],
            status=status,
            at=at,
            body=json.dumps(body, separators=(",", ":")),
        )


def _body_of(asked: dict[str, Any]) -> dict[str, Any]:
    """Keep what was asked, and nothing besides."""
    kept = ("guest", "pickup", "dropoff", "scheduling", "note_for_driver")
    return {key: asked.get(key) for key in kept}


def _asked_key(asked: dict[str, Any]) -> str:
    """Name the trip a fare is for: the same ends and the same time, or it is another fare."""
    ends = [[asked[end]["latitude"], asked[end]["longitude"]] for end in ("pickup", "dropoff")]
    return json.dumps([ends, asked.get("scheduling"), asked.get("deferred_ride_options")], sort_keys=True)
