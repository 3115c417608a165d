"""The plain bot talks as it must to be counted, and what is counted can be wrong in every way."""

import pytest

from tests.crash.contrast import Contrast, PlainInstallation, came_back
from tests.crash.driver import Driver
from tests.crash.installation import Installation
from tests.crash.people import ASKED
from tests.crash.plain import CONSENT, SET, PlainBot

HERS, HIS = ("900100", "number bcd"), ("900101", "number bcf")


@pytest.mark.parametrize(
    ("state", "words", "after", "answers"),
    [
        ("new", "hello", "asked", [CONSENT]),
        ("asked", "yes", "in", [SET]),
        ("in", "COUNT", "counts", [ASKED]),
        ("counts", "number bcd", "counts", ["Got number bcd.", ASKED]),
        ("new", "number bcd", "counts", ["Got number bcd.", ASKED]),
        ("asked", "what", "asked", []),
    ],
)
def test_it_talks_like_ours(state: str, words: str, after: str, answers: list[str]) -> None:
    assert PlainBot._decide(state, words) == (after, answers)


def test_what_came_back_is_counted() -> None:
    got = {("900100", "Got number bcd."): 1, ("900100", "Do not forget number bcd."): 2}
    assert came_back({HERS, ("900100", "yes")}, got) == {
        "numbers": 1, "lost": 0, "answered_twice": 0, "reminders_lost": 0, "reminders_twice": 1,
    }  # fmt: skip
    assert came_back({HERS, HIS}, {("900100", "Got number bcd."): 3}) == {
        "numbers": 2, "lost": 1, "answered_twice": 1, "reminders_lost": 2, "reminders_twice": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("ours", "whose"), [(Contrast, Driver), (PlainInstallation, Installation)])
def test_what_is_done_otherwise_is_done_in_place_of_something(ours: type, whose: type) -> None:
    """A method of the driver that goes by another name now would quietly be the driver's own again."""
    changed = {name for name, what in vars(ours).items() if callable(what) and not name.startswith("__")}
    assert changed - {"_launch"}
    assert changed - {"_launch"} <= set(vars(whose))
