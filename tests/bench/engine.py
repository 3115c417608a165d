"""How long one decision takes: `advance` over the shipped intake, walked in English by many people.

A benchmark, not a test: `make bench`. The rule: every figure stands beside yardsticks of the same run (a bare
call, `json.dumps` of a progress), because a busy machine slows them all alike: compare the ratios. People
type different names, ZIP codes and times, so that a second reading of one text is not what is measured.
"""

import argparse
import gc
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from time import perf_counter_ns
from typing import Any
from zoneinfo import ZoneInfo

from flows.effects import Do, Effect, FlowEnded
from flows.engine import advance
from flows.events import ActionDone, ActionFailed, Event, TextReceived
from flows.fakes import World, fake
from flows.flowset import FlowSet
from flows.library import shipped
from flows.progress import Progress, new_progress, progress_to_json

BEGAN = datetime(2027, 2, 23, 12, 0, tzinfo=ZoneInfo("America/New_York"))
FIRST = [a + b for a, b in product(("Ra", "De", "Mi", "Jo", "La", "Te", "Cor"), ("y", "e", "na", "ron"))]
LAST = [a + b for a, b in product(("Car", "Wil", "Ben", "Har", "Nel"), ("son", "ter", "ley", "man", "ris"))]
WORK = ("1", "1 3", "2 and 4", "kitchen", "warehouse", "6")


@dataclass(slots=True)
class Walked:
    """What was timed, in nanoseconds: each turn, by what was typed ("" for an action's result)."""

    turns: dict[str, list[int]] = field(default_factory=dict)
    midway: Progress = field(default_factory=new_progress)

    def all(self) -> list[int]:
        return [each for turns in self.turns.values() for each in turns]


def answers(person: int) -> dict[str, str]:
    """Give what one person types, from the start word to the last question, by the question's name."""
    return {
        "start": "JOBS",
        "first_name": f"{FIRST[person % len(FIRST)]} {LAST[person // len(FIRST) % len(LAST)]}",
        "adult": "yes",
        "zip": f"{2108 + person % 90:05d}",
        "set_hours": "yes",
        "home_by": f"{4 + person % 6}:{5 * (person // 6 % 12):02d} pm",
        "read back": "1",
        "work": WORK[person % len(WORK)],
        "ok_notice": "no",
    }


def walk(flows: FlowSet, person: int, walked: Walked) -> None:
    """Lead one person through the intake and time every turn."""
    progress, world, at = new_progress("en"), World(), BEGAN
    effects: list[Effect] = []
    for question, words in answers(person).items():
        at += timedelta(minutes=1)
        events: list[tuple[str, Event]] = [
            (question, TextReceived(at=at, text=words, channel="sms", opted_in=True))
        ]
        while events:
            name, event = events.pop()
            began = perf_counter_ns()
            progress, effects = advance(flows, progress, event)
            walked.turns.setdefault(name, []).append(perf_counter_ns() - began)
            events += [("told", carried_out(world, do, at)) for do in effects if isinstance(do, Do)]
        if question == "home_by":
            walked.midway = progress
    if FlowEnded("intake", "done") not in effects:
        raise SystemExit(f"the intake did not end for {answers(person)}")


def carried_out(world: World, do: Do, at: datetime) -> Event:
    result = fake(world, do.action, at.replace(tzinfo=None))
    if isinstance(result, str):
        return ActionFailed(at=at, call=do.call, reason=result)
    return ActionDone(at=at, call=do.call, result=result)


def timed(call: Callable[[], object], times: int) -> list[int]:
    """Time a call, again and again, in nanoseconds."""
    took = []
    for _ in range(times):
        began = perf_counter_ns()
        call()
        took.append(perf_counter_ns() - began)
    return took


def below(took: list[int], part: float) -> float:
    """Give the microseconds that this part of the calls stays within."""
    return sorted(took)[min(len(took) - 1, int(len(took) * part))] / 1000


def measure(people: int) -> dict[str, Any]:
    """Walk the intake with so many people and give the figures, in microseconds."""
    flows = shipped()
    for person in range(20):
        walk(flows, person, Walked())
    walked = Walked()
    gc.collect()
    gc.freeze()
    for person in range(people):
        walk(flows, person, walked)
    turns = walked.all()
    written = progress_to_json(walked.midway)
    bare = below(timed(lambda: None, 20_000), 0.5)
    dumps = below(timed(lambda: json.dumps(written), 5_000), 0.5)
    p50 = below(turns, 0.5)
    return {
        "turns": len(turns),
        "p50_us": round(p50, 1),
        "p99_us": round(below(turns, 0.99), 1),
        "json_dumps_us": round(dumps, 2),
        "bare_call_us": round(bare, 3),
        "p50_in_json_dumps": round(p50 / dumps, 1),
        "by_question_us": {name: round(below(each, 0.5), 1) for name, each in walked.turns.items()},
    }


def main() -> None:
    """Print the figures, and as JSON on the last line."""
    reader = argparse.ArgumentParser(description="Time the engine's decisions on the shipped intake.")
    reader.add_argument("--people", type=int, default=2000)
    figures = measure(reader.parse_args().people)
    print(f"{figures['turns']} turns of the intake: p50 {figures['p50_us']} µs, p99 {figures['p99_us']} µs")
    print(f"yardsticks: json.dumps {figures['json_dumps_us']} µs, a bare call {figures['bare_call_us']} µs")
    print(f"a turn takes as long as {figures['p50_in_json_dumps']} json.dumps of its progress")
    for name, p50 in figures["by_question_us"].items():
        print(f"  {name:12} {p50:7.1f} µs")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
