"""Lint who starts a flow and what it is given: every `needs` is met at every place that starts it.

The rule: a flow takes what it needs from `with:`, from the same name around it, from the event that starts
it, or from the person's record.
"""

from collections.abc import Iterator

from flows.assemble import Loaded
from flows.problems import Problem, did_you_mean, problem_at
from flows.scope import STARTED_BY_ENGINE, Scopes
from flows.shapes import event_fields


def check_needs(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find flows whose `needs` nobody meets, and flows nothing starts."""
    by_engine = STARTED_BY_ENGINE | ride_flows(loaded)
    for flow in loaded.all_flows.values():
        for call in scopes.calls.get(flow.id, ()):
            given = scopes.first_filled(call.flow)
            for name in flow.needs:
                if name not in call.with_ and given.get(name, call.at) >= call.at and name not in scopes.kept:
                    words = f"{flow.id} needs `{name}`, and here nobody gives it."
                    yield problem_at(call.step.where, words, f"add `with: {{{name}: …}}`.", "needs")
            for name in call.with_:
                if name not in (*flow.needs, *flow.knows):
                    words = f"{flow.id} does not take `{name}`."
                    fix = did_you_mean(name, (*flow.needs, *flow.knows), f"add it to `needs` of {flow.id}.")
                    yield problem_at(call.step.where, words, fix, "needs")
        for on in flow.start_on:
            for name in flow.needs:
                if name not in event_fields(on.event) and name not in scopes.kept:
                    words = f"{flow.id} needs `{name}`, and {on.event} does not bring it."
                    yield problem_at(flow.where, words, "take it from `needs`, or ask it.", "needs")
        for name in flow.needs if flow.start_words else ():
            if name not in scopes.kept:
                words = f"{flow.id} needs `{name}`, and its start words do not bring it."
                yield problem_at(
                    flow.where, words, f"ask it, or let a flow keep it: `keeps: [{name}]`.", "needs"
                )
        if not (scopes.calls.get(flow.id) or flow.start_on or flow.start_words or flow.id in by_engine):
            yield problem_at(
                flow.where, f"Nothing starts {flow.id}.", "`run:` it, or give it start words.", "never-run"
            )


def ride_flows(loaded: Loaded) -> frozenset[str]:
    """Give the flows the engine starts by what people say about a live ride."""
    if loaded.keywords is None:
        return frozenset()
    return frozenset(f"ride_{said.meaning}" for said, _, _ in loaded.keywords.riding.like)
