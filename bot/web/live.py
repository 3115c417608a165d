"""Tell a page that something changed: server-sent events that carry a mark and never a word of anybody's.

The rule: the page that hears a new mark asks for its content by the same door as at first, so nothing comes
by here that its reader might not see. A stream ends by itself, sooner than a shutdown may take; the browser
comes back with the last mark it has, and misses nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import StreamingResponse

from storage.database import Closed, Database

LASTS: Final = 3.0  # seconds; what is served gets 4 to end when we stop
COMES_BACK: Final = 250  # milliseconds until the browser connects again


def live(
    request: Request, database: Database, look: Callable[[sa.Connection], str], *, every: float
) -> StreamingResponse:
    """Stream a mark whenever `look` gives another than the page has (`seen`, or the last it was sent)."""
    seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
    return StreamingResponse(
        _marks(database, look, seen, every),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _marks(
    database: Database, look: Callable[[sa.Connection], str], seen: str, every: float
) -> AsyncIterator[str]:
    yield f"retry: {COMES_BACK}\n\n"
    loop = asyncio.get_running_loop()
    until = loop.time() + LASTS
    while True:
        try:
            mark = await database.read(look)
        except Closed:
            return
        if mark != seen:
            seen = mark
            yield f"id: {mark}\ndata: {mark}\n\n"
        if loop.time() >= until:
            return
        await asyncio.sleep(every)
