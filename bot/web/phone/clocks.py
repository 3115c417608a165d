"""Read how far the phone page's clock is to be moved.

The rule: time only moves forward, at most a year at once; the page's zone is the programme's.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

FARTHEST: Final = timedelta(days=366)


def how_far(asked: Mapping[str, Any], now: datetime, next_at: datetime | None, zone: ZoneInfo) -> timedelta:
    """Read {"minutes": 10}, {"to": "next"} or {"to": "2027-02-24T07:00"}; ValueError says what is wrong.

    A time without its zone is on the programme's wall clock.
    """
    match asked:
        case {"minutes": int() | str() as typed} if re.fullmatch("[0-9]{1,7}", str(typed)):
            by = timedelta(minutes=int(typed))
        case {"to": "next"} if next_at is None:
            raise ValueError("Nothing is planned: there is no reminder to go to.")
        case {"to": "next"} if next_at is not None:
            by = next_at - now
        case {"to": str(text)}:
            by = _moment(text, zone) - now
        case _:
            raise ValueError("Needs minutes, or a time to go to.")
    if by < timedelta():
        raise ValueError("Time only moves forward.")
    if by > FARTHEST:
        raise ValueError("That is too far: a year at most.")
    return by


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("That is no time: write it like 2027-02-24T07:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=zone)
