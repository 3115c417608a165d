"""A walk under way: the places reached so far, the runs open below them, and what was found.

The rule: a finding is written down once for each line of a file, the first way that led to it.
"""

from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.flowset import FlowSet
from flows.model import Flow, Step, Where
from flows.problems import Problem
from flows.progress import Progress, innermost
from flows.turn import find_step
from flows.walk_atlas import Atlas
from flows.walk_found import Ending
from flows.walk_moves import Move, Standing
from flows.walk_starts import Start


@dataclass(slots=True)
class Leaving:
    """One way a run gives back: the place before it, the moves, and that run's number there."""

    at: int
    moves: tuple[Move, ...]
    n: int


@dataclass(slots=True)
class Run:
    """A run walked once for all who run it alike: where it began, who waits for what it gives back."""

    began: int
    facts: Mapping[str, Any]
    waiting: list[tuple[int, int]] = field(default_factory=list)  # place, and the run's number there
    leavings: dict[Hashable, Leaving] = field(default_factory=dict)


@dataclass(slots=True)
class Node:
    """A place reached: how, the open runs below the talk by their numbers, and where its tries lead."""

    standing: Standing
    start: Start
    before: int | None
    moves: tuple[Move, ...]
    runs: dict[int, Run] = field(default_factory=dict)
    waits: bool = False  # its newest run is walked elsewhere; only what that gives back is played here
    next: set[int] = field(default_factory=set)
    ends: bool = False


@dataclass(slots=True)
class Under:
    """A walk under way."""

    flows: FlowSet  # watched
    atlas: Atlas
    reached: set[str]
    nodes: list[Node] = field(default_factory=list)
    places: dict[Hashable, int] = field(default_factory=dict)
    runs: dict[Hashable, Run] = field(default_factory=dict)
    open: deque[int] = field(default_factory=deque)
    giving: deque[tuple[int, int, Run, Leaving]] = field(default_factory=deque)
    looked: set[Hashable] = field(default_factory=set)
    endings: dict[tuple[str, str, str], Ending] = field(default_factory=dict)
    found: dict[tuple[str, str], Problem] = field(default_factory=dict)
    turns: int = 0
    most: int = 0
    most_at: str = ""


def where(under: Under, progress: Progress) -> tuple[Flow, Step | None]:
    """Give the flow and the step a person stands in; the first flow where nothing is open."""
    if not progress.stack:
        return next(iter(under.flows.flows.values())), None
    frame = innermost(progress.stack[-1])
    flow = under.flows.flows[frame.flow]
    return flow, find_step(flow, frame.open)


def find(under: Under, rule: str, flow: Flow, step: Step | None, words: str, fix: str) -> None:
    """Write a finding down at its step, or at its flow."""
    at: Where = step.where if step is not None else flow.where
    note(under, Problem(at.file, at.line, words, fix, rule))


def note(under: Under, problem: Problem) -> None:
    """Write a finding down, but for one that stands there already."""
    under.found.setdefault((problem.rule, f"{problem.file}:{problem.line}"), problem)


def path(under: Under, at: int | None, since: int | None = None) -> tuple[Move, ...]:
    """Give the moves that lead to a place: after the one that began the talk, or since another place."""
    parts: list[tuple[Move, ...]] = []
    while at is not None and at != since:
        parts.append(under.nodes[at].moves)
        at = under.nodes[at].before
    return tuple(move for moves in reversed(parts) for move in moves)
