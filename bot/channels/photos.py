"""Fetch a photo somebody sent, once.

The rule kept here: no address is fetched that was not vouched for by the channel, at every redirect anew;
never more than PHOTO_LIMIT bytes are read; and a photo is what its first bytes say, not what it is called.
"""

from collections.abc import Callable
from urllib.parse import urljoin

import httpx

from bot.channels.base import PHOTO_LIMIT, NoPhoto, Photo, PhotoAnswer, TryLater

MAX_HOPS = 3
RETRY_SECONDS = 60.0


async def fetch_image(
    client: httpx.AsyncClient,
    url: str,
    *,
    trusted: Callable[[str], bool],
    auth: Callable[[str], httpx.Auth | None] = lambda url: None,
) -> PhotoAnswer:
    """Fetch an image from an address that is `trusted`, following redirects only to trusted ones.

    `auth` says which credentials an address may see. Failures of the network and 5xx answer TryLater.
    """
    try:
        for _ in range(MAX_HOPS + 1):
            if not trusted(url):
                return NoPhoto("not at an address we trust")
            async with client.stream("GET", url, auth=auth(url), follow_redirects=False) as response:
                if not response.has_redirect_location:
                    return await _read(response)
                url = _further(url, response.headers["location"])
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _failed(error)
    return NoPhoto("too many redirects")


def _further(url: str, location: str) -> str:
    """Return where a redirect leads; "" if it is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _failed(error: Exception) -> PhotoAnswer:
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return NoPhoto("not an address")
    return TryLater(RETRY_SECONDS)


async def _read(response: httpx.Response) -> PhotoAnswer:
    if response.status_code == 429 or response.status_code >= 500:
        return TryLater(RETRY_SECONDS)
    if response.status_code != 200:
        return NoPhoto(f"answered {response.status_code}")
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > PHOTO_LIMIT:
            return NoPhoto("too big")
    kind = image_type(bytes(data[:16]))
    return Photo(bytes(data), kind) if kind else NoPhoto("not an image")


def image_type(head: bytes) -> str | None:
    """Name the type of an image by its first 16 bytes; None if it is none of PHOTO_TYPES."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif"}.get(head[8:12])
    return None
