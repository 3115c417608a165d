"""Who is at the desk: passwords, throttling, the login's cookie, and forms that only its own pages can send.

The rule: a login is a row with a hashed token; the cookie holds the token, and each form a proof made from
it, so neither another site nor another login can send it. Every try is audited; after too many the
door stays shut for a while, for right passwords too.
"""

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Final

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from starlette.requests import Request
from starlette.responses import Response

from bot.channels.base import clean
from bot.web.console.deps import StaffDeps
from bot.web.pages import from_our_page
from storage import audit, desk, staff
from storage.staff import CaseworkerRow

IDLE: Final = timedelta(minutes=30)
LASTS: Final = timedelta(hours=12)
WINDOW: Final = timedelta(minutes=15)
TRIES: Final[Mapping[str, int]] = {"both": 5, "address": 20, "email": 40}
"""Tries within the window, since signing in last worked. One e-mail may be tried more often from everywhere
than from one address, or anybody could lock a caseworker out."""

_hasher: Final = PasswordHasher()
_checking: Final = ThreadPoolExecutor(2, "passwords")
"""Each check takes 64 MB and a core for 70 ms: two at a time, the rest wait outside the event loop."""


class Throttled(Exception):
    """Too many tries: come back later."""


# --- passwords ------------------------------------------------------------------------------------


async def sign_in(deps: StaffDeps, email: str, password: str, address: str) -> str | None:
    """Check a password and return a new login's token; None where it is wrong. Raises Throttled."""
    now = deps.clock.now()
    email = clean(email).strip().casefold()[:254]
    names = {"email": email, "address": address, "both": f"{email} from {address}"}
    await deps.database.run(partial(_knock, names, now))
    who = await deps.database.read(partial(staff.caseworker_by_email, email=email))
    known = who.password_hash if who is not None else None
    fits = await asyncio.get_running_loop().run_in_executor(_checking, _fits, known, password)
    if who is None or not fits:
        return None
    return await deps.database.run(partial(_begin, who, names, now))


async def sign_in_sample(deps: StaffDeps, email: str) -> str | None:
    """Make a login for the demo's caseworker without a password; None where there is no such one."""
    who = await deps.database.read(partial(staff.caseworker_by_email, email=email))
    return None if who is None else await deps.database.run(partial(_begin, who, {}, deps.clock.now()))


def _knock(names: Mapping[str, str], now: datetime, connection: sa.Connection) -> None:
    """Count the try before the password is looked at, so that many at once are counted too."""
    if not desk.try_to_sign_in(connection, names, TRIES, now - WINDOW, now):
        raise Throttled


def _begin(who: CaseworkerRow, names: Mapping[str, str], now: datetime, connection: sa.Connection) -> str:
    desk.signed_in(connection, who, names, now)
    return staff.start_login(connection, who.id, now, LASTS)


def _fits(known: str | None, password: str) -> bool:
    """Check a password; one nobody has takes as long, so that time tells nothing."""
    try:
        return _hasher.verify(known or _nobodys(), password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


# --- the login ------------------------------------------------------------------------------------


def cookie_name(deps: StaffDeps) -> str:
    """Name the cookie: `__Host-` binds it to this host, and needs https."""
    return "__Host-onward" if deps.secure else "onward"


def give(deps: StaffDeps, response: Response, token: str) -> Response:
    """Hand the login to the browser."""
    response.set_cookie(
        cookie_name(deps),
        token,
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=deps.secure,
        httponly=True,
        samesite="lax",
    )
    return response


def take_back(deps: StaffDeps, response: Response) -> Response:
    """Have the browser forget the login."""
    response.delete_cookie(cookie_name(deps), path="/", secure=deps.secure, httponly=True, samesite="lax")
    return response


def token_of(deps: StaffDeps, request: Request) -> str:
    """Read the login's token; nothing where there is none."""
    return request.cookies.get(cookie_name(deps), "")[:100]


async def who_is(deps: StaffDeps, request: Request, *, used: bool = True) -> CaseworkerRow | None:
    """Say who is at the desk; None when nobody is signed in. `used` false: the page looks, nobody does."""
    token = token_of(deps, request)
    if not token:
        return None
    look = partial(staff.who_is, token=token, now=deps.clock.now(), idle=IDLE, used=used)
    return await (deps.database.run(look) if used else deps.database.read(look))


async def sign_out(deps: StaffDeps, request: Request, who: CaseworkerRow) -> None:
    """End the login."""
    now = deps.clock.now()

    def end(connection: sa.Connection) -> None:
        staff.end_login(connection, token_of(deps, request), now)
        audit.append(connection, actor=who.actor, action="signed_out", object=who.actor, now=now)

    await deps.database.run(end)


# --- forms ----------------------------------------------------------------------------------------


def proof(token: str) -> str:
    """Make what every form of a login carries."""
    return hmac.digest(token.encode(), b"onward form", "sha256").hex()


def ours(deps: StaffDeps, request: Request, given: str) -> bool:
    """Say whether a form was sent by a page of ours, made for this very login."""
    wanted = proof(token_of(deps, request))
    return from_our_page(request) and hmac.compare_digest(given.encode(), wanted.encode())
