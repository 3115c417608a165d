"""People who text as people do: they answer most things, late, twice, or with something else.

Everybody here is made up. What a person does is drawn from the seed and their number; what they answer is
read off the last text on their phone, as a person would, never out of our database.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

ZIPS = {
    "America/New_York": "02128",
    "America/Chicago": "60601",
    "America/Denver": "80202",
    "America/Boise": "83702",
    "America/Phoenix": "85001",
    "America/Los_Angeles": "90001",
    "America/Indiana/Indianapolis": "47901",
    "America/Anchorage": "99501",
    "America/Adak": "99546",
    "Pacific/Honolulu": "96813",
    "America/Puerto_Rico": "00901",
    "Pacific/Guam": "96910",
    "Pacific/Pago_Pago": "96799",
}
"""Every kind of clock in the United States: with and without its two changes a year, on both sides of the
date line."""

BY_THEMSELVES = (
    "interview", "INTERVIEW", "i need a ride", "jobs", "hi", "MENU", "they moved it", "cant go", "PERSON",
    "i got the job", "where is my car", "BACK", "thanks", "👍", "ok", "hello?", "AGAIN", "ABOUT ME",
)  # fmt: skip
NOISE = (
    "huh",
    "what",
    "idk",
    "lol ok",
    "???",
    "my cousin says hi",
    "sorry wrong person",
    "brb",
    "k",
    "yes",
    "no",
)
WHENS = (
    "tomorrow at 10am", "tmrw 2 pm", "thursday 9:30 am", "next monday at 1pm", "friday 11am",
    "in 3 days at 8 am", "mon 3pm", "wednesday 8:30am",
)  # fmt: skip
PLACES = ("25 Beach St", "400 Main St", "12 Elm St", "75 Harbor Ave", "218 5th St", "1100 Washington Blvd")
_ROWS = re.compile(r"(?<!\S)([1-9]) (?=\S)")
_SAID: tuple[tuple[str, Callable[[Random, "Somebody"], str]], ...] = (
    (r"day and time|What day|new day", lambda r, _: r.choice(WHENS)),
    (r"What time", lambda r, _: r.choice(("8 pm", "9pm", "10 am", "2:30 pm"))),
    (r"Where is it|Where should|street and number|Street and number|Street\b", lambda r, _: r.choice(PLACES)),
    (r"first name|First name", lambda r, one: one.name),
    (r"ZIP", lambda r, one: ZIPS[one.zone]),
    (r"4 numbers", lambda r, _: f"{r.randrange(10_000):04d}"),
    (r"Reply YES", lambda r, _: "YES"),
)
_ASKS = re.compile(r"\?|(?<!\S)1 |Reply|Send|Pick|Like ")


@dataclass
class Somebody:
    """One person with a phone: what it shows, and when they next look at it."""

    number: int
    zone: str
    random: Random
    begins: datetime
    shown: list[str] = field(default_factory=list)
    answers_at: datetime | None = None
    writes_at: datetime | None = None
    stopped: bool = False

    @property
    def phone(self) -> str:
        return f"+1555555{self.number:04d}"

    @property
    def name(self) -> str:
        return ("Sam", "Ana", "Lou", "Tia", "Al")[self.number % 5]

    def next_at(self) -> datetime:
        """Say when they reach for their phone next."""
        assert self.writes_at is not None
        return self.writes_at if self.answers_at is None else min(self.answers_at, self.writes_at)

    def got(self, body: str, now: datetime) -> None:
        """Have a text on their phone: most are answered, in seconds, minutes, or the next day."""
        self.shown.append(body)
        drawn = self.random.random()
        if drawn < (0.10 if _ASKS.search(body) else 0.85):
            return
        wait = timedelta(seconds=self.random.randrange(4, 50))
        if drawn > 0.85:
            wait = timedelta(minutes=self.random.randrange(20, 1800))
        self.answers_at = now + wait

    def words(self, now: datetime) -> list[str]:
        """Say what they text now: an answer, in a burst sometimes, or something of their own."""
        answering = self.answers_at is not None and self.answers_at <= now
        if answering:
            self.answers_at = None
        if self.writes_at is None or self.writes_at <= now:
            self.writes_at = now + timedelta(
                days=self.random.randrange(4, 20), hours=self.random.randrange(24)
            )
        if self.stopped:
            if self.random.random() < 0.5:
                self.stopped = False
                return ["START"]
            return [self.random.choice(("hi", "STOP", "interview"))]
        if self.random.random() < 0.008:
            self.stopped = True
            return ["STOP"]
        if not answering or not self.shown:
            return [self.random.choice(BY_THEMSELVES)]
        if self.random.random() < 0.06:
            return [self.random.choice(NOISE)]
        answer = self._answer(self.shown[-1])
        if self.random.random() < 0.08 and " " in answer:
            first, _, rest = answer.partition(" ")
            return [first, rest]
        return [answer]

    def _answer(self, body: str) -> str:
        for pattern, say in _SAID:
            if re.search(pattern, body):
                return say(self.random, self)
        rows: list[str] = _ROWS.findall(body)
        if rows:
            return rows[0] if self.random.random() < 0.75 else self.random.choice(rows)
        return self.random.choice(("ok", "thanks", "yes", "done", "interview"))


def a_town(seed: int, how_many: int, begins: datetime) -> list[Somebody]:
    """Make people, in every zone by turns."""
    zones = list(ZIPS)
    people = []
    for number in range(how_many):
        one = Somebody(number, zones[(seed + number) % len(zones)], Random(f"{seed}/{number}"), begins)
        one.writes_at = begins + timedelta(hours=one.random.randrange(1, 72))
        people.append(one)
    return people
