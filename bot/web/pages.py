"""What every page shares: templates that escape, headers that forbid, and knowing our own forms from others'.

The rule: a page loads nothing but our own files (no inline script or style), is never framed, and is kept
by no cache. What people wrote is a value in a template, never a template.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HERE: Final = Path(__file__).parent
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

_templates: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Fill a template; every value is escaped."""
    return HTMLResponse(_templates.get_template(template).render(**values), status)


def see_other(url: str) -> Response:
    """Answer a form by sending the browser to a page of ours."""
    return RedirectResponse(url, 303)


class Guarded:
    """Set our headers on every answer of the app inside, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, _adding(send, _RAW))


class Kept:
    """Let browsers keep our style and scripts, but ask each time whether they changed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, _adding(send, _RAW_KEPT))


def _adding(send: Send, headers: Sequence[tuple[bytes, bytes]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *headers]
        await send(message)

    return sending


def _raw(headers: Mapping[str, str]) -> Sequence[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


_RAW: Final = _raw(HEADERS)
_RAW_KEPT: Final = _raw({"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"})


# --- whose request it is --------------------------------------------------------------------------


def from_our_page(request: Request) -> bool:
    """Say whether a form was sent by a page of ours: by Sec-Fetch-Site, else by Origin; neither is a no."""
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched == "same-origin"
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host", "")


def from_this_machine(request: Request) -> bool:
    """Say whether a request came from this machine, by our own name for it, and through no proxy."""
    peer = request.client.host if request.client else ""
    forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
    return peer in LOOPBACK and request.url.hostname in LOOPBACK and not forwarded


# --- moments in words -----------------------------------------------------------------------------


def day(at: datetime, zone: ZoneInfo) -> str:
    """Write a day on the wall of a zone: Tue, Feb 23."""
    local = at.astimezone(zone)
    return f"{local:%a, %b} {local.day}"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """Write a time of day on the wall of a zone: 5:48 pm."""
    local = at.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Write both: Tue, Feb 23, 5:48 pm."""
    return f"{day(at, zone)}, {clock_time(at, zone)}"


def moment_in(at: datetime, zone: str) -> str:
    """Write both on the wall of a zone of this name."""
    return moment(at, ZoneInfo(zone))


def clock_in(at: datetime, zone: str) -> str:
    """Write a time of day on the wall of a zone of this name."""
    return clock_time(at, ZoneInfo(zone))


_FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "day": day,
    "clock_time": clock_time,
    "moment": moment,
    "moment_in": moment_in,
    "clock_in": clock_in,
}
_templates.filters.update(_FILTERS)
