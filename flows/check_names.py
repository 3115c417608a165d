"""Lint what flows name: answers nobody gives or that come too late, missing fields, needs nobody meets.

The rule: a name in a condition, a `with:` or a blank is filled by an earlier step of the same flow, or was
given to the flow; and a condition compares an answer only with what it can be.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from flows.assemble import Loaded
from flows.check_translations import is_spoken
from flows.conditions import Expression, dotted, parse_tree
from flows.fields import Written
from flows.model import Ask, Do, Flow, Handoff, Menu, PlanRow, Remember, Run, Step, Where
from flows.problems import Problem, did_you_mean
from flows.references import afters, filled
from flows.scope import EVERYWHERE, STARTED_BY_ENGINE, Scopes
from flows.shapes import Shape, action_result, event_fields

_SCALARS = frozenset("text name yes_no zip number date time datetime phone pin photo".split())


def check_names(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find names that stand for nothing, or for nothing yet."""
    for flow in loaded.all_flows.values():
        yield from _header(flow, scopes)
        for at, step in enumerate(flow.steps):
            for expression, own in _expressions(step):
                yield from _condition(scopes, flow, at, step.where, expression, own)
            if step.when and (own_names := set(filled(step)) & _roots(step.when.names)):
                name = sorted(own_names)[0]
                fix = "ask first, then decide in a later step."
                yield _problem(step.where, f'The `when` mentions its own answer "{name}".', fix, "own-answer")
    for text in loaded.texts:
        yield from _blanks(loaded, scopes, text)
    for row, where in loaded.plan_rows:
        yield from _plan(row, where)


