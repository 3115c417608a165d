"""Reading what people type, in English and Spanish.

One door, `read`: plain rules, no model, no clock, no data that is not in this package. It never raises on any text.
"""

from flows.answers.reading import Asked, AskBack, Choice, Confirm, Reading, Understood, Value

__all__ = ["AskBack", "Asked", "Choice", "Confirm", "Reading", "Understood", "Value", "read"]


def read(text: str, asked: Asked) -> Reading:
    """Read `text` as the answer to `asked`. ValueError for a kind no reader knows (an author's mistake, not a person's)."""
    said = " ".join(text.split())
    match asked.kind:
        case "text":
            return Understood(said) if said else AskBack("unclear.text")
        case "photo":
            return AskBack("unclear.photo")
        case _:
            return AskBack(f"unclear.{asked.kind}")
