"""`onward demo --check`: talk the demo's whole road over HTTP, as a person, their caseworker and time would.

The rule: it starts the same demo that `onward demo` serves, in a folder that is thrown away, and knows only
what a browser knows. It waits for what must come, each time with a bound, never for time to pass. Whatever
does not come is said, and the exit code is 1.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from socket import socket
from typing import Final

import httpx

STARTS_WITHIN: Final = 40.0  # seconds
COMES_WITHIN: Final = 20.0
STEP_SECONDS: Final = 0.5  # that real time is given to the workers after each move of the clock
RAY: Final = "sms:+15555550142"

Say = Callable[[str], None]


class NotSo(Exception):
    """Something that must happen did not."""


@dataclass
class Road:
    """A phone on a running demo, and the hands that move its clock."""

    client: httpx.Client
    say: Say
    phone: str = RAY
    after: str = ""
    waiting: list[str] = field(default_factory=list)

    def them(self, text: str) -> None:
        """Send a text from the phone."""
        self.say(f"  them  {text}")
        self.client.post(f"/phone/api/{self.phone}/send", json={"text": text}).raise_for_status()

    def us(self, *words: str, within: float = COMES_WITHIN) -> str:
        """Wait for a text that holds these words; those before it are passed over."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if (found := self._look(words, min(2.0, max(0.0, end - time.monotonic())))) is not None:
                return found
        raise NotSo(f"no text with {' … '.join(words)!r} came within {within:.0f} seconds")

    def asks(self, text: str, *words: str) -> str:
        """Send a text and wait for the answer."""
        self.them(text)
        return self.us(*words)

    def hears_nothing(self, seconds: float = 1.5) -> None:
        """Make sure that nothing comes for a while."""
        if (came := self._look((), seconds)) is not None:
            raise NotSo(f"this should not have come: {came}")

    def until(self, *words: str, minutes: int = 5, moves: int = 80) -> str:
        """Move the clock until a text with these words comes: to the next thing due, else by some minutes."""
        for _ in range(moves):
            if (found := self._look(words, STEP_SECONDS)) is not None:
                return found
            self.move(minutes)
        return self.us(*words)

    def move(self, minutes: int) -> None:
        """Move the clock."""
        at = self.client.get("/phone/api/clock").json()
        answer = self.client.post("/phone/api/clock", json={"minutes": minutes})
        answer.raise_for_status()
        if at["words"].split(",")[1] != answer.json()["words"].split(",")[1]:
            self.say(f"        -- {answer.json()['words']} --")

    def move_to(self, moment: str) -> None:
        """Move the clock to a moment of the programme's wall clock: "2027-02-24T07:00"."""
        answer = self.client.post("/phone/api/clock", json={"to": moment})
        answer.raise_for_status()
        self.say(f"        -- {answer.json()['words']} --")

    def now(self) -> str:
        """Tell the demo's time, ISO."""
        return str(self.client.get("/phone/api/clock").json()["now"])

    def fetch(self, wait: float) -> list[str]:
        """Fetch what came to the phone since the last time, waiting this long for it."""
        asked = {"after": self.after, "wait": f"{wait:.2f}"}
        answer = self.client.get(f"/phone/api/{self.phone}/messages", params=asked).json()
        self.after = answer["next"]
        return [message["body"] for message in answer["messages"]]

    def _look(self, words: tuple[str, ...], wait: float) -> str | None:
        if not self.waiting:
            for body in self.fetch(wait):
                self.say(f"    us  {body}")
                self.waiting.append(body)
        while self.waiting:
            body = self.waiting.pop(0)
            if all(word.lower() in body.lower() for word in words):
                return body
        return None


def check(say: Say) -> int:
    """Talk the whole road on a demo of its own; return the exit code."""
    began = time.monotonic()
    try:
        with running_demo() as url, httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            say(f"A demo is running at {url}")
            walk(Road(client, say))
    except (NotSo, httpx.HTTPError) as error:
        say(f"\nNOT SO: {error}")
        return 1
    say(f"\nThe whole road was walked, in {time.monotonic() - began:.0f} seconds.")
    return 0


def walk(road: Road) -> None:
    """Go from hello to how it went, then ask for a person."""
    road.move_to(f"{_next_day(road.now())}T12:00")
    book(road)
    day_before(road)
    the_day(road)
    _a_person(road)


