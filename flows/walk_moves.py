"""What may happen next while every way through the flows is walked, and how one such thing is played.

The rule: the real engine decides and the fake world answers; a move says nothing about language or channel,
so that a way found once can be played again in another language, on another channel, on a shared phone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeAlias, TypeVar

from flows.actions import Action, ConfirmInterview, LookAtRide, MoveInterview, SaveInterview
from flows.drawing import WORDS
from flows.effects import Do as DoEffect
from flows.effects import Effect
from flows.engine import advance
from flows.events import (
    ActionDone,
    ActionFailed,
    Event,
    OptionTapped,
    SpotShared,
    StaffHandedBack,
    TextReceived,
    TimerRang,
)
from flows.fakes import World, fake, make_event
from flows.flowset import FlowSet
from flows.model import Do
from flows.progress import Frame, Progress, Shown, chain, innermost
from flows.turn import find_step
from flows.walk_asked import Asked
from flows.walk_atlas import Atlas
from flows.walk_kinds import Over, kinds

MOST_ACTIONS = 30  # between two words of a person; a talk with more goes round in circles
_A_MOMENT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Typed:
    """A person writes, in either language."""

    en: str
    es: str
    card: str | None = None
    known_card: bool = False
    photos: int = 0


@dataclass(frozen=True, slots=True)
class Picked:
    """A person takes a row they were shown: its number typed, or its button tapped."""

    n: int
    label: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """A person shares where they are."""


@dataclass(frozen=True, slots=True)
class Rang:
    """Time passes until a timer of this name ("hold", "silence", "late") is due; if none is, none rings."""

    name: str


@dataclass(frozen=True, slots=True)
class Came:
    """An outside event; `fields` are laid over what the fake world says."""

    name: str
    fields: Mapping[str, Any]
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Gave:
    """An action's result: a reason where it failed, else what is laid over what the fake world gives.

    `stands` is how the ride that is looked at stands ("out here"). `to` is the run whose action it is, in the
    walk that found it.
    """

    reason: str | None = None
    over: Over = field(default_factory=dict)
    stands: str = ""
    to: int = field(default=0, compare=False)


AS_GIVEN = (SaveInterview, MoveInterview, ConfirmInterview)
"""Actions that give back what they were handed."""
STANDS = (
    "out asked",
    "out booked",
    "out here",
    "out driving",
    "out missed",
    "out lost",
    "out off",
    "home waits",
    "home called",
    "home coming",
)
"""How a ride may stand that somebody asks about."""


@dataclass(frozen=True, slots=True)
class HandedBack:
    """The caseworker gives the conversation back."""


Move: TypeAlias = Typed | Picked | Pinned | Rang | Came | Gave | HandedBack
_T = TypeVar("_T")
BY_PERSON = (Typed, Picked, Pinned)


@dataclass(slots=True)
class Standing:
    """Where a walk stands: a person's progress, the little world, the clock, actions not yet answered."""

    progress: Progress
    world: World
    at: datetime
    pending: tuple[DoEffect, ...] = ()
    trees: tuple[Frame, ...] = ()  # the talks this was copied with: they hold what ended since


@dataclass(frozen=True, slots=True)
class Turned:
    """One way a turn can go: where it leads, what was said and done, and the moves that made it."""

    standing: Standing
    effects: tuple[Effect, ...]
    moves: tuple[Move, ...]
    circles: bool = False


def play(flows: FlowSet, standing: Standing, move: Move) -> list[Effect]:
    """Play one move; `standing` is changed in place. Actions are left in `standing.pending`."""
    event = _event(standing, move)
    if event is None:
        return []
    standing.progress, effects = advance(flows, standing.progress, event)
    standing.pending += tuple(each for each in effects if isinstance(each, DoEffect))
    return effects


def ways(flows: FlowSet, atlas: Atlas, standing: Standing, moves: tuple[Move, ...]) -> Iterator[Turned]:
    """Play moves in every way the actions between them can end; `standing` stays as it is."""
    work: list[tuple[Standing, tuple[Move, ...], tuple[Effect, ...], tuple[Move, ...]]] = [
        (copied(standing), moves, (), ())
    ]
    while work:
        here, left, effects, played = work.pop()
        if sum(isinstance(each, Gave) for each in played) > MOST_ACTIONS:
            yield Turned(here, effects, played, circles=True)
            return  # one circle is enough; it branches with each round
        elif here.pending:
            given = left and isinstance(left[0], Gave)
            results, left = ([left[0]], left[1:]) if given else (_results(atlas, here), left)
            for at, result in enumerate(results, 1):
                next_ = here if at == len(results) else copied(here)
                more = play(flows, next_, result)
                work.append((next_, left, (*effects, *more), (*played, result)))
        elif left:
            more = play(flows, here, left[0])
            work.append((here, left[1:], (*effects, *more), (*played, left[0])))
        else:
            yield Turned(here, effects, played)


# --- events -----------------------------------------------------------------------------------------------


def _event(standing: Standing, move: Move) -> Event | None:
    """Make the event of a move, and let its time pass."""
    progress = standing.progress
    if isinstance(move, Rang):
        due = [(at, token) for token, at in progress.timers.items() if token.partition(":")[0] == move.name]
        if not due:
            return None
        at, token = min(due)
        standing.at = max(standing.at, at.astimezone(standing.at.tzinfo))
        return TimerRang(at=standing.at, token=token)
    if not isinstance(move, Gave):
        standing.at += _A_MOMENT
    here: dict[str, Any] = {"channel": progress.channel, "opted_in": progress.opted_in is not False}
    match move:
        case Typed(en=en, es=es, card=card, known_card=known, photos=photos):
            text = es if progress.lang == "es" else en
            return TextReceived(at=standing.at, text=text, card=card, known_card=known, photos=photos, **here)
        case Picked():
            return _picked(standing, move, here)
        case Pinned():
            return SpotShared(at=standing.at, lat=42.37, lon=-71.03, **here)
        case Came(name=name, fields=fields):
            return make_event(standing.world, name, fields, standing.at)
        case Gave():
            return _answered(standing, move)
        case HandedBack():
            return StaffHandedBack(at=standing.at)


