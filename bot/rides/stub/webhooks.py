"""Tell the customer what happened: signed webhooks, in order for each trip, tried again with back-off.

The rule kept here: what is unsent is a row, so a restart loses no word; what was answered 2xx is never
sent again, and order is kept, unless a fault was asked for. Waiting is real time, whatever the company's
own clock says, because the receiver is real.
"""

import asyncio
import hmac
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field

from bot.rides.stub.desk import Desk
from bot.rides.stub.store import Row, new_id, to_ms
from bot.rides.stub.told import StatusWord

SIGNATURE = "X-Rides-Signature"
BACK_OFF_S = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0)  # between seven tries

log = logging.getLogger(__name__)


def sign(secret: str, raw: bytes) -> str:
    """Sign the raw body: HMAC-SHA256, in hex."""
    return hmac.new(secret.encode(), raw, sha256).hexdigest()


class HookFault(BaseModel):
    """One fault: the next `count` webhooks (None: all, until it is cleared) of this status meet it.

    `drop`: never sent. `delay`: sent after `seconds`, others pass it. `reorder`: sent after the next one of
    its trip, after `seconds` at the latest. `same_id` and `new_id`: sent twice, the second time under the
    same event id or another. `bad_signature`: signed with another's secret the first time.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["drop", "delay", "reorder", "same_id", "new_id", "bad_signature"]
    status: StatusWord | None = None
    seconds: float = Field(default=30.0, ge=0, le=86400, allow_inf_nan=False)
    count: int | None = Field(default=1, ge=1, le=1_000_000)


def take(faults: list[HookFault], hook: Row) -> HookFault | None:
    """Take the fault that a webhook meets on its first try, if any waits for it."""
    if hook["tries"] or hook["state"] != "waiting":
        return None
    for fault in faults:
        if fault.status in (None, hook["status"]):
            if fault.count is not None:
                fault.count -= 1
                if fault.count == 0:
                    faults.remove(fault)
            return fault
    return None


class Messenger:
    """Sends the waiting webhooks of one desk to one address, with the faults that were asked for."""

    def __init__(
        self,
        desk: Desk,
        url: str,
        secret: str,
        back_off_s: Sequence[float],
        real_now: Callable[[], datetime],
        faults: list[HookFault],
        timeout_s: float = 5.0,
    ) -> None:
        self._desk, self._url, self._secret, self._back_off_s = desk, url, secret, back_off_s
        self._real_now, self._faults = real_now, faults
        self._client = httpx.AsyncClient(timeout=timeout_s, trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send_due(self) -> int:
        """Send the oldest waiting webhook of every trip whose turn it is; answer how many went out."""
        due = self._desk.store.rows(
            "SELECT * FROM hook WHERE (state IN ('late', 'held') OR id IN (SELECT min(id) FROM hook"
            " WHERE state = 'waiting' GROUP BY request_id)) AND next_try <= ? ORDER BY id LIMIT 20",
            to_ms(self._real_now()),
        )
        await asyncio.gather(*(self._send(hook) for hook in due))
        return len(due)

    async def _send(self, hook: Row) -> None:
        fault = take(self._faults, hook)
        match fault.kind if fault else None:
            case "drop":
                self._put_off(hook, "dropped", 0.0)
            case "delay" | "reorder" as kind:
                assert fault is not None
                self._put_off(hook, "late" if kind == "delay" else "held", fault.seconds)
            case "bad_signature":
                self._note(hook, *await self._post(hook["body"], self._secret[::-1] + "?"))
            case "same_id" | "new_id" as kind:
                answered = await self._post(hook["body"], self._secret)
                again = hook["body"].replace(hook["event_id"], new_id("evt")) if kind == "new_id" else None
                await self._post(again or hook["body"], self._secret)
                self._note(hook, *answered)
            case None:
                self._note(hook, *await self._post(hook["body"], self._secret))

    async def _post(self, body: str, secret: str) -> tuple[str, bool]:
        """Send once; answer what was heard, and whether that was a yes."""
        raw = body.encode()
        headers = {"Content-Type": "application/json", SIGNATURE: sign(secret, raw)}
        try:
            response = await self._client.post(self._url, content=raw, headers=headers)
        except httpx.HTTPError as trouble:
            return type(trouble).__name__, False
        return str(response.status_code), response.is_success

    def _put_off(self, hook: Row, state: str, seconds: float) -> None:
        """Let others pass a webhook: for good, or for so long."""
        until = to_ms(self._real_now()) + round(seconds * 1000)
        sql = "UPDATE hook SET state = ?, next_try = ? WHERE id = ?"
        self._desk.store.write(sql, state, until, hook["id"])

    def _note(self, hook: Row, answer: str, heard: bool) -> None:
        tries = hook["tries"] + 1
        more = tries <= len(self._back_off_s)
        state = "sent" if heard else hook["state"] if more else "given_up"
        wait_s = self._back_off_s[tries - 1] if more and not heard else 0.0
        self._desk.store.write(
            "UPDATE hook SET tries = ?, state = ?, answer = ?, next_try = ? WHERE id = ?",
            tries,
            state,
            answer,
            to_ms(self._real_now()) + round(wait_s * 1000),
            hook["id"],
        )
        if heard:  # what was held back for this one to pass it may go now
            sql = "UPDATE hook SET next_try = 0 WHERE request_id = ? AND state = 'held' AND id < ?"
            self._desk.store.write(sql, hook["request_id"], hook["id"])
        else:
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
