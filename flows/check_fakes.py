"""Lint what talks pretend: every action and event of a flow has a stand-in, so that its talks run without a
world.

The rule: flows/fakes.py answers each action with a result or a reason, and makes each event; what it cannot
answer would leave a talk, and `walk`, hanging.
"""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_type_hints

from flows.actions import ACTIONS
from flows.assemble import Loaded
from flows.events import OUTSIDE
from flows.fakes import World, fake, make_event
from flows.longest import NOW, longest
from flows.model import Do, WaitFor, Where
from flows.problems import Problem, problem_at
from flows.shapes import shape_of


def check_fakes(loaded: Loaded) -> Iterator[Problem]:
    """Find actions and events that talks cannot pretend."""
    for name, where in sorted(_actions(loaded).items()):
        if name in ACTIONS and _pretended(name) is None:
            words = f"No talk can pretend {name}: it has no fake."
            yield problem_at(where, words, "give it a row in flows/fakes.py.", "no-fake")
    for name, where in sorted(_events(loaded).items()):
        if name in OUTSIDE and not _made(name):
            words = f"No talk can pretend {name}: the fakes do not know what it brings."
            yield problem_at(where, words, "give its fields a default in flows/fakes.py.", "no-fake")


def _actions(loaded: Loaded) -> dict[str, Where]:
    found: dict[str, Where] = {}
    for flow in loaded.all_flows.values():
        for step in flow.steps:
            if isinstance(step, Do):
                found.setdefault(step.action, step.where)
    return found


def _events(loaded: Loaded) -> dict[str, Where]:
    found: dict[str, Where] = {}
    for flow in loaded.all_flows.values():
        for name in (*(on.event for on in flow.start_on), *(on.event for on in flow.ends_on)):
            found.setdefault(name, flow.where)
        for step in flow.steps:
            for name in step.events if isinstance(step, WaitFor) else ():
                found.setdefault(name, step.where)
    return found


def _pretended(name: str) -> Any:
    """Give what the fakes answer to an action with plausible inputs."""
    action: Any = ACTIONS[name]
    hints = get_type_hints(action)
    given = {each.name: longest(shape_of(hints[each.name], each.name), each.name) for each in fields(action)}
    return fake(World(), action(**given), NOW)


def _made(name: str) -> bool:
    try:
        make_event(World(), name, {}, NOW)
    except KeyError:
        return False
    return True
