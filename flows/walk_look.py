"""Look at one turn of a walk: whether a text was answered, a promise names who and when, nothing goes round.

The rule: what is looked at is what the engine said and did; how it came to that is not asked.
"""

from collections.abc import Mapping
from typing import get_args

from flows.effects import CallHuman, Effect, FlowEnded, Say, Silent, SilentReason
from flows.model import Review
from flows.turn import find_step
from flows.walk_atlas import printed
from flows.walk_found import Ending, show
from flows.walk_moves import BY_PERSON, Came, Move, Rang, Standing, Turned, Typed
from flows.walk_starts import Start
from flows.walk_under import Under, find, where

_SILENCES = frozenset(get_args(SilentReason))
_WHO = "Maria"  # whom the fake world promises


def look(under: Under, before: Standing, turned: Turned, start: Start, path: tuple[Move, ...] | None) -> None:
    """Look at one turn: what was said, whether it had to be, and what ended."""
    under.turns += 1
    says = [effect for effect in turned.effects if isinstance(effect, Say)]
    under.reached.update(each.step for each in says if each.step)
    last = says[-1].step if says else ""
    below = under.atlas.below[start.flow]  # what another talk said on top is no part of this ending
    own = [each.step for each in reversed(says) if each.step.partition(".")[0] in below]
    if len(says) > under.most:
        under.most, under.most_at = len(says), last
    if turned.circles or any(_circles(effect) for effect in turned.effects):
        flow, step = where(under, turned.standing.progress)
        words = f"{flow.id} goes round without waiting for the person."
        find(under, "walk-circle", flow, step, words, "ask something before it is done again.")
    if isinstance(turned.moves[0], BY_PERSON) and not _answered(turned):
        progress = before.progress if before.progress.stack else turned.standing.progress
        flow, step = where(under, progress)
        words = f"{show(turned.moves[0])} is answered with nothing, and nothing says why."
        find(under, "walk-silent", flow, step, words, "say something after it.")
    for each in says:
        _promise(under, each, turned)
    for effect in turned.effects:
        if isinstance(effect, FlowEnded) and effect.flow in below:
            key = (effect.flow, effect.outcome, next((each for each in own if each), ""))
            moves = turned.moves[1:] if path is None else (*path, *turned.moves)
            if key not in under.endings or _events(moves) < _events(under.endings[key].moves):
                under.endings[key] = Ending(*key, start, moves)


def _events(moves: tuple[Move, ...]) -> int:
    """Count the outside events of a way: the fewer, the easier it is to read."""
    return sum(isinstance(move, Came) for move in moves)


def _circles(effect: Effect) -> bool:
    return isinstance(effect, CallHuman) and effect.kind == "a talk goes round in circles"


def _answered(turned: Turned) -> bool:
    """Tell whether a text was met: with words, or with a silence of the closed list that may stay silent."""
    silences = [effect.reason for effect in turned.effects if isinstance(effect, Silent)]
    said = any(isinstance(effect, Say) for effect in turned.effects)
    waits = "hold" in turned.standing.progress.timers
    return said or (bool(silences) and _SILENCES.issuperset(silences) and not waits)


def _promise(under: Under, said: Say, turned: Turned) -> None:
    """Look whether a text that names a human came out with the name and the hour."""
    name, _, id_ = said.step.partition(".")
    flow = under.flows.flows.get(name)
    step = find_step(flow, id_) if flow else None
    if flow is None or step is None or (said.prompt is not None and isinstance(step, Review)):
        return
    texts = [text for text in printed(step) if any(each.endswith(".who") for each in text.names)]
    if not texts or _WHO in said.text or any(isinstance(each, Rang | Typed) for each in turned.moves[1:]):
        return
    if not any(_opens_like(text.forms["en"], said.text) for text in texts):
        return
    words = f'{said.step} promises a human with no name or hour: "{said.text}"'
    find(under, "walk-promise", flow, step, words, "let it run only after tell_caseworker was done.")


def _opens_like(forms: Mapping[str, str], said: str) -> bool:
    """Tell whether words came from these forms, and not from what follows an unclear answer."""
    return any(
        form.partition("{")[0][:12] == said[: len(form.partition("{")[0][:12])] for form in forms.values()
    )