def _picked(standing: Standing, move: Picked, here: Mapping[str, Any]) -> Event:
    progress = standing.progress
    prompt, label = _shown(progress, move.n)
    if progress.channel == "telegram" and prompt is not None:
        return OptionTapped(at=standing.at, prompt=prompt, n=move.n, **here)
    typed = (label or move.label) if move.n >= WORDS else str(move.n)
    return TextReceived(at=standing.at, text=typed, **here)


def _shown(progress: Progress, n: int) -> tuple[int | None, str | None]:
    """Find the newest prompt that shows row `n`, and its label in the language of now."""
    if progress.undoing is not None:
        return progress.undoing.prompt, None
    for root in reversed(progress.stack):
        frame = innermost(root)
        if frame.prompt and not root.parked:
            label = next((row.label for row in frame.shown.rows if row.n == n), None)
            return frame.prompt, label
    return None, None


def _answered(standing: Standing, move: Gave) -> Event | None:
    if not standing.pending:
        return None
    (asked, *rest), standing.pending = standing.pending, ()
    standing.pending = tuple(rest)
    if move.reason is not None:
        return ActionFailed(at=standing.at, call=asked.call, reason=move.reason)
    if move.stands:
        standing.world.leg, _, standing.world.stage = move.stands.partition(" ")
    result = fake(standing.world, asked.action, standing.at.replace(tzinfo=None))
    if isinstance(result, str):
        return ActionFailed(at=standing.at, call=asked.call, reason=result)
    return ActionDone(at=standing.at, call=asked.call, result={**result, **move.over})


def _results(atlas: Atlas, standing: Standing) -> list[Move]:
    """Give the kinds of result of the action that is waited for: done, as conditions can tell it apart, and
    each reason that is answered otherwise."""
    asked, progress = standing.pending[0], standing.progress
    frame = _calling(progress, asked.call)
    to = frame.n if frame is not None else 0
    if progress.undoing is not None and progress.undoing.call == asked.call:
        return [Gave(to=to), Gave("failed")]
    step = None if frame is None or frame.then else find_step(atlas.flows.flows[frame.flow], frame.open)
    if not isinstance(step, Do) or frame is None:
        return [Gave(to=to)]
    own = [reason for reason in asked.action.fails if reason in step.if_fails]
    others = [reason for reason in asked.action.fails if reason not in step.if_fails]
    told = atlas.asked.of(frame.flow, step.save or "")
    return [
        *(Gave(over=over, to=to) for over in _kinds(standing, asked.action, told)),
        *(Gave(stands=each, to=to) for each in _stands(asked.action, told)),
        *(Gave(reason, to=to) for reason in (*own, *others[:1])),
    ]


def _kinds(standing: Standing, action: Action, told: Asked) -> list[Over]:
    if not told.fields or isinstance(action, AS_GIVEN):
        return [{}]
    usual = fake(copied(standing).world, action, standing.at.replace(tzinfo=None))
    return [{}] if isinstance(usual, str) else kinds(action.gives, told, usual, getattr(action, "sure", ()))


def _stands(action: Action, told: Asked) -> list[str]:
    if not isinstance(action, LookAtRide):
        return []
    legs, stages = told.of("leg").texts, told.of("stage").texts
    return [each for each in STANDS if each.partition(" ")[0] in legs or each.partition(" ")[2] in stages]


def _calling(progress: Progress, call: int) -> Frame | None:
    frames = (frame for root in progress.stack for frame in chain(root))
    return next((frame for frame in frames if frame.call == call), None)


# --- copies -------------------------------------------------------------------------------------------


def copied(standing: Standing) -> Standing:
    """Copy a standing so that playing on leaves the original as it is."""
    progress, world = _twin(standing.progress), _twin(standing.world)
    progress.facts = dict(progress.facts)
    progress.stack = [copied_frame(root) for root in progress.stack]
    progress.inbox, progress.waiting = list(progress.inbox), list(progress.waiting)
    progress.timers, progress.caused = dict(progress.timers), list(progress.caused)
    progress.undoing = None if progress.undoing is None else _twin(progress.undoing)
    world.interview = None if world.interview is None else dict(world.interview)
    world.shown = dict(world.shown)
    return Standing(progress, world, standing.at, standing.pending, tuple(progress.stack))


def copied_frame(frame: Frame) -> Frame:
    """Copy a run with all its runs."""
    twin = _twin(frame)
    twin.answers, twin.known, twin.done = dict(frame.answers), dict(frame.known), list(frame.done)
    if frame.sub is not None:
        twin.sub = copied_frame(frame.sub)
    twin.subs = {name: [copied_frame(run) for run in runs] for name, runs in frame.subs.items()}
    twin.shown = Shown(frame.shown.rows, frame.shown.page)
    twin.confirm = None if frame.confirm is None else _twin(frame.confirm)
    return twin


def _twin(value: _T) -> _T:
    """Copy a slotted value field by field: `replace` does the same, four times slower."""
    twin = object.__new__(type(value))
    kind: type = type(value)
    for name in _slots(kind):
        setattr(twin, name, getattr(value, name))
    return twin


@cache
def _slots(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields_of(kind))
