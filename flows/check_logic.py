"""Lint what conditions add up to: one that can never hold, an answer or a field that may be missing where it
is printed or handed on.

The rule: what is sure at a step is worked out in flows/sure.py; where that cannot tell, nothing is said.
"""

from collections.abc import Iterator, Mapping

from flows.actions import MUST
from flows.assemble import Loaded
from flows.check_translations import is_spoken
from flows.conditions import Expression, dotted, parse_tree
from flows.model import Do, Flow, Step
from flows.problems import Problem, problem_at
from flows.references import filled
from flows.scope import EVERYWHERE, Scopes, runs
from flows.sure import Sure, contradictory, may_be_missing, parts_of, sure_at
from flows.texts import Text


def check_logic(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find conditions that never hold, and blanks and inputs that may be empty."""
    for flow in loaded.all_flows.values():
        for at, step in enumerate(flow.steps):
            if step.when and (why := contradictory(parts_of(step.when))):
                words = f"This step never happens: {why}."
                fix = "look at the conditions of the blocks around it."
                yield problem_at(step.where, words, fix, "contradiction")
            yield from _handed(scopes, flow, at, step)
    for written in loaded.texts:
        flow_ = loaded.all_flows.get(written.flow)
        if flow_ is None or written.step not in flow_.index or not is_spoken(loaded.all_flows, written):
            continue
        at = flow_.index[written.step]
        sure = sure_at(flow_, at)
        names = {name for name in written.text.names if name.partition(".")[0] != written.step}
        for name in _empty(scopes, flow_, at, sure, names):
            words = f'"{name}" may be empty here: {_why(name)}'
            fix = f"add `when: known({name})`, or say it without."
            yield problem_at(written.where, words, fix, "maybe-empty")


def _why(name: str) -> str:
    return "it is not always known." if "." in name else "the step that fills it does not always happen."


# --- what may be empty ---------------------------------------------------------------------------------


def _empty(scopes: Scopes, flow: Flow, at: int, sure: Sure, names: set[str]) -> list[str]:
    """Give the names of a text or a value that may not be there at a step: answers, else fields of them."""
    roots = {name.partition(".")[0] for name in names}
    gone = sorted(
        root
        for root in roots
        if may_be_missing(flow, at, root, sure) or _unknown_view(scopes, flow, at, root, sure)
    )
    dotted_ = sorted(
        name for name in names if "." in name and name.partition(".")[0] not in {*gone, *EVERYWHERE}
    )
    return [
        *gone,
        *(name for name in dotted_ if name not in sure.known and _field_may_miss(scopes, flow, name)),
    ]


def _unknown_view(scopes: Scopes, flow: Flow, at: int, root: str, sure: Sure) -> bool:
    """Tell whether a whole thing the flow only may know (`knows`) is used as if it were there."""
    if root not in flow.knows or root in sure.known or scopes.first_filled(flow)[root] >= 0:
        return False
    filled_above = any(root in filled(step) for step in flow.steps[:at])
    return not filled_above and scopes.shape(flow, root).kind == "view"


def _field_may_miss(scopes: Scopes, flow: Flow, name: str) -> bool:
    root, _, field = name.partition(".")
    return field in scopes.shape(flow, root).maybe


def _handed(scopes: Scopes, flow: Flow, at: int, step: Step) -> Iterator[Problem]:
    """Check that what an action or a flow must have is there when it is handed over."""
    handed: list[tuple[str, str, Expression]] = []
    if isinstance(step, Do):
        must = MUST.get(step.action, ())
        handed += [(step.action, key, each) for key, each in _expressions(step.with_) if key in must]
    for name, given in runs(step):
        needs = scopes.flows[name].needs if name in scopes.flows else ()
        handed += [(name, key, each) for key, each in _expressions(given) if key in needs]
    sure = sure_at(flow, at) if handed else None
    for taker, key, value in handed:
        name_ = dotted(parse_tree(value.source))
        root = name_.partition(".")[0] if name_ else step.id
        if sure and name_ and root != step.id and _empty(scopes, flow, at, sure, {name_}):
            words = f'{taker} must have `{key}`, and "{name_}" may be missing here.'
            yield problem_at(
                step.where, words, f"add `when: known({name_})`, or ask it first.", "maybe-empty"
            )


def _expressions(given: Mapping[str, Expression | Text]) -> list[tuple[str, Expression]]:
    return [(key, each) for key, each in given.items() if isinstance(each, Expression)]
