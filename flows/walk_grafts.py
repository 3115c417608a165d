"""Put a run as it stands in one talk into another talk that waits for the same run.

The rule: what is grafted shares nothing with where it came from, and every run keeps a number of its own.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flows.progress import all_frames, chain
from flows.walk_moves import Standing, copied


def grafted(
    here: Standing, n: int, there: Standing, run: int, facts: Mapping[str, Any]
) -> tuple[Standing, int]:
    """Put a run as it stands elsewhere into the talk that waits for it, with what it learnt since it began.

    Its numbers are moved past those of the talk, so that each stays one run's own; the new one is given back.
    """
    brought, mine = copied(there), copied(here)
    progress, talk = brought.progress, mine.progress
    past = talk.seq
    inner = next(frame for root in progress.stack for frame in chain(root) if frame.n == run)
    for frame in all_frames(inner):
        frame.n += past
    for root in talk.stack:
        for frame in chain(root):
            if frame.sub is not None and frame.sub.n == n:
                frame.sub = inner
                break
    learnt = {name: value for name, value in progress.facts.items() if facts.get(name, inner) != value}
    progress.facts = talk.facts | learnt
    progress.seq += past
    progress.timers = {_moved(token, past): due for token, due in progress.timers.items()}
    progress.caused = talk.caused + [
        f"{each.rpartition('@')[0]}@{talk.stack[-1].n}" for each in progress.caused
    ]
    progress.stack = talk.stack
    return replace(brought, trees=tuple(talk.stack)), inner.n


def _moved(token: str, past: int) -> str:
    name, _, number = token.partition(":")
    return f"{name}:{int(number) + past}" if number else name
