"""What goes wrong, and when: drawn from the seed, nothing else."""

from collections import Counter
from random import Random
from typing import Literal, TypeAlias

import sqlalchemy as sa

Wire: TypeAlias = Literal[
    "fair", "no connection", "lost before", "lost after", "500 before", "500 after", "429", "half"
]
_WIRE: tuple[tuple[Wire, float], ...] = (
    ("no connection", 0.010),
    ("lost before", 0.006),
    ("lost after", 0.010),
    ("500 before", 0.006),
    ("500 after", 0.006),
    ("429", 0.010),
    ("half", 0.006),
)
BUSY, KILLED = 0.002, 0.0007


class Killed(BaseException):
    """The process died here."""


class Weather:
    """One seed's faults; `fair` ends them. `dead`: the process was killed and not yet started again."""

    def __init__(self, seed: int) -> None:
        self._wire, self._door, self._death = (Random(f"{seed}/{what}") for what in ("wire", "door", "death"))
        self.fair = self.dead = False
        self.seen: Counter[str] = Counter()

    def passing(self, point: str) -> None:
        """Pass a point where the process may die; a dead one passes nothing."""
        if self.dead:
            raise Killed
        if not self.fair and self._death.random() < KILLED:
            self.dead = True
            self.seen[f"killed {point}"] += 1
            raise Killed

    def door(self) -> None:
        """Enter a transaction: the database may be busy."""
        self.passing("before a transaction")
        if not self.fair and self._door.random() < BUSY:
            self.seen["database busy"] += 1
            raise sa.exc.OperationalError("BEGIN", {}, Exception("the database is busy (drawn)"))

    def wire(self) -> Wire:
        """Draw how one request fares."""
        drawn = self._wire.random()
        for what, share in _WIRE:
            drawn -= share
            if drawn < 0 and not self.fair:
                self.seen[what] += 1
                return what
        return "fair"
