"""Print `.env.example`: every setting with its sentence and its default, commented out."""

import sys
from collections.abc import Mapping
from datetime import time
from textwrap import wrap

from pydantic.fields import FieldInfo

from bot.settings import Settings

_CHAPTERS: Mapping[str, str] = {
    "env": "The installation",
    "encryption_keys": "Keys (openssl rand -base64 32)",
    "programme_name": "The programme",
    "telegram_mode": "Telegram",
    "twilio_account_sid": "SMS by Twilio",
    "ride_providers": "Rides",
}
_SECRETS_TO_MAKE: Mapping[str, str] = {"encryption_keys": "2026a:<base64>", "index_key": "<base64>"}


def example() -> str:
    """Write `.env.example`: every setting with its sentence and its default, commented out."""
    head = [
        "# Every setting of Onward, with its default. The demo needs none of them.",
        "# Copy to .env and take the # off what you decide. Written by `make fix` from bot/settings.",
    ]
    body = [line for name, field in Settings.model_fields.items() for line in _entry(name, field)]
    return "\n".join([*head, *body]) + "\n"


def _entry(name: str, field: FieldInfo) -> list[str]:
    chapter = ["", f"# ---- {_CHAPTERS[name]} ----"] if name in _CHAPTERS else []
    sentence = [f"# {line}" for line in wrap(field.description or "", 100)]
    return [*chapter, "", *sentence, f"#{name.upper()}={_default(name, field)}"]


def _default(name: str, field: FieldInfo) -> str:
    if name in _SECRETS_TO_MAKE:
        return _SECRETS_TO_MAKE[name]
    match field.default:
        case bool() as yes:
            return str(yes).lower()
        case time() as at:
            return f"{at:%H:%M}"
        case None:
            return ""
        case tuple() as words:
            return " ".join(words)
        case default:
            return str(default)


if __name__ == "__main__":
    sys.stdout.write(example())
