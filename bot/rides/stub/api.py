"""The company's public API: OAuth2 client credentials, estimates, trips, receipts.

Bodies are checked at the edge; every plain no is JSON with a code word, as real companies answer.
"""

from datetime import timedelta
from typing import Any

from bot.rides.stub.asked import (
    PAGE,
    AskedCancel,
    AskedChange,
    AskedPage,
    AskedPrice,
    AskedToken,
    AskedTrip,
)
from bot.rides.stub.calls import FORM, Call, Heard
from bot.rides.stub.desk import Desk
from bot.rides.stub.market import Problem, market
from bot.rides.stub.openapi import TOKEN_PATH
from bot.rides.stub.store import new_id, to_ms
from bot.rides.stub.told import Estimates, Receipt, Token, Trip, TripPage

HOUR_MS = timedelta(hours=1) // timedelta(milliseconds=1)


class Api:
    """The API's calls over one desk, for one customer's credentials."""

    def __init__(self, desk: Desk, client_id: str, client_secret: str) -> None:
        self._desk, self._client_id, self._client_secret = desk, client_id, client_secret

    def calls(self) -> list[Call]:
        """List the calls."""
        trips = "/v1/guests/trips"
        one = trips + "/{request_id}"
        return [
            Call("POST", TOKEN_PATH, self.token, Token, takes=AskedToken, door="open", body_type=FORM),
            Call("POST", f"{trips}/estimates", self.estimate, Estimates, takes=AskedPrice),
            Call("POST", trips, self.create, Trip, takes=AskedTrip, status=201),
            Call("GET", trips, self.list, TripPage, asks=AskedPage),
            Call("GET", one, self.get, Trip),
            Call("PATCH", one, self.change, Trip, takes=AskedChange),
            Call("DELETE", one, self.cancel, Trip, asks=AskedCancel),
            Call("POST", f"{one}/send_car", self.send_car, Trip),
            Call("GET", f"{one}/receipt", self.receipt, Receipt),
        ]

    def token(self, heard: Heard) -> dict[str, Any]:
        """Hand out a token that lives an hour of the company's time."""
        asked: AskedToken = heard.body
        if (asked.client_id, asked.client_secret) != (self._client_id, self._client_secret):
            raise Problem(401, "invalid_client")
        if asked.grant_type != "client_credentials":
            raise Problem(400, "unsupported_grant_type")
        token, lives = new_id("tok"), self._desk.company.token_lives
        self._desk.store.insert("token", token=token, ends=to_ms(self._desk.now() + lives))
        return {"access_token": token, "expires_in": int(lives.total_seconds())}

    def estimate(self, heard: Heard) -> dict[str, Any]:
        """Price a trip in every kind of car."""
        return self._desk.price(heard.body.model_dump(mode="json"))

    def create(self, heard: Heard) -> dict[str, Any]:
        """Take a trip at a fare still alive."""
        return self._desk.shown(self._desk.create(heard.body.model_dump(mode="json")))

    def list(self, heard: Heard) -> dict[str, Any]:
        """List trips, oldest first, a page at a time."""
        query: AskedPage = heard.query
        limit, active = min(query.limit, PAGE), query.active == "true"
        found = self._desk.page(query.external_ref, active, query.page_token, limit + 1)
        more = str(found[limit - 1]["number"]) if len(found) > limit else None
        return {"trips": [self._desk.shown(trip) for trip in found[:limit]], "next_page_token": more}

    def get(self, heard: Heard) -> dict[str, Any]:
        """Show one trip."""
        return self._desk.shown(self._desk.trip(heard.names["request_id"]))

    def change(self, heard: Heard) -> dict[str, Any]:
        """Change the goal or the note of a car at once; what is scheduled cannot be changed."""
        asked: AskedChange = heard.body
        goal = asked.dropoff.model_dump() if asked.dropoff else None
        return self._desk.shown(self._desk.change(heard.names["request_id"], goal, asked.note_for_driver))

    def cancel(self, heard: Heard) -> dict[str, Any]:
        """Call a trip off; a fee needs its token."""
        return self._desk.shown(self._desk.cancel(heard.names["request_id"], heard.query.fee_token))

    def send_car(self, heard: Heard) -> dict[str, Any]:
        """Call the car of a flexible trip."""
        return self._desk.shown(self._desk.send_car(heard.names["request_id"]))

    def receipt(self, heard: Heard) -> dict[str, Any]:
        """Tell what a trip that is over cost, line by line."""
        return self._desk.receipt(heard.names["request_id"])


def let_in(desk: Desk, authorization: str) -> None:
    """Let in who carries a living token and has not asked too often; Problem for anybody else."""
    kind, _, token = authorization.partition(" ")
    row, now = desk.store.row("SELECT ends FROM token WHERE token = ?", token), to_ms(desk.now())
    if kind != "Bearer" or row is None or row["ends"] < now:
        raise Problem(401, "unauthorized")
    if most := market(desk.store).per_hour:
        _count(desk, now, most)


def _count(desk: Desk, now: int, most: int) -> None:
    """Count a request of the last hour; one too many is told when there is room again."""
    desk.store.write("DELETE FROM asked WHERE at <= ?", now - HOUR_MS)
    last = desk.store.row("SELECT at FROM asked ORDER BY at DESC LIMIT 1 OFFSET ?", most - 1)
    if last is not None:
        wait_ms = last["at"] + HOUR_MS - now
        raise Problem(429, "too_many_requests", retry_after=max(1, -(-wait_ms // 1000)))
    desk.store.insert("asked", at=now)
