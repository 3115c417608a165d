"""Where ride companies call, each by its own path: a webhook is a hint to go and look, kept once.

    POST /rides/webhook/{provider}      POST /rides/webhook (the preferred company that calls at all)

The rule: the signature is checked on the raw bytes before anything is read. 200 means the hint is kept;
what it says of the ride is never believed, the worker asks the company itself.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.clock import Clock
from bot.rides.base import BadSignature, RideHint, RideProvider
from bot.rides.fleet import Fleet
from storage import rides
from storage.database import Database

log = logging.getLogger(__name__)

LARGEST: Final = 64 * 1024


def routes(database: Database, fleet: Fleet, clock: Clock, wake: Callable[[], None]) -> list[Route]:
    """List a path for each company that calls us; `wake` has the rides' worker look at once."""
    calling = [one for one in fleet.providers if one.caps.webhooks]
    doors = [(f"/rides/webhook/{one.name}", one) for one in calling]
    doors += [("/rides/webhook", one) for one in calling[:1]]
    return [Route(path, _hears(database, one, clock, wake), methods=["POST"]) for path, one in doors]


def _hears(
    database: Database, provider: RideProvider, clock: Clock, wake: Callable[[], None]
) -> Callable[[Request], Awaitable[Response]]:
    async def hint(request: Request) -> Response:
        raw = await _body(request)
        if raw is None:
            return Response(status_code=413)
        match provider.event(request.headers, raw):
            case BadSignature():
                return Response(status_code=403)
            case RideHint() as told:
                try:
                    new = await database.run(partial(_keep, provider.name, told, raw, clock.now()))
                except Exception:  # whatever it was, they must hear that nothing was kept
                    log.exception("not kept", extra={"channel": provider.name})
                    return Response(status_code=503)
                if new:
                    wake()
            case None:
                pass
        return Response(status_code=200)

    return hint


async def _body(request: Request) -> bytes | None:
    """Read the body; None where it is larger than any webhook is."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST:
            return None
    return raw


def _keep(name: str, hint: RideHint, raw: bytes, now: datetime, connection: sa.Connection) -> bool:
    """Keep the hint and have its ride looked at; False where it was here before or is about none of ours."""
    ride = rides.ride_by_provider(connection, name, hint.provider_id)
    if ride is None and hint.ref:
        ride = rides.ride_by_ref(connection, hint.ref)
    text = raw.decode("utf-8", "replace").replace("\0", "")
    id_ = ride.id if ride is not None else None
    new = rides.keep_ride_event(
        connection, provider=name, event_id=hint.event_id, raw=text, now=now, ride_id=id_
    )
    if not new or id_ is None:
        return False
    rides.wake_ride(connection, id_, now)
    return True
