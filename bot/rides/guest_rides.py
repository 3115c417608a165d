"""Speak the guest-rides HTTP dialect: book cars for riders who have no account with the company.

OAuth2 client credentials, prices that expire, trips, signed webhooks. The rules kept here: an order is
sent once; a timeout, a broken answer or a 5xx is `Unknown`, because the car may be coming; only what
surely never left us (no connection, no token) or was turned away unread (429) is `TryLater`.
Base URL and credentials are arguments, so any server of this dialect will do.
"""

import asyncio
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import quote as url_quote

import httpx
from pydantic import BaseModel, ValidationError

from bot.rides.base import (
    AlreadyOver,
    BadAddress,
    BadSignature,
    BookAnswer,
    Booked,
    CancelAnswer,
    Canceled,
    Caps,
    EventAnswer,
    FeeRequired,
    FindAnswer,
    GetAnswer,
    ListAnswer,
    Listed,
    NoCars,
    NotFound,
    QuoteAnswer,
    Quoted,
    QuoteGone,
    Refused,
    SendAnswer,
    Snapshot,
    Trip,
    TryLater,
    Unknown,
    Why,
)
from bot.rides.caps import GUEST_CAPS
from bot.rides.guest_wire import (
    EstimatesWire,
    HintWire,
    PageWire,
    ProblemWire,
    ReceiptWire,
    TokenWire,
    TripWire,
    price_body,
    trip_body,
)

TRIPS = "/v1/guests/trips"
SIGNATURE = "x-rides-signature"
SOON = timedelta(seconds=30)  # when nobody could be reached
NO_HINT = timedelta(minutes=1)  # when 429 does not say how long
LONGEST = timedelta(hours=1)
MOST_PAGES = 200

