"""What the page says came of an act, in words a tired human reads once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, and whether it is good news."""

    words: str
    good: bool = False


CAME: Final[Mapping[str, Said]] = {
    "on_it": Said("You are on it. Nobody else is called.", good=True),
    "new_car": Said("A new car is being ordered. They get a text when it is sure.", good=True),
    "other_car": Said(
        "That car is called off, and a new one is being ordered. They get a text when it is sure.", good=True
    ),
    "taxi": Said(
        "They were told that a taxi comes. Our own car, if there was one, is called off.", good=True
    ),
    "moved": Said("The new time is set. Old cars are called off, and they were told.", good=True),
    "settled": Said("Settled. Thank you.", good=True),
    "not_yours": Said("Not done: somebody else is on it, or it is settled."),
    "not_ours": Said("Not done: that form is not from this page. Try again."),
    "gone": Said("Not done: this ride is over, or there is none."),
    "already": Said("Not done: a car is on its way already, or being ordered."),
    "too_late": Said("Not done: a car ordered now would come too late. Get a taxi, or set a new time."),
    "too_often": Said("Not done: this way had its last car. Get a taxi."),
    "no_money_left": Said("Not done: the ride fund is empty. Get a taxi."),
    "past": Said("Not done: that time is past."),
    "in_the_car": Said("Not done: they are in a car now."),
    "minutes": Said("Not done: in how many minutes does the taxi come? 1 to 120."),
    "when": Said("Not done: pick the new day and time."),
    "not_now": Said("Not done. Try again."),
}
