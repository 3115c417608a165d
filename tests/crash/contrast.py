"""The plain bot under the same kills: what is lost and doubled where nothing was done about it.

    python -m tests.crash.contrast --kills 20 --seed 1      # `make contrast`

The people, the weather at Telegram, the webhooks that come twice or late and the plan of kills are those of
`make crash`, by the same driver. What cannot be had of another program: our named points, so that each kill
comes after a random time, our rides, and SMS. Its reminders go by the machine's own clock: it is down only
for as long as a start takes. Counted is what the phones got of what was answered 200.
"""

import argparse
import asyncio
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from multiprocessing.process import BaseProcess
from random import Random

import httpx

from tests.crash.checker import said_by
from tests.crash.driver import Driver, NotWell
from tests.crash.installation import ALONE, STARTS_WITHIN, DidNotStart, Installation, Layout, installation
from tests.crash.launch import Point
from tests.crash.people import Person, address_of, counting, impatient
from tests.crash.plain import REMIND_AFTER, REMINDER
from tests.crash.plain import main as plain_bot
from tests.crash.weather import Kill
from tests.wire.telegram import TOKEN

CROWD = 24


class PlainInstallation(Installation):
    """The same world with the plain bot in it."""

    async def start(
        self,
        client: httpx.AsyncClient,
        layout: Layout = ALONE,
        victim: str = "serve",
        point: Point | None = None,
        nth: int = 1,
    ) -> None:
        """Start it and wait until it answers; one that fell over its start is started again, as elsewhere."""
        began = time.monotonic()
        self.kill()
        self.layout = ALONE
        while time.monotonic() < began + STARTS_WITHIN:
            if not self.runs("serve"):
                self.processes["serve"] = self._launch()
            if await self.well(client):
                self.starts += 1
                self.start_seconds += time.monotonic() - began
                return
            await asyncio.sleep(0.01)
        raise DidNotStart("the plain bot")

    def _launch(self) -> BaseProcess:
        given = (self.port, TOKEN, self.telegram.url, self.folder)
        process = multiprocessing.get_context("forkserver").Process(target=plain_bot, args=given, daemon=True)
        process.start()
        return process


@dataclass
class Contrast(Driver):
    """The driver, for a bot that knows neither rides nor SMS; in `fair` weather Telegram makes no faults."""

    fair: bool = False

    def __post_init__(self) -> None:
        """Give everybody Telegram; nobody books a ride."""
        super().__post_init__()
        self.people = []
        for number in range(100, 100 + self.crowd):
            patient = number % 5 != 0
            lines = counting(number) if patient else impatient(number)
            self.people.append(Person("telegram", address_of("telegram", number), lines, patient))
        self.crowd = 0

    async def _bad_weather(self) -> None:
        if self.fair:
            self._calm()
        else:
            await super()._bad_weather()

    async def _round(self, n: int, kill: Kill) -> None:
        blow = replace(kill, blow="random", point=None, victim="serve", layout=ALONE)
        await super()._round(n, blow)

    async def _stop_under_traffic(self) -> None:
        """Leave that out: it is only killed."""

    async def _come_to_rest(self) -> None:
        """Disturb nothing any more, post what was not kept, and wait for what is still to come."""
        self._calm()
        await self.installation.start(self.client)
        await self._say_the_rest()
        await asyncio.sleep(2 * REMIND_AFTER.total_seconds())


def main() -> int:
    """Kill it so many times and print what came of that; 0 whatever it was."""
    asked = argparse.ArgumentParser(prog="python -m tests.crash.contrast", description=__doc__)
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--fair", action="store_true", help="Telegram answers everything as it should")
    given = asked.parse_args()
    with installation("sqlite", polled=False) as made:
        plain = PlainInstallation(**{one.name: getattr(made, one.name) for one in fields(Installation)})
        tell = partial(print, flush=True)
        driver = Contrast(plain, Random(given.seed), CROWD, tell, fair=given.fair)
        began = time.monotonic()
        try:
            asyncio.run(driver.run(given.kills))
        except NotWell as error:
            print(f"NOT WELL: {error}")
            return 1
        print(figures(driver, given.seed, time.monotonic() - began))
    return 0


def figures(driver: Contrast, seed: int, seconds: float) -> str:
    """Write the last line."""
    got = Counter((one.address, one.body) for one in said_by(driver))
    kept = {(text.address, text.words) for text in driver.log.texts if text.kept is not None}
    counted = " ".join(f"{name}={many}" for name, many in came_back(kept, got).items())
    weather = "fair" if driver.fair else "bad"
    kills = driver.log.killed.total()
    return f"plain: seed={seed} weather={weather} kills={kills} {counted} seconds={seconds:.0f}"


def came_back(kept: Collection[tuple[str, str]], got: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Hold what the phones got against the numbers that were answered 200: each is to come back once."""
    numbers = sorted((whom, words) for whom, words in kept if words.startswith("number"))
    answers = [got.get((whom, f"Got {words}."), 0) for whom, words in numbers]
    reminded = [got.get((whom, REMINDER.format(number=words)), 0) for whom, words in numbers]
    return {
        "numbers": len(numbers),
        "lost": answers.count(0),
        "answered_twice": sum(many > 1 for many in answers),
        "reminders_lost": reminded.count(0),
        "reminders_twice": sum(many > 1 for many in reminded),
    }


if __name__ == "__main__":
    sys.exit(main())
