"""Lint where things go wrong: every path that ends in trouble reaches a person, or shows the way to one.

The rule: where an action fails, an event stays out or an answer is not found, and the talk ends there, the
last words name a human and their hour or a word that goes on (PERSON, MENU, a start word), unless the flow
around goes on by itself. It errs on the quiet side: whatever may follow counts.
"""

import re
from collections.abc import Iterator

from flows.answers.plain import fold
from flows.assemble import Loaded
from flows.model import After, Ask, Do, Finish, Flow, Handoff, Review, Run, Say, Step, WaitFor
from flows.problems import Problem, problem_at
from flows.scope import Scopes
from flows.sure import contradictory, parts_of
from flows.texts import Text

PERSON = "ask_caseworker"
_CALLS = ("tell_caseworker", "hand_off")
_CAPITALS = re.compile(r"\b[A-Z][A-Z']+(?: [A-Z][A-Z']*)*\b")


def check_reach(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find paths that end in trouble and never reach a person."""
    ways = _words_that_go_on(loaded)
    for flow in loaded.all_flows.values():
        for step in flow.steps:
            for what, row in _troubles(step):
                if not _ends(row) or _shows(row.say, ways):
                    continue
                if not _goes_on(scopes, flow, ways, {flow.id}):
                    words = f"{what}, this path ends and never reaches a person."
                    fix = 'say a way on, like "Text PERSON", or tell a caseworker first.'
                    yield problem_at(step.where, words, fix, "no-person")
    person = loaded.all_flows.get(PERSON)
    if person is not None and not any(_is_call(step) for step in person.steps):
        words = f"PERSON starts {PERSON}, which calls nobody."
        yield problem_at(person.where, words, "add `do: tell_caseworker`.", "no-person")


def _troubles(step: Step) -> Iterator[tuple[str, After]]:
    """Give what may go wrong at a step, in words, and what its author does then."""
    match step:
        case Do(action=action, if_fails=fails):
            yield from ((f'When {action} fails with "{reason}"', row) for reason, row in fails.items())
        case WaitFor(if_late=late, events=events):
            yield f"When {' or '.join(events)} does not come", late
        case Ask(id=name, if_stuck=stuck, if_empty=empty):
            yield from ((f"When nothing typed answers {name}", row) for row in (stuck,) if row)
            yield from ((f"When {name} has nothing to choose from", row) for row in (empty,) if row)
        case _:
            pass


def _ends(row: After) -> bool:
    return row.finish is not None or row.then == "finish"


def _is_call(step: Step) -> bool:
    return isinstance(step, Handoff) or (isinstance(step, Do) and step.action in _CALLS)


def _words_that_go_on(loaded: Loaded) -> frozenset[str]:
    """Give what a person may type, in capitals, to go on from nowhere."""
    started = {
        fold(word)
        for flow in loaded.all_flows.values()
        for each in flow.start_words.values()
        for word in each
    }
    return frozenset(started | {"person", "persona", "menu"})


def _shows(text: Text | None, ways: frozenset[str]) -> bool:
    """Tell whether a text names a human, or a word that goes on, in each of its languages and forms."""
    if text is None:
        return False
    if any(name.rpartition(".")[2] == "who" for name in text.names):
        return True
    sources = [source for forms in text.forms.values() for source in forms.values()]
    return all(any(fold(said) in ways for said in _CAPITALS.findall(source)) for source in sources)


def _goes_on(scopes: Scopes, flow: Flow, ways: frozenset[str], seen: set[str]) -> bool:
    """Tell whether every flow that runs this one goes on after it."""
    calls = scopes.calls.get(flow.id, ())
    if not calls:
        return False
    for call in calls:
        if call.flow.id in seen:
            continue
        around = seen | {call.flow.id}
        if not _follows(call.flow, call.at, ways) and not _goes_on(scopes, call.flow, ways, around):
            return False
    return True


def _follows(flow: Flow, at: int, ways: frozenset[str]) -> bool:
    """Tell whether a step below may still ask, run, call a human or show the way."""
    here = parts_of(flow.steps[at].when)
    for step in flow.steps[at + 1 :]:
        if contradictory([*here, *parts_of(step.when)]):
            continue
        match step:
            case Ask() | Review() | Run() | Handoff():
                return True
            case Say(text=text) | Finish(text=text) if _shows(text, ways):
                return True
            case _ if _is_call(step):
                return True
            case _:
                pass
    return False
