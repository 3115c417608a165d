"""What somebody did, in words: a tapped button, a shared spot, a picture, or simply what they wrote."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol


class Asked(Protocol):
    """A message that may have asked something: what the label of a tapped button is looked up in."""

    @property
    def prompt(self) -> int | None: ...
    @property
    def options(self) -> Sequence[Any] | None: ...


def said(body: str, extra: Mapping[str, Any] | None, photos: int, lines: Iterable[Asked]) -> str:
    """Write what a person's message was; `lines` are the messages around it."""
    match extra or {}:
        case {"tap": [prompt, n]}:
            return _label(lines, prompt, n)
        case {"pin": [lat, lon]}:
            return f"Shared a spot: {lat:.4f}, {lon:.4f}"
        case {"contact": str(number)}:
            return f"Shared a number: {number}"
        case {"kind": str(kind)}:
            return f"Sent a {kind} message"
        case _:
            pictures = "[1 photo]" if photos == 1 else f"[{photos} photos]"
            return " ".join(word for word in (pictures if photos else "", body) if word)


def notice(body: str, extra: Mapping[str, Any] | None) -> str | None:
    """Write the app's own line about what a person did to the chat; None for what they said."""
    match (extra or {}).get("opt"):
        case "blocked":
            return "The chat was blocked"
        case "start" if not body:
            return "The chat was unblocked"
        case _:
            return None


def _label(lines: Iterable[Asked], prompt: int, n: int) -> str:
    options = [one for line in lines if line.prompt == prompt for one in line.options or []]
    return next((str(one["label"]) for one in options if one["n"] == n), f"Tapped {n}")
