"""Lint what personal is asked: it is kept where it can be shown and erased, or handed to what needs it.

The rule: a name, a number to call, a ZIP, an address, a PIN or a photo that stays in the talk alone would be
asked again next time, and no one could see or erase it. So it is in `keeps`, or an action takes it, in the
flow that asks or in one it is given to.
"""

from collections.abc import Iterator

from flows.assemble import Loaded
from flows.conditions import Expression
from flows.model import Ask, Do, Flow, Remember, Run, Step
from flows.problems import Problem, problem_at
from flows.scope import Scopes, runs
from flows.texts import Text

PERSONAL = frozenset({"name", "phone", "zip", "address", "pin", "photo"})


def check_kept(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find personal answers that nothing keeps."""
    for flow in loaded.all_flows.values():
        for step in flow.steps:
            if isinstance(step, Ask) and step.as_ in PERSONAL and not _is_kept(scopes, flow, step.id, set()):
                words = f"`{step.id}` is personal, and nothing keeps it: nobody could show or erase it."
                fix = f"write `keeps: [{step.id}]`, hand it to an action, or do not ask it."
                yield problem_at(step.where, words, fix, "not-kept")


def _is_kept(scopes: Scopes, flow: Flow, name: str, seen: set[tuple[str, str]]) -> bool:
    """Tell whether an answer goes on the record or to an action, here or where it is handed on."""
    if (flow.id, name) in seen:
        return False
    seen.add((flow.id, name))
    if name in flow.keeps:
        return True
    for step in flow.steps:
        match step:
            case Do() if any(_reads(value, name) for value in step.with_.values()):
                return True
            case Remember(is_=value) if _reads(value, name) and _is_kept(scopes, flow, step.id, seen):
                return True
            case Ask() | Run() if _handed_down(scopes, step, name, seen):
                return True
            case _:
                pass
    called = scopes.calls.get(flow.id, ()) if name in flow.gives else ()
    return any(_is_kept(scopes, call.flow, f"{call.step.id}.{name}", seen) for call in called)


def _handed_down(scopes: Scopes, step: Step, name: str, seen: set[tuple[str, str]]) -> bool:
    for run, given in runs(step):
        inner = scopes.flows.get(run)
        for key, value in given.items() if inner is not None else ():
            if inner is not None and _reads(value, name) and _is_kept(scopes, inner, key, seen):
                return True
    return False


def _reads(value: Expression | Text, name: str) -> bool:
    """Tell whether a value is made from an answer, or from a field of it."""
    return any(each == name or each.startswith(f"{name}.") for each in value.names)
