"""Reading what people type, in English and Spanish.

One door, `read`: plain rules, no model, no clock, no data that is not in this package. It never raises on any
text.
"""

import re

from flows.answers import choice, name, number, phone, place, week_hours, when, yes_no, zip
from flows.answers.plain import fold
from flows.answers.reading import AskBack, Asked, Choice, Confirm, Reading, Understood, Value

__all__ = ["AskBack", "Asked", "Choice", "Confirm", "Reading", "Understood", "Value", "read"]

LONGEST = 1600  # what Twilio lets through; what comes after is not read


def read(text: str, asked: Asked) -> Reading:
    """Read `text` as the answer to `asked`; ValueError for a kind without a reader, an author's mistake."""
    said = " ".join(text[:LONGEST].split())
    match asked.kind:
        case "text":
            return Understood(said) if said else AskBack("unclear.text")
        case "name":
            return name.read(said)
        case "yes_no":
            return yes_no.read(said, asked.exact, asked.least)
        case "choice":
            return choice.read(said, asked.options)
        case "choices":
            return choice.read_many(said, asked.options, asked.alone)
        case "zip":
            return zip.read(said)
        case "number":
            return number.read(said)
        case "date" | "time" | "datetime":
            return when.read(said, asked)
        case "week_hours":
            return week_hours.read(said, asked.lang)
        case "phone":
            return phone.read(said)
        case "address":
            return place.read(said)
        case "pin":
            return _pin(said)
        case "photo":
            return AskBack("unclear.photo")
        case _:
            raise ValueError(f"no reader for a question of kind {asked.kind!r}")


def _pin(said: str) -> Reading:
    found = re.findall(r"(?<!\d)(?:\d{4}|\d \d \d \d)(?!\d)", fold(said))
    return Understood(found[0].replace(" ", "")) if len(found) == 1 else AskBack("unclear.pin")
