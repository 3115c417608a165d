"""What Twilio reports of our texts: sent, delivered or not, some twice, some in the wrong order.

The rule: a report is told again until it is heard, and no number fails twice in a row: it would be given up,
rightly, and nobody could tell a text that was held back from a lost one.
"""

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Final

import httpx

from tests.crash.installation import Installation
from tests.crash.log import Log
from tests.wire import twilio

AGAIN: Final = 0.15
"""The share of webhooks that come twice or late."""

UNDELIVERED: Final = 0.08
"""The share of texts that a carrier reports as not arrived."""

CODES: Final = {"undelivered": {"ErrorCode": "30003"}, "failed": {"ErrorCode": "30008"}}
"""A phone that is off, and no reason known: neither says that the number is dead."""


@dataclass
class Reports:
    """The reports of one run: of the texts that Twilio took, those not heard yet wait in line."""

    installation: Installation
    random: Random
    log: Log
    begun: int = 0
    waiting: list[tuple[str, str]] = field(default_factory=list)
    failed_before: set[str] = field(default_factory=set)

    @property
    def left(self) -> bool:
        """Whether anything is still to be reported."""
        return bool(self.waiting) or self.begun < len(self.installation.twilio.sent)

    async def tell(self, client: httpx.AsyncClient) -> None:
        """Report what became of texts until told to stop."""
        while True:
            new = self.installation.twilio.sent[self.begun :]
            self.begun += len(new)
            for text in new:
                self.waiting += self._what_becomes_of(text.sid, text.to)
            while self.waiting and await self._heard(client, *self.waiting[0]):
                self.waiting.pop(0)
            await asyncio.sleep(0.03)

    def _what_becomes_of(self, sid: str, address: str) -> list[tuple[str, str]]:
        end = self._end(address)
        told = [(sid, "sent"), (sid, end)]
        if self.random.random() < AGAIN:
            told.append((sid, self.random.choice(("sent", end))))
        if self.random.random() < AGAIN:
            self.random.shuffle(told)
        return told

    def _end(self, address: str) -> str:
        bad = address not in self.failed_before and self.random.random() < UNDELIVERED
        (self.failed_before.add if bad else self.failed_before.discard)(address)
        return self.random.choice(("undelivered", "failed")) if bad else "delivered"

    async def _heard(self, client: httpx.AsyncClient, sid: str, state: str) -> bool:
        url = f"{self.installation.url}/twilio/status"
        body, headers = twilio.signed(url, twilio.status_form(sid, state, **CODES.get(state, {})))
        try:
            answer = await client.post(url, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        if answer.status_code not in (200, 204):
            self.log.refused[answer.status_code] += 1
            return False
        if state != "sent":
            (self.log.delivered if state == "delivered" else self.log.failed).add(sid)
        return True
