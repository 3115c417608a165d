"""Lint how steps are put together: consent is exact, lists may be empty, actions get what they take.

The rule: what an author may leave out without harm has a default; what would fail a person on a bad day is
asked for here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import get_type_hints

from flows.actions import ACTIONS
from flows.assemble import Loaded
from flows.conditions import Expression
from flows.model import Ask, Do, Flow, Menu
from flows.problems import Problem, problem_at
from flows.scope import Scopes
from flows.shapes import TEXT, Shape, shape_of
from flows.sure import sure_at

_WORDS = frozenset("text name choice zip phone address pin outcome".split())
_BINDING = frozenset({"give_consent", "book_rides"})
"""Actions that take a clear yes: no "ok", no thumbs-up."""


def check_steps(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find steps that are put together in a way that would fail someone."""
    for flow in loaded.all_flows.values():
        actions = {step.action for step in flow.steps if isinstance(step, Do)}
        for at, step in enumerate(flow.steps):
            if isinstance(step, Ask):
                yield from _question(step, actions)
                yield from _list(flow, at, step)
            if isinstance(step, Do):
                yield from _inputs(scopes, flow, step)
        yield from _consent(flow)


def _question(step: Ask, actions: set[str]) -> Iterator[Problem]:
    if step.confirm_by_ok and (bound := sorted(actions & _BINDING)):
        words = f'"OK" may not stand for a yes where {bound[0]} follows.'
        yield problem_at(step.where, words, "take `confirm_by_ok` away.", "confirm-by-ok")
    for option in step.options if not isinstance(step, Menu) else ():
        if option.run:
            words = f'The option "{option.key}" runs {option.run}, but only a menu\'s rows run flows.'
            yield problem_at(
                step.where, words, f"write `run: {option.run}` as a step with `when`.", "option-run"
            )
    if isinstance(step, Menu) and step.text_again is None and step.again_while:
        yield problem_at(step.where, "A menu that comes back needs `text_again`.", "add it.", "text-again")


def _list(flow: Flow, at: int, step: Ask) -> Iterator[Problem]:
    """A list may be empty, unless this condition or an earlier end has counted it."""
    counted = any(f"count({step.from_})" in each for each in sure_at(flow, at).holds)
    if step.from_ and step.if_empty is None and not counted:
        words = f'"{step.from_}" may be empty, and then `{step.id}` has nothing to show.'
        yield problem_at(
            step.where, words, f"add `if_empty:`, or `when: count({step.from_}) > 0`.", "if-empty"
        )


def _consent(flow: Flow) -> Iterator[Problem]:
    """The question before `give_consent` takes the exact words only."""
    asked: Ask | None = None
    for step in flow.steps:
        if isinstance(step, Ask) and step.as_ == "yes_no":
            asked = step
        if isinstance(step, Do) and step.action == "give_consent" and (asked is None or not asked.exact):
            words = "Consent counts only after a question with `exact: yes`."
            yield problem_at((asked or step).where, words, "add `exact: yes`.", "consent")


# --- what actions take ---------------------------------------------------------------------------------


def _inputs(scopes: Scopes, flow: Flow, step: Do) -> Iterator[Problem]:
    action = ACTIONS.get(step.action)
    if action is None:
        return
    hints = get_type_hints(action)
    takes: Mapping[str, Shape] = {each.name: shape_of(hints[each.name]) for each in fields(action)}
    for name, value in step.with_.items():
        if name in takes:
            given = scopes.value(flow, value) if isinstance(value, Expression) else TEXT
            if not _fits(takes[name], given):
                words = f"{step.action} takes a {_plainly(takes[name])} as `{name}`, not a {_plainly(given)}."
                yield problem_at(step.where, words, f"give it a {_plainly(takes[name])}.", "wrong-input")


def _fits(takes: Shape, given: Shape) -> bool:
    if "any" in (takes.kind, given.kind):
        return True
    if takes.kind == "text":
        return given.kind in _WORDS
    if takes.kind == "view":
        return given.kind == "view" and set(takes.fields) <= set(given.fields)
    return takes.kind == given.kind


def _plainly(shape: Shape) -> str:
    match shape.kind:
        case "view":
            return (
                f"whole thing with {', '.join(sorted(shape.fields)[:3])}" if shape.fields else "whole thing"
            )
        case "yes_no":
            return "yes or no"
        case kind:
            return kind
