"""Signed posts of Twilio's to a running process: how soon each is answered, and what a burst does.

The rule: 200 means kept, so the answer is timed until it is there; every post is a text of its own from one
of many people. The process is `onward serve` on SQLite, all in one, on the same cores as the one who posts.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from tests.bench.figures import Figure, Limit, percentile
from tests.bench.footprint import serving
from tests.bench.ground import folder
from tests.wire.twilio import ACCOUNT, OUR_NUMBER, TOKEN, new_sid, sign, sms_form

PUBLIC = "https://onward.example.org"
PATH = "/twilio/sms"
CONNECTIONS = 64
NOBODY = "http://127.0.0.1:9"  # the discard port: what would be sent waits, and nothing leaves
_people = count(1)


def requests(many: int, people: int) -> list[bytes]:
    """Write so many posts beforehand, from so many people."""
    made = []
    for number in range(many):
        form = sms_form(f"+1{5_560_000_000 + number % people}", "JOBS", sid=new_sid())
        body = urlencode(form).encode()
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: onward.example.org\r\nContent-Length: {len(body)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n"
            f"X-Twilio-Signature: {sign(PUBLIC + PATH, form)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


async def post(port: int, posts: Sequence[bytes], rate: float) -> tuple[list[float], int]:
    """Post at an even pace whatever the answers do; give the seconds each 200 took since it was due, and the
    number of other answers."""
    due: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    took: list[float] = []
    refused = 0

    async def connection() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (item := await due.get()) is not None:
            at, request = item
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            await reader.readexactly(int(length.split(b":")[1]))
            if head.startswith(b"HTTP/1.1 200"):
                took.append(perf_counter() - at)
            else:
                refused += 1
        writer.close()

    workers = [asyncio.create_task(connection()) for _ in range(CONNECTIONS)]
    began = perf_counter()
    for number, request in enumerate(posts):
        at = began + number / rate
        if (wait := at - perf_counter()) > 0:
            await asyncio.sleep(wait)
        due.put_nowait((at, request))
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    return took, refused


def kept(file: Path) -> int:
    """Count the texts in the database."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        found: int = connection.execute("SELECT count(*) FROM message WHERE direction = 'in'").fetchone()[0]
        return found


def run(seconds: int, burst_seconds: int) -> list[Figure]:
    """Post 100 a second, then 1,000 a second, for so long."""
    steady = requests(100 * seconds, 50 * seconds)
    burst = requests(1000 * burst_seconds, 500 * burst_seconds)
    settings = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKENS": TOKEN,
        "TWILIO_FROM": OUR_NUMBER,
        "TWILIO_API_BASE": NOBODY,
        "PUBLIC_URL": PUBLIC,
    }
    with folder() as place, serving(place, **settings) as (_process, url, _took):
        port = int(url.rpartition(":")[2])
        asyncio.run(post(port, requests(200, 100), 100))  # warm
        took, refused = asyncio.run(post(port, steady, 100))
        began = perf_counter()
        in_burst, refused_too = asyncio.run(post(port, burst, 1000))
        drained = perf_counter() - began
        lost = 200 + len(took) + len(in_burst) - kept(place / "onward.db")
    answered = f"{refused + refused_too} not answered 200"
    return [
        Figure(
            f"signed posts, 100/s for {seconds} s: answered within, p99", percentile(took, 0.99) * 1000, "ms",
            {"p50": percentile(took, 0.5) * 1000}, [Limit("≤", 50)], answered,
        ),
        Figure(
            f"burst of 1,000/s for {burst_seconds} s: slowest answer", max(in_burst), "s",
            {"posts": len(in_burst), "all answered after, s": drained}, [Limit("≤", 10)],
        ),
        Figure("answered 200 and not kept", lost, "texts", {}, [Limit("≤", 0)]),
    ]  # fmt: skip
