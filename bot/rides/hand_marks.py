"""What may be marked on a ride booked by hand, and what that writes; pure.

The rule: only what can follow is offered, and marking the same again changes nothing but the car. A ride is
over when somebody says how it ended, with what it cost.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, get_args

from storage.hand_rides import TO_BOOK, TO_CALL_OFF, TO_FINISH, TO_SEND, HandRow
from storage.tables.hands import HandState

Mark: TypeAlias = Literal[
    "booked", "no_car", "sent", "arriving", "in_car", "completed", "no_show", "cancelled"
]
MARKS: Final[tuple[Mark, ...]] = get_args(Mark)

WORDS: Final[Mapping[Mark, str]] = {
    "booked": "A car is booked",
    "no_car": "I find no car",
    "sent": "The car is on its way",
    "arriving": "The car is at the door",
    "in_car": "They are in the car",
    "completed": "They are there",
    "no_show": "They did not come",
    "cancelled": "The car is called off",
}
SETTLES: Final[Mapping[Mark, tuple[str, ...]]] = {
    "booked": (TO_BOOK,),
    "no_car": (TO_BOOK,),
    "sent": (TO_BOOK, TO_SEND),
    "arriving": (TO_BOOK, TO_SEND),
    "in_car": (TO_BOOK, TO_SEND),
    "completed": (TO_BOOK, TO_SEND, TO_CALL_OFF, TO_FINISH),
    "no_show": (TO_BOOK, TO_SEND, TO_CALL_OFF, TO_FINISH),
    "cancelled": (TO_BOOK, TO_SEND, TO_CALL_OFF, TO_FINISH),
}
"""What staff were asked for and have now done."""

_NEXT: Final[Mapping[HandState, tuple[Mark, ...]]] = {
    "asked": ("booked", "no_car"),
    "booked": ("booked", "sent", "arriving", "in_car", "completed", "no_show", "cancelled"),
    "sent": ("arriving", "in_car", "completed", "no_show", "cancelled"),
    "arriving": ("in_car", "completed", "no_show", "cancelled"),
    "in_car": ("completed", "cancelled"),
    "completed": (),
    "no_show": (),
    "cancelled": (),
    "no_car": (),
    "dropped": (),
}


def may_follow(row: HandRow) -> tuple[Mark, ...]:
    """List what can be marked next; a car home nobody has asked for yet does not leave, or end."""
    if row.state == "booked" and row.flexible and row.called_at is None:
        return ("booked", "cancelled")
    return _NEXT[row.state]


def written(
    row: HandRow, mark: Mark, car: Mapping[str, str], cents: int | None, now: datetime
) -> Mapping[str, Any] | None:
    """Say what a mark writes; None where it cannot follow, or its ride is too late to be booked.

    `cents` is what the ride cost, or what was charged for calling it off or for nobody coming; None is the
    price it was booked at, or nothing.
    """
    if mark not in may_follow(row) or (row.state == "asked" and now >= row.answer_by):
        return None
    values: dict[str, Any] = {"state": mark}
    if any(car.values()):
        values["car"] = dict(car)
    if mark == "booked" and cents is not None:
        values["fare_cents"] = cents
    if mark == "completed":
        values["final_cents"] = row.fare_cents if cents is None else cents
    if mark in ("no_show", "cancelled"):
        values |= {"fee_cents": cents or 0, "final_cents": cents or 0}
    return values
