"""Whether this process is well: the database answers, the workers have looked lately, there is room to write.

The rule: /health tells a load balancer and a human the same, names no person, and is 503 as soon as one of
these is not so. A worker that has not looked for `STALE` is not well; a process of pages alone has none.
Which flows are in use, whether newer ones were refused, and whether other processes' bell is heard is told,
and stops nothing.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import disk_usage
from typing import Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from storage.database import Database

STALE: Final = timedelta(minutes=3)
ANSWERS_WITHIN: Final = 5.0  # seconds
LEAST_ROOM: Final = 1024 * 1024  # bytes: with less, SQLite cannot keep what comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a process stands: seconds since each worker looked, the flows in use, faults of newer ones.

    `hears` is None where there is no bell to hear; `file` is SQLite's.
    """

    part: str
    workers: Mapping[str, float]
    flows: str
    refused: int
    hears: bool | None
    file: Path | None


def routes(database: Database, standing: Callable[[], Standing]) -> list[Route]:
    """List /health; `standing` is asked each time."""

    async def health(request: Request) -> JSONResponse:
        answers = await _answers(database)
        stands = standing()
        ticks = {name: round(seconds, 1) for name, seconds in stands.workers.items()}
        late = sorted(name for name, seconds in ticks.items() if seconds > STALE.total_seconds())
        room = stands.file is None or await asyncio.to_thread(_has_room, stands.file)
        well = answers and room and not late and (bool(ticks) or stands.part == "web")
        body = {
            "well": well,
            "part": stands.part,
            "database": answers,
            "room": room,
            "workers": ticks,
            "late": late,
            "hears": stands.hears,
            "flows": stands.flows,
            "flows_refused": stands.refused,
        }
        return JSONResponse(body, 200 if well else 503, {"Cache-Control": "no-store"})

    return [Route("/health", health, methods=["GET"])]


def _has_room(file: Path) -> bool:
    try:
        return disk_usage(file.parent).free >= LEAST_ROOM
    except OSError:
        return False


async def _answers(database: Database) -> bool:
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            return bool(await database.read(lambda connection: connection.scalar(sa.select(sa.literal(1)))))
    except Exception:  # whatever is wrong with it, it does not answer
        return False


def since(ticked: Mapping[str, datetime], now: datetime) -> dict[str, float]:
    """Say how many seconds ago each worker looked last."""
    return {name: (now - at).total_seconds() for name, at in ticked.items()}
