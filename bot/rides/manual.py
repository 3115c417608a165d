"""Rides that people book: staff find a taxi or a volunteer, and mark by hand how it goes (/staff/rides).

Theory of operation. `book` puts the leg on staff's list and answers `TryLater`: surely nothing is coming yet.
What a human marks wakes the leg, and the next `book` under the same ref answers `Booked`; where nobody took
it until `answer_by` it answers `NoCars`, in time for another company. From then on `get` shows what was
marked. The car home of a flexible ride is promised when it is asked for, and lost when nobody has sent it
after `send_within`. The rule: what no human has said is never claimed; nobody's silence ends in a car or in a
finished ride.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from functools import partial

import sqlalchemy as sa

from bot.rides.base import (
    AlreadyOver,
    ArriveBy,
    BadSignature,
    BookAnswer,
    Booked,
    CancelAnswer,
    Canceled,
    Caps,
    Car,
    EventAnswer,
    FindAnswer,
    FlexDay,
    GetAnswer,
    ListAnswer,
    Listed,
    NoCars,
    NotFound,
    Now,
    PickupAt,
    QuoteAnswer,
    Quoted,
    Refused,
    SendAnswer,
    Snapshot,
    Status,
    Trip,
    TryLater,
    Why,
)
from bot.rides.caps import MANUAL_CAPS
from bot.rides.estimates import FareTable, drive_minutes, estimate_cents, pickup_for, road_miles
from storage import hand_rides
from storage.attention import needed_since
from storage.database import Database
from storage.hand_rides import TO_BOOK, TO_CALL_OFF, TO_FINISH, TO_SEND, HandRow, NewHand

NAME = "manual"
HOLDS = timedelta(days=1)  # a price of ours does not move
CAR_SHOWN = timedelta(minutes=30)
"""From this long before the pick-up the car that staff wrote down is the rider's to look for."""
SOON = timedelta(hours=2)
"""What is needed within this wakes a human; the rest waits for their list."""
ASK_AGAIN = timedelta(minutes=10)
UNFINISHED = timedelta(hours=2)
"""This long after it should have ended, staff are asked how an unmarked ride went."""
OVER_AFTER = timedelta(hours=12)
"""This long after that, a ride staff were asked to call off is off, marked or not."""

_STATUSES = {
    "booked": Status.SCHEDULED,
    "sent": Status.ACCEPTED,
    "arriving": Status.ARRIVING,
    "in_car": Status.IN_PROGRESS,
    "completed": Status.COMPLETED,
    "no_show": Status.NO_SHOW,
    "cancelled": Status.DRIVER_CANCELED,
    "dropped": Status.RIDER_CANCELED,
}