Wire = TypeVar("Wire", bound=BaseModel)
Read = TypeVar("Read")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Good:
    """A 2xx answer."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class _No:
    """A plain 4xx."""

    http: int
    problem: ProblemWire


_Reply = _Good | _No | Refused | TryLater | Unknown


class GuestRides:
    """A held connection to one company of this dialect, with one account's credentials."""

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        webhook_secrets: tuple[str, ...],
        *,
        caps: Caps = GUEST_CAPS,
        timeout_s: float = 10.0,
        name: str = "guest_rides",
    ) -> None:
        """Open nothing yet. Several webhook secrets may be valid while one is being replaced."""
        self._credentials = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": "guests.trips",
        }
        self._webhook_secrets = tuple(secret.encode() for secret in webhook_secrets if secret)
        self._caps, self._name = caps, name
        self._client = httpx.AsyncClient(base_url=base_url.rstrip("/"), timeout=timeout_s, trust_env=False)
        self._token = ""
        self._token_lock = asyncio.Lock()

    @property
    def name(self) -> str:
        """Name the provider as stored with each ride."""
        return self._name

    @property
    def caps(self) -> Caps:
        """Tell what this account can do."""
        return self._caps

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    # --- the protocol ----------------------------------------------------------------------------

    async def quote(self, trip: Trip) -> QuoteAnswer:
        """Ask for a price; the cheapest product that has a car."""
        reply = await self._ask("POST", f"{TRIPS}/estimates", json=price_body(trip))
        match reply:
            case _Good(raw):
                return _read(raw, EstimatesWire, lambda wire: wire.quoted(trip))
            case _No(_, problem):
                no = problem.no()
                return Unknown("a price gone before it was given") if isinstance(no, QuoteGone) else no
            case other:
                return other

    async def book(self, ref: str, quote: Quoted, *, fee_token: str = "") -> BookAnswer:
        """Order the quoted trip, once. After `Unknown` look by `find(ref)` before any retry."""
        reply = await self._ask("POST", TRIPS, json=trip_body(ref, quote, fee_token))
        match reply:
            case _Good(raw):
                return _read(raw, TripWire, lambda wire: Booked(wire.snapshot()))
            case _No(_, problem) if problem.code == "fee_required":
                return FeeRequired(problem.fee_token, problem.fee_cents)
            case _No(_, problem):
                return problem.no()
            case other:
                return other

    async def get(self, provider_id: str) -> GetAnswer:
        """Look at one ride."""
        reply = await self._ask("GET", _path(provider_id))
        match reply:
            case _Good(raw):
                seen = _read(raw, TripWire, TripWire.snapshot)
                return await self._with_receipt(seen) if isinstance(seen, Snapshot) else seen
            case _No(404, problem) if problem.code == "not_found":
                return NotFound()
            case _No(_, problem):
                return _refused(problem)
            case other:
                return other

    async def find(self, ref: str) -> FindAnswer:
        """Look for every ride under our ref, also on a server that does not know the filter."""
        match await self._list({"external_ref": ref}):
            case Listed(snapshots):
                ours = tuple(ride for ride in snapshots if ride.ref == ref)
                return Listed(ours) if ours else NotFound()
            case other:
                return other

    async def active(self) -> ListAnswer:
        """List every live ride, page by page; one bad page spoils the whole answer."""
        match await self._list({"active": "true"}):
            case Listed(snapshots):
                return Listed(tuple(ride for ride in snapshots if ride.live))
            case other:
                return other

    async def cancel(self, provider_id: str, *, fee_ok: bool) -> CancelAnswer:
        """Call the ride off; a fee is agreed to only with `fee_ok`, at the price just told."""
        answer = await self._cancel(provider_id, {})
        if fee_ok and isinstance(answer, FeeRequired):
            return await self._cancel(provider_id, {"fee_token": answer.token})
        return answer

    async def send_car(self, provider_id: str) -> SendAnswer:
        """Call the car of a flexible ride now; called twice, the first call counts."""
        reply = await self._ask("POST", f"{_path(provider_id)}/send_car")
        match reply:
            case _Good(raw):
                return _read(raw, TripWire, lambda wire: Booked(wire.snapshot()))
            case _No(404, problem) if problem.code == "not_found":
                return NotFound()
            case _No(_, problem) if problem.code == "trip_over":
                return await self._how_it_ended(provider_id)
            case _No(_, problem) if problem.code == "no_cars_available":
                return NoCars()
            case _No(_, problem):
                return _refused(problem)
            case other:
                return other

    def event(self, headers: Mapping[str, str], raw: bytes) -> EventAnswer:
        """Read a webhook: HMAC-SHA256 of the raw body in hex, checked before anything is parsed."""
        given = next((value for key, value in headers.items() if key.lower() == SIGNATURE), "")
        wanted = [hmac.new(secret, raw, sha256).hexdigest() for secret in self._webhook_secrets]
        if not any(hmac.compare_digest(given.encode(), one.encode()) for one in wanted):
            return BadSignature()
        try:
            wire = HintWire.model_validate_json(raw)
            return wire.hint() if wire.event_type.startswith("guests.trips.") else None
        except (ValidationError, OverflowError):
            log.warning("a signed ride webhook of %d bytes is not in the dialect; set aside", len(raw))
            return None

    # --- below the protocol ----------------------------------------------------------------------

    async def _with_receipt(self, seen: Snapshot) -> Snapshot:
        """Add what a ride that is over cost; without a receipt yet it stays unknown, for the next look."""
        if seen.live or seen.final_cents is not None:
            return seen
        reply = await self._ask("GET", f"{_path(seen.provider_id)}/receipt")
        match reply:
            case _Good(raw):
                total = _read(raw, ReceiptWire, lambda wire: wire.total.cents())
                return replace(seen, final_cents=total) if isinstance(total, int) else seen
            case _:
                return seen

    async def _cancel(self, provider_id: str, params: dict[str, str]) -> CancelAnswer:
        reply = await self._ask("DELETE", _path(provider_id), params=params)
        match reply:
            case _Good(raw):
                return _read(raw, TripWire, lambda wire: _canceled(wire.snapshot()))
            case _No(404, problem) if problem.code == "not_found":
                return NotFound()
            case _No(_, problem) if problem.code == "trip_over":
                return await self._how_it_ended(provider_id)
            case _No(_, problem) if problem.code == "fee_required":
                return FeeRequired(problem.fee_token, problem.fee_cents)
            case _No(_, problem):
                return _refused(problem)
            case other:
                return other

    async def _how_it_ended(self, provider_id: str) -> AlreadyOver | NotFound | Refused | TryLater | Unknown:
        match await self.get(provider_id):
            case Snapshot(live=False) as ended:
                return AlreadyOver(ended)
            case Snapshot():
                return Unknown("said to be over, and live")
            case other:
                return other

    async def _list(self, params: dict[str, str]) -> ListAnswer:
        rides: list[Snapshot] = []
        for _ in range(MOST_PAGES):
            match await self._page(params):
                case (snapshots, next_token):
                    rides.extend(snapshots)
                    if next_token is None:
                        return Listed(tuple(rides))
                    params = {**params, "page_token": next_token}
                case other:
                    return other
        return Unknown("a list that does not end")

    async def _page(
        self, params: dict[str, str]
    ) -> tuple[list[Snapshot], str | None] | Refused | TryLater | Unknown:
        reply = await self._ask("GET", TRIPS, params=params)
        match reply:
            case _Good(raw):
                return _read(
                    raw, PageWire, lambda wire: ([t.snapshot() for t in wire.trips], wire.next_page_token)
                )
            case _No(_, problem):
                return _refused(problem)
            case other:
                return other

    async def _ask(self, method: str, path: str, **request: Any) -> _Reply:
        """Send one request with a token; a token turned away is renewed, and the request sent again, once.

        A 401 is the server's word that nothing was done, so sending again is safe.
        """
        turned_away = ""
        for _ in range(2):
            token = await self._access(turned_away)
            if not isinstance(token, str):
                return token
            reply = await self._send(method, path, headers={"Authorization": f"Bearer {token}"}, **request)
            if not (isinstance(reply, _No) and reply.http == 401):
                return reply
            turned_away = token
        return Refused(Why.ACCOUNT, "token turned away twice")

    async def _access(self, turned_away: str) -> str | Refused | TryLater:
        """Give the token, fetching one when there is none or when it is the one turned away.

        Many may ask at once: one fetches, the others wait and take what it got.
        """
        async with self._token_lock:
            if self._token and self._token != turned_away:
                return self._token
            reply = await self._send("POST", "/oauth/v2/token", data=self._credentials)
            match reply:
                case _Good(raw):
                    got = _read(raw, TokenWire, lambda wire: wire.access_token)
                    if isinstance(got, Unknown):
                        return TryLater(SOON)
                    self._token = got
                    return got
                case _No(_, problem):
                    return Refused(Why.ACCOUNT, problem.code)
                case Unknown():
                    return TryLater(SOON)  # a lost token is no lost ride: nothing was ordered yet
                case other:
                    return other

    async def _send(self, method: str, path: str, **request: Any) -> _Reply:
        try:
            response = await self._client.request(method, path, **request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return TryLater(SOON)
        except httpx.HTTPError as trouble:
            return Unknown(type(trouble).__name__)
        if response.status_code == 429:
            return TryLater(_retry_after(response))
        if response.is_success:
            return _Good(response.content)
        if response.is_client_error and response.status_code != 408:
            return _No(response.status_code, _problem(response))
        return Unknown(f"HTTP {response.status_code}")


def _path(provider_id: str) -> str:
    return f"{TRIPS}/{url_quote(provider_id, safe='')}"


def _refused(problem: ProblemWire) -> Refused:
    """Read a no where prices and cars cannot be the reason."""
    match problem.no():
        case Refused() as refused:
            return refused
        case QuoteGone() | NoCars() | BadAddress():
            return Refused(Why.OTHER, problem.code)


def _canceled(ride: Snapshot) -> Canceled | Unknown:
    """Believe a cancellation only when the ride it shows is over."""
    return Unknown("said to be cancelled, and live") if ride.live else Canceled(ride)


def _read(raw: bytes, model: type[Wire], take: Callable[[Wire], Read]) -> Read | Unknown:
    """Check a 2xx body whole and take what is wanted; a body that does not fit may hide anything."""
    try:
        return take(model.model_validate_json(raw))
    except (ValueError, OverflowError):  # pydantic's ValidationError is a ValueError
        return Unknown("answer not in the dialect")


def _problem(response: httpx.Response) -> ProblemWire:
    """Read a plain no; one without a word we can read is still a no, named by its number."""
    unnamed = ProblemWire(code=f"http_{response.status_code}")
    try:
        problem = ProblemWire.model_validate_json(response.content)
    except ValidationError:
        return unnamed
    return problem if problem.code else unnamed


def _retry_after(response: httpx.Response) -> timedelta:
    """Read Retry-After, in seconds or as a date against the server's own Date; between 1 s and 1 h."""
    text = response.headers.get("retry-after", "").strip()
    try:
        wait = (
            timedelta(seconds=int(text))
            if text.isascii() and text.isdigit() and len(text) < 7
            else parsedate_to_datetime(text) - parsedate_to_datetime(response.headers.get("date", ""))
        )
    except (ValueError, TypeError):
        return NO_HINT
    return min(max(wait, timedelta(seconds=1)), LONGEST)
