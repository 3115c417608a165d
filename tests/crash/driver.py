"""Texts, faults and kills, round after round, and a log of what we were told.

Theory of operation. A round starts the server, told where it will kill itself, and lets everybody text
until it is dead. What was not answered by 200 is posted again in the next round, under the same id, as
providers do; a share of all that was kept is posted once more, at once or later. Before time moves past the
leases, requests that hang at the providers are let out, as they would be in that time. In the end everything
runs undisturbed until nothing is due, and is asked to stop.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any, Final

import httpx

from tests.crash.installation import COMPANY, DidNotStart, Installation
from tests.crash.log import Log
from tests.crash.people import BOOKS, Person, Text, booker, offered, people, write
from tests.crash.reports import AGAIN, Reports
from tests.crash.rest import stuck
from tests.crash.weather import (
    LINES_DOWN,
    TELEGRAM,
    TWILIO,
    Kill,
    company_faults,
    hook_faults,
    kills,
    weather,
)

RIDERS: Final = 3
"""For so many who count one books a ride; who is done, or interrupted too long, is followed by another."""

A_ROUND: Final = 4.0
"""Seconds until a server that did not reach its point is killed where it stands."""


EACH_ROUND: Final = 2
"""Texts of one person a round."""

LEASE: Final = timedelta(seconds=65)
"""After this long what a process had in hand is anybody's."""

FULL_FOR: Final = 2.0
"""Seconds, at most: until somebody was refused."""

A_MOMENT: Final = 0.5
"""Seconds of traffic after the ride company is there again."""

COMES_BACK_WITHIN: Final = 20.0
QUIET_AFTER: Final = (1, 30, 61, 61, 125, 300, 900, 1800, 1800, 3600, 3600)
"""Seconds that time is moved by in the end, until nothing is due."""


class NotWell(Exception):
    """Something outside the counts went wrong: it did not go on after a disturbance."""


