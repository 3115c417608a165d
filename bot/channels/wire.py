"""Manners every webhook and every call to a provider shares.

The rules kept here: 200 means kept, so a sink that raises is answered 503; and a call that never left this
machine is told apart from one whose answer was lost, because only the first may be made again.
"""

import logging
import ssl
from collections.abc import Awaitable
from functools import cache
from hmac import compare_digest

import httpx
from starlette.responses import Response

log = logging.getLogger(__name__)

NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Failures before the first byte of a request went out: the provider surely did nothing."""

NOT_KEPT = 503


@cache
def tls() -> ssl.SSLContext:
    """Return the one TLS context every client shares: reading the world's certificates takes long."""
    return httpx.create_ssl_context(trust_env=False)


async def kept(keeping: Awaitable[None], channel: str) -> bool:
    """Wait for the sink; False if it raised, which is logged here and must never be answered by 200."""
    try:
        await keeping
    except Exception:  # whatever it was, the provider must hear that nothing was kept
        log.exception("not kept", extra={"channel": channel})
        return False
    return True


def empty(status: int = 200) -> Response:
    """Answer with a status and nothing to read."""
    return Response(status_code=status)


def same_secret(given: str, ours: str) -> bool:
    """Compare secrets in a time that tells nothing; an empty secret of ours fits nothing."""
    return bool(ours) and compare_digest(given.encode(), ours.encode())
