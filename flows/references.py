"""Check that every name a flow uses is there: flows, steps, actions and their inputs and reasons, events and
fields.

The rule: what the engine looks up by name must be found before anyone talks; a folder with a name that leads
nowhere does not load.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields

from flows.actions import ACTIONS
from flows.events import OUTSIDE
from flows.model import After, Ask, Do, Finish, Flow, Menu, PlanRow, Review, Run, Step, WaitFor, Where
from flows.problems import Problem, did_you_mean, problem_at


def references(flows: Mapping[str, Flow], plan: Iterable[tuple[PlanRow, Where]]) -> list[Problem]:
    """Find every name that leads nowhere."""
    found = [problem for flow in flows.values() for problem in _of_flow(flow, flows)]
    for row, where in plan:
        found += _event(row.event, where)
    return found


def _of_flow(flow: Flow, flows: Mapping[str, Flow]) -> Iterator[Problem]:
    for event in (*(on.event for on in flow.start_on), *(on.event for on in flow.ends_on)):
        yield from _event(event, flow.where)
    for step in flow.steps:
        for name in _runs(step):
            if name not in flows:
                yield problem_at(
                    step.where, f'There is no flow "{name}".', did_you_mean(name, flows), "unknown-flow"
                )
        for after in afters(step):
            yield from _after(flow, step, after)
        match step:
            case Do():
                yield from _action(step)
            case WaitFor(events=events):
                for event in events:
                    yield from _event(event, step.where)
            case Review(names=names):
                for name in names:
                    yield from _answer(flow, step, name, "reviewed")
            case _:
                pass


def afters(step: Step) -> tuple[After, ...]:
    """Give everything that may come after a step."""
    match step:
        case Ask(if_stuck=stuck, if_empty=empty, no_reply=rows):
            return tuple(each for each in (stuck, empty, *(rows or ())) if each)
        case Do(if_fails=fails):
            return tuple(fails.values())
        case WaitFor(if_late=late):
            return (late,)
        case _:
            return ()


def _runs(step: Step) -> tuple[str, ...]:
    match step:
        case Run(flow=name):
            return (name,)
        case Menu(run=run, options=options):
            return tuple(name for name in (run, *(option.run for option in options)) if name)
        case Ask(options=options):
            return tuple(option.run for option in options if option.run)
        case _:
            return ()


def _after(flow: Flow, step: Step, after: After) -> Iterator[Problem]:
    asked = [each.id for each in flow.steps if isinstance(each, (Ask, Run))]
    if after.ask_again and after.ask_again not in asked:
        words = f"`ask_again: {after.ask_again}` names no question of this flow."
        yield problem_at(step.where, words, did_you_mean(after.ask_again, asked), "unknown-step")


def _answer(flow: Flow, step: Step, name: str, what: str) -> Iterator[Problem]:
    known = {*answers(flow), *flow.needs, *flow.knows}
    if name not in known:
        yield problem_at(
            step.where,
            f'"{name}" is {what} but nothing asks it.',
            did_you_mean(name, known),
            "unknown-answer",
        )


def answers(flow: Flow) -> dict[str, Step]:
    """Give the names a flow's own steps fill, each with the first step that does."""
    found: dict[str, Step] = {}
    for step in flow.steps:
        for name in filled(step):
            found.setdefault(name, step)
    return found


def filled(step: Step) -> tuple[str, ...]:
    """Give the names one step fills."""
    match step:
        case Do(save=save) | WaitFor(save=save):
            return (save,) if save else ()
        case Ask(id=id_, anything_else=extra):
            return (id_, extra) if extra else (id_,)
        case Run(id=id_, list=list_):
            return (id_, list_) if list_ else (id_,)
        case Finish():
            return ()
        case _:
            return (step.id,)


def _event(name: str, where: Where) -> Iterator[Problem]:
    if name not in OUTSIDE:
        yield problem_at(where, f'There is no event "{name}".', did_you_mean(name, OUTSIDE), "unknown-event")


def _action(step: Do) -> Iterator[Problem]:
    action = ACTIONS.get(step.action)
    if action is None:
        words = f'There is no action "{step.action}".'
        yield problem_at(step.where, words, did_you_mean(step.action, ACTIONS), "unknown-action")
        return
    if step.undo and step.undo not in ACTIONS:
        words = f'There is no action "{step.undo}".'
        yield problem_at(step.where, words, did_you_mean(step.undo, ACTIONS), "unknown-action")
    inputs = {each.name: each.default is MISSING for each in fields(action)}
    for name in step.with_:
        if name not in inputs:
            words = f"{step.action} takes no `{name}`."
            yield problem_at(step.where, words, did_you_mean(name, inputs), "unknown-input")
    for name, must in inputs.items():
        if must and name not in step.with_:
            words = f"{step.action} needs `{name}`."
            yield problem_at(step.where, words, "add it under `with:`.", "missing-input")
    for reason in step.if_fails:
        if reason not in (*action.fails, "else"):
            words = f'{step.action} never fails with "{reason}".'
            yield problem_at(
                step.where, words, did_you_mean(reason, (*action.fails, "else")), "unknown-reason"
            )
    if action.fails and "else" not in step.if_fails and (missed := set(action.fails) - set(step.if_fails)):
        words = f"{step.action} can fail with {', '.join(sorted(missed))}, and nothing follows."
        yield problem_at(step.where, words, "add `if_fails:` with these reasons, or `else`.", "if-fails")
