"""What a walk through the flows found, and how it is told to the person who ran it.

The rule: findings are problems like the linter's, with file and line; the rest is counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from flows.problems import Problem
from flows.walk_kinds import words
from flows.walk_moves import Came, Gave, HandedBack, Move, Picked, Pinned, Rang, Typed
from flows.walk_starts import Start


@dataclass(frozen=True, slots=True)
class Ending:
    """One way a flow ends: its outcome, the step that spoke last, and how to get there."""

    flow: str
    outcome: str
    said: str
    start: Start
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a walk found."""

    problems: tuple[Problem, ...]
    reached: frozenset[str]  # "flow.step"
    steps: int
    places: int
    turns: int
    most: int  # messages in one turn
    most_at: str
    endings: tuple[Ending, ...]


def show(move: Move) -> str:
    """Say a move in words."""
    match move:
        case Typed(en=en, photos=photos):
            return f'"{en}"' if en or not photos else "a photo"
        case Picked(n=n, label=label):
            return f'"{n}" ({label})'
        case Pinned():
            return "a shared place"
        case Rang(name=name):
            return f"the timer {name}"
        case Came(name=name, variant=variant):
            return f"{name} ({variant})" if variant else name
        case Gave(reason=None, over=over, stands=stands):
            return ", ".join(part for part in ("done", stands, words(over)) if part)
        case Gave(reason=reason):
            return f"failed: {reason}"
        case HandedBack():
            return "handed back"


def report(walked: Walk) -> str:
    """Write a walk down for the person who ran it: coverage, the longest turn, endings, findings."""
    lines = [
        f"{len(walked.reached)} of {walked.steps} steps reached, {walked.places} places, "
        f"{walked.turns} turns.",
        f"Most messages in one turn: {walked.most} (last: {walked.most_at}).",
        f"{len(walked.endings)} endings of {len({each.flow for each in walked.endings})} flows.",
    ]
    return "\n".join([*lines, *map(str, walked.problems), _verdict(walked.problems)])


def _verdict(problems: Iterable[Problem]) -> str:
    count = sum(1 for _ in problems)
    if count:
        return f"{count} findings."
    return "Every step is reached, every way ends, every text is answered."
