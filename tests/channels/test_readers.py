"""Whatever a provider or a stranger sends is read without an error: the readers, under random fire."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import telegram
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import TEXT_LIMIT, Inbound, Tap, button_token, clean, read_token
from bot.channels.forms import Form, read_sms, read_status
from bot.channels.photos import image_type
from bot.channels.simulator import read_said
from bot.channels.telegram.reading import id_of, read_update, readable
from tests.wire import telegram as made
from tests.wire.twilio import sms_form

NOW = datetime(2027, 2, 24, 12, 0, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(codec=None), max_size=40)  # lone surrogates and NULs included
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
KINDS = [
    "text",
    "caption",
    "contact",
    "location",
    "photo",
    "document",
    "voice",
    "chat",
    "from",
    "date",
    "message_id",
]


def sound(inbound: Inbound | None) -> None:
    """Assert what the database relies on."""
    if inbound is None:
        return
    inbound.text.encode()
    assert "\0" not in inbound.text
    assert len(inbound.text) <= TEXT_LIMIT
    assert inbound.at.tzinfo is not None
    assert inbound.provider_id
    assert re.fullmatch(r"\+?[0-9]+|(sms|telegram):\+?[0-9]+", inbound.address)


def take(raw: Any) -> Inbound | None:
    """Read an update as both doors do."""
    if id_of(raw) is None:
        return None
    return read_update(telegram.Update.de_json(readable(raw), None), NOW)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_json_is_an_update_or_nothing(raw: Any) -> None:
    sound(take(raw))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(KINDS), JSON)
def test_any_field_of_a_message_may_be_anything(field: str, value: Any) -> None:
    update = made.text_update(9001, "hello")
    update["message"][field] = value
    try:
        kept = take(update)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return  # the channel passes such an update by and says so: see test_telegram.py
    sound(kept)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(list(sms_form("+15555550101", ""))) | ANY_TEXT, ANY_TEXT, max_size=12))
def test_any_form_is_a_text_or_nothing(fields: dict[str, str]) -> None:
    form = Form({**sms_form("+15555550101", "hello"), **fields})

    sound(read_sms(form, NOW))
    read_status(form)


@settings(max_examples=300, deadline=None)
@given(JSON | st.dictionaries(st.sampled_from(["text", "tap", "pin", "code", "id", "seen", "blocked"]), JSON))
def test_any_body_of_the_page_is_read_or_refused(said: Any) -> None:
    with suppress(ValueError):  # answered by 400 and its words
        sound(read_said("telegram:9001", said, NOW))


@settings(deadline=None)
@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@settings(deadline=None)
@given(st.text())
def test_ordinary_text_is_not_touched(text: str) -> None:
    assert clean(text) == text.replace("\0", "")


@settings(deadline=None)
@given(st.integers(0, 999_999_999), st.integers(1, 999))
def test_a_token_comes_back_as_it_went(prompt: int, n: int) -> None:
    assert read_token(button_token(prompt, n)) == Tap(prompt, n)
    assert len(button_token(prompt, n)) <= 64  # bytes Telegram allows


@settings(deadline=None)
@given(ANY_TEXT)
def test_no_other_token_is_read(token: str) -> None:
    tap = read_token(token)
    assert tap is None or button_token(tap.prompt, tap.n) == token


@settings(deadline=None)
@given(st.binary(max_size=16))
def test_any_bytes_have_a_type_or_none(head: bytes) -> None:
    assert image_type(head) in {
        None,
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "image/heic",
        "image/heif",
    }
