"""Walk every way through the flows with the real engine: every kind of answer at every question, every result
of every action, every event, lateness and silence.

The rule: nothing is assumed of the engine; what is proved is proved of what it does. Two standings that what
is ahead cannot tell apart (flows/walk_places.py) are walked once, so all flows together take seconds. Proved:
every step is reached, every way ends, nothing goes round without waiting, every text is answered or met with
a silence of the closed list, and a promise of a human names who and when.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from flows.effects import CallHuman, Effect, FlowEnded, Say, Silent, SilentReason
from flows.flowset import FlowSet
from flows.model import Flow, Review, Step, Where
from flows.problems import Problem
from flows.progress import Frame, Progress, all_frames, chain, innermost
from flows.turn import find_step
from flows.walk_found import Ending, Walk, show
from flows.walk_grafts import grafted
from flows.walk_moves import (
    BY_PERSON,
    Came,
    Gave,
    Move,
    Rang,
    Standing,
    Turned,
    Typed,
    ways,
)
from flows.walk_places import Atlas, gives_of, place_of, printed
from flows.walk_starts import Start, stand, starts_of
from flows.walk_tries import BETWEEN, KEEPS_PLACE, Try, endings_of, tries_of
from flows.walk_watch import watch

MOST_PLACES = 20_000
_SILENCES = frozenset(get_args(SilentReason))
_WHO = "Maria"  # whom the fake world promises


@dataclass(slots=True)
class _Leaving:
    """One way a run gives back: the place before it, the moves, and that run's number there."""

    at: int
    moves: tuple[Move, ...]
    n: int


@dataclass(slots=True)
class _Run:
    """A run walked once for all who run it alike: where it began, who waits for what it gives back."""

    began: int
    facts: Mapping[str, Any]
    waiting: list[tuple[int, int]] = field(default_factory=list)  # place, and the run's number there
    leavings: dict[Hashable, _Leaving] = field(default_factory=dict)


@dataclass(slots=True)
class _Node:
    """A place reached: how, the open runs below the talk by their numbers, and where its tries lead."""

    standing: Standing
    start: Start
    before: int | None
    moves: tuple[Move, ...]
    runs: dict[int, _Run] = field(default_factory=dict)
    waits: bool = False  # its newest run is walked elsewhere; only what that gives back is played here
    next: set[int] = field(default_factory=set)
    ends: bool = False


@dataclass(slots=True)
class _Under:
    """A walk under way."""

    flows: FlowSet  # watched
    atlas: Atlas
    reached: set[str]
    nodes: list[_Node] = field(default_factory=list)
    places: dict[Hashable, int] = field(default_factory=dict)
    runs: dict[Hashable, _Run] = field(default_factory=dict)
    open: deque[int] = field(default_factory=deque)
    giving: deque[tuple[int, int, _Run, _Leaving]] = field(default_factory=deque)
    looked: set[Hashable] = field(default_factory=set)
    endings: dict[tuple[str, str, str], Ending] = field(default_factory=dict)
    found: dict[tuple[str, str], Problem] = field(default_factory=dict)
    turns: int = 0
    most: int = 0
    most_at: str = ""


def walk(flows: FlowSet) -> Walk:
    """Walk every way; findings are in `problems`, with file and line."""
    reached: set[str] = set()
    under = _Under(watch(flows, reached), Atlas(flows), reached)
    for start in starts_of(under.atlas):
        _begin(under, start)
    while (under.open or under.giving) and len(under.nodes) < MOST_PLACES:
        if under.giving:
            _give_back(under, *under.giving.popleft())
        else:
            _go_on(under, under.open.popleft())
    if under.open:
        first = next(iter(flows.flows.values()))
        words = f"There are more than {MOST_PLACES} places; the walk stopped."
        _note(
            under,
            "walk-large",
            "",
            Problem(first.where.file, 1, words, "divide the largest flow.", "walk-large"),
        )
    else:
        _ends(under)
        _unreached(under)
    return Walk(
        problems=tuple(sorted(under.found.values())),
        reached=frozenset(reached),
        steps=sum(len(flow.steps) for flow in flows.flows.values()),
        places=len(under.nodes),
        turns=under.turns,
        most=under.most,
        most_at=under.most_at,
        endings=tuple(under.endings[key] for key in sorted(under.endings)),
    )


