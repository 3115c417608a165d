"""Reading one setting's text: each reader returns the value, or says in plain words what it must be.

What is not a text is taken as it is, so that tests and the demo can hand over values.
"""

import base64
import re
from datetime import date, time, timedelta
from functools import partial
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

KEY_BYTES = 32
Cap: TypeAlias = bool | int | float | timedelta


def _words(value: object) -> object:
    return tuple(re.split(r"[\s,]+", value.strip(" ,\n\t"))) if isinstance(value, str) else value


def read_key(text: str) -> bytes:
    """Read one key of 32 bytes from base64; ValueError says what is wrong, never what was there."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("is not base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"must hold {KEY_BYTES} random bytes in base64 (openssl rand -base64 {KEY_BYTES})")
    return key


def _one_key(value: object) -> object:
    return read_key(value) if isinstance(value, str) else value


def _keys(value: object) -> object:
    """Read `id:base64` pairs, the first of them current."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition(":") for part in re.split(r"[\s,]+", value.strip())]
    if any(not colon or not re.fullmatch(r"[A-Za-z0-9_-]{1,16}", name) for name, colon, _ in pairs):
        raise ValueError("must be written id:base64, several parted by commas, the current one first")
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise ValueError("names one id twice")
    return tuple((name, read_key(text)) for name, _, text in pairs)


def _database(value: object) -> object:
    """Accept SQLite and PostgreSQL; write a hosting company's `postgres://` as our driver's URL."""
    if not isinstance(value, str):
        return value
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return url


def _web_address(value: object) -> object:
    if isinstance(value, str) and value and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ValueError("must be a web address such as https://onward.example.org")
    return value.rstrip("/") if isinstance(value, str) else value


def _zone(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value)
    except (LookupError, ValueError, OSError):
        raise ValueError("must be a time zone's name such as America/New_York") from None


def _clock_time(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("must be a time of day such as 20:00")
    return time.fromisoformat(value)


def _closed_days(value: object) -> object:
    """Read dates, and the word federal."""
    words = _words(value)
    if not isinstance(value, str) or not isinstance(words, tuple):
        return value
    try:
        return tuple(word if word == "federal" else date.fromisoformat(word) for word in words)
    except ValueError:
        raise ValueError("must be federal, dates such as 2027-12-24, or both") from None


_SPANS = {"m": "minutes", "h": "hours", "d": "days"}
_CAPS = {
    "lead": r"\d+[mhd]",
    "horizon": r"\d+[mhd]",
    "free_cancel": r"\d+[mhd]",
    "flexible": "yes|no",
    "idempotent": "yes|no",
    "webhooks": "yes|no",
    "texts_rider": "yes|no",
    "child_seats": "yes|no",
    "max_miles": r"\d+(\.\d+)?",
    "rate_per_hour": r"[1-9]\d*",
}


def _caps(value: object) -> object:
    """Read what a ride company can do: `lead=45m horizon=30d flexible=no max_miles=60`."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in re.split(r"[\s,]+", value.strip(" ,\n\t"))]
    for name, _, text in pairs:
        if name not in _CAPS:
            raise ValueError(f"knows {', '.join(_CAPS)}, not {name}")
        if not re.fullmatch(_CAPS[name], text):
            raise ValueError(f"must have {name} as {_CAP_SAID.get(_CAPS[name], 'a number')}")
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise ValueError("names one thing twice")
    return tuple((name, _cap(name, text)) for name, _, text in pairs)


_CAP_SAID = {r"\d+[mhd]": "45m, 2h or 30d", "yes|no": "yes or no"}


def _cap(name: str, text: str) -> Cap:
    if text in ("yes", "no"):
        return text == "yes"
    if text[-1] in _SPANS:
        return timedelta(**{_SPANS[text[-1]]: int(text[:-1])})
    return int(text) if name == "rate_per_hour" else float(text)


def _matching(pattern: str, sentence: str, value: object) -> object:
    if isinstance(value, str) and value and not re.fullmatch(pattern, value):
        raise ValueError(sentence)
    return value


def _shaped(pattern: str, sentence: str) -> BeforeValidator:
    return BeforeValidator(partial(_matching, pattern, sentence))


_LINES = ("work", "travel", "week4", "policy", "hours", "pay", "ready", "learned")


def _weights(value: object) -> object:
    """Read points of the lines of a job's score: `work=20 travel=10`."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in re.split(r"[\s,]+", value.strip(" ,\n\t"))]
    for name, _, text in pairs:
        if name not in _LINES:
            raise ValueError(f"knows {', '.join(_LINES)}, not {name}")
        if not re.fullmatch(r"\d{1,3}(\.\d)?", text):
            raise ValueError(f"must have {name} as points, such as 20")
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise ValueError("names one line twice")
    return tuple((name, float(text)) for name, _, text in pairs)


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
RideCaps = Annotated[tuple[tuple[str, Cap], ...], NoDecode, BeforeValidator(_caps)]
MatchWeights = Annotated[tuple[tuple[str, float], ...], NoDecode, BeforeValidator(_weights)]
ClosedDays = Annotated[tuple[date | str, ...], NoDecode, BeforeValidator(_closed_days)]
Key = Annotated[bytes, NoDecode, BeforeValidator(_one_key)]
Keys = Annotated[tuple[tuple[str, bytes], ...], NoDecode, BeforeValidator(_keys)]
WebAddress = Annotated[str, BeforeValidator(_web_address)]
DatabaseUrl = Annotated[str, BeforeValidator(_database)]
Zone = Annotated[ZoneInfo, NoDecode, BeforeValidator(_zone)]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]
Phone = Annotated[str, _shaped(r"\+[1-9]\d{7,14}", "must be a phone number such as +12155550100")]
TwilioAccount = Annotated[str, _shaped(r"AC[0-9a-f]{32}", "must be AC and 32 hexadecimal digits")]
TwilioSender = Annotated[
    str, _shaped(r"\+[1-9]\d{7,14}|MG[0-9a-f]{32}", "must be a number such as +12155550100 or a service MG…")
]
HookSecret = Annotated[
    str, _shaped(r"[A-Za-z0-9_-]{1,256}", "may hold letters, digits, _ and - only (at most 256)")
]
