"""Fetch a feed or a page of jobs over the web, into a file.

The rule: only from the hosts the settings allow, at every step of a redirection, and by https (http only on
this machine). What comes is counted as it is unpacked and cut off at a limit, so that nothing a stranger
sends fills the disk or holds us for long.
"""

import asyncio
from collections.abc import Sequence
from tempfile import TemporaryFile
from typing import BinaryIO, Final

import httpx

from bot.channels.wire import tls
from bot.jobs.raw import BadSource

PATIENCE: Final = 600.0  # seconds for the whole of it
REDIRECTS: Final = 3
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})


async def fetch(url: str, *, hosts: Sequence[str], most_bytes: int) -> BinaryIO:
    """Return a temporary file with what is at `url`, from its beginning; raises BadSource."""
    try:
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, verify=tls()) as client,
        ):
            for _ in range(REDIRECTS + 1):
                file, url = await _get(client, _allowed(url, hosts), most_bytes)
                if file is not None:
                    return file
    except TimeoutError:
        raise BadSource(f"did not come within {PATIENCE / 60:.0f} minutes") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BadSource(f"cannot be fetched: {type(error).__name__}") from None
    raise BadSource(f"sends us on more than {REDIRECTS} times")


def _allowed(text: str, hosts: Sequence[str]) -> httpx.URL:
    url = httpx.URL(text)
    if url.host not in hosts:
        raise BadSource(f"is at {url.host or 'no host'}, which JOBS_HOSTS does not name")
    if url.scheme != "https" and not (url.scheme == "http" and url.host in _HERE):
        raise BadSource("must be fetched by https")
    return url


async def _get(client: httpx.AsyncClient, url: httpx.URL, most_bytes: int) -> tuple[BinaryIO | None, str]:
    """Return the file, or where it sends us."""
    async with client.stream("GET", url, headers={"User-Agent": "Onward jobs"}) as answer:
        if answer.has_redirect_location:
            return None, str(url.join(answer.headers["location"]))
        if answer.status_code != 200:
            raise BadSource(f"answers {answer.status_code}")
        file: BinaryIO = TemporaryFile()  # noqa: SIM115  handed to the caller
        try:
            await _copy(answer, file, most_bytes)
        except BaseException:
            file.close()
            raise
    file.seek(0)
    return file, str(url)


async def _copy(answer: httpx.Response, file: BinaryIO, most_bytes: int) -> None:
    size = 0
    async for chunk in answer.aiter_bytes(65_536):
        size += len(chunk)
        if size > most_bytes:
            raise BadSource(f"is larger than {most_bytes // 1_000_000} MB: JOBS_MOST_MB is the limit")
        file.write(chunk)
