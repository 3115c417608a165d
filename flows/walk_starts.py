"""Where walks begin: every way a flow comes to a person, with each kind of record they may have.

The rule: a flow begins by its start words, by its events, by name (`welcome`, `home`, PERSON), by what is
said about a live ride, or below another; each beginning is tried with nothing known, with all known, and with
each yes or no turned around.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any, get_type_hints

from flows.events import OUTSIDE
from flows.fakes import World, make_event, work
from flows.front import COME_BACK, HOME, WELCOME
from flows.interrupts import PERSON
from flows.model import Flow
from flows.progress import new_progress
from flows.samples import sample
from flows.views import InterviewView, RideView
from flows.walk_asked import NOTHING, Asked, joined
from flows.walk_atlas import Atlas
from flows.walk_kinds import NOW, kinds, sample_view
from flows.walk_kinds import words as said
from flows.walk_moves import Came, Move, Standing, Typed
from flows.walk_tries import variants


@dataclass(frozen=True, slots=True)
class Start:
    """One beginning: the flow it should begin, what is known, and the move that begins it."""

    flow: str
    move: Move
    facts: Mapping[str, Any] = field(default_factory=dict)
    opted_in: bool = True
    words: str = ""


def stand(start: Start, *, lang: str = "en", channel: str = "sms", discreet: bool = False) -> Standing:
    """Stand a person at a beginning, before its move."""
    progress = new_progress(lang)
    progress.channel, progress.opted_in = channel, start.opted_in
    progress.facts.update(start.facts)
    if discreet:
        progress.facts["discreet"] = True
    interview = start.facts.get("interview")
    if interview is None and isinstance(start.move, Came):
        interview = start.move.fields.get("interview")
    first = NOW.replace(tzinfo=None) + timedelta(days=1)
    interview = interview or _at(_SOON, with_car=True)[-1]  # where the record has none
    world = World(interview=dict(interview), work=work(first, "FedEx Ground"), interviews=1)
    return Standing(progress, world, NOW)


def starts_of(atlas: Atlas) -> Iterator[Start]:
    """Give every beginning of every flow."""
    for flow in atlas.flows.flows.values():
        yield from _by_words(atlas, flow)
        yield from _by_events(atlas, flow)


def _by_words(atlas: Atlas, flow: Flow) -> Iterator[Start]:
    said = _words_for(atlas, flow)
    if said is None:
        return
    near = flow.id.startswith("ride_") and not flow.start_words
    for facts in _with_interviews(atlas, flow):
        if flow.id == WELCOME:
            yield Start(flow.id, said, facts, opted_in=False, words="a first text")
            yield Start(flow.id, Typed(said.en, said.es, card="RAY2"), facts, False, "a card's code")
        elif flow.id == COME_BACK:
            yield Start(flow.id, said, facts, False, "another's card")
        elif not near:
            yield Start(flow.id, said, facts, words=said.en)
        elif "interview" in facts:
            for each in _about_rides(atlas, flow):
                yield Start(flow.id, each, facts, words=each.en)


def _words_for(atlas: Atlas, flow: Flow) -> Typed | None:
    """Give what a person types to begin a flow; None for one that only others run."""
    if flow.start_words:
        english = flow.start_words["en"][0]
        return Typed(english, (flow.start_words.get("es") or (english,))[0])
    match flow.id:
        case name if name == HOME:
            return Typed("menu", "menu")
        case name if name == COME_BACK:
            return Typed("D7Q4", "D7Q4", card="D7Q4", known_card=True)
        case name if name == WELCOME:
            return Typed("hello", "hola")
        case name if name == PERSON:
            return Typed("person", "persona")
        case name:
            return next(iter(_about_rides(atlas, flow)), None)


def _about_rides(atlas: Atlas, flow: Flow) -> list[Typed]:
    """Give what people say about a ride that starts a flow."""
    like = atlas.flows.keywords.riding.like
    return [Typed(english, spanish) for said, english, spanish in like if flow.id == f"ride_{said.meaning}"]


def _by_events(atlas: Atlas, flow: Flow) -> Iterator[Start]:
    asked = partial(atlas.asked.of, flow.id)
    for on in flow.start_on:
        hints = get_type_hints(OUTSIDE[on.event])
        for came, (ride, like) in product(
            variants(on.event, asked, World()), _rides(asked("ride"), on.event)
        ):
            words = ", ".join(part for part in (came.variant, like) if part)
            fields = {**came.fields, **({"ride": ride} if "ride" in hints else {})}
            if "interview" not in hints:
                yield Start(flow.id, Came(on.event, fields, words), words=on.event)
                continue
            for facts in _with_interviews(atlas, flow):
                if (view := facts.get("interview")) is not None:
                    with_view = Came(on.event, {**fields, "interview": view}, words)
                    yield Start(flow.id, with_view, facts, words=on.event)


_RIDE = "ride"


def _rides(asked: Asked, event: str) -> list[tuple[Mapping[str, Any], str]]:
    """Give the rides an event may bring, of each leg that is asked about, and their kinds in words."""
    if "ride" not in get_type_hints(OUTSIDE[event]):
        return [({}, "")]
    sure = getattr(OUTSIDE[event], "sure", {}).get("ride", frozenset())
    found: list[tuple[Mapping[str, Any], str]] = []
    for leg in sorted(asked.of("leg").texts & {"out", "home"}, reverse=True) or ["out"]:
        usual = getattr(make_event(World(), event, {"ride": {"leg": leg}}, NOW), _RIDE)
        each = kinds(RideView, asked, usual, {"leg", *sure})
        found += [({"leg": leg, **over}, said(over)) for over in each]
    return found


# --- what the record may hold -----------------------------------------------------------------------------


def _with_interviews(atlas: Atlas, flow: Flow) -> Iterator[Mapping[str, Any]]:
    """Give each kind of record without an interview, then with each interview and nothing else known, then
    with all known and the first one."""
    records = _records(atlas, flow)
    yield from records
    reads = atlas.record[flow.id] | {"interview"} if flow.start_on else atlas.record[flow.id]
    if "interview" not in reads and not flow.id.startswith("ride_"):
        return
    views = _interviews(atlas, flow)
    for view in views:
        yield {"interview": view}
    for record in records[1:]:
        yield {**record, "interview": views[-1]}


def _records(atlas: Atlas, flow: Flow) -> list[Mapping[str, Any]]:
    """Give each kind of record: nothing known, all known, each yes or no turned around, each word that is
    asked about."""
    names = sorted(atlas.record[flow.id] - {"interview", "ride", "card"} - set(_given(atlas, flow)))
    kept = {name for each in atlas.flows.flows.values() for name in each.keeps}
    full = {
        name: value
        for name in names
        if name in kept and (value := sample(atlas.flows, name, NOW)) is not None
    }
    asked = atlas.record_asked[flow.id]
    others = [{**full, name: not value} for name, value in full.items() if isinstance(value, bool)]
    others += [
        {**full, name: word}
        for name, value in full.items()
        if isinstance(value, str)
        for word in sorted(asked[name].texts - {value})
    ]
    return [{}, *([full] if full else []), *others]


def _given(atlas: Atlas, flow: Flow) -> Iterator[str]:
    """Give names that only callers hand over."""
    for name in atlas.below[flow.id]:
        yield from (need for need in atlas.flows.flows[name].needs if need != "interview")


def _interviews(atlas: Atlas, flow: Flow) -> list[dict[str, Any]]:
    """Give interviews as conditions can tell them apart: past, soon, later; alone or with a car; then the
    last ones in each of their kinds."""
    asked = joined(
        [atlas.asked.of(flow.id, "interview"), atlas.record_asked[flow.id].get("interview", NOTHING)]
    )
    hours = asked.of("at").hours
    if flow.id.startswith("ride_") and not hours:
        return [view for hour in _NEAR for view in _at(hour, with_car=True)[1:]]
    views = [
        view
        for hour in (*([-2.0] if hours else []), *_middles(hours))
        for view in _at(hour, with_car=bool(asked.fields.keys() & _CAR_FIELDS))
    ]
    for view in views[-2:]:
        views += [{**view, **over} for over in kinds(InterviewView, asked, view, _CAR_FIELDS)[1:]]
    return [{name: value for name, value in view.items() if value is not None} for view in views]


_NEAR = (0.5, 1.5)  # hours: the car is overdue, or about to come
_SOON = 1.5
_CAR_FIELDS = frozenset({"at", "pickup_at", "pickup", "back_at", "stop"})


def _at(hour: float, *, with_car: bool) -> list[dict[str, Any]]:
    at = (NOW + timedelta(hours=hour)).replace(tzinfo=None)
    alone = {
        "id": 1,
        "version": 1,
        "kind": "interview",
        "employer": "FedEx Ground",
        "at": at,
        "place": "FedEx Ground, Airport Rd",
    }
    car = {
        "pickup_at": at - timedelta(minutes=50),
        "pickup": "Hope House, front",
        "back_at": at + timedelta(hours=3),
        "stop": sample_view(get_type_hints(InterviewView)["stop"], 1, lists=2),
        "door": "front",
    }
    return [alone, alone | car] if with_car else [alone]


def _middles(hours: tuple[float, ...]) -> list[float]:
    """Give an hour between each two that conditions compare with, and one beyond the last."""
    if not hours:
        return [28.0]
    return [(low + high) / 2 for low, high in zip(hours, (*hours[1:], hours[-1] + 28.0), strict=True)]