@dataclass
class Driver:
    """One run against one installation."""

    installation: Installation
    random: Random
    crowd: int
    say: Callable[[str], None]
    log: Log = field(default_factory=Log)

    def __post_init__(self) -> None:
        self.people = people(self.crowd)
        self.riders = count(2000)
        self.bookers: list[Person] = []
        self.late: list[Text] = []
        self.trips: list[dict[str, Any]] = []
        self.booked = 0
        self.reports = Reports(self.installation, self.random, self.log)

    async def run(self, many: int) -> Log:
        """Kill so many times, let everything come to rest, and stop."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with httpx.AsyncClient(trust_env=False, timeout=10, limits=limits) as self.client:
            inst = self.installation
            for n, kill in enumerate(kills(self.random, many, inst.kind, polled=inst.polled)):
                await self._round(n, kill)
            await self._stop_under_traffic()
            await self._come_to_rest()
            self.trips = (await self.client.get(f"{self.installation.ride_url}/_stub/trips")).json()
        self.log.stops += self.installation.stop()
        return self.log

    # --- a round ----------------------------------------------------------------------------------

    async def _round(self, n: int, kill: Kill) -> None:
        began = time.monotonic()
        over = [person for person in self.bookers if person.over and not person.unkept]
        self.log.reached.update(person.waits_for for person in over)
        self.bookers = [person for person in self.bookers if person not in over]
        while len(self.bookers) < self.crowd // RIDERS:
            self.bookers.append(booker(next(self.riders)))
        await self._start(kill)
        await self._until_dead(kill)
        hit = not self.installation.runs(kill.victim) or kill.blow in ("company", "lines")
        if kill.victim == COMPANY:  # who takes calls again, from its own file
            await asyncio.to_thread(self.installation.start_company)
        else:
            self.installation.kill(kill.victim)
        self.log.killed[kill.name if hit or kill.point is None else "random"] += 1
        if kill.point is not None and not hit:
            self.log.missed_points[kill.point.name] += 1
        await self._let_out()
        await self.installation.move(self.client, kill.then)
        how = kill.name if hit or kill.point is None else f"{kill.name}: not reached"
        how += "" if kill.victim == "serve" else f", {kill.victim}"
        self.say(f"{n + 1:5} {time.monotonic() - began:4.1f} s  {how}")

    async def _start(self, kill: Kill) -> None:
        """Start what does not run, whoever is to die told where."""
        point, nth = kill.point, kill.nth
        if kill.victim == COMPANY and point is not None:
            await asyncio.to_thread(self.installation.start_company, point, nth)
            point = None
        await self._bad_weather()
        await self.installation.start(self.client, kill.layout, kill.victim, point, nth)

    async def _bad_weather(self) -> None:
        inst = self.installation
        spared = {person.address for person in self.bookers}  # or nobody would ever get to their ride
        inst.twilio.weather = weather(Random(self.random.random()), TWILIO, spared)
        inst.telegram.weather = weather(Random(self.random.random()), TELEGRAM, spared)
        await self.client.delete(f"{inst.ride_url}/_stub/faults")
        await self.client.delete(f"{inst.ride_url}/_stub/webhooks/faults")
        for path, faults in (("faults", company_faults), ("webhooks/faults", hook_faults)):
            answer = await self.client.post(f"{inst.ride_url}/_stub/{path}", json=faults(self.random))
            answer.raise_for_status()

    async def _until_dead(self, kill: Kill) -> None:
        """Let everybody text while the server is dealt its blow."""
        texting = asyncio.create_task(self._everybody())
        try:
            match kill.blow:
                case "point":
                    await self._dies(kill.victim, A_ROUND)
                case "random":
                    await asyncio.sleep(kill.after)
                case "database":
                    await asyncio.sleep(kill.after)
                    await self._kill_database()
                case "disk":
                    await asyncio.sleep(kill.after)
                    await self._fill_disk()
                case "company":
                    await asyncio.sleep(kill.after)
                    await self._kill_company()
                case "lines":
                    await asyncio.sleep(kill.after)
                    await self._cut_lines()
        finally:
            texting.cancel()
            await asyncio.gather(texting, return_exceptions=True)

    async def _dies(self, victim: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self.installation.runs(victim) and time.monotonic() < end:  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(0.01)

    async def _everybody(self) -> None:
        """Let all people text, and providers report, until told to stop."""
        self.random.shuffle(self.people)
        for person in (*self.people, *self.bookers):
            person.rounds_waited += 1
        async with asyncio.TaskGroup() as crowd:
            for person in self.people:
                crowd.create_task(self._texts(person, EACH_ROUND))
            for person in self.bookers:
                crowd.create_task(self._texts(person, 20))
            crowd.create_task(self.reports.tell(self.client))
            for text in self._take_late():
                crowd.create_task(self._post(text))

    def _take_late(self) -> list[Text]:
        late, self.late = self.late, []
        return late

    async def _texts(self, person: Person, most: int) -> None:
        """Post what was not kept before, then what they say next."""
        if person not in self.bookers:
            await asyncio.sleep(self.random.uniform(0, 0.5))
        while person.unkept:
            if not await self._insist(person.unkept[0]):
                return
            person.unkept.pop(0)
        said = 0
        while said < most and not person.over:
            words = person.next_words(self.heard(person))
            if words is None:
                await asyncio.sleep(0.02)
                continue
            self.booked += words == BOOKS
            said += 1
            text = write(person, words, self.installation.url, self.installation.clock.now())
            self.log.texts.append(text)
            person.unkept.append(text)
            if person.patient and not await self._insist(text):
                return
            if person.patient:
                person.unkept.remove(text)
        if not person.patient:
            await self._at_once(person)

    async def _at_once(self, person: Person) -> None:
        """Post all that an impatient person wrote at the same time, the last one first."""
        mine = list(reversed(person.unkept))
        kept = await asyncio.gather(*(self._insist(text) for text in mine))
        person.unkept = [text for text, was in zip(mine, kept, strict=True) if not was][::-1]

    async def _insist(self, text: Text) -> bool:
        """Post a text until it is kept; False where the server died first."""
        many = 16 if self.random.random() < AGAIN / 10 else 2 if self.random.random() < AGAIN / 2 else 1
        while True:
            kept = await asyncio.gather(*(self._post(text) for _ in range(many)))
            if any(kept):
                break
            if not self.installation.answers:
                return False
            await asyncio.sleep(0.05)
        if self.random.random() < AGAIN / 2:
            self.late.append(text)
        return True

    async def _post(self, text: Text) -> bool:
        """Post a text once, as its provider does; True if the answer was 200."""
        if text.channel == "telegram" and self.installation.polled:
            return await self._fetched(text)
        text.began = text.began or time.monotonic()
        self.log.posts += 1
        try:
            answer = await self.client.post(
                self.installation.url + text.path, content=text.body, headers=text.headers
            )
        except httpx.HTTPError:
            return False
        if answer.status_code == 200:
            text.kept = text.kept or time.monotonic()
            return True
        self.log.refused[answer.status_code] += 1
        return False

    async def _fetched(self, text: Text) -> bool:
        """Lay a text before the bot, once, and wait until it is confirmed; False where nobody fetches."""
        waiting = self.installation.telegram.updates
        if not text.began:
            text.began = time.monotonic()
            self.log.posts += 1
            waiting.append(offered(text))
        number = int(text.provider_id)
        while any(update["update_id"] == number for update in list(waiting)):
            if not self.installation.answers:
                return False
            await asyncio.sleep(0.02)
        text.kept = text.kept or time.monotonic()
        return True

    def heard(self, person: Person) -> list[str]:
        """List what a phone received."""
        if person.channel == "sms":
            return [text.body for text in self.installation.twilio.sent if text.to == person.address]
        sent = self.installation.telegram.sent
        return [str(one["text"]) for one in sent if str(one["chat_id"]) == person.address]

    # --- other blows --------------------------------------------------------------------------------

    async def _kill_database(self) -> None:
        """Kill PostgreSQL and start it again: the server must go on by itself. SQLite has no process."""
        server = self.installation.server
        if server is None:
            return
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(self.random.uniform(0.05, 0.5))
        await asyncio.to_thread(server.start)
        await self._goes_on("the database was killed")

    async def _kill_company(self) -> None:
        """Kill the ride company, let orders go into nothing, and have it back with all it knew."""
        self.installation.kill(COMPANY)
        await asyncio.sleep(self.random.uniform(0.2, 1.0))
        await asyncio.to_thread(self.installation.start_company)
        await asyncio.sleep(A_MOMENT)

    async def _cut_lines(self) -> None:
        """Break every connection to the ride company for a moment."""
        faults = f"{self.installation.ride_url}/_stub/faults"
        (await self.client.post(faults, json=LINES_DOWN)).raise_for_status()
        await asyncio.sleep(self.random.uniform(0.5, 1.5))
        (await self.client.delete(faults)).raise_for_status()
        await asyncio.sleep(A_MOMENT)

    async def _fill_disk(self) -> None:
        """Let nothing be written for a moment: what is not kept is not answered 200, and then it goes on."""
        await asyncio.to_thread(self.installation.fill_disk, full=True)
        await self._refuses()
        await asyncio.to_thread(self.installation.fill_disk, full=False)
        await self._goes_on("the disk was full")

    async def _refuses(self) -> None:
        """Wait until a text was refused, for as long as anybody tries."""
        end, before = time.monotonic() + FULL_FOR, self.log.refused.total()
        while self.log.refused.total() == before and time.monotonic() < end:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)

    async def _goes_on(self, after: str) -> None:
        """Wait until a text is kept again."""
        end, before = time.monotonic() + COMES_BACK_WITHIN, time.monotonic()
        while time.monotonic() < end:
            if await self.installation.well(self.client) and self._kept_since(before):
                return
            if not self._to_say():
                return
            await asyncio.sleep(0.02)
        raise NotWell(f"nothing was kept for {COMES_BACK_WITHIN:.0f} seconds after {after}")

    def _kept_since(self, moment: float) -> bool:
        return any(text.kept is not None and text.kept > moment for text in self.log.texts[-500:])

    def _to_say(self) -> bool:
        return any(person.unkept for person in (*self.people, *self.bookers))

    # --- coming to rest -----------------------------------------------------------------------------

    async def _let_out(self) -> None:
        """Wait until providers have answered all that was asked of them: that takes no lease's time.

        What a dead process had sent may not even be read yet: a question asked after it comes behind it.
        """
        self._calm()
        end, quiet = time.monotonic() + 10, 0
        providers = (self.installation.twilio, self.installation.telegram)
        while quiet < 2:
            if time.monotonic() > end:
                raise NotWell("a request hangs for good")
            for provider in providers:
                await self.client.get(f"{provider.url}/behind-all-others")
            await asyncio.sleep(0.05)
            quiet = 0 if any(provider.busy for provider in providers) else quiet + 1

    async def _stop_under_traffic(self) -> None:
        """Ask everything to end while people text."""
        await self.installation.start(self.client)
        texting = asyncio.create_task(self._everybody())
        await asyncio.sleep(self.random.uniform(0.4, 0.8))
        self.log.stops += await asyncio.to_thread(self.installation.stop)
        texting.cancel()
        await asyncio.gather(texting, return_exceptions=True)
        await self._let_out()
        await self.installation.move(self.client, LEASE)

    def _calm(self) -> None:
        self.installation.twilio.weather = self.installation.telegram.weather = lambda whom: None

    async def _come_to_rest(self) -> None:
        """Disturb nothing any more, post what was not kept, and move time until nothing is due."""
        inst = self.installation
        self._calm()
        for path in ("faults", "webhooks/faults"):
            await self.client.delete(f"{inst.ride_url}/_stub/{path}")
        try:
            await inst.start(self.client)
        except DidNotStart as error:
            raise NotWell(f"it did not start in the end: {error}") from error
        began = time.monotonic()
        await self._say_the_rest()
        for seconds in QUIET_AFTER:
            await inst.move(self.client, timedelta(seconds=seconds))
            quiet = await self._nothing_due(4.0)
            self.say(
                f"      {time.monotonic() - began:4.1f} s  {seconds} s later{'' if quiet else ': still busy'}"
            )
            if quiet and seconds > 1000:
                break
        await self._say_the_rest()
        await self._nothing_due(4.0)
        self.say(f"      {time.monotonic() - began:4.1f} s  at rest")

    async def _say_the_rest(self) -> None:
        texts = [text for person in (*self.people, *self.bookers) for text in person.unkept]
        for person in (*self.people, *self.bookers):
            person.unkept.clear()
        for text in (*texts, *self._take_late()):
            if not await self._insist(text):
                raise NotWell("it died with nobody killing it")
        reporting = asyncio.create_task(self.reports.tell(self.client))
        end = time.monotonic() + 20
        while self.reports.left and time.monotonic() < end:  # noqa: ASYNC110 - the phones have no event
            await asyncio.sleep(0.02)
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)

    async def _nothing_due(self, seconds: float) -> bool:
        """Wait until no row is due and nothing is in hand; False if that takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not await asyncio.to_thread(self.unfinished):
                return True
            await asyncio.sleep(0.1)
        return False

    def unfinished(self) -> int:
        """Count rows that are due, or in some worker's hands."""
        engine = self.installation.engine()
        try:
            with engine.connect() as connection:
                return sum(len(rows) for rows in stuck(connection, self.installation.clock.now()).values())
        finally:
            engine.dispose()
