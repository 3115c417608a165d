"""The long run of `make fuzz`: random lives from a seed, to the last of the events asked for.

    python -m tests.flows.fuzz --events 200000 --seed 1 --minutes 20
    python -m tests.flows.fuzz --seed 1 --life 417

The rule: a life is drawn from the seed and its own number alone, so that the one which found something is
lived again without the others. Findings do not end the run: each kind is told once, with its life and the
last things that happened; with one, the run ends with status 1.

People here are not only monkeys: about half of what they write fits the question on their phone, so that
the talks get far, and what the world owes (the map, the car) mostly comes.
"""

import argparse
import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from time import monotonic
from typing import Any

from flows.events import OUTSIDE
from flows.flowset import FlowSet
from flows.library import shipped
from flows.model import Ask, Review, WaitFor
from flows.progress import Frame, innermost, new_progress
from flows.turn import asking_root, find_step
from tests.flows.lives import (
    CHANGES,
    HELD,
    Person,
    edit_keeps_all,
    edited,
    happen,
    is_heard,
    no_masked_answer_is_used,
    person_keeps_the_place,
    stop_stops,
)
from tests.flows.stage import flows_of
from tests.flows.test_engine_lists import ROUNDS

WORDS = [
    "yes", "no", "1", "2", "3", "9", "y", "ok", "k", "thanks", "hi", "👍", "", "   ", "ray", "02128", "1998",
    "1 its tomoro", "tomorrow at 8 am", "at 8", "mar 8 6am", "done", "menu", "back", "person", "again",
    "espanol", "english", "about me", "help", "start", "stop", "ride", "interview", "it moved", "cant go",
    "wheres my ride", "hope house on 5th", "77 dale st boston", "i dont want to be here anymore", "ride7",
    "i see him", "two things", "skip", "jobs", "news", "go",
]  # fmt: skip
TOKENS = ["silence", "hold", "late:3", "turn", "nonsense"]
FITTING = {
    "yes_no": ["1", "2", "yes", "no", "si", "y", "nah"],
    "datetime": ["tomorrow at 8 am", "mar 8 6am", "friday", "at 8", "mañana a las 3", "feb 25 at 10"],
    "time": ["8 pm", "at 8", "10:30", "a las 8", "noon"],
    "date": ["tomorrow", "friday", "mar 8", "el lunes"],
    "name": ["Ray", "my name is Dee", "Maria Jose"],
    "zip": ["02128", "boston", "i dont know", "2128"],
    "address": ["77 dale st boston", "hope house on 5th", "po box 3", "02128"],
    "phone": ["617 555 0123", "8005550123", "call me"],
    "pin": ["1998", "4711", "no"],
    "number": ["2", "two", "a lot"],
    "photo": ["(photo)", "no"],
    "text": ["they moved it", "can you help me with my bus card", "nothing"],
}
_LETTERS = "abc 12 ñé ?!'{}[]\"\\|#:,\n\t👍\x00\u200b"
LIFE = (20, 60)  # random events, fewest and most


@dataclass(slots=True)
class Lived:
    """One life: what happened, in order, and what went wrong, if anything."""

    story: list[str] = field(default_factory=list)
    wrong: Exception | None = None


# --- one life -----------------------------------------------------------------------------------------------


def live_one(flows: FlowSet, seed: int, number: int) -> Lived:
    """Live the life of this number: most over the flows as they are, some through an edit, some in rounds."""
    rng = Random(f"{seed}:{number}")
    lived = Lived()
    try:
        match rng.randrange(10):
            case 0 | 1 | 2:
                _through_an_edit(rng, flows, lived)
            case 3:
                _go_on(rng, Person(opted_in=True, flows=flows_of(ROUNDS)), lived)
            case _:
                _as_it_is(rng, flows, lived)
    except Exception as wrong:  # whatever it is, it is the finding
        lived.wrong = wrong
    return lived


def _as_it_is(rng: Random, flows: FlowSet, lived: Lived) -> None:
    progress = new_progress(rng.choice(["en", "es"]))
    channel = rng.choice(["sms", "telegram"])
    person = Person(opted_in=rng.random() < 0.7, channel=channel, progress=progress, flows=flows)
    _go_on(rng, person, lived)
    person_keeps_the_place(person)
    stop_stops(person)


def _through_an_edit(rng: Random, flows: FlowSet, lived: Lived) -> None:
    person = Person(opted_in=True, flows=flows)
    _go_on(rng, person, lived)
    steps = sum(len(flow.steps) for flow in flows.flows.values())
    changes = {rng.randrange(steps + 1): rng.choice(CHANGES) for _ in range(rng.randrange(60))}
    lived.story.append(f"edited: {sorted(changes.items())}")
    edit_keeps_all(person, edited(flows, changes))
    _go_on(rng, person, lived)
    is_heard(person)
    stop_stops(person)


def _go_on(rng: Random, person: Person, lived: Lived) -> None:
    for _ in range(rng.randint(*LIFE)):
        person.at += timedelta(seconds=rng.choice([0, 1, 20, 60, 600, 7200, 90_000]))
        kind, value = _next(rng, person)
        fails = rng.random() < 0.15
        lived.story.append(f"{person.at:%a %H:%M:%S} {kind} {value!r}{' (actions fail)' if fails else ''}")
        happen(person, kind, value, fails=fails)
        no_masked_answer_is_used(person)


