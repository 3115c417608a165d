"""Whether this process is well: the database answers, and the workers have looked lately.

The rule: /health tells a load balancer and a human the same, names no person, and is 503 as soon as one of
the two is not so. A worker that has not looked for `STALE` is not well.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from storage.database import Database

STALE: Final = timedelta(minutes=3)


def routes(
    database: Database, seconds_ago: Callable[[], Mapping[str, float]], flows_hash: str
) -> list[Route]:
    """List /health; `seconds_ago` says for each worker how long ago it looked last."""

    async def health(request: Request) -> JSONResponse:
        answers = await _answers(database)
        ticks = {name: round(seconds, 1) for name, seconds in seconds_ago().items()}
        late = sorted(name for name, seconds in ticks.items() if seconds > STALE.total_seconds())
        well = answers and not late and bool(ticks)
        body = {"well": well, "database": answers, "workers": ticks, "late": late, "flows": flows_hash}
        return JSONResponse(body, 200 if well else 503, {"Cache-Control": "no-store"})

    return [Route("/health", health, methods=["GET"])]


async def _answers(database: Database) -> bool:
    try:
        return bool(await database.read(lambda connection: connection.scalar(sa.select(sa.literal(1)))))
    except Exception:  # whatever is wrong with it, it does not answer
        return False


def since(ticked: Mapping[str, datetime], now: datetime) -> dict[str, float]:
    """Say how many seconds ago each worker looked last."""
    return {name: (now - at).total_seconds() for name, at in ticked.items()}
