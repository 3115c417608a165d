"""Lint the ways through a flow: no flow runs itself, every step can be reached, rounds end.

The rule: steps run from top to bottom, so a flow ends by itself; what could break that is a flow inside
itself and a round that asks nothing new.
"""

from collections.abc import Iterator, Mapping

from flows.actions import ACTIONS
from flows.assemble import Loaded
from flows.model import Ask, Do, Finish, Flow, Menu, Run, Say, WaitFor
from flows.problems import Problem, problem_at
from flows.scope import Scopes, runs

MOST_QUESTIONS = 10  # in a row, with nothing said between


def check_paths(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find flows that run themselves, steps nobody reaches, rounds without end, and long interrogations."""
    yield from _recursion(loaded.all_flows)
    for flow in loaded.all_flows.values():
        yield from _reach(flow)
        yield from _rounds(flow, scopes)
        yield from _in_a_row(flow, scopes)


def _recursion(flows: Mapping[str, Flow]) -> Iterator[Problem]:
    """Find each circle of runs once, at the flow of it that comes first."""
    edges = {
        flow.id: sorted({name for step in flow.steps for name, _ in runs(step) if name in flows})
        for flow in flows.values()
    }
    seen: set[frozenset[str]] = set()
    for start in flows:
        circle = _circle(start, edges)
        if circle and frozenset(circle) not in seen:
            seen.add(frozenset(circle))
            words = f"{' runs '.join([*circle, circle[0]])}: a flow may not run itself."
            yield problem_at(
                flows[start].where, words, "end one of them, and let the caller run the next.", "recursion"
            )


def _circle(start: str, edges: Mapping[str, list[str]]) -> list[str]:
    """Find a way from a flow back to itself."""
    ways = [[start]]
    done = set()
    while ways:
        way = ways.pop()
        for name in edges[way[-1]]:
            if name == start:
                return way
            if name not in done:
                done.add(name)
                ways.append([*way, name])
    return []


def _reach(flow: Flow) -> Iterator[Problem]:
    """Report what stands behind an end without a condition."""
    for step, after in zip(flow.steps, flow.steps[1:], strict=False):
        if isinstance(step, Finish) and step.when is None:
            words = f"Nothing reaches this step: line {step.where.line} always ends the flow."
            yield problem_at(
                after.where, words, "give the `finish` a `when`, or delete what follows.", "unreachable"
            )
            return
    if not flow.steps:
        yield problem_at(flow.where, f"{flow.id} has no steps.", "add one.", "unreachable")


def _rounds(flow: Flow, scopes: Scopes) -> Iterator[Problem]:
    for step in flow.steps:
        match step:
            case Run(again_while=again) | Menu(again_while=again) if again is not None:
                roots = {name.partition(".")[0] for name in again.names}
                if step.id not in roots:
                    words = f"`again_while` never looks at {step.id}, so its rounds may never end."
                    yield problem_at(
                        step.where, words, f"write it about {step.id}, like {step.id}.more.", "endless"
                    )
            case _:
                pass
        if isinstance(step, Run) and step.again_while and not _asks(step.flow, scopes, set()):
            words = f"{step.flow} asks nothing, so its rounds would go on by themselves."
            yield problem_at(step.where, words, "ask something in it.", "endless")


def _asks(name: str, scopes: Scopes, seen: set[str]) -> bool:
    """Tell whether a flow waits for the person somewhere."""
    if name in seen or name not in scopes.flows:
        return False
    seen.add(name)
    steps = scopes.flows[name].steps
    return any(
        isinstance(step, Ask) or any(_asks(each, scopes, seen) for each, _ in runs(step)) for step in steps
    )


def _in_a_row(flow: Flow, scopes: Scopes) -> Iterator[Problem]:
    """Count questions between which nothing is said and nothing happens; elsewhere the sure ones."""
    row = 0
    for step in flow.steps:
        match step:
            case Ask():
                row += 1
            case Run(flow=name, when=None):
                row += _sure_questions(name, scopes, set())
            case Say() | Finish() | WaitFor():
                row = 0
            case Do(action=action) if action in ACTIONS and ACTIONS[action].acts:
                row = 0
            case _:
                pass
        if row > MOST_QUESTIONS:
            words = f"{row} questions in a row; more than {MOST_QUESTIONS} lose people."
            yield problem_at(step.where, words, "ask the rest another day.", "many-questions")
            return


def _sure_questions(name: str, scopes: Scopes, seen: set[str]) -> int:
    """Count the questions a run asks whatever is answered."""
    flow = scopes.flows.get(name)
    if flow is None or name in seen:
        return 0
    asked = [step for step in flow.steps if step.when is None]
    own = sum(isinstance(step, Ask) and step.id not in flow.knows for step in asked)
    inner = (step.flow for step in asked if isinstance(step, Run))
    return own + sum(_sure_questions(each, scopes, seen | {name}) for each in inner)
