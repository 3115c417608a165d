"""What goes wrong outside, from a seed: providers that fail, hang and drop, and how the server is killed."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final, Literal, TypeAlias

from tests.crash.installation import ALONE, APART, COMPANY, Layout
from tests.crash.launch import POINTS, Point
from tests.wire.server import Fault

OFTEN: Final = 0.2
"""How many of a provider's answers go wrong."""

HANG: Final = 2.0
"""Seconds: longer than we wait for Twilio."""

SHORT: Final = 0.2

Blow: TypeAlias = Literal["point", "random", "database", "disk", "company", "lines"]


def _faults(error: Any) -> tuple[Fault, ...]:
    return (
        Fault(500, error),
        Fault(500, error, done=True),
        Fault(cut="drop"),
        Fault(cut="drop", done=True),
        Fault(429, {"code": 20429, **error}, {"Retry-After": "1"}),
        Fault(cut="half", done=True),
    )


TWILIO: Final = _faults({"message": "trouble"})
_TROUBLE: Final = {"ok": False, "error_code": 500, "description": "Internal Server Error"}
_FLOOD: Final = {"ok": False, "error_code": 429, "description": "Flood", "parameters": {"retry_after": 1}}
TELEGRAM: Final = (*(one for one in _faults(_TROUBLE) if one.status != 429), Fault(429, _FLOOD))
SLOW: Final = (
    Fault(500, None, hang=SHORT, late=True),
    Fault(500, None, hang=SHORT, done=True),
    Fault(500, None, hang=HANG, late=True),
    Fault(500, None, hang=HANG, done=True),
)


def weather(
    random: Random, faults: tuple[Fault, ...], spared: Container[str]
) -> Callable[[str], Fault | None]:
    """Make a provider's weather; one fault in fifteen takes its time, half of those longer than we wait."""

    def next_fault(whom: str) -> Fault | None:
        if whom in spared or random.random() >= OFTEN:
            return None
        return random.choice(SLOW if random.random() < 1 / 15 else faults)

    return next_fault


def company_faults(random: Random) -> list[dict[str, Any]]:
    """Make a few faults of the ride company, as its control room takes them."""
    kinds: list[dict[str, Any]] = [
        {"kind": "status", "code": 500, "applied": "never"},
        {"kind": "status", "code": 503, "applied": "before"},
        {"kind": "status", "code": 429, "retry_after": 1, "applied": "never"},
        {"kind": "drop", "applied": "never"},
        {"kind": "drop", "applied": "before"},
        {"kind": "truncate", "applied": "before"},
        {"kind": "hang", "seconds": SHORT, "applied": "after"},
        {"kind": "hang", "seconds": SHORT, "applied": "before"},
        {"kind": "expired_token"},
    ]
    return [random.choice(kinds) for _ in range(random.choice((0, 0, 1, 2, 3)))]


def hook_faults(random: Random) -> list[dict[str, Any]]:
    """Make a few faults of the ride company's webhooks."""
    kinds = ("drop", "delay", "reorder", "same_id", "new_id", "bad_signature")
    return [{"kind": random.choice(kinds), "seconds": SHORT} for _ in range(random.choice((0, 1, 2)))]


LINES_DOWN: Final = {"kind": "drop", "applied": "never", "count": 100_000}
"""Every connection to the ride company breaks, until the fault is cleared."""


@dataclass(frozen=True, slots=True)
class Kill:
    """How a round ends: at a point's `nth` pass, or after so many seconds; and how far time then moves."""

    blow: Blow
    point: Point | None
    nth: int
    victim: str
    layout: Layout
    after: float
    then: timedelta

    @property
    def name(self) -> str:
        """What it is called in the figures."""
        return self.point.name if self.point else self.blow


def kills(random: Random, many: int, kind: str, *, polled: bool = False) -> list[Kill]:
    """Plan the kills: every point in turn, others at random, the database, its disk and the ride company
    now and then."""
    blows: tuple[Blow, ...] = (
        "point", "random", "point", "disk", "database", "point", "company", "point", "lines", "point"
    )  # fmt: skip
    points = [point for point in POINTS if polled or not point.polled]
    planned: list[Kill] = []
    for n in range(many):
        blow = blows[n % len(blows)]
        if blow == "database" and kind == "sqlite":  # it has no process of its own
            blow = "point"
        point = points[sum(one.blow == "point" for one in planned) % len(points)] if blow == "point" else None
        nth = random.randint(1, point.passes) if point else 1
        apart = kind == "postgres" and many >= 10 and n % 10 in (3, 4, 5, 6, 7)
        layout = APART if apart else ALONE
        victim = COMPANY if blow in ("company", "lines") else _victim(random, layout, point)
        after = random.uniform(0.05, 1.2)
        planned.append(Kill(blow, point, nth, victim, layout, after, _then(random, n, layout)))
    return planned


def _victim(random: Random, layout: Layout, point: Point | None) -> str:
    """Choose who is killed: at a point somebody who passes it."""
    if point is not None and point.who == "company":
        return COMPANY
    if layout is ALONE:
        return "serve"
    if point is None:
        return random.choice(list(layout))
    return "worker-1" if point.who == "worker" else "web"


def _then(random: Random, n: int, layout: Layout) -> timedelta:
    """Say how far time moves: mostly beyond the leases, now and then hours.

    Beside others who live and may be sending it is less: a lease is longer than any send takes.
    """
    if layout is not ALONE:
        return timedelta(seconds=random.choice((1, 10, 25)))
    if n % 25 == 24:
        return timedelta(hours=9)
    if n % 10 == 7:
        return timedelta(minutes=random.choice((3, 10, 45)))
    return timedelta(seconds=random.choice((1, 2, 5, 61, 65, 70)))
