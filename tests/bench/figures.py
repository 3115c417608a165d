"""Figures and the table they stand in: each beside its limit and beside peers of the same run.

The rule: a limit is on a ratio to a peer of the same run wherever there is one, because a busy machine slows
both alike. Peers are measured in turns with ours, several rounds, and the medians count.
"""

import gc
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Literal, TypeAlias

from rich.console import Console
from rich.table import Table

Rounds: TypeAlias = Mapping[str, Callable[[], Awaitable[float]]]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a figure must keep: itself or, with `of`, its ratio to that peer, at least or at most `value`."""

    sense: Literal["≥", "≤"]
    value: float
    of: str | None = None

    def reached(self, ours: float, beside: Mapping[str, float]) -> tuple[float, bool] | None:
        """Give what the limit is on and whether it is kept; None where the peer was not measured."""
        if self.of is None:
            found = ours
        elif beside.get(self.of):
            found = ours / beside[self.of]
        else:
            return None
        return found, found >= self.value if self.sense == "≥" else found <= self.value

    def __str__(self) -> str:
        return f"{self.sense} {self.value:g}" + (f" × {self.of}" if self.of else "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured, with the peers of its run and its limits."""

    what: str
    ours: float
    unit: str
    beside: Mapping[str, float] = field(default_factory=dict)
    limits: Sequence[Limit] = ()
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Lay the figure out, with what became of each limit."""
        reached = {str(limit): limit.reached(self.ours, self.beside) for limit in self.limits}
        kept = {name: None if r is None else {"value": r[0], "kept": r[1]} for name, r in reached.items()}
        return {**asdict(self), "limits": kept}


async def in_turns(rounds: int, peers: Rounds) -> dict[str, float]:
    """Measure all of them, one after another, several times; give each one's median."""
    found: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(rounds):
        for name, measure in peers.items():
            gc.collect()
            found[name].append(await measure())
    return {name: median(each) for name, each in found.items()}


def percentile(took: Sequence[float], part: float) -> float:
    """Give what this part of the values stays within."""
    return sorted(took)[min(len(took) - 1, int(len(took) * part))] if took else 0.0


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print the table."""
    table = Table(show_edge=False, pad_edge=False)
    for name in ("what", "ours", "", "beside, in the same run", "limit", "reached"):
        table.add_column(name, justify="right" if name == "ours" else "left", overflow="fold")
    for one in figures:
        beside = "\n".join(f"{name} {_number(value)}" for name, value in one.beside.items())
        limits = "\n".join(str(limit) for limit in one.limits)
        reached = "\n".join(_reached(limit.reached(one.ours, one.beside)) for limit in one.limits)
        what = f"{one.what}\n[dim]{one.note}[/]" if one.note else one.what
        table.add_row(what, _number(one.ours), one.unit, beside, limits, reached)
    console.print(table)


def _reached(found: tuple[float, bool] | None) -> str:
    if found is None:
        return "not measured"
    value, kept = found
    return f"[{'green' if kept else 'red'}]{_number(value)} {'yes' if kept else 'NO'}[/]"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