class ManualRides:
    """The rides of this installation's own people, kept in our own database."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        *,
        caps: Caps = MANUAL_CAPS,
        fare: FareTable | None = None,
        send_within: timedelta = timedelta(minutes=20),
    ) -> None:
        """`send_within` is how long staff have to send the car home of a flexible ride."""
        self._database, self._now, self._caps = database, now, caps
        self._fare, self._send_within = fare or FareTable(), send_within

    @property
    def name(self) -> str:
        """Name the provider as stored with each ride."""
        return NAME

    @property
    def caps(self) -> Caps:
        """Tell what staff and volunteers take on."""
        return self._caps

    async def close(self) -> None:
        """Hold nothing: the database is closed by who opened it."""

    # --- the protocol ----------------------------------------------------------------------------

    async def quote(self, trip: Trip) -> QuoteAnswer:
        """Price a trip by our own estimate; what staff were asked for already is not too late for itself."""
        asked = await self._row(trip.ref)
        miles = _miles(trip)
        if asked is None and (no := self._refusal(trip, miles)) is not None:
            return no
        return Quoted(
            quote_id=trip.ref,
            product_id=NAME,
            trip=trip,
            pickup_at=_pickup_at(trip, miles),
            fare_cents=asked.fare_cents if asked else estimate_cents(miles, self._fare),
            miles=miles,
            drive_minutes=drive_minutes(miles),
            expires_at=self._now() + HOLDS,
        )

    async def book(self, ref: str, quote: Quoted, *, fee_token: str = "") -> BookAnswer:
        """Ask staff for it, once; `TryLater` until one of them has booked it or the time is over."""
        return await self._database.run(partial(self._book, ref, quote))

    async def get(self, provider_id: str) -> GetAnswer:
        """Look at a booked ride; one that should be over long since is put on staff's list."""
        row = await self._row(provider_id)
        if row is None or row.state in ("asked", "no_car"):
            return NotFound()
        if self._seen(row).live and self._now() > row.ends + UNFINISHED:
            await self._database.run(partial(self._ask_how_it_went, row))
        return self._seen(row)

    async def find(self, ref: str) -> FindAnswer:
        """Look for a booked ride by our ref; what nobody has booked yet is no ride."""
        answer = await self.get(ref)
        return Listed((answer,)) if isinstance(answer, Snapshot) else answer

    async def active(self) -> ListAnswer:
        """List every ride that is booked by hand and not over."""
        rows = await self._database.read(hand_rides.booked_by_hand)
        seen = (self._seen(row) for row in rows)
        return Listed(tuple(one for one in seen if one.live))

    async def cancel(self, provider_id: str, *, fee_ok: bool) -> CancelAnswer:
        """Have staff call the ride off; `TryLater` until they say it is, with what that cost."""
        return await self._database.run(partial(self._cancel, provider_id))

    async def send_car(self, provider_id: str) -> SendAnswer:
        """Have staff send the car home; asked twice, the first call counts."""
        return await self._database.run(partial(self._send, provider_id))

    def event(self, headers: Mapping[str, str], raw: bytes) -> EventAnswer:
        """Nobody calls us about these rides."""
        return BadSignature()

    # --- below the protocol ----------------------------------------------------------------------

    async def _row(self, ref: str) -> HandRow | None:
        return await self._database.read(partial(hand_rides.hand_ride, ref=ref))

    def _refusal(self, trip: Trip, miles: float) -> Refused | None:
        now, caps = self._now(), self._caps
        if miles > caps.max_miles:
            return Refused(Why.TOO_FAR)
        day, at = _day(trip), _pickup_at(trip, miles)
        if day is not None and not caps.flexible:
            return Refused(Why.NOT_OFFERED)
        if (at or day or now) > now + caps.horizon:
            return Refused(Why.TOO_FAR_AHEAD)
        last = day + timedelta(days=1) if day is not None else (at or now) - caps.lead
        return Refused(Why.TOO_SOON) if last < now or isinstance(trip.when, Now) else None

    def _book(self, ref: str, quote: Quoted, connection: sa.Connection) -> BookAnswer:
        now = self._now()
        row = hand_rides.hand_ride(connection, ref)
        if row is None:
            row = hand_rides.ask(connection, self._asked(ref, quote), now)
            if row is None:
                return Refused(Why.OTHER, "not a leg of ours")
            words, urgent = f"{row.rider}: see Rides by hand", row.answer_by - now <= SOON
            hand_rides.put_on_list(connection, row, TO_BOOK, words, row.answer_by, now, urgent=urgent)
        if row.state == "asked" and now < row.answer_by:
            return TryLater(row.answer_by - now)
        if row.state == "asked":
            hand_rides.change(connection, row, now, state="no_car")
            hand_rides.settled(connection, row, TO_BOOK, now)
        if row.state in ("asked", "no_car", "dropped"):
            return NoCars()
        return Booked(self._seen(row))

    def _asked(self, ref: str, quote: Quoted) -> NewHand:
        trip, now, half = quote.trip, self._now(), self._caps.lead / 2
        day = _day(trip)
        last = (quote.pickup_at or now) - half if day is None else max(day, now + half)
        return NewHand(
            ref=ref,
            rider=trip.rider_name,
            phone=trip.rider_phone,
            pickup=asdict(trip.pickup),
            dropoff=asdict(trip.dropoff),
            flexible=day is not None,
            day=day.date().isoformat() if day is not None else None,
            pickup_at=quote.pickup_at,
            drive_minutes=quote.drive_minutes,
            answer_by=max(last, now),
            fare_cents=quote.fare_cents,
        )

    def _cancel(self, ref: str, connection: sa.Connection) -> CancelAnswer:
        now, row = self._now(), hand_rides.hand_ride(connection, ref)
        if row is None or row.state == "no_car":
            return NotFound()
        if row.state == "asked":
            hand_rides.drop(connection, ref, now)
            dropped = hand_rides.hand_ride(connection, ref)
            assert dropped is not None
            return Canceled(self._seen(dropped))
        if not (seen := self._seen(row)).live:
            return AlreadyOver(seen)
        if row.call_off_at is None:
            row = hand_rides.change(connection, row, now, call_off_at=now) or row
            urgent = row.pickup_at is not None and row.pickup_at - now <= SOON
            words = f"{row.rider}: call the car off, then mark it and what it cost"
            hand_rides.put_on_list(connection, row, TO_CALL_OFF, words, now, now, urgent=urgent)
        return TryLater(ASK_AGAIN)

    def _send(self, ref: str, connection: sa.Connection) -> SendAnswer:
        now, row = self._now(), hand_rides.hand_ride(connection, ref)
        if row is None or row.state in ("asked", "no_car"):
            return NotFound()
        if not row.flexible:
            return Refused(Why.NOT_OFFERED, "not flexible")
        if not (seen := self._seen(row)).live:
            return AlreadyOver(seen)
        if row.called_at is None:
            row = hand_rides.change(connection, row, now, called_at=now) or row
            words = f"{row.rider} is ready to go home: send the car, then mark it"
            due_at = now + self._send_within
            hand_rides.put_on_list(connection, row, TO_SEND, words, due_at, now, urgent=True)
        return Booked(self._seen(row))

    def _ask_how_it_went(self, row: HandRow, connection: sa.Connection) -> None:
        now = self._now()
        if not needed_since(connection, row.person_id, TO_FINISH, row.ends):
            hand_rides.put_on_list(connection, row, TO_FINISH, f"{row.rider}: how did it end?", now, now)

    def _seen(self, row: HandRow) -> Snapshot:
        now, status = self._now(), self._status(row)
        accepted = status in (Status.ACCEPTED, Status.ARRIVING, Status.IN_PROGRESS)
        pickup_at = row.pickup_at or (row.called_at and row.called_at + self._send_within)
        free_until = row.pickup_at - self._caps.free_cancel if row.pickup_at is not None else None
        return Snapshot(
            provider_id=row.ref,
            ref=row.ref,
            status=status,
            pickup_at=pickup_at,
            changed_at=min(row.changed_at, now),
            flexible=row.flexible,
            car=Car(**row.car) if row.car and accepted else None,
            fare_cents=row.fare_cents,
            fee_cents=row.fee_cents,
            final_cents=row.final_cents,
            free_cancel_until=free_until,
        )

    def _status(self, row: HandRow) -> Status:
        """Read what was marked, and what its time means: a car nobody sent, a ride called off long since."""
        now = self._now()
        called_off = row.call_off_at is not None
        if row.open and called_off and now > row.ends + OVER_AFTER:
            return Status.RIDER_CANCELED
        if row.open and row.flexible and row.called_at is None and now > row.ends:  # never asked for
            return Status.RIDER_CANCELED
        if row.state == "cancelled" and called_off:
            return Status.RIDER_CANCELED
        if row.state == "booked" and row.called_at is not None:
            late = now > row.called_at + self._send_within
            return Status.NO_DRIVERS_AVAILABLE if late else Status.PROCESSING
        if row.state == "booked" and row.car and row.pickup_at and now >= row.pickup_at - CAR_SHOWN:
            return Status.ACCEPTED
        return _STATUSES[row.state]


def _miles(trip: Trip) -> float:
    return road_miles(trip.pickup.lat, trip.pickup.lon, trip.dropoff.lat, trip.dropoff.lon)


def _pickup_at(trip: Trip, miles: float) -> datetime | None:
    match trip.when:
        case PickupAt(at):
            return at.astimezone(UTC)
        case ArriveBy(at):
            return pickup_for(at, miles)
        case Now() | FlexDay():
            return None


def _day(trip: Trip) -> datetime | None:
    """Give the first moment of a flexible ride's day, UTC."""
    day = trip.when.day if isinstance(trip.when, FlexDay) else None
    return None if day is None else datetime.combine(day, time(), UTC)
