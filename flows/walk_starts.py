"""Where walks begin: every way a flow comes to a person, with each kind of record they may have.

The rule: a flow begins by its start words, by its events, by name (`welcome`, `home`, PERSON), by what is
said about a live ride, or below another; each beginning is tried with nothing known, with all known, and with
each yes or no turned around.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

from flows.events import OUTSIDE
from flows.fakes import World
from flows.front import COME_BACK, HOME, WELCOME
from flows.interrupts import PERSON
from flows.model import Flow
from flows.progress import new_progress
from flows.samples import sample
from flows.views import InterviewView
from flows.walk_atlas import Atlas
from flows.walk_moves import Came, Move, Standing, Typed
from flows.walk_tries import sample_view, variants

NOW = datetime(2027, 2, 23, 12, 30, tzinfo=ZoneInfo("America/New_York"))
"""A Tuesday at half past twelve."""


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
    world = World(interview=None if interview is None else dict(interview), interviews=1)
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
    for on in flow.start_on:
        hints = get_type_hints(OUTSIDE[on.event])
        for came in variants(on.event, atlas.literals[flow.id]):
            for leg, marks in product(_legs(atlas, flow) if "ride" in hints else [None], _marks(flow)):
                ride = {} if leg is None else {"ride": {"leg": leg} | marks}
                if "interview" not in hints:
                    yield Start(
                        flow.id, Came(on.event, {**came.fields, **ride}, came.variant), words=on.event
                    )
                    continue
                for facts in _with_interviews(atlas, flow):
                    if (view := facts.get("interview")) is not None:
                        fields = {**came.fields, **ride, "interview": view}
                        yield Start(flow.id, Came(on.event, fields, came.variant), facts, words=on.event)


def _marks(flow: Flow) -> list[dict[str, bool]]:
    """Give the ride as it mostly is, and with each mark the flow asks about."""
    read = {name for step in flow.steps if step.when is not None for name in step.when.names}
    read |= {name for on in flow.start_on if on.when is not None for name in on.when.names}
    return [{}, *({mark: True} for mark in ("other", "ask_how") if f"ride.{mark}" in read)]


def _legs(atlas: Atlas, flow: Flow) -> list[str]:
    return [leg for leg in ("out", "home") if leg in atlas.literals[flow.id].texts] or ["out"]


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
    """Give each kind of record: nothing known, all known, each yes or no turned around."""
    names = sorted(atlas.record[flow.id] - {"interview", "ride", "card"} - set(_given(atlas, flow)))
    kept = {name for each in atlas.flows.flows.values() for name in each.keeps}
    full = {
        name: value
        for name in names
        if name in kept and (value := sample(atlas.flows, name, NOW)) is not None
    }
    turned = [{**full, name: not value} for name, value in full.items() if isinstance(value, bool)]
    return [{}, *([full] if full else []), *turned]


def _given(atlas: Atlas, flow: Flow) -> Iterator[str]:
    """Give names that only callers hand over."""
    for name in atlas.below[flow.id]:
        yield from (need for need in atlas.flows.flows[name].needs if need != "interview")


def _interviews(atlas: Atlas, flow: Flow) -> list[dict[str, Any]]:
    """Give interviews as conditions can tell them apart: past, soon, later; alone, with a car, with an OK or
    without."""
    literals = atlas.literals[flow.id]
    hours = [-2.0, *((low + high) / 2 for low, high in _gaps(literals.hours))]
    views = []
    for hour in hours:
        at = (NOW + timedelta(hours=hour)).replace(tzinfo=None)
        bare = {
            "id": 1,
            "version": 1,
            "kind": "interview",
            "employer": "FedEx Ground",
            "at": at,
            "place": "FedEx Ground, Airport Rd",
        }
        views.append(bare)
        with_car = bare | {
            "pickup_at": at - timedelta(minutes=50),
            "pickup": "Hope House, front",
            "back_at": at + timedelta(hours=3),
            "stop": sample_view(get_type_hints(InterviewView)["stop"], 1, lists=2),
            "door": "front",
        }
        views.append(with_car)
        if "ok_to_go" in literals.fields:
            oks = sorted(literals.texts & {"not_yet", "not_sure", "have", "not_needed"})
            views += [with_car | {"ok_to_go": ok} for ok in oks]
    return views


def _gaps(hours: tuple[float, ...]) -> list[tuple[float, float]]:
    """Give a span of hours between each two that conditions compare with, and one beyond the last."""
    return list(zip(hours, (*hours[1:], hours[-1] + 28.0), strict=True))
