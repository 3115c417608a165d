"""Read what a form of the phone page says was done, in the words of the simulator's own door."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import FormData, UploadFile

_PIN: Final = re.compile(r"\s*(-?[0-9]{1,3}(?:\.[0-9]{1,8})?)\s*[, ]\s*(-?[0-9]{1,3}(?:\.[0-9]{1,8})?)\s*")


async def done(form: FormData) -> Mapping[str, Any]:
    """Read a form; ValueError says what is wrong, in words for the page."""
    asked = _text(form, "do")
    match asked:
        case "text":
            text = _text(form, "text")
            if not text.strip():
                raise ValueError("Type something first.")
            said: dict[str, Any] = {"text": text}
        case "start":
            said = {"text": "/start"}
        case "pin":
            said = {"pin": pin(_text(form, "pin"))}
        case "contact":
            said = {"contact": "+" + re.sub(r"[^0-9]", "", _text(form, "contact"))}
        case "photo":
            said = {"photo": await _photo(form)}
        case "voice":
            said = {"voice": True}
        case "block" | "unblock":
            said = {"blocked": asked == "block"}
        case _ if asked.startswith("p"):
            said = {"tap": asked}
        case _:
            raise ValueError("The page does not know how to do that.")
    seen = _text(form, "seen")
    return {**said, "seen": int(seen)} if re.fullmatch("[1-9][0-9]{0,17}", seen) else said


def pin(text: str) -> list[float]:
    """Read "42.3601, -71.0589"; ValueError where it is none."""
    found = _PIN.fullmatch(text)
    if found is None:
        raise ValueError("A spot is two numbers, like 42.3601, -71.0589.")
    return [float(found[1]), float(found[2])]


async def _photo(form: FormData) -> str:
    given = form.get("photo")
    data = await given.read() if isinstance(given, UploadFile) else b""
    if not data:
        raise ValueError("Choose a picture first.")
    return base64.b64encode(data).decode()


def _text(form: FormData, name: str) -> str:
    found = form.get(name)
    return found if isinstance(found, str) else ""
