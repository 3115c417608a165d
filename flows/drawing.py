"""Draw a Say for a channel: numbers in the text on SMS, buttons on Telegram.

The rule: one declaration, two drawings, and a typed answer always works in both. "1 yes 2 no" follows the
words in the same line, so that most questions are one SMS part. Options numbered from `WORDS` on are words,
not numbers: those beside a list that goes on over pages.
"""

from dataclasses import dataclass

from flows.effects import Button, Say

WORDS = 90


@dataclass(frozen=True, slots=True)
class Drawn:
    """What leaves: the words, and the buttons under them where the channel has buttons."""

    body: str
    buttons: tuple[Button, ...] = ()


def draw(say: Say, channel: str, lang: str = "en") -> Drawn:
    """Draw one message for "sms" or "telegram"."""
    if channel == "telegram":
        return Drawn(say.text, say.options)
    rows = " ".join(
        option.label if option.n >= WORDS else f"{option.n} {option.label}" for option in say.options
    )
    return Drawn(f"{say.text} {rows}" if say.text and rows else say.text or rows)
