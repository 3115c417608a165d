"""The company's control room under `/_stub`: the clock, the market, faults, and a button for each event.

For demos and tests, never part of the API that a customer sees.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.rides.stub.desk import Desk, Problem
from bot.rides.stub.faults import Fault
from bot.rides.stub.page import draw

FIRST_DAY, LAST_DAY = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class ClockMove(BaseModel):
    """Set the clock to `set`, or advance it by so many seconds; `frozen` stops it there."""

    model_config = ConfigDict(extra="forbid")

    set: AwareDatetime | None = Field(default=None, ge=FIRST_DAY, le=LAST_DAY)
    advance: float | None = Field(default=None, ge=0, le=400 * 86400)
    frozen: bool | None = None


class Market(BaseModel):
    """Whether there are cars, and the surge on prices."""

    model_config = ConfigDict(extra="forbid")

    cars: bool = True
    surge: float = Field(default=1.0, ge=1.0, le=10.0)


class Control:
    """The control room of one desk; `wake` hurries the webhooks on."""

    def __init__(self, desk: Desk, waiting: list[Fault], wake: Callable[[], None]) -> None:
        self._desk, self._waiting, self._wake = desk, waiting, wake

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/_stub", self.page, methods=["GET"]),
            Route("/_stub/clock", self.show_clock, methods=["GET"]),
            Route("/_stub/clock", self.move_clock, methods=["POST"]),
            Route("/_stub/market", self.show_market, methods=["GET"]),
            Route("/_stub/market", self.set_market, methods=["POST"]),
            Route("/_stub/faults", self.show_faults, methods=["GET"]),
            Route("/_stub/faults", self.add_faults, methods=["POST"]),
            Route("/_stub/faults", self.clear_faults, methods=["DELETE"]),
            Route("/_stub/webhooks", self.show_webhooks, methods=["GET"]),
            Route("/_stub/counts", self.show_counts, methods=["GET"]),
            Route("/_stub/trips", self.show_trips, methods=["GET"]),
            Route("/_stub/trips/{request_id}/{event}", self.force, methods=["POST"]),
        ]

    async def show_clock(self, request: Request) -> JSONResponse:
        """Tell the company's time."""
        return self._clock()

    def _clock(self) -> JSONResponse:
        return JSONResponse({"now": self._desk.now().isoformat(), "frozen": self._desk.frozen})

    async def move_clock(self, request: Request) -> Response:
        """Move the clock and live through what it passes."""
        move = await _asked(request, TypeAdapter(ClockMove))
        target = move.set or self._desk.now()
        target += timedelta(seconds=move.advance or 0.0)
        frozen = self._desk.frozen if move.frozen is None else move.frozen
        self._desk.set_clock(target, frozen)
        self._wake()
        return _back(request) or self._clock()

    async def show_market(self, request: Request) -> JSONResponse:
        """Tell the market."""
        return JSONResponse(self._desk.market())

    async def set_market(self, request: Request) -> Response:
        """Change the market."""
        market = await _asked(request, TypeAdapter(Market))
        self._desk.set_market(market.cars, market.surge)
        return _back(request) or JSONResponse(self._desk.market())

    async def show_faults(self, request: Request) -> JSONResponse:
        """List the faults that wait."""
        return JSONResponse([fault.model_dump() for fault in self._waiting])

    async def add_faults(self, request: Request) -> JSONResponse:
        """Add one fault or a list of them."""
        asked = await _asked(request, TypeAdapter(Fault | list[Fault]))
        self._waiting.extend(asked if isinstance(asked, list) else [asked])
        return await self.show_faults(request)

    async def clear_faults(self, request: Request) -> JSONResponse:
        """Forget every fault."""
        self._waiting.clear()
        return JSONResponse([])

    async def show_webhooks(self, request: Request) -> JSONResponse:
        """List the webhooks, oldest first, with their tries and their fate."""
        rows = self._desk.store.rows(
            "SELECT event_id, request_id, status, at, tries, state, answer FROM hook ORDER BY id"
        )
        return JSONResponse(rows)

    async def show_counts(self, request: Request) -> JSONResponse:
        """Count tokens, prices, trips and webhooks made since the file was new."""
        sql = "SELECT (SELECT count(*) FROM token) AS tokens, (SELECT count(*) FROM fare) AS fares,"
        sql += " (SELECT count(*) FROM trip) AS trips, (SELECT count(*) FROM hook) AS webhooks"
        return JSONResponse(self._desk.store.row(sql))

    async def show_trips(self, request: Request) -> JSONResponse:
        """List every trip, oldest first."""
        self._desk.settle()
        trips = self._desk.store.rows("SELECT * FROM trip ORDER BY number")
        return JSONResponse([self._desk.shown(trip) for trip in trips])

    async def force(self, request: Request) -> Response:
        """Make an event happen to a trip now."""
        self._desk.settle()
        trip = self._desk.force(request.path_params["request_id"], request.path_params["event"])
        self._wake()
        return _back(request) or JSONResponse(self._desk.shown(trip))

    async def page(self, request: Request) -> HTMLResponse:
        """Draw the control room."""
        self._desk.settle()
        trips = self._desk.store.rows("SELECT * FROM trip ORDER BY number DESC LIMIT 100")
        return HTMLResponse(draw(self._desk, trips))


async def _asked(request: Request, adapter: TypeAdapter[Any]) -> Any:
    """Read JSON, or a form from the page's buttons."""
    try:
        if _is_form(request):
            return adapter.validate_python(dict(await request.form()))
        return adapter.validate_json(await request.body())
    except ValidationError as wrong:
        raise Problem(400, "invalid_request", why=str(wrong)) from None


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def _back(request: Request) -> Response | None:
    """Send a pressed button back to the page; None for a program."""
    return RedirectResponse("/_stub", status_code=303) if _is_form(request) else None