# --- walking ----------------------------------------------------------------------------------------------


def _begin(under: _Under, start: Start) -> None:
    standing = stand(start)
    for turned in ways(under.flows, standing, (start.move,)):
        _look(under, standing, turned, start, None)
        _arrive(under, turned, start, None, turned.moves[1:])


def _go_on(under: _Under, at: int) -> None:
    """Try everything at one place."""
    node = under.nodes[at]
    for came in endings_of(under.atlas, node.standing):
        if _first(under, "ends", came.name, node.standing):
            _try(under, at, (came,), ending=True)
    if node.waits:
        return
    for moves in tries_of(under.atlas, node.standing):
        _try(under, at, moves)
    if _first(under, "between", "", node.standing):
        for name, moves in BETWEEN.items():
            _between(under, at, name, moves)


def _try(under: _Under, at: int, moves: Try, *, ending: bool = False) -> None:
    node = under.nodes[at]
    for turned in ways(under.flows, node.standing, moves):
        _look(under, node.standing, turned, node.start, _path(under, at))
        for n, run in node.runs.items():
            _left(under, at, turned, n, run, ending=ending)
        _arrive(under, turned, node.start, at, turned.moves)


def _arrive(under: _Under, turned: Turned, start: Start, before: int | None, moves: tuple[Move, ...]) -> None:
    """Note where a turn led; a place seen before, and a run walked before, is not walked again."""
    standing = turned.standing
    for root in standing.progress.stack:
        for frame in all_frames(root):
            _mark(under, frame)
    if turned.circles:
        return
    earlier = None if before is None else under.nodes[before]
    if earlier is not None:  # a talk on top has its own walk
        mine = {root.n for root in earlier.standing.progress.stack}
        standing.progress.stack = [root for root in standing.progress.stack if root.n in mine]
    if not standing.progress.stack:
        if earlier is not None:
            earlier.ends = True
        return
    place = place_of(under.atlas, standing)
    if (known := under.places.get(place)) is None:
        known = under.places[place] = len(under.nodes)
        node = _Node(standing, start, before, moves)
        under.nodes.append(node)
        under.open.append(known)
        _open_runs(under, known, node, {} if earlier is None else earlier.runs)
    if earlier is not None:
        earlier.next.add(known)


def _open_runs(under: _Under, at: int, node: _Node, before: Mapping[int, _Run]) -> None:
    """Find the runs open at a new place: those that go on, those begun here, one that is walked already."""
    for frame in list(chain(node.standing.progress.stack[-1]))[1:]:
        if frame.n in before:
            node.runs[frame.n] = before[frame.n]
            continue
        name = place_of(under.atlas, node.standing, frame)
        run = under.runs.get(name)
        if run is None:
            node.runs[frame.n] = under.runs[name] = _Run(at, dict(node.standing.progress.facts))
            continue
        node.waits = True
        run.waiting.append((at, frame.n))
        under.giving.extend((at, frame.n, run, leaving) for leaving in run.leavings.values())
        return


def _left(under: _Under, at: int, turned: Turned, n: int, run: _Run, *, ending: bool) -> None:
    """Note that a turn left a run, and have that played wherever the same run waits."""
    if any(frame.n == n for root in turned.standing.progress.stack for frame in chain(root)):
        return
    gone = next((each for tree in turned.standing.trees for each in all_frames(tree) if each.n == n), None)
    if gone is None or gone.outcome is None:
        if ending:
            return
        kind: Hashable = ("left", type(turned.moves[0]).__name__)
    else:
        kind = (gone.outcome, turned.standing.progress.paused, gives_of(under.atlas, turned.standing, gone))
    if kind in run.leavings:
        return
    leaving = run.leavings[kind] = _Leaving(at, _until_left(turned.moves, n, gone), n)
    under.giving.extend((waits, there, run, leaving) for waits, there in run.waiting)


def _until_left(moves: tuple[Move, ...], n: int, gone: Frame | None) -> tuple[Move, ...]:
    """Cut a turn's moves where the run was left: what its caller did after it is another caller's own."""
    inside = {n} if gone is None else {frame.n for frame in all_frames(gone)}
    outside = (at for at, move in enumerate(moves) if isinstance(move, Gave) and move.to not in inside)
    return moves[: next(outside, len(moves))]


