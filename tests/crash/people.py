"""Who texts while the server dies: each has a script whose answers show what was lost or doubled.

Some are patient: they say the next thing when they have heard the answer to the last one. Some are not: they
text again before they are answered, and their texts overtake each other on the way. And some book a ride.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from bot.demo import GROUP_CODE
from tests.road.conftest import HOOK_SECRET
from tests.wire import telegram, twilio

Channel: TypeAlias = Literal["sms", "telegram"]
Line: TypeAlias = tuple[str, str]
"""What is said, and words of the answer that it waits for."""

LETTERS: Final = "bcdfghjklmnpqrstvwxz"
ASKED: Final = "Next number?"
COUNT: Final = "COUNT"
HELLO: Final[Sequence[Line]] = ((GROUP_CODE, "OK if we text you"), ("yes", "interview set?"))
BOOKING: Final[Sequence[Line]] = (
    *HELLO,
    ("1", "What day and time"),
    ("tomorrow 10am", "10:00 am?"),
    ("1", "Where is it?"),
    ("big warehouse by the airport", "Harbor Freightway"),
    ("1", "Need a ride"),
    ("yes", "Where should the car stop?"),
    ("hope house", "Which door?"),
    ("1", "First name"),
    ("Ray", "18 or older"),
    ("yes", "to go?"),
    ("1", ", your car"),
    ("thanks", ""),
)
BOOKS: Final = "thanks"
"""What somebody says who has their ride."""

GIVES_UP_AFTER: Final = 3
"""Rounds a person waits for an answer: one may be lost without anybody's fault, and counts as maybe_sent."""


@dataclass
class Text:
    """One text of a person: posted again and again until somebody says 200."""

    channel: Channel
    address: str
    provider_id: str
    words: str
    path: str
    body: bytes
    headers: dict[str, str]
    began: float = 0.0
    kept: float | None = None
    """When we were told 200 for the first time."""


@dataclass
class Person:
    """Somebody with a phone."""

    channel: Channel
    address: str
    lines: Iterator[Line]
    patient: bool = True
    gives_up: bool = False
    """Whether they stop for good when an answer does not come, after twice the time."""
    last: str = ""
    waits_for: str = ""
    heard_before: int = 0
    rounds_waited: int = 0
    surely: list[str] = field(default_factory=list)
    """Numbers said to a question that was heard: each of them must come back."""
    unkept: list[Text] = field(default_factory=list)
    over: bool = False

    def next_words(self, heard: Sequence[str]) -> str | None:
        """Say what they text now; None while they wait for an answer, or when all is said."""
        answered = not self.waits_for or any(self.waits_for in text for text in heard[self.heard_before :])
        if self.over or not (answered or self.rounds_waited >= GIVES_UP_AFTER * (1 + self.gives_up)):
            return None
        again = not answered and self.waits_for == ASKED
        said = (COUNT, ASKED) if again else next(self.lines, None)  # whoever is lost begins to count again
        if said is None or (self.gives_up and not answered):
            self.over = True
            return None
        if self.patient and self._asked(heard):
            self.surely.append(said[0])
        self.heard_before, self.rounds_waited = len(heard), 0
        self.last, self.waits_for = said
        return self.last

    def _asked(self, heard: Sequence[str]) -> bool:
        """Say whether the last number came back, and the question for the next one after it.

        Who begins to count again is sure of nothing until a number comes back. COUNT is said more than once:
        an echo of it, or the question after it, may belong to an earlier one, and a newer question may not
        have left yet. What is said then is no answer to that one, and rightly not taken for it.
        """
        echo = f"Got {self.last}."
        return self.last != COUNT and echo in heard and ASKED in heard[heard.index(echo) :]


def counting(number: int) -> Iterator[Line]:
    """Say hello, then one number after the other, each of them once in the world."""
    yield from HELLO
    yield (COUNT, ASKED)
    for n in itertools.count(1):
        yield (f"number {_letters(number)}{_letters(n)}", ASKED)


def _letters(number: int) -> str:
    """Write a number in letters that make no word: texts that differ in figures alone look automatic."""
    return "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in (2, 1, 0))


def impatient(number: int) -> Iterator[Line]:
    """Count without waiting for any answer."""
    return ((words, "") for words, _ in counting(number))


def people(counters: int, start: int = 100) -> list[Person]:
    """Make so many people who count: a third by Telegram, a fifth of all impatient."""
    made = []
    for number in range(start, start + counters):
        channel: Channel = "telegram" if number % 3 == 0 else "sms"
        patient = number % 5 != 0
        lines = counting(number) if patient else impatient(number)
        made.append(Person(channel, address_of(channel, number), lines, patient))
    return made


def booker(number: int) -> Person:
    """Make somebody who books a ride to an interview, by SMS."""
    return Person("sms", address_of("sms", number), iter(BOOKING), gives_up=True)


def address_of(channel: Channel, number: int) -> str:
    """Make a made-up address."""
    return f"+1555555{number:04}" if channel == "sms" else str(900_000 + number)


def write(person: Person, words: str, url: str, at: datetime) -> Text:
    """Put words into the form in which the provider posts them to us."""
    if person.channel == "sms":
        form = twilio.sms_form(person.address, words)
        body, headers = twilio.signed(f"{url}/twilio/sms", form)
        return Text("sms", person.address, form["MessageSid"], words, "/twilio/sms", body, headers)
    update = telegram.text_update(int(person.address), words, at=at)
    body = json.dumps(update).encode()
    headers = {"X-Telegram-Bot-Api-Secret-Token": HOOK_SECRET, "Content-Type": "application/json"}
    id_ = str(update["update_id"])
    return Text("telegram", person.address, id_, words, "/telegram/webhook", body, headers)


def offered(text: Text) -> dict[str, Any]:
    """Make the update that waits to be fetched: numbered now: what is fetched later has higher numbers."""
    update: dict[str, Any] = {**json.loads(text.body), "update_id": telegram.new_update_id()}
    text.provider_id = str(update["update_id"])
    return update


Heard: TypeAlias = Callable[[str], Sequence[str]]
