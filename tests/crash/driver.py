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

from tests.crash.installation import DidNotStart, Installation
from tests.crash.log import Log
from tests.crash.people import BOOKS, Person, Text, booker, people, write
from tests.crash.rest import stuck
from tests.crash.weather import TELEGRAM, TWILIO, Kill, company_faults, kills, weather
from tests.wire import twilio

RIDERS: Final = 3
"""For so many who count one books a ride; who is done, or interrupted too long, is followed by another."""

A_ROUND: Final = 4.0
"""Seconds until a server that did not reach its point is killed where it stands."""

AGAIN: Final = 0.15
"""The share of webhooks that come twice or late."""

EACH_ROUND: Final = 2
"""Texts of one person a round."""

LEASE: Final = timedelta(seconds=65)
"""After this long what a process had in hand is anybody's."""

FULL_FOR: Final = 2.0
"""Seconds, at most: until somebody was refused."""

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
        self.reported = 0
        self.reports: list[tuple[str, str]] = []

    async def run(self, many: int) -> Log:
        """Kill so many times, let everything come to rest, and stop."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with httpx.AsyncClient(trust_env=False, timeout=10, limits=limits) as self.client:
            for n, kill in enumerate(kills(self.random, many, self.installation.kind)):
                await self._round(n, kill)
            await self._stop_under_traffic()
            await self._come_to_rest()
            self.trips = (await self.client.get(f"{self.installation.ride_url}/_stub/trips")).json()
        self.log.stopped_well = self.log.stopped_well and self.installation.stop()
        return self.log

    # --- a round ----------------------------------------------------------------------------------

    async def _round(self, n: int, kill: Kill) -> None:
        began = time.monotonic()
        over = [person for person in self.bookers if person.over and not person.unkept]
        self.log.reached.update(person.waits_for for person in over)
        self.bookers = [person for person in self.bookers if person not in over]
        while len(self.bookers) < self.crowd // RIDERS:
            self.bookers.append(booker(next(self.riders)))
        await self._bad_weather()
        await self.installation.start(self.client, kill.layout, kill.victim, kill.point, kill.nth)
        await self._until_dead(kill)
        hit = not self.installation.runs(kill.victim)
        self.installation.kill(kill.victim)
        self.log.killed[kill.name if hit or kill.point is None else "random"] += 1
        if kill.point is not None and not hit:
            self.log.missed_points[kill.point.name] += 1
        await self._let_out()
        await self.installation.move(self.client, kill.then)
        how = kill.name if hit or kill.point is None else f"{kill.name}: not reached"
        how += "" if kill.victim == "serve" else f", {kill.victim}"
        self.say(f"{n + 1:5} {time.monotonic() - began:4.1f} s  {how}")

    async def _bad_weather(self) -> None:
        inst = self.installation
        spared = {person.address for person in self.bookers}  # or nobody would ever get to their ride
        inst.twilio.weather = weather(Random(self.random.random()), TWILIO, spared)
        inst.telegram.weather = weather(Random(self.random.random()), TELEGRAM, spared)
        await self.client.delete(f"{inst.ride_url}/_stub/faults")
        answer = await self.client.post(f"{inst.ride_url}/_stub/faults", json=company_faults(self.random))
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
            crowd.create_task(self._providers_report())
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

    def heard(self, person: Person) -> list[str]:
        """List what a phone received."""
        if person.channel == "sms":
            return [text.body for text in self.installation.twilio.sent if text.to == person.address]
        sent = self.installation.telegram.sent
        return [str(one["text"]) for one in sent if str(one["chat_id"]) == person.address]

    # --- what providers report ----------------------------------------------------------------------

    async def _providers_report(self) -> None:
        """Report what became of texts: some twice, some in the wrong order, until each is heard."""
        while True:
            new = self.installation.twilio.sent[self.reported :]
            self.reported += len(new)
            for text in new:
                told = [(text.sid, "sent"), (text.sid, "delivered")]
                if self.random.random() < AGAIN:
                    told.append((text.sid, self.random.choice(("sent", "delivered"))))
                if self.random.random() < AGAIN:
                    self.random.shuffle(told)
                self.reports += told
            while self.reports:
                if not await self._report(*self.reports[0]):
                    break
                self.reports.pop(0)
            await asyncio.sleep(0.03)

    async def _report(self, sid: str, state: str) -> bool:
        url = f"{self.installation.url}/twilio/status"
        body, headers = twilio.signed(url, twilio.status_form(sid, state))
        try:
            answer = await self.client.post(url, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        if answer.status_code not in (200, 204):
            self.log.refused[answer.status_code] += 1
            return False
        if state == "delivered":
            self.log.delivered.add(sid)
        return True

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
        self.log.stopped_well = await asyncio.to_thread(self.installation.stop)
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
        await self.client.delete(f"{inst.ride_url}/_stub/faults")
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
        reporting = asyncio.create_task(self._providers_report())
        end = time.monotonic() + 20
        while self._to_report() and time.monotonic() < end:  # noqa: ASYNC110 - the phones have no event
            await asyncio.sleep(0.02)
        reporting.cancel()
        await asyncio.gather(reporting, return_exceptions=True)

    def _to_report(self) -> bool:
        return bool(self.reports) or self.reported < len(self.installation.twilio.sent)

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