def _give_back(under: _Under, at: int, n: int, run: _Run, leaving: _Leaving) -> None:
    """Play how a run gave back elsewhere at a place that waits for the same run."""
    node = under.nodes[at]
    standing, its = grafted(node.standing, n, under.nodes[leaving.at].standing, leaving.n, run.facts)
    path = _belonging(_path(under, leaving.at, run.began), its)
    for turned in ways(under.flows, standing, _belonging(leaving.moves, its)):
        _look(under, standing, turned, node.start, (*_path(under, at), *path))
        for outer, known in node.runs.items():
            _left(under, at, replace(turned, moves=(*path, *turned.moves)), outer, known, ending=False)
        _arrive(under, turned, node.start, at, (*path, *turned.moves))


def _belonging(moves: Iterable[Move], n: int) -> tuple[Move, ...]:
    """Tell the results among moves that they belong to run `n` here."""
    return tuple(replace(move, to=n) if isinstance(move, Gave) else move for move in moves)


def _first(under: _Under, what: str, name: str, standing: Standing) -> bool:
    """Tell whether this was not yet looked at here; here is the open step, whatever else is known."""
    progress = standing.progress
    here = tuple((frame.flow, frame.open) for root in progress.stack for frame in chain(root))
    inner = [innermost(root) for root in progress.stack]
    if what == "between":
        here = here[-1:]
        if any(frame.tries or frame.nudges for frame in inner):
            return False
    key = (what, name, here, tuple(frame.confirm is not None for frame in inner), progress.paused)
    if key in under.looked:
        return False
    under.looked.add(key)
    return True


def _between(under: _Under, at: int, name: str, moves: Try) -> None:
    """Look at what a word between does: answered, and no talk is lost."""
    node = under.nodes[at]
    if node.standing.progress.opted_in is False and name == "STOP and START":
        return
    for turned in ways(under.flows, node.standing, moves):
        _look(under, node.standing, turned, node.start, _path(under, at))
        stack = [root.n for root in node.standing.progress.stack]
        left = [root.n for root in turned.standing.progress.stack]
        flow, step = _where(under, node.standing.progress)
        home = {root.n for root in node.standing.progress.stack if root.flow == "home"}
        lost = [n for n in stack if n not in left and n not in home]
        if lost and name in KEEPS_PLACE:
            words = f"{name} at {flow.id}.{step.id if step else ''} loses {len(lost)} talks under way."
            _find(under, "walk-lost", flow, step, words, "a word between must leave the question open.")


def _mark(under: _Under, frame: Frame) -> None:
    flow = under.flows.flows[frame.flow]
    if frame.prompt is not None and (step := find_step(flow, frame.open)) is not None:
        under.reached.add(f"{frame.flow}.{step.id}")


# --- looking ----------------------------------------------------------------------------------------------


def _look(
    under: _Under, before: Standing, turned: Turned, start: Start, path: tuple[Move, ...] | None
) -> None:
    """Look at one turn: what was said, whether it had to be, and what ended."""
    under.turns += 1
    says = [effect for effect in turned.effects if isinstance(effect, Say)]
    under.reached.update(each.step for each in says if each.step)
    last = says[-1].step if says else ""
    below = under.atlas.below[start.flow]  # what another talk said on top is no part of this ending
    own = [each.step for each in reversed(says) if each.step.partition(".")[0] in below]
    if len(says) > under.most:
        under.most, under.most_at = len(says), last
    if turned.circles or any(_circles(effect) for effect in turned.effects):
        flow, step = _where(under, turned.standing.progress)
        words = f"{flow.id} goes round without waiting for the person."
        _find(under, "walk-circle", flow, step, words, "ask something before it is done again.")
    if isinstance(turned.moves[0], BY_PERSON) and not _answered(turned):
        progress = before.progress if before.progress.stack else turned.standing.progress
        flow, step = _where(under, progress)
        words = f"{show(turned.moves[0])} is answered with nothing, and nothing says why."
        _find(under, "walk-silent", flow, step, words, "say something after it.")
    for each in says:
        _promise(under, each, turned)
    for effect in turned.effects:
        if isinstance(effect, FlowEnded) and effect.flow in below:
            key = (effect.flow, effect.outcome, next((each for each in own if each), ""))
            moves = turned.moves[1:] if path is None else (*path, *turned.moves)
            if key not in under.endings or _events(moves) < _events(under.endings[key].moves):
                under.endings[key] = Ending(*key, start, moves)


