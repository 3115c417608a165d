"""Draw buttons as Telegram has them, and read what its errors mean for a text."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, TypeAlias

import telegram
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.base import SHARE_CONTACT, SHARE_PIN, Button, Outbound, Rejected, Sent, TryLater, Unknown
from bot.channels.wire import NEVER_LEFT

log = logging.getLogger(__name__)

BUSY_PAUSE: Final = 5.0  # seconds, where nothing names a wait
NO_KEY_PAUSE: Final = 300.0  # seconds until a token that was refused is tried again


Keyboard: TypeAlias = (
    telegram.InlineKeyboardMarkup | telegram.ReplyKeyboardMarkup | telegram.ReplyKeyboardRemove
)


def keyboard(message: Outbound) -> Keyboard:
    """Draw the buttons: short ones side by side, long ones below each other.

    Telegram shows a sharing key only on the keyboard where people type; options then stand there too and come
    back as typed answers. It stays until a message takes it away, which every plain text does.
    """
    options = [button for button in message.buttons if button.token not in (SHARE_CONTACT, SHARE_PIN)]
    if message.ask_contact or message.ask_pin:
        rows = [
            [telegram.KeyboardButton(label) for label in row] for row in _rows([b.label for b in options])
        ]
        return telegram.ReplyKeyboardMarkup(
            [*_sharing(message), *rows], resize_keyboard=True, one_time_keyboard=True
        )
    if not options:
        return telegram.ReplyKeyboardRemove()
    drawn = [telegram.InlineKeyboardButton(b.label, callback_data=b.token) for b in options]
    return telegram.InlineKeyboardMarkup(_rows(drawn, [b.label for b in options]))


def _sharing(message: Outbound) -> list[list[telegram.KeyboardButton]]:
    keys = []
    if message.ask_contact:
        label = _label(message.buttons, SHARE_CONTACT, "📱")
        keys.append([telegram.KeyboardButton(label, request_contact=True)])
    if message.ask_pin:
        label = _label(message.buttons, SHARE_PIN, "📍")
        keys.append([telegram.KeyboardButton(label, request_location=True)])
    return keys


def _label(buttons: Sequence[Button], token: str, otherwise: str) -> str:
    return next((button.label for button in buttons if button.token == token), otherwise)


def _rows(drawn: list[Any], labels: list[str] | None = None) -> list[list[Any]]:
    """Lay up to three short labels side by side, anything else one to a row."""
    written = labels if labels is not None else drawn
    if len(written) <= 3 and all(len(label) <= 12 for label in written):
        return [drawn] if drawn else []
    return [[one] for one in drawn]


def refusal(error: TelegramError) -> Sent:
    """Say what an error means for the text: certainly not sent, to be tried again, or perhaps sent."""
    if isinstance(error, Forbidden | BadRequest) and error.__cause__ is not None:
        log.error("refused by something that is not Telegram", extra={"why": type(error).__name__})
        return TryLater(NO_KEY_PAUSE)  # a gateway's page says nothing about this person
    match error:
        case RetryAfter():
            return TryLater(flood_wait(error), all_wait=True)
        case Forbidden():  # blocked us, deactivated, or never started
            gone = "deactivated" in error.message.lower()
            return Rejected("forbidden", error.message[:200], opted_out=not gone, address_dead=gone)
        case BadRequest():  # a NetworkError to PTB, so it stands before that
            gone = "chat not found" in error.message.lower()
            return Rejected("bad_request", error.message[:200], address_dead=gone)
        case ChatMigrated():
            return Rejected("migrated", "the chat became a group", address_dead=True)
        case InvalidToken():
            log.error("Telegram refuses our token")
            return TryLater(NO_KEY_PAUSE, all_wait=True)
        case _:  # everything else is the network's
            pass
    if isinstance(error.__cause__, NEVER_LEFT):
        return TryLater(BUSY_PAUSE)
    if "too many requests" in error.message.lower():  # one that names no wait
        return TryLater(BUSY_PAUSE, all_wait=True)
    return Unknown(type(error).__name__)


def flood_wait(error: RetryAfter) -> float:
    """Return how many seconds Telegram asks us to wait."""
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
