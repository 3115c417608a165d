"""Lint what is asked for: every answer is used, because nothing is asked of a person for nothing.

The rule: an answer is used where a condition, a blank, a `with:`, a review or a list names it, where the flow
`gives` or `keeps` it, or where a flow it runs takes the same name.
"""

from collections.abc import Iterator

from flows.assemble import Loaded
from flows.check_names import expressions, names_read
from flows.model import Ask, Do, Flow, Handoff, Menu, Step
from flows.problems import Problem, problem_at
from flows.scope import Scopes, runs


def check_answers(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find questions whose answer nothing uses."""
    printed: dict[str, set[str]] = {}
    for written in loaded.texts:
        printed.setdefault(written.flow, set()).update(written.text.names)
    for flow in loaded.all_flows.values():
        used = {name.partition(".")[0] for name in (*_named(flow), *printed.get(flow.id, ()))}
        used |= {name for step in flow.steps for run, _ in runs(step) for name in _taken(scopes, run)}
        for step in flow.steps:
            if isinstance(step, Ask) and step.id not in used and not _acts(flow, step):
                words = f'Nothing uses the answer "{step.id}".'
                fix = f"take the question away, or write `keeps: [{step.id}]`."
                yield problem_at(step.where, words, fix, "unused-answer")


def _acts(flow: Flow, step: Ask) -> bool:
    """Tell whether being answered is enough: its rows act, or a caseworker reads the words in the thread."""
    if isinstance(step, Menu) or any(option.say for option in step.options):
        return True
    return step.as_ == "text" and any(_calls_a_person(each) for each in flow.steps)


def _calls_a_person(step: Step) -> bool:
    match step:
        case Handoff() | Do(action="tell_caseworker" | "hand_off"):
            return True
        case _:
            return False


def _named(flow: Flow) -> Iterator[str]:
    yield from (*flow.gives, *flow.keeps)
    for step in flow.steps:
        for expression, own in expressions(step):
            yield from (name for name in expression.names if name != step.id or not own)
        yield from names_read(step)


def _taken(scopes: Scopes, run: str) -> tuple[str, ...]:
    """Give the names a flow takes from the flow around it."""
    flow = scopes.flows.get(run)
    return (*flow.needs, *flow.knows) if flow else ()