def _events(moves: tuple[Move, ...]) -> int:
    """Count the outside events of a way: the fewer, the easier it is to read."""
    return sum(isinstance(move, Came) for move in moves)


def _circles(effect: Effect) -> bool:
    return isinstance(effect, CallHuman) and effect.kind == "a talk goes round in circles"


def _answered(turned: Turned) -> bool:
    """Tell whether a text was met: with words, or with a silence of the closed list that may stay silent."""
    silences = [effect.reason for effect in turned.effects if isinstance(effect, Silent)]
    said = any(isinstance(effect, Say) for effect in turned.effects)
    waits = "hold" in turned.standing.progress.timers
    return said or (bool(silences) and _SILENCES.issuperset(silences) and not waits)


def _promise(under: _Under, said: Say, turned: Turned) -> None:
    """Look whether a text that names a human came out with the name and the hour."""
    name, _, id_ = said.step.partition(".")
    flow = under.flows.flows.get(name)
    step = find_step(flow, id_) if flow else None
    if flow is None or step is None or (said.prompt is not None and isinstance(step, Review)):
        return
    texts = [text for text in printed(step) if any(each.endswith(".who") for each in text.names)]
    if not texts or _WHO in said.text or any(isinstance(each, Rang | Typed) for each in turned.moves[1:]):
        return
    if not any(_opens_like(text.forms["en"], said.text) for text in texts):
        return
    words = f'{said.step} promises a human with no name or hour: "{said.text}"'
    _find(under, "walk-promise", flow, step, words, "let it run only after tell_caseworker was done.")


def _opens_like(forms: Mapping[str, str], said: str) -> bool:
    """Tell whether words came from these forms, and not from what follows an unclear answer."""
    return any(
        form.partition("{")[0][:12] == said[: len(form.partition("{")[0][:12])] for form in forms.values()
    )


def _where(under: _Under, progress: Progress) -> tuple[Flow, Step | None]:
    if not progress.stack:
        return next(iter(under.flows.flows.values())), None
    frame = innermost(progress.stack[-1])
    flow = under.flows.flows[frame.flow]
    return flow, find_step(flow, frame.open)


def _find(under: _Under, rule: str, flow: Flow, step: Step | None, words: str, fix: str) -> None:
    where: Where = step.where if step is not None else flow.where
    _note(under, rule, f"{where.file}:{where.line}", Problem(where.file, where.line, words, fix, rule))


def _note(under: _Under, rule: str, where: str, problem: Problem) -> None:
    under.found.setdefault((rule, where), problem)


def _path(under: _Under, at: int | None, since: int | None = None) -> tuple[Move, ...]:
    """Give the moves that lead to a place: after the one that began the talk, or since another place."""
    parts: list[tuple[Move, ...]] = []
    while at is not None and at != since:
        parts.append(under.nodes[at].moves)
        at = under.nodes[at].before
    return tuple(move for moves in reversed(parts) for move in moves)


# --- what all ways together prove ---------------------------------------------------------------------------


def _ends(under: _Under) -> None:
    """Find places from which no way leads to an end."""
    behind: dict[int, list[int]] = {}
    for at, node in enumerate(under.nodes):
        for next_ in node.next:
            behind.setdefault(next_, []).append(at)
        if node.before is not None and any(innermost(root).tries for root in node.standing.progress.stack):
            behind.setdefault(node.before, []).append(at)  # an answer clears the tries: tried where it began
    todo = [at for at, node in enumerate(under.nodes) if node.ends]
    good = set(todo)
    while todo:
        for at in behind.get(todo.pop(), ()):
            if at not in good:
                good.add(at)
                todo.append(at)
    for at, node in enumerate(under.nodes):
        if at not in good:
            flow, step = _where(under, node.standing.progress)
            words = f"No way leads from {flow.id}.{step.id if step else ''} to an end."
            _find(under, "walk-endless", flow, step, words, "let an answer finish it.")


def _unreached(under: _Under) -> None:
    for flow in under.flows.flows.values():
        for step in flow.steps:
            if f"{flow.id}.{step.id}" not in under.reached:
                words = f"No way leads to {flow.id}.{step.id}."
                _find(under, "walk-unreached", flow, step, words, "look at its `when`, or delete it.")
