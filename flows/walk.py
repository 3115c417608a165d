"""Walk every way through the flows with the real engine: every kind of answer at every question, every result
of every action, every event, lateness and silence.

The rule: nothing is assumed of the engine; what is proved is proved of what it does. Two standings that what
is ahead cannot tell apart (flows/walk_places.py) are walked once, so all flows together take seconds. Proved:
every step is reached, every way ends, nothing goes round without waiting, every text is answered or met with
a silence of the closed list, and a promise of a human names who and when.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace

from flows.flowset import FlowSet
from flows.problems import Problem
from flows.progress import Frame, all_frames, chain, innermost
from flows.turn import find_step
from flows.walk_atlas import Atlas
from flows.walk_found import Walk
from flows.walk_grafts import grafted
from flows.walk_look import look
from flows.walk_moves import Gave, Move, Standing, Turned, ways
from flows.walk_places import gives_of, place_of
from flows.walk_starts import Start, stand, starts_of
from flows.walk_tries import BETWEEN, KEEPS_PLACE, Try, endings_of, tries_of
from flows.walk_under import Leaving, Node, Run, Under, find, note, path, where
from flows.walk_watch import watch

MOST_PLACES = 20_000


def walk(flows: FlowSet) -> Walk:
    """Walk every way; findings are in `problems`, with file and line."""
    reached: set[str] = set()
    under = Under(watch(flows, reached), Atlas(flows), reached)
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
        note(under, Problem(first.where.file, 1, words, "divide the largest flow.", "walk-large"))
    else:
        _ends(under)
        _unreached(under)
    steps = {f"{flow.id}.{step.id}" for flow in flows.flows.values() for step in flow.steps}
    return Walk(
        problems=tuple(sorted(under.found.values())),
        reached=frozenset(reached & steps),
        steps=len(steps),
        places=len(under.nodes),
        turns=under.turns,
        most=under.most,
        most_at=under.most_at,
        endings=tuple(under.endings[key] for key in sorted(under.endings)),
    )


# --- walking ----------------------------------------------------------------------------------------------


def _begin(under: Under, start: Start) -> None:
    standing = stand(start)
    for turned in ways(under.flows, under.atlas, standing, (start.move,)):
        look(under, standing, turned, start, None)
        _arrive(under, turned, start, None, turned.moves[1:])


def _go_on(under: Under, at: int) -> None:
    """Try everything at one place."""
    node = under.nodes[at]
    for came in endings_of(under.atlas, node.standing):
        if _first(under, "ends", came.name, node.standing):
            _try(under, at, (came,), ending=True)
    if node.waits:
        return
    once = _under_way(node.standing) or _first(under, "unclear", "", node.standing)
    for moves in tries_of(under.atlas, node.standing, unclear=once):
        _try(under, at, moves)
    if _first(under, "between", "", node.standing):
        for name, moves in BETWEEN.items():
            _between(under, at, name, moves)


def _try(under: Under, at: int, moves: Try, *, ending: bool = False) -> None:
    node = under.nodes[at]
    for turned in ways(under.flows, under.atlas, node.standing, moves):
        look(under, node.standing, turned, node.start, path(under, at))
        for n, run in node.runs.items():
            _left(under, at, turned, n, run, ending=ending)
        _arrive(under, turned, node.start, at, turned.moves)


def _arrive(under: Under, turned: Turned, start: Start, before: int | None, moves: tuple[Move, ...]) -> None:
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
        node = Node(standing, start, before, moves)
        under.nodes.append(node)
        under.open.append(known)
        _open_runs(under, known, node, {} if earlier is None else earlier.runs)
    if earlier is not None:
        earlier.next.add(known)


def _open_runs(under: Under, at: int, node: Node, before: Mapping[int, Run]) -> None:
    """Find the runs open at a new place: those that go on, those begun here, one that is walked already."""
    for frame in list(chain(node.standing.progress.stack[-1]))[1:]:
        if frame.n in before:
            node.runs[frame.n] = before[frame.n]
            continue
        name = place_of(under.atlas, node.standing, frame)
        run = under.runs.get(name)
        if run is None:
            node.runs[frame.n] = under.runs[name] = Run(at, dict(node.standing.progress.facts))
            continue
        node.waits = True
        run.waiting.append((at, frame.n))
        under.giving.extend((at, frame.n, run, leaving) for leaving in run.leavings.values())
        return


def _left(under: Under, at: int, turned: Turned, n: int, run: Run, *, ending: bool) -> None:
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
    leaving = run.leavings[kind] = Leaving(at, _until_left(turned.moves, n, gone), n)
    under.giving.extend((waits, there, run, leaving) for waits, there in run.waiting)


def _until_left(moves: tuple[Move, ...], n: int, gone: Frame | None) -> tuple[Move, ...]:
    """Cut a turn's moves where the run was left: what its caller did after it is another caller's own."""
    inside = {n} if gone is None else {frame.n for frame in all_frames(gone)}
    outside = (at for at, move in enumerate(moves) if isinstance(move, Gave) and move.to not in inside)
    return moves[: next(outside, len(moves))]


def _give_back(under: Under, at: int, n: int, run: Run, leaving: Leaving) -> None:
    """Play how a run gave back elsewhere at a place that waits for the same run."""
    node = under.nodes[at]
    standing, its = grafted(node.standing, n, under.nodes[leaving.at].standing, leaving.n, run.facts)
    taken = _belonging(path(under, leaving.at, run.began), its)
    for turned in ways(under.flows, under.atlas, standing, _belonging(leaving.moves, its)):
        look(under, standing, turned, node.start, (*path(under, at), *taken))
        for outer, known in node.runs.items():
            _left(under, at, replace(turned, moves=(*taken, *turned.moves)), outer, known, ending=False)
        _arrive(under, turned, node.start, at, (*taken, *turned.moves))


def _belonging(moves: Iterable[Move], n: int) -> tuple[Move, ...]:
    """Tell the results among moves that they belong to run `n` here."""
    return tuple(replace(move, to=n) if isinstance(move, Gave) else move for move in moves)


def _first(under: Under, what: str, name: str, standing: Standing) -> bool:
    """Tell whether this was not yet looked at here; here is the open step, whatever else is known."""
    progress = standing.progress
    here = tuple((frame.flow, frame.open) for root in progress.stack for frame in chain(root))
    inner = [innermost(root) for root in progress.stack]
    if what == "between":
        here = here[-1:]
        if _under_way(standing):
            return False
    key = (
        what,
        name,
        here,
        tuple((frame.confirm is not None, frame.draft is not None) for frame in inner),
        progress.paused,
    )
    if key in under.looked:
        return False
    under.looked.add(key)
    return True


def _under_way(standing: Standing) -> bool:
    """Tell whether unclear answers or silence were met at the open question."""
    return any(frame.tries or frame.nudges for frame in map(innermost, standing.progress.stack))


def _between(under: Under, at: int, name: str, moves: Try) -> None:
    """Look at what a word between does: answered, and no talk is lost."""
    node = under.nodes[at]
    if node.standing.progress.opted_in is False and name == "STOP and START":
        return
    for turned in ways(under.flows, under.atlas, node.standing, moves):
        look(under, node.standing, turned, node.start, path(under, at))
        stack = [root.n for root in node.standing.progress.stack]
        left = [root.n for root in turned.standing.progress.stack]
        flow, step = where(under, node.standing.progress)
        home = {root.n for root in node.standing.progress.stack if root.flow == "home"}
        lost = [n for n in stack if n not in left and n not in home]
        if lost and name in KEEPS_PLACE:
            words = f"{name} at {flow.id}.{step.id if step else ''} loses {len(lost)} talks under way."
            find(under, "walk-lost", flow, step, words, "a word between must leave the question open.")


def _mark(under: Under, frame: Frame) -> None:
    flow = under.flows.flows[frame.flow]
    if frame.prompt is not None and (step := find_step(flow, frame.open)) is not None:
        under.reached.add(f"{frame.flow}.{step.id}")


# --- what all ways together prove ---------------------------------------------------------------------------


def _ends(under: Under) -> None:
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
            flow, step = where(under, node.standing.progress)
            words = f"No way leads from {flow.id}.{step.id if step else ''} to an end."
            find(under, "walk-endless", flow, step, words, "let an answer finish it.")


def _unreached(under: Under) -> None:
    for flow in under.flows.flows.values():
        for step in flow.steps:
            if f"{flow.id}.{step.id}" not in under.reached:
                words = f"No way leads to {flow.id}.{step.id}."
                find(under, "walk-unreached", flow, step, words, "look at its `when`, or delete it.")
