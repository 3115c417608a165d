"""Lint blanks: each stands for something the flow knows by then, in a format that fits it.

The rule: a blank names an answer, a field of one, or what the engine supplies for that text; it never prints
the key of an option, which only authors read.
"""

from collections.abc import Iterator

from flows.assemble import Loaded
from flows.check_names import name_problems
from flows.check_translations import is_spoken
from flows.fields import Written
from flows.model import Ask, Do, Flow, Handoff, Run, Step
from flows.problems import Problem, problem_at
from flows.references import afters
from flows.scope import EVERYWHERE, Scopes
from flows.shapes import action_result


def check_blanks(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find blanks that stand for nothing, for nothing yet, or that would be written wrongly."""
    for written in loaded.texts:
        yield from _blanks(loaded, scopes, written)


_OWN = ("each", "check", "options", "with", "more")


def _blanks(loaded: Loaded, scopes: Scopes, written: Written) -> Iterator[Problem]:
    flow = loaded.all_flows.get(written.flow)
    if flow is None:  # the engine's own sentences are filled by the engine
        return
    at = flow.index.get(written.step, len(flow.steps)) if written.step else len(flow.steps)
    step = flow.steps[at] if at < len(flow.steps) else None
    supplied = EVERYWHERE | _supplied(flow, step, written)
    for name in sorted(written.text.names):
        if name.partition(".")[0] in supplied:
            continue
        own = step is None or (written.field.startswith(_OWN) and not isinstance(step, (Do, Run)))
        yield from name_problems(scopes, flow, at, written.where, name, own)
    yield from _formats(loaded, scopes, flow, written)


def _supplied(flow: Flow, step: Step | None, written: Written) -> frozenset[str]:
    """Give the names the engine adds for this one text."""
    rows = afters(step) if step else flow.no_reply
    handing = any(row.then == "handoff" and row.say is written.text for row in rows)
    names: set[str] = set(action_result("hand_off").fields) if handing or isinstance(step, Handoff) else set()
    if written.field.partition(".")[0] in ("no_reply", "if_stuck", "if_empty"):
        names.add("question")
    if isinstance(step, Ask) and written.field in ("text", "text_again"):
        names.add("options")
    if written.field == "more":
        names.add("n")
    return frozenset(names)


def _formats(loaded: Loaded, scopes: Scopes, flow: Flow, written: Written) -> Iterator[Problem]:
    """Check that a format fits what is written with it."""
    for blank in sorted(written.text.blanks(), key=lambda each: each.name):
        name, form = blank.name, blank.format
        shape = scopes.dotted(flow, name) if name.partition(".")[0] in scopes.first_filled(flow) else None
        if shape is None or shape.kind == "any":
            continue
        if form in ("time", "when") and shape.kind not in ("datetime", "time"):
            words = f'"{name}" is a {shape.kind}, so it has no time of day.'
            yield problem_at(written.where, words, f"write {{{name}}}.", "format")
        elif form in ("date", "day") and shape.kind not in ("date", "datetime"):
            words = f'"{name}" is a {shape.kind}, so it has no date.'
            yield problem_at(written.where, words, f"write {{{name}}}.", "format")
        elif form == "money" and shape.kind != "number":
            words = f'"{name}" is a {shape.kind}, not a number.'
            yield problem_at(written.where, words, f"write {{{name}}}.", "format")
        elif shape.kind in ("choice", "choices") and shape.keys and is_spoken(loaded.all_flows, written):
            words = f'"{name}" would print the key of an option, like "{min(shape.keys)}".'
            fix = "say it in words: one step for each answer, with `when`."
            yield problem_at(written.where, words, fix, "key-printed")
        elif form is None and shape.kind == "view" and "label" not in shape.fields:
            words = f'"{name}" is not one thing to write; name a field of it.'
            fix = f"there is {', '.join(f'{name}.{key}' for key in sorted(shape.fields))}."
            yield problem_at(written.where, words, fix, "format")
