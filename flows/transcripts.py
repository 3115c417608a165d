"""Write out how every ending is come to, in each language, on each channel, on one's own phone and a shared
one: what a person who signs the words off reads.

The rule: the ways are those the walk found, played again by the same engine; nothing here words anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from flows.drawing import draw
from flows.effects import Effect, FlowEnded, Say, Silent
from flows.flowset import FlowSet
from flows.texts import LANGS
from flows.walk_found import Ending, Walk, show
from flows.walk_moves import Came, Gave, HandedBack, Move, Picked, Pinned, Rang, Standing, Typed, play
from flows.walk_starts import stand

CHANNELS = ("sms", "telegram")


@dataclass(frozen=True, slots=True)
class Transcript:
    """One ending as it reads for one kind of phone; `ended` tells whether the flow came to the same end."""

    ending: Ending
    lang: str
    channel: str
    discreet: bool
    lines: tuple[str, ...]
    ended: bool

    def __str__(self) -> str:
        phone = "a shared phone" if self.discreet else "an own phone"
        title = f"== {self.ending.flow} ends: {self.ending.outcome} ({self.lang}, {self.channel}, {phone}) =="
        return "\n".join([title, *self.lines])


def transcripts(
    flows: FlowSet,
    walked: Walk,
    *,
    langs: tuple[str, ...] = LANGS,
    channels: tuple[str, ...] = CHANNELS,
    discreet: tuple[bool, ...] = (False, True),
    flow: str | None = None,
) -> Iterator[Transcript]:
    """Play every ending (or those of one flow) in every language, channel and variant asked for."""
    for ending in walked.endings:
        if flow is None or ending.flow == flow:
            for lang, channel, short in product(langs, channels, discreet):
                yield transcript(flows, ending, lang, channel, discreet=short)


def transcript(flows: FlowSet, ending: Ending, lang: str, channel: str, *, discreet: bool) -> Transcript:
    """Play one ending for one kind of phone."""
    standing = stand(ending.start, lang=lang, channel=channel, discreet=discreet)
    lines: list[str] = []
    ended = False
    talks: set[int] = set()
    for move in (ending.start.move, *ending.moves):
        lines += _before(standing, move)
        for effect in play(flows, standing, move):
            lines += _line(standing, effect)
            ended = ended or effect == FlowEnded(ending.flow, ending.outcome)
        if not standing.pending:
            talks = _without_others(standing, talks)
    return Transcript(ending, lang, channel, discreet, tuple(lines), ended)


def signing_off(found: Iterator[Transcript]) -> str:
    """Write transcripts one after the other, as a text to read through."""
    return "\n\n".join(map(str, found)) + "\n"


def _without_others(standing: Standing, talks: set[int]) -> set[int]:
    """Take away the talks that began on top, as the walk did: each has transcripts of its own."""
    progress = standing.progress
    talks = talks or {root.n for root in progress.stack}
    progress.stack = [root for root in progress.stack if root.n in talks]
    return talks


def _before(standing: Standing, move: Move) -> list[str]:
    match move:
        case Typed(en=en, es=es):
            said = es if standing.progress.lang == "es" else en
            return [f"them: {said or '(photo)'}"]
        case Picked(n=n, label=label):
            return [f"them: {n}" if standing.progress.channel == "sms" else f"them: [{n} {label}]"]
        case Pinned():
            return ["them: (a shared place)"]
        case Rang(name="hold"):
            return []
        case Rang() | Came() | HandedBack():
            return [f"  -- {show(move)}"]
        case Gave(reason=None):
            return []
        case Gave(reason=reason):
            return [f"  -- {reason}"]


def _line(standing: Standing, effect: Effect) -> list[str]:
    match effect:
        case Say():
            drawn = draw(effect, standing.progress.channel, standing.progress.lang)
            buttons = "".join(f" [{each.n} {each.label}]" for each in drawn.buttons)
            return [f"us:   {drawn.body}{buttons}"]
        case Silent(reason="fragment"):
            return []
        case Silent(reason=reason):
            return [f"  (silent: {reason})"]
        case _:
            return []