# --- what happens next --------------------------------------------------------------------------------------


def _next(rng: Random, person: Person) -> tuple[str, Any]:
    """Draw what happens: mostly a person who writes, often what fits; else the world, staff or the clock."""
    draw = rng.random()
    if draw < 0.40:
        return "text", _fitting(rng, person)
    if draw < 0.58:
        return ("seen" if rng.random() < 0.2 else "text"), _words(rng)
    if draw < 0.64:
        return "tap", (rng.randrange(4), rng.randint(1, 4))
    if draw < 0.78:
        return "timer", None
    if draw < 0.92:
        return "outside", _owed(rng, person) or rng.choice(sorted(OUTSIDE))
    rest: list[tuple[str, Any]] = [
        ("staff", rng.random() < 0.4), ("carrier", rng.random() < 0.3), ("spot", None), ("photo", None),
        ("stale", rng.choice(TOKENS)),
    ]  # fmt: skip
    return rng.choice(rest)


def _words(rng: Random) -> str:
    """Draw words said out of turn: known ones, two together, or anything at all."""
    draw = rng.random()
    if draw < 0.6:
        return rng.choice(WORDS)
    if draw < 0.8:
        return f"{rng.choice(WORDS)} {rng.choice(WORDS)}"
    return "".join(rng.choice(_LETTERS) for _ in range(rng.randrange(40)))


def _open(person: Person) -> tuple[Frame, Any] | None:
    root = asking_root(person.progress)
    if root is None:
        return None
    frame = innermost(root)
    return frame, find_step(person.flows.flows[frame.flow], frame.open)


def _fitting(rng: Random, person: Person) -> str:
    """Draw an answer that fits the open question: a row by number or label, or one of its kind."""
    match _open(person):
        case (frame, Ask() | Review()) if frame.confirm is not None:
            return rng.choice(["1", "1", "yes", "2", "no", "9 am"])
        case (frame, Ask(as_="choice" | "choices") | Review()) if frame.shown.rows:
            row = rng.choice(frame.shown.rows)
            return rng.choice([str(row.n), row.label])
        case (_, Ask(as_=kind)) if kind in FITTING:
            return rng.choice(FITTING[kind])
        case _:
            return _words(rng)


def _owed(rng: Random, person: Person) -> str | None:
    """Draw the event a talk waits for, where one does."""
    for root in person.progress.stack:
        frame = innermost(root)
        step = find_step(person.flows.flows[frame.flow], frame.open)
        if isinstance(step, WaitFor) and rng.random() < 0.7:
            return rng.choice(step.events)
    return None


# --- the run ------------------------------------------------------------------------------------------------


def fuzz(flows: FlowSet, *, events: int, seed: int, minutes: float, every: int = 20_000) -> int:
    """Live until so many events have happened; print what was looked at and found. Gives the exit status."""
    begun, met, lives, told = monotonic(), 0, 0, every
    found: dict[str, tuple[int, Lived, int]] = {}
    HELD.clear()
    while met < events and monotonic() - begun < 60 * minutes:
        lived = live_one(flows, seed, lives)
        met += len(lived.story)
        if lived.wrong is not None:
            kind = _kind_of(lived.wrong)
            first, story, times = found.get(kind, (lives, lived, 0))
            found[kind] = first, story, times + 1
        lives += 1
        if met >= told:
            print(
                f"{met} events, {lives} lives, {len(found)} findings, {monotonic() - begun:.0f} s", flush=True
            )
            told += every
    for kind, (number, lived, times) in found.items():
        print(f"\n{kind}: {times} times. Live it again: make fuzz SEED={seed} LIFE={number}")
        tell(lived)
    took = monotonic() - begun
    print(f"\n{met} random events in {lives} lives of seed {seed}, {took:.0f} s: {len(found)} findings")
    for name, times in Counter(HELD).most_common():
        print(f"  {times:>8}  {name}")
    short = met < events
    if short:
        print(f"{minutes} minutes were over before {events} events were met.")
    return 1 if found or short else 0


def _kind_of(wrong: Exception) -> str:
    """Name a finding by what was raised and where, so that one fault is told once."""
    last = traceback.extract_tb(wrong.__traceback__)[-1]
    words = str(wrong).split("\n")[0][:120]
    return f"{type(wrong).__name__} in {last.name}, line {last.lineno}: {words}"


def tell(lived: Lived, most: int = 15) -> None:
    """Print the last things of a life, and the traceback of what went wrong."""
    for line in lived.story[-most:]:
        print(f"    {line}")
    if lived.wrong is not None:
        print("".join(traceback.format_exception(lived.wrong)).rstrip())


def main(argv: Sequence[str] | None = None) -> int:
    """Run from the command line; the status is 1 with a finding, or when the time was too short."""
    parser = argparse.ArgumentParser(
        prog="fuzz", description="Let random things happen to people in the flows."
    )
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--life", type=int, help="live only this one again, and tell all of it")
    given = parser.parse_args(argv)
    if given.life is None:
        return fuzz(shipped(), events=given.events, seed=given.seed, minutes=given.minutes)
    lived = live_one(shipped(), given.seed, given.life)
    tell(lived, most=len(lived.story))
    return 0 if lived.wrong is None else 1


if __name__ == "__main__":
    sys.exit(main())
