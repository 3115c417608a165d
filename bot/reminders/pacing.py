"""How fast we may send: what providers and carriers allow each sender, from the settings.

The rule: a channel that nobody limits (the simulator) has no rate. Bulk may use the bucket down to the
reserve, so that a provider's own queue never holds more than about a second of it before a reply.
"""

from collections.abc import Mapping
from typing import Final

from bot.settings import Settings
from storage.pace import Rate

PER_SECOND: Final[Mapping[str, float]] = {"10dlc": 3.75, "toll_free": 3.0, "short_code": 100.0}
"""Parts of SMS a second by the kind of our number, as US carriers and Twilio allow them."""

LEAST_BURST: Final = 4.0
LEAST_RESERVE: Final = 2.0


def rates(settings: Settings) -> Mapping[str, Rate]:
    """Say how fast each channel's sender may go; a channel that is missing has no limit."""
    return {"sms": _sms(settings), "telegram": _telegram(settings)}


def _sms(settings: Settings) -> Rate:
    per_second = settings.sms_per_second or PER_SECOND[settings.sms_number]
    return Rate(
        sender=f"sms:{settings.twilio_from}",
        per_second=per_second,
        burst=max(LEAST_BURST, 2 * per_second),
        reserve=max(LEAST_RESERVE, per_second),
        a_day=settings.sms_a_day or None,
    )


def _telegram(settings: Settings) -> Rate:
    per_second = settings.telegram_per_second
    return Rate(
        sender="telegram:",
        per_second=per_second,
        burst=max(LEAST_BURST, per_second),
        reserve=max(LEAST_RESERVE, per_second / 3),
        a_chat=settings.telegram_chat_per_second,
    )