def book(road: Road) -> None:
    """Go from hello to a booked ride."""
    road.say("\nFrom hello to a booked ride")
    road.asks("RIDE7", "OK if we text you?")
    road.asks("yes", "interview set?")
    road.asks("1", "What day and time")
    road.asks("tomorrow 10am", "10:00 am?")
    road.asks("1", "Where is it?")
    road.asks("big warehouse by the airport", "Harbor Freightway")
    road.asks("1", "Need a ride")
    road.asks("yes", "Where should the car stop?")
    road.asks("hope house", "Which door?")
    road.asks("1", "First name")
    road.asks("Ray", "18 or older")
    road.asks("yes", "to go?")
    road.asks("1", "your car:", "Ride home too")
    road.us("Ride trips left: 4")


def day_before(road: Road) -> None:
    """Be asked the day before, and answer."""
    road.say("\nThe day before")
    road.move_to(road.now()[:10] + "T15:59")
    road.until("Tomorrow,", "1 coming", minutes=1)
    road.asks("1", "See you at")


def the_day(road: Road) -> None:
    """Ride there and home, and say how it went."""
    road.say("\nThe day itself")
    morning = _next_day(road.now())
    road.move_to(f"{morning}T08:09")
    road.until("Today is the day", minutes=1)
    road.asks("1", "See you at")
    road.move_to(f"{morning}T08:57")
    road.until("Your car:", "plate", minutes=1)
    road.until("Your car is here", minutes=2)
    road.until("You're there", minutes=9)
    road.move(60)
    road.asks("DONE", "Car home")
    road.until("Your car home:", "plate", minutes=1)
    road.until("how did it go?", minutes=20)
    road.asks("3", "When you hear from them")


def _a_person(road: Road) -> None:
    road.say("\nA person")
    road.asks("PERSON", "What is it about?")
    road.asks("I need help with my ID", "sees what you wrote")
    with httpx.Client(base_url=road.client.base_url, trust_env=False, timeout=30) as browser:
        maria = Maria(browser, road.say)
        maria.sign_in()
        maria.answers("Hi Ray, it's Maria. Come by at 10 tomorrow, we do your ID together.")
        road.us("it's Maria")
        road.them("MENU")
        road.hears_nothing()
        maria.hands_back()
        road.asks("MENU", "What do you need?")


def _next_day(now: str) -> str:
    return str((datetime.fromisoformat(now) + timedelta(days=1)).date())


# --- the caseworker -------------------------------------------------------------------------------


@dataclass
class Maria:
    """The demo's caseworker, at /staff, with what a browser has: pages, forms, a cookie."""

    browser: httpx.Client
    say: Say
    person: str = ""

    def sign_in(self) -> None:
        """Sign in at a click, and open the conversation that needs somebody first."""
        self._post("/staff/demo-sign-in", {})
        listed = self.browser.get("/staff")
        found = re.search(r'href="(/staff/people/[A-Za-z0-9_-]+)', listed.text)
        if listed.status_code != 200 or found is None:
            raise NotSo("nobody is listed at /staff")
        self.person = found[1]

    def answers(self, words: str) -> None:
        """Write to the person, from the reply box."""
        self.say(f" maria  {words}")
        self._post(f"{self.person}/reply", {"text": words})

    def hands_back(self) -> None:
        """Give the conversation back to the bot."""
        self.say(" maria  (hands back)")
        self._post(f"{self.person}/hand-back", {})

    def _post(self, path: str, form: dict[str, str]) -> None:
        proof = ""
        if self.person:
            found = re.search(r'name="proof" value="([^"]+)"', self.browser.get(self.person).text)
            proof = found[1] if found else ""
        answer = self.browser.post(
            path, data={**form, "proof": proof}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        if answer.status_code not in (200, 303):
            raise NotSo(f"{path} answered {answer.status_code}")


# --- the demo under it ----------------------------------------------------------------------------


@contextmanager
def running_demo() -> Iterator[str]:
    """Run `onward demo` in a folder of its own on free ports, until it answers."""
    port, ride_port = _free_port(), _free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="onward-check-") as folder:
        command = [sys.executable, "-m", "bot.cli", "demo", "--port", str(port)]
        command += ["--ride-port", str(ride_port), "--folder", folder]
        log = Path(folder, "log.txt")
        with log.open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out)  # noqa: S603 - our own command
            try:
                _wait(url, process, log)
                yield url
            finally:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=1, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass  # not yet
        time.sleep(0.1)
    raise NotSo(f"the demo did not start: {log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