def check_needs(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find flows whose `needs` nobody meets, and flows nothing starts."""
    by_engine = STARTED_BY_ENGINE | ride_flows(loaded)
    for flow in loaded.all_flows.values():
        for call in scopes.calls.get(flow.id, ()):
            given = scopes.first_filled(call.flow)
            for name in flow.needs:
                if name not in call.with_ and given.get(name, call.at) >= call.at and name not in scopes.kept:
                    words = f"{flow.id} needs `{name}`, and here nobody gives it."
                    yield _problem(call.step.where, words, f"add `with: {{{name}: …}}`.", "needs")
            for name in call.with_:
                if name not in (*flow.needs, *flow.knows):
                    words = f"{flow.id} does not take `{name}`."
                    fix = did_you_mean(name, (*flow.needs, *flow.knows), f"add it to `needs` of {flow.id}.")
                    yield _problem(call.step.where, words, fix, "needs")
        for on in flow.start_on:
            for name in flow.needs:
                if name not in event_fields(on.event) and name not in scopes.kept:
                    words = f"{flow.id} needs `{name}`, and {on.event} does not bring it."
                    yield _problem(flow.where, words, "take it from `needs`, or ask it.", "needs")
        for name in flow.needs if flow.start_words else ():
            if name not in scopes.kept:
                words = f"{flow.id} needs `{name}`, and its start words do not bring it."
                yield _problem(
                    flow.where, words, f"ask it, or let a flow keep it: `keeps: [{name}]`.", "needs"
                )
        if not (scopes.calls.get(flow.id) or flow.start_on or flow.start_words or flow.id in by_engine):
            yield _problem(
                flow.where, f"Nothing starts {flow.id}.", "`run:` it, or give it start words.", "never-run"
            )


def ride_flows(loaded: Loaded) -> frozenset[str]:
    """Give the flows the engine starts by what people say about a live ride."""
    if loaded.keywords is None:
        return frozenset()
    heard = {*loaded.keywords.ride_first.values(), *(meaning for _, meaning in loaded.keywords.ride_phrases)}
    return frozenset(f"ride_{meaning}" for meaning in heard)


def _problem(where: Where, words: str, fix: str, rule: str) -> Problem:
    return Problem(where.file, where.line, words, fix, rule)


def _roots(names: frozenset[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def _header(flow: Flow, scopes: Scopes) -> Iterator[Problem]:
    there = set(scopes.first_filled(flow))
    for key in ("gives", "keeps"):
        for name in getattr(flow, key):
            if name not in there:
                words = f"`{key}` of {flow.id} names `{name}`, which no step fills."
                yield _problem(flow.where, words, did_you_mean(name, there), "unknown-answer")
    if flow.about and flow.about not in there:
        words = f"{flow.id} is `about: {flow.about}`, which it does not know."
        yield _problem(flow.where, words, f"add `needs: [{flow.about}]`.", "unknown-answer")
    for on in flow.start_on:
        brought = {*event_fields(on.event), *there, *scopes.kept}
        for name in sorted(_roots(on.when.names) - brought if on.when else ()):
            words = f"{on.event} does not bring `{name}`."
            yield _problem(flow.where, words, did_you_mean(name, brought), "unknown-answer")


def _expressions(step: Step) -> Iterator[tuple[Expression, bool]]:
    """Give every expression of a step, and whether it may name the step's own answer."""
    if step.when:
        yield step.when, True  # its own answer is a rule of its own
    match step:
        case Ask(check=checks, options=options):
            yield from ((check.is_, True) for check in checks)
            for option in options:
                yield from ((option.when, False) for _ in (1,) if option.when)
                yield from ((each, True) for each in option.with_.values() if isinstance(each, Expression))
            if isinstance(step, Menu):
                yield from ((each, True) for each in step.with_.values() if isinstance(each, Expression))
                yield from ((step.again_while, True) for _ in (1,) if step.again_while)
        case Run(with_=with_, again_while=again):
            yield from ((each, False) for each in with_.values() if isinstance(each, Expression))
            if again:
                yield again, True
        case Do(with_=with_):
            yield from ((each, False) for each in with_.values() if isinstance(each, Expression))
        case Remember(is_=Expression() as value):
            yield value, False
        case _:
            pass


# --- one name ------------------------------------------------------------------------------------------


def _name(scopes: Scopes, flow: Flow, at: int, where: Where, name: str, own: bool) -> Iterator[Problem]:
    """Check that a name is there at this step, and its field too."""
    root, dot, rest = name.partition(".")
    there = scopes.first_filled(flow)
    if root not in there:
        fix = did_you_mean(root, there, f"ask it first, or add `needs: [{root}]` to {flow.id}.")
        yield _problem(where, f'{flow.id} knows no "{root}".', fix, "unknown-answer")
        return
    if there[root] > at or (there[root] == at and not own):
        later = flow.steps[there[root]]
        words = f'"{root}" is used before the step that fills it (line {later.where.line}).'
        yield _problem(where, words, "move that step up.", "too-early")
    if dot:
        yield from _field(scopes.shape(flow, root), where, root, rest)


def _field(shape: Shape, where: Where, root: str, rest: str) -> Iterator[Problem]:
    if shape.kind in _SCALARS or (shape.kind in ("choice", "choices") and shape.keys):
        words = f'"{root}" is a {shape.kind}; it has no field "{rest}".'
        yield _problem(where, words, f"write {root}.", "unknown-field")
    elif shape.kind == "list":
        words = f'"{root}" is a list; it has no field "{rest}".'
        yield _problem(where, words, f"ask with `from: {root}` to take one of them.", "unknown-field")
    elif shape.kind in ("view", "address") and rest not in shape.fields:
        fix = did_you_mean(rest, shape.fields)
        yield _problem(where, f'"{root}" has no field "{rest}".', fix, "unknown-field")


# --- conditions ----------------------------------------------------------------------------------------


def _condition(
    scopes: Scopes, flow: Flow, at: int, where: Where, expression: Expression, own: bool
) -> Iterator[Problem]:
    for name in sorted(expression.names):
        yield from _name(scopes, flow, at, where, name, own)
    for node in ast.walk(parse_tree(expression.source)):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield from _comparison(partial(scopes.dotted, flow), where, node)


def _comparison(shape_of: Callable[[str], Shape], where: Where, node: ast.Compare) -> Iterator[Problem]:
    """Check that an answer is compared with what it can be."""
    name, op, right = dotted(node.left), node.ops[0], node.comparators[0]
    if name is None or name == "now":
        return
    shape = shape_of(name)
    if isinstance(op, ast.Is) and shape.kind in _SCALARS | {"choice", "view", "outcome"}:
        words = f'"{name}" holds one thing, so `has` is never true.'
        yield _problem(where, words, f'write {name} == "…".', "condition")
    texts = _texts(right)
    if isinstance(op, (ast.Eq, ast.NotEq)) and shape.kind == "choices" and texts:
        words = f'"{name}" holds several, so == is never true.'
        yield _problem(where, words, f'write {name} has "{texts[0]}".', "condition")
    for text in texts if shape.keys else ():
        if text not in shape.keys:
            words = f'"{name}" can never be "{text}".'
            yield _problem(where, words, did_you_mean(text, shape.keys), "unknown-key-value")
    if texts and shape.kind in ("yes_no", "number", "date", "time", "datetime"):
        words = f'"{name}" is a {shape.kind}, so it can never be "{texts[0]}".'
        yield _problem(
            where, words, "compare it with yes or no." if shape.kind == "yes_no" else "", "condition"
        )


def _texts(node: ast.expr) -> list[str]:
    items = node.elts if isinstance(node, ast.List) else [node]
    return [each.value for each in items if isinstance(each, ast.Constant) and isinstance(each.value, str)]


# --- blanks --------------------------------------------------------------------------------------------

_OWN = ("each", "check", "options", "with", "more")


def _blanks(loaded: Loaded, scopes: Scopes, written: Written) -> Iterator[Problem]:
    flow = loaded.all_flows.get(written.flow)
    if flow is None:  # the engine's own sentences are filled by the engine
        return
    at = flow.index.get(written.step, len(flow.steps)) if written.step else len(flow.steps)
    step = flow.steps[at] if at < len(flow.steps) else None
    supplied = EVERYWHERE | _supplied(step, written)
    for name in sorted(written.text.names):
        if name.partition(".")[0] in supplied:
            continue
        own = step is None or (written.field.startswith(_OWN) and not isinstance(step, (Do, Run)))
        yield from _name(scopes, flow, at, written.where, name, own)
    yield from _formats(loaded, scopes, flow, written)


def _supplied(step: Step | None, written: Written) -> frozenset[str]:
    """Give the names the engine adds for this one text."""
    handing = isinstance(step, Handoff) or (
        step is not None
        and any(after.then == "handoff" and after.say is written.text for after in afters(step))
    )
    if handing or (step is None and written.field.startswith("no_reply")):
        return frozenset(action_result("hand_off").fields)
    return frozenset({"n"}) if written.field == "more" else frozenset()


def _formats(loaded: Loaded, scopes: Scopes, flow: Flow, written: Written) -> Iterator[Problem]:
    """Check that a format fits what is written with it."""
    for blank in sorted(written.text.blanks(), key=lambda each: each.name):
        name, form = blank.name, blank.format
        shape = scopes.dotted(flow, name) if name.partition(".")[0] in scopes.first_filled(flow) else None
        if shape is None or shape.kind == "any":
            continue
        if form in ("time", "when") and shape.kind not in ("datetime", "time"):
            words = f'"{name}" is a {shape.kind}, so it has no time of day.'
            yield _problem(written.where, words, f"write {{{name}}}.", "format")
        elif form in ("date", "day") and shape.kind not in ("date", "datetime"):
            words = f'"{name}" is a {shape.kind}, so it has no date.'
            yield _problem(written.where, words, f"write {{{name}}}.", "format")
        elif form == "money" and shape.kind != "number":
            words = f'"{name}" is a {shape.kind}, not a number.'
            yield _problem(written.where, words, f"write {{{name}}}.", "format")
        elif shape.kind in ("choice", "choices") and shape.keys and is_spoken(loaded.all_flows, written):
            words = f'"{name}" would print the key of an option, like "{min(shape.keys)}".'
            fix = "say it in words: one step for each answer, with `when`."
            yield _problem(written.where, words, fix, "key-printed")
        elif form is None and shape.kind == "view" and "label" not in shape.fields:
            words = f'"{name}" is not one thing to write; name a field of it.'
            fix = f"there is {', '.join(f'{name}.{key}' for key in sorted(shape.fields))}."
            yield _problem(written.where, words, fix, "format")


def _plan(row: PlanRow, where: Where) -> Iterator[Problem]:
    brought: Mapping[str, Shape] = event_fields(row.event)
    for name in sorted(row.unless.names if row.unless else ()):
        root, dot, rest = name.partition(".")
        if root not in brought:
            fix = did_you_mean(root, brought)
            yield _problem(where, f'{row.event} knows no "{root}".', fix, "unknown-answer")
        elif dot:
            yield from _field(brought[root], where, root, rest)
