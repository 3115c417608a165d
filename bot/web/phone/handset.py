"""Which phones are on the page, by the names the simulator gives them.

The rule: one handset has two apps. `sms:+15555551234` is its text messages, `telegram:1234` or
`telegram:15555550101` its Telegram; switching the app shows the other one's own conversation.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlencode

from bot.channels.simulator import PHONE

MOST: Final = 8
FIRST: Final = "sms:+15555550101"
_SHORT: Final = re.compile(r"1555555([1-9][0-9]{3})")


def known(names: Iterable[str]) -> list[str]:
    """Keep the names that are phones, each once, as many as a page holds."""
    return [name for name in dict.fromkeys(names) if PHONE.fullmatch(name)][:MOST]


def other_app(name: str) -> str | None:
    """Name the same handset's other app; None where its number is no phone number."""
    app, _, number = name.partition(":")
    digits = number.removeprefix("+")
    if app == "sms":
        short = _SHORT.fullmatch(digits)
        return f"telegram:{short[1] if short else digits}"
    other = f"sms:+1555555{digits}" if re.fullmatch("[1-9][0-9]{3}", digits) else f"sms:+{digits}"
    return other if PHONE.fullmatch(other) else None


def typed(text: str, app: str, taken: Sequence[str]) -> str | None:
    """Read the address typed for a new phone; nothing typed means the next free one. None: unreadable."""
    text = re.sub(r"[\s().-]", "", text)
    if not text:
        return _free(app, taken)
    if PHONE.fullmatch(text):
        return text
    digits = text.removeprefix("+")
    if app == "sms" and not text.startswith("+") and len(digits) == 10:
        digits = f"1{digits}"
    name = f"telegram:{digits}" if app == "telegram" else f"sms:+{digits}"
    return name if PHONE.fullmatch(name) else None


def _free(app: str, taken: Sequence[str]) -> str:
    for number in range(101, 101 + len(taken) + 1):
        name = f"sms:+1555555{number:04d}" if app == "sms" else f"telegram:{8900 + number}"
        if name not in taken:
            return name
    raise AssertionError("more numbers than taken ones were tried")


def spoken(name: str) -> str:
    """Write a phone's name for people: +1 555 555 0101, or Telegram 9001."""
    app, _, number = name.partition(":")
    if app == "telegram":
        return f"Telegram {number}"
    american = re.fullmatch(r"\+1([0-9]{3})([0-9]{3})([0-9]{4})", number)
    return f"+1 {american[1]} {american[2]} {american[3]}" if american else number


def page_of(names: Sequence[str]) -> str:
    """Write the address of the page with these phones."""
    return f"/phone?{urlencode([('phone', name) for name in names])}" if names else "/phone"
