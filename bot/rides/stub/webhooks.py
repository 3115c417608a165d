"""Tell the customer what happened: signed webhooks, in order for each trip, tried again with back-off.

The rule kept here: what is unsent is a row, so a restart loses no word; what was answered 2xx is never
sent again. Waiting is real time, whatever the company's own clock says, because the receiver is real.
"""

import asyncio
import hmac
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256

import httpx

from bot.rides.stub.desk import Desk
from bot.rides.stub.store import Row, to_ms

SIGNATURE = "X-Rides-Signature"
BACK_OFF_S = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0)  # between seven tries

log = logging.getLogger(__name__)


def sign(secret: str, raw: bytes) -> str:
    """Sign the raw body: HMAC-SHA256, in hex."""
    return hmac.new(secret.encode(), raw, sha256).hexdigest()


class Messenger:
    """Sends the waiting webhooks of one desk to one address."""

    def __init__(
        self,
        desk: Desk,
        url: str,
        secret: str,
        back_off_s: Sequence[float],
        real_now: Callable[[], datetime],
        timeout_s: float = 5.0,
    ) -> None:
        self._desk, self._url, self._secret, self._back_off_s = desk, url, secret, back_off_s
        self._real_now = real_now
        self._client = httpx.AsyncClient(timeout=timeout_s, trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send_due(self) -> int:
        """Send the oldest waiting webhook of every trip whose turn it is; answer how many went out."""
        due = self._desk.store.rows(
            "SELECT * FROM hook WHERE id IN (SELECT min(id) FROM hook WHERE state = 'waiting'"
            " GROUP BY request_id) AND next_try <= ? ORDER BY id LIMIT 20",
            to_ms(self._real_now()),
        )
        await asyncio.gather(*(self._send(hook) for hook in due))
        return len(due)

    async def _send(self, hook: Row) -> None:
        raw = hook["body"].encode()
        headers = {"Content-Type": "application/json", SIGNATURE: sign(self._secret, raw)}
        try:
            response = await self._client.post(self._url, content=raw, headers=headers)
            answer, heard = str(response.status_code), response.is_success
        except httpx.HTTPError as trouble:
            answer, heard = type(trouble).__name__, False
        self._note(hook, answer, heard)

    def _note(self, hook: Row, answer: str, heard: bool) -> None:
        tries = hook["tries"] + 1
        state = "sent" if heard else "waiting" if tries <= len(self._back_off_s) else "given_up"
        wait_s = self._back_off_s[tries - 1] if state == "waiting" else 0.0
        self._desk.store.write(
            "UPDATE hook SET tries = ?, state = ?, answer = ?, next_try = ? WHERE id = ?",
            tries,
            state,
            answer,
            to_ms(self._real_now()) + round(wait_s * 1000),
            hook["id"],
        )
        if not heard:
            log.info("webhook %s: %s, try %d, %s", hook["event_id"], answer, tries, state)


async def work(desk: Desk, messenger: Messenger | None, woken: asyncio.Event, every_s: float) -> None:
    """Keep the company going: apply what the clock has passed, send what waits. Runs until cancelled."""
    while True:
        woken.clear()
        try:
            desk.settle()
            sent = await messenger.send_due() if messenger else 0
        except Exception:
            log.exception("the pretend company stumbled; it goes on")
            sent = 0
        if not sent:
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), every_s)
