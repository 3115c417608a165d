"""The company's control room under `/_stub`: the clock, the market, faults, and a button for each event.

For demos and tests, never part of the API that a customer sees.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bot.rides.stub.calls import Call, Heard
from bot.rides.stub.desk import Desk
from bot.rides.stub.faults import Fault
from bot.rides.stub.market import Market, Problem, market
from bot.rides.stub.texts import from_rider
from bot.rides.stub.told import Millis, StatusWord, Trip
from bot.rides.stub.webhooks import HookFault
from bot.rides.stub.world import STORIES

FIRST_DAY, LAST_DAY = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClockMove(_Strict):
    """Set the clock to `set`, or advance it by so many seconds; `frozen` stops it there."""

    set: AwareDatetime | None = Field(default=None, ge=FIRST_DAY, le=LAST_DAY)
    advance: float | None = Field(default=None, ge=0, le=400 * 86400, allow_inf_nan=False)
    frozen: bool | None = None


class Clock(_Strict):
    """The company's time."""

    now: str
    frozen: bool


class Hook(_Strict):
    """One webhook, its tries and its fate."""

    event_id: str
    request_id: str
    status: StatusWord
    at: Millis
    tries: int
    state: str
    answer: str


class Counts(_Strict):
    """What was made since the file was new."""

    tokens: int
    fares: int
    trips: int
    webhooks: int


class Sms(_Strict):
    """One text between the company and a rider."""

    at: Millis
    phone: str
    request_id: str | None
    from_rider: bool
    words: str


class RiderSays(_Strict):
    """What a rider texts to the company: 8 to cancel, 88 to cancel at a fee."""

    phone: str = Field(max_length=20)
    words: str = Field(max_length=320)


class Control:
    """The control room of one desk, with the faults that wait for requests and for webhooks."""

    def __init__(self, desk: Desk, faults: list[Fault], hook_faults: list[HookFault]) -> None:
        self._desk, self._faults, self._hook_faults = desk, faults, hook_faults

    def calls(self) -> list[Call]:
        """List the calls."""
        trip = "/_stub/trips/{request_id}"
        room: list[tuple[Any, ...]] = [
            ("GET", "clock", self.show_clock, Clock, None),
            ("POST", "clock", self.move_clock, Clock, ClockMove),
            ("GET", "market", self.show_market, Market, None),
            ("POST", "market", self.set_market, Market, Market),
            ("GET", "faults", self.show_faults, list[Fault], None),
            ("POST", "faults", self.add_faults, list[Fault], Fault | list[Fault]),
            ("DELETE", "faults", self.clear_faults, list[Fault], None),
            ("GET", "webhooks", self.show_webhooks, list[Hook], None),
            ("GET", "webhooks/faults", self.show_hook_faults, list[HookFault], None),
            ("POST", "webhooks/faults", self.add_hook_faults, list[HookFault], HookFault | list[HookFault]),
            ("DELETE", "webhooks/faults", self.clear_hook_faults, list[HookFault], None),
            ("GET", "counts", self.show_counts, Counts, None),
            ("GET", "texts", self.show_texts, list[Sms], None),
            ("POST", "texts", self.hear_text, list[Sms], RiderSays),
            ("GET", "trips", self.show_trips, list[Trip], None),
        ]
        calls = [
            Call(method, f"/_stub/{path}", does, answers, takes=takes, door="room")
            for method, path, does, answers, takes in room
        ]
        return [
            *calls,
            Call("POST", trip + "/story/{story}", self.tell_story, Trip, door="room"),
            Call("POST", trip + "/{event}", self.force, Trip, door="room"),
        ]

    def show_clock(self, heard: Heard) -> dict[str, Any]:
        """Tell the company's time."""
        return {"now": self._desk.now().isoformat(), "frozen": self._desk.frozen}

    def move_clock(self, heard: Heard) -> dict[str, Any]:
        """Move the clock and live through what it passes."""
        move: ClockMove = heard.body
        target = (move.set or self._desk.now()) + timedelta(seconds=move.advance or 0.0)
        if target > LAST_DAY:
            raise Problem(400, "invalid_request", fields=["advance"])
        self._desk.set_clock(target, self._desk.frozen if move.frozen is None else move.frozen)
        return self.show_clock(heard)

    def show_market(self, heard: Heard) -> Market:
        """Tell the market."""
        return market(self._desk.store)

    def set_market(self, heard: Heard) -> Market:
        """Change the market; what is not said is as on the first day."""
        self._desk.store.keep("market", heard.body.model_dump())
        return self.show_market(heard)

    def show_faults(self, heard: Heard) -> list[Fault]:
        """List the faults that wait."""
        return self._faults

    def add_faults(self, heard: Heard) -> list[Fault]:
        """Add one fault or a list of them."""
        self._faults.extend(heard.body if isinstance(heard.body, list) else [heard.body])
        return self._faults

    def clear_faults(self, heard: Heard) -> list[Fault]:
        """Forget every fault."""
        self._faults.clear()
        return self._faults

    def show_webhooks(self, heard: Heard) -> list[dict[str, Any]]:
        """List the webhooks, oldest first, with their tries and their fate."""
        sql = "SELECT event_id, request_id, status, at, tries, state, answer FROM hook ORDER BY id"
        return self._desk.store.rows(sql)

    def show_hook_faults(self, heard: Heard) -> list[HookFault]:
        """List the faults that wait for webhooks."""
        return self._hook_faults

    def add_hook_faults(self, heard: Heard) -> list[HookFault]:
        """Add one fault of the webhooks or a list of them."""
        self._hook_faults.extend(heard.body if isinstance(heard.body, list) else [heard.body])
        return self._hook_faults

    def clear_hook_faults(self, heard: Heard) -> list[HookFault]:
        """Forget every fault of the webhooks; what was held back goes out in its time."""
        self._hook_faults.clear()
        return self._hook_faults

    def show_counts(self, heard: Heard) -> dict[str, int] | None:
        """Count tokens, prices, trips and webhooks made since the file was new."""
        sql = "SELECT (SELECT count(*) FROM token) AS tokens, (SELECT count(*) FROM fare) AS fares,"
        sql += " (SELECT count(*) FROM trip) AS trips, (SELECT count(*) FROM hook) AS webhooks"
        return self._desk.store.row(sql)

    def show_texts(self, heard: Heard) -> list[dict[str, Any]]:
        """List the texts between the company and riders, oldest first."""
        sql = "SELECT at, phone, request_id, from_rider, words FROM sms ORDER BY id"
        return self._desk.store.rows(sql)

    def hear_text(self, heard: Heard) -> list[dict[str, Any]]:
        """Take a rider's text and show all texts."""
        from_rider(self._desk, heard.body.phone, heard.body.words)
        return self.show_texts(heard)

    def show_trips(self, heard: Heard) -> list[dict[str, Any]]:
        """List every trip, oldest first."""
        trips = self._desk.store.rows("SELECT * FROM trip ORDER BY number")
        return [self._desk.shown(trip) for trip in trips]

    def tell_story(self, heard: Heard) -> dict[str, Any]:
        """Decide what becomes of a trip from here on."""
        if heard.names["story"] not in STORIES:
            raise Problem(404, "not_found")
        return self._desk.shown(self._desk.tell_story(heard.names["request_id"], heard.names["story"]))

    def force(self, heard: Heard) -> dict[str, Any]:
        """Make an event happen to a trip now."""
        return self._desk.shown(self._desk.force(heard.names["request_id"], heard.names["event"]))
