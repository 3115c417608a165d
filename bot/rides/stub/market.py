"""The market and its prices: cars or none, surge, demand, and what a trip costs in each kind of car.

The rule kept here: a price is for exactly one trip in one kind of car and dies after five minutes; what
the market has made dearer since then is told as a fee before the trip is taken.
"""

import json
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.rides.stub.show import dollars
from bot.rides.stub.store import Row, Store, from_ms, new_id, to_ms
from bot.rides.stub.told import Block
from bot.rides.stub.world import KINDS, Company, Kind, Story, drive_minutes, fare_cents, road_miles, story_for

FLEX_ENDS = time(6, 0)  # a flexible ride can be called until six the next morning
NEVER_CARRIED = "0000"  # how the phone of a blocked rider ends


class Problem(Exception):
    """A request the company turns down, as an HTTP status and its own code word."""

    def __init__(self, status: int, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.extra = status, code, extra


class Market(BaseModel):
    """Whether there are cars, how dear they are, and what becomes of trips taken from now on.

    `order_surge` is the surge that comes between a price and its order. `demand` is the block indicator;
    with BLOCK no trip for later is taken. `per_hour` limits a customer's requests, None limits nothing.
    """

    model_config = ConfigDict(extra="forbid")

    cars: bool = True
    surge: float = Field(default=1.0, ge=1.0, le=10.0)
    order_surge: float = Field(default=1.0, ge=1.0, le=10.0)
    demand: Block = "NONE"
    story: Story | Literal["drawn"] = "plain"
    per_hour: int | None = Field(default=None, ge=1, le=1_000_000)

    def story_of(self, seed: int, number: int) -> Story:
        """Tell what becomes of a trip taken now; a drawn story comes from the seed."""
        return story_for(seed, number) if self.story == "drawn" else self.story


def market(store: Store) -> Market:
    """Read the market as it was last set."""
    return Market.model_validate(store.kept("market", {}))


def price(store: Store, company: Company, asked: Row, now: datetime) -> dict[str, Any]:
    """Write down a price for each kind of car, and answer them all; without cars there are none to pay."""
    pickup_at, miles = pickup_time(asked, now, company), miles_of(asked, company)
    at_market = market(store)
    sign = {"request_blocker": {"block_type": at_market.demand}}
    way = {"distance_estimate": miles, "duration_estimate": drive_minutes(miles) * 60}
    offers, ends = [], to_ms(now + company.fare_lives)
    with store.transaction():
        for kind in KINDS:
            info: dict[str, Any] = {"no_cars_available": True}
            if at_market.cars:
                cents = fare_cents(miles, pickup_at or now, at_market.surge, company.zone, kind)
                fare = _fare(store, asked, kind, cents, at_market.surge, ends)
                at = to_ms(pickup_at) if pickup_at else None
                info = {"no_cars_available": False, "fare": fare, "trip": way, "pickup_time": at}
            offers.append({"product": _shown(kind), "estimate_info": info, "fulfillment_indicators": sign})
    return {"product_estimates": offers}


def _fare(store: Store, asked: Row, kind: Kind, cents: int, surge: float, ends: int) -> dict[str, Any]:
    fare_id = new_id("fare")
    store.insert(
        "fare",
        fare_id=fare_id,
        product_id=kind.product_id,
        cents=cents,
        surge=surge,
        ends=ends,
        asked=_key(asked),
    )
    return {"fare_id": fare_id, "value": dollars(cents), "expires_at": ends}


def agreed_cents(store: Store, asked: Row, now: datetime) -> int:
    """Check the fare that an order names; a surge since then costs a yes to the difference."""
    fare = store.row("SELECT * FROM fare WHERE fare_id = ?", asked["fare_id"])
    if fare is None or fare["ends"] < to_ms(now) or fare["asked"] != _key(asked):
        raise Problem(409, "fare_expired")
    if fare["product_id"] != asked["product_id"]:
        raise Problem(422, "invalid_request", fields=["product_id"])
    at_market = market(store)
    surge = at_market.surge * at_market.order_surge
    cents: int = max(fare["cents"], round(fare["cents"] * surge / fare["surge"]))
    token = f"surge-{surge}"
    if cents > fare["cents"] and asked.get("fee_token") != token:
        raise Problem(409, "fee_required", fee_token=token, fee=dollars(cents - fare["cents"]))
    return cents


def may_order(store: Store, asked: Row) -> None:
    """Refuse whom the company does not carry, and what the market cannot give."""
    if asked["guest"]["phone_number"].endswith(NEVER_CARRIED):
        raise Problem(403, "rider_blocked")
    at_market = market(store)
    if not at_market.cars:
        raise Problem(409, "no_cars_available")
    if at_market.demand == "BLOCK" and (asked.get("scheduling") or asked.get("deferred_ride_options")):
        raise Problem(409, "request_blocked")


def pickup_time(asked: Row, now: datetime, company: Company) -> datetime | None:
    """Read when the car is wanted; None for a flexible day."""
    if day := asked.get("deferred_ride_options"):
        local = date.fromisoformat(day["pickup_day"])
        if local < now.astimezone(company.zone).date():
            raise Problem(422, "pickup_time_too_soon")
        if local > (now + company.horizon).astimezone(company.zone).date():
            raise Problem(422, "pickup_time_too_far")
        return None
    if not (scheduling := asked.get("scheduling")):
        return now + company.wait_now
    at = from_ms(scheduling["pickup_time"])
    if at < now + company.lead:
        raise Problem(422, "pickup_time_too_soon")
    if at > now + company.horizon:
        raise Problem(422, "pickup_time_too_far")
    return at


def flex_ends(asked: Row, company: Company) -> int | None:
    """Tell when a flexible ride that nobody called ends; None for any other."""
    if not (day := asked.get("deferred_ride_options")):
        return None
    next_day = date.fromisoformat(day["pickup_day"]) + timedelta(days=1)
    return to_ms(datetime.combine(next_day, FLEX_ENDS, company.zone))


def miles_of(asked: Row, company: Company) -> float:
    """Measure the way; refuse one that leads out of the country or too far."""
    ends = {}
    for end in ("pickup", "dropoff"):
        lat, lon = asked[end]["latitude"], asked[end]["longitude"]
        if not (15 <= lat <= 72 and -180 <= lon <= -60):  # the company drives in the US only
            raise Problem(422, "location_not_serviceable", which=end)
        ends[end] = (lat, lon)
    miles = road_miles(*ends["pickup"], *ends["dropoff"])
    if miles > company.max_miles:
        raise Problem(422, "trip_too_long")
    return round(miles, 2)


def kind_of(product_id: str) -> Kind:
    """Find a kind of car by its name."""
    return next(kind for kind in KINDS if kind.product_id == product_id)


def _shown(kind: Kind) -> dict[str, Any]:
    return {name: value for name, value in asdict(kind).items() if name not in ("times", "more_cents")}


def _key(asked: Row) -> str:
    """Name the trip a fare is for: the same ends and the same time, or it is another fare."""
    ends = [[asked[end]["latitude"], asked[end]["longitude"]] for end in ("pickup", "dropoff")]
    return json.dumps([ends, asked.get("scheduling"), asked.get("deferred_ride_options")], sort_keys=True)
