"""A job order as it is typed while the employer is on the phone."""

from datetime import UTC, datetime

import pytest

from bot.jobs.orders import BadOrder, OrderPlace, read_order
from tests.storage.samples import NOW  # Tuesday Feb 23 2027, 17:48 in Boston

PLACE = OrderPlace("America/New_York", "12 Main St", "Boston", "MA", "02118", 42.34, -71.07)


@pytest.mark.parametrize(
    "text,openings,title,starts,shifts,cents",
    [
        ("5 for Thursday 6 am", 5, "Helper", (25, 11), (), None),
        ("4 pickers for tomorrow 6 am to 2:30 pm, $19", 4, "Pickers", (24, 11), (("06:00", "14:30"),), 1900),
        ("12 people for fri 10pm - 6am", 12, "Helper", (27, 3), (("22:00", "06:00"),), None),
        ("1 line cook on Feb 26 at 3 pm $17.50/hr", 1, "Line cook", (26, 20), (), 1750),
    ],
)  # fmt: skip
def test_orders(
    text: str,
    openings: int,
    title: str,
    starts: tuple[int, int],
    shifts: tuple[tuple[str, str], ...],
    cents: int | None,
) -> None:
    job = read_order(text, employer="Sample Foods", place=PLACE, now=NOW)
    at = datetime(2027, 2, *starts, tzinfo=UTC)
    assert (job.openings, job.title, job.order_at, job.valid_through) == (openings, title, at, at)
    assert (job.shifts, job.pay_low_cents) == (shifts, cents)


@pytest.mark.parametrize(
    "text,why",
    [
        ("5 soon", "An order says how many and when"),
        ("some for Thursday 6 am", "An order says how many and when"),
        ("0 for Thursday 6 am", "An order says how many and when"),
        ("5 for Thursday", "is no day and time to come"),
        ("5 for whenever", "is no day and time to come"),
        ("5 for yesterday 6 am", "is no day and time to come"),
    ],
)
def test_what_is_no_order_is_asked_for_again(text: str, why: str) -> None:
    with pytest.raises(BadOrder, match=why):
        read_order(text, employer="Sample Foods", place=PLACE, now=NOW)


def test_the_same_order_again_is_the_same_job() -> None:
    first, again, other = (
        read_order(text, employer=employer, place=PLACE, now=NOW)
        for text, employer in (
            ("5 for Thursday 6 am", "Sample Foods"),
            ("6 for thu 6am", "Sample Foods, Inc."),
            ("5 for Friday 6 am", "Sample Foods"),
        )
    )
    assert first.external_id == again.external_id != other.external_id
    assert first.digest != again.digest


def test_a_note_says_what_it_needs() -> None:
    job = read_order(
        "2 loaders for Thursday 6 am", employer="Sample", place=PLACE, now=NOW, note="lift 50 lbs, freezer"
    )
    assert (job.requirements, job.settings) == (("lift_50",), ("cold",))
