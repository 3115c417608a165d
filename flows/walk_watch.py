"""See which steps a walk does, those too that say and ask nothing.

The rule: the engine is not changed and not asked; the flows it is given note when a step's turn has come.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from flows.conditions import Expression, Scope, compile_expression
from flows.flowset import FlowSet
from flows.model import Ask, Flow, Review, Step

_ALWAYS = compile_expression("yes")


@dataclass(frozen=True, slots=True)
class Watched(Expression):
    """A condition that notes when it held: that is how steps that say nothing are seen to be done."""

    note: Callable[[], None] = field(compare=False, repr=False)

    def holds(self, scope: Scope) -> bool:
        """Tell whether it is true, and note it."""
        found = Expression.holds(self, scope)
        if found:
            self.note()
        return found


def watch(flows: FlowSet, reached: set[str]) -> FlowSet:
    """Make every step that does not ask note when its turn has come."""
    watched = {name: replace(flow, steps=tuple(_watch_step(flow, step, reached) for step in flow.steps))
               for name, flow in flows.flows.items()}  # fmt: skip
    return replace(flows, flows=watched)


def _watch_step(flow: Flow, step: Step, reached: set[str]) -> Step:
    if isinstance(step, Ask | Review):
        return step
    name, when = f"{flow.id}.{step.id}", step.when or _ALWAYS
    watched = Watched(when.source, when.names, when.maybe, when.calls, when._run, lambda: reached.add(name))
    return replace(step, when=watched)
