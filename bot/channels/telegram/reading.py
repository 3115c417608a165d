"""Read Telegram's updates into what a person did.

The rule kept here: only private chats are listened to, only a person's own number counts as theirs, and an
update that cannot be read is named by its id and passed by, never by its words.
"""

import logging
import re
from copy import deepcopy
from datetime import datetime
from typing import Any, Final, Literal

import telegram

from bot.channels.base import PHOTO_LIMIT, PHOTO_TYPES, Inbound, Kind, PhotoRef, clean, read_token

log = logging.getLogger(__name__)

NAME: Final = "telegram"
UPDATE_KINDS: Final = ("message", "callback_query", "my_chat_member")


def read_update(update: telegram.Update, now: datetime) -> Inbound | None:
    """Read an update into what the person did; None for edits, groups, other bots and unasked kinds."""
    if (message := update.message) and _private(message.chat) and message.from_user:
        return None if message.from_user.is_bot else _from_message(update.update_id, message, now)
    if query := update.callback_query:
        return _from_tap(update.update_id, query, now)
    if (member := update.my_chat_member) and _private(member.chat):
        return _from_member(update.update_id, member, now)
    return None


def _from_message(update_id: int, message: telegram.Message, now: datetime) -> Inbound | None:
    user = message.from_user
    text = clean(message.text or message.caption or "")
    start = re.fullmatch(r"/start(?:@\w+)?\s+(\S{1,64})\s*", text)
    contact = _own_number(message)
    pin = (message.location.latitude, message.location.longitude) if message.location else None
    photos = _photos(message)
    return Inbound(
        channel=NAME,
        address=str(message.chat.id),
        provider_id=str(update_id),
        text=text,
        at=_or(message.date, now),
        kind="text" if text or contact or pin or photos else _kind(message),
        pin=pin,
        contact=contact,
        code=start[1] if start else None,
        photos=photos,
        language_hint=user.language_code if user else None,
    )


def _from_tap(update_id: int, query: telegram.CallbackQuery, now: datetime) -> Inbound | None:
    tap = read_token(query.data or "")
    chat = query.message.chat if query.message else None
    if tap is None or query.from_user.is_bot or (chat and not _private(chat)):
        return None
    return Inbound(
        channel=NAME,
        address=str(chat.id if chat else query.from_user.id),
        provider_id=str(update_id),
        text="",
        at=now,  # a tap carries no time of its own
        tap=tap,
        language_hint=query.from_user.language_code,
    )


def _from_member(update_id: int, member: telegram.ChatMemberUpdated, now: datetime) -> Inbound | None:
    before, after = member.old_chat_member.status, member.new_chat_member.status
    if after == "kicked":
        opt: Literal["blocked", "start"] = "blocked"
    elif before == "kicked" and after == "member":
        opt = "start"
    else:
        return None
    return Inbound(NAME, str(member.chat.id), str(update_id), "", _or(member.date, now), opt=opt)


def _private(chat: telegram.Chat) -> bool:
    return chat.type == "private" and isinstance(chat.id, int)


def _or(date: datetime | None, now: datetime) -> datetime:
    """Take the time Telegram gave; PTB promises one, and lets a message without one through."""
    return date or now


def _own_number(message: telegram.Message) -> str | None:
    """Return the sender's own number in E.164; somebody else's card proves nothing and is not kept."""
    card = message.contact
    if card is None or message.from_user is None or card.user_id != message.from_user.id:
        return None
    digits = re.sub(r"[^0-9]", "", card.phone_number)
    return f"+{digits}" if re.fullmatch(r"[1-9][0-9]{6,14}", digits) else None


def _photos(message: telegram.Message) -> tuple[PhotoRef, ...]:
    """Name the largest size of a photo that we may keep, or an image sent as a file."""
    sizes = [size for size in message.photo if (size.file_size or 0) <= PHOTO_LIMIT]
    if sizes:
        return (PhotoRef(max(sizes, key=lambda size: size.width * size.height).file_id, "image/jpeg"),)
    file = message.document
    if file and file.mime_type in PHOTO_TYPES:
        return (PhotoRef(file.file_id, file.mime_type),)
    return ()


def _kind(message: telegram.Message) -> Kind:
    if message.voice or message.audio:
        return "voice"
    if message.video or message.video_note or message.animation:
        return "video"
    if message.sticker:
        return "sticker"
    return "file" if message.document else "other"


def id_of(raw: Any) -> int | None:
    """Return an update's id, however broken the rest of it is."""
    update_id = raw.get("update_id") if isinstance(raw, dict) else None
    if isinstance(update_id, int) and not isinstance(update_id, bool):
        return update_id
    log.warning("update without an id", extra={"channel": NAME})
    return None


def readable(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the update if PTB can read it, else an empty one with the same id."""
    try:
        telegram.Update.de_json(deepcopy(raw), None)  # de_json eats what it is given
    except Exception as error:  # PTB raises whatever the missing field happens to break
        why = {"channel": NAME, "update": raw["update_id"], "why": type(error).__name__}
        log.warning("malformed update passed by", extra=why)
        return {"update_id": raw["update_id"]}
    return raw
