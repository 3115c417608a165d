"""Every kind of thing that may come next where a walk stands: one representative of each class.

The rule: a question is tried with every option, a valid value, what is unclear, silence and BACK; a wait with
every event that ends it, in its kinds, and with lateness. What only comes between (thanks, MENU, PERSON,
STOP) is tried at each question once and looked at, and not gone on from: the question is still there.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from functools import cache
from itertools import product
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from flows.events import OUTSIDE
from flows.fakes import World, make_event
from flows.flowset import FlowSet
from flows.front import open_question
from flows.listening import HOLD
from flows.model import Ask, WaitFor
from flows.progress import Frame, chain, innermost
from flows.speaking import SILENCE, Question
from flows.turn import Turn, open_step
from flows.walk_asked import Asked
from flows.walk_atlas import Atlas
from flows.walk_kinds import NOW, kinds, sample_view
from flows.walk_kinds import words as said
from flows.walk_moves import Came, HandedBack, Move, Picked, Pinned, Rang, Standing, Typed, copied

Try = tuple[Move, ...]
_HELD = Rang(HOLD)
_MONTHS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
}
_AHEAD = timedelta(days=8)

BETWEEN: Mapping[str, Try] = {
    "thanks": (Typed("thanks!", "gracias!"), _HELD),
    "a thumbs-up": (Typed("👍", "👍"), _HELD),
    "a greeting": (Typed("hi", "hola"), _HELD),
    "AGAIN": (Typed("again", "otra vez"), _HELD),
    "MENU": (Typed("menu", "menu"), _HELD),
    "PERSON": (Typed("person", "persona"), _HELD),
    "the other language": (Typed("español", "english"), _HELD),
    "ABOUT ME": (Typed("about me", "sobre mi"), _HELD),
    "HELP": (Typed("help", "help"), _HELD),
    "STOP and START": (Typed("stop", "stop"), Typed("start", "start")),
    "a photo": (Typed("", "", photos=1), _HELD),
    "nothing readable": (Typed("…", "…"), _HELD),
}
"""What may come at any question."""
KEEPS_PLACE = frozenset(
    ("AGAIN", "MENU", "PERSON", "the other language", "ABOUT ME", "HELP", "STOP and START")
)
"""What leaves every talk where it was; the others may be an answer."""

_UNCLEAR = Typed("qwzx vbnm", "qwzx vbnm")
_UNCLEAR_BY_KIND: Mapping[str, Typed] = {
    "text": Typed("?", "?"),
    "name": Typed("12345 67890", "12345 67890"),
    "address": Typed("po box 12", "apartado postal 12"),
}
_VALID: Mapping[str, tuple[Typed, ...]] = {
    "text": (Typed("the bus was late", "el bus llego tarde"),),
    "name": (Typed("Ray", "Ray"),),
    "zip": (Typed("02128", "02128"),),
    "number": (Typed("3", "3"), Typed("0", "0"), Typed("99", "99")),
    "time": (Typed("5:30 pm", "5:30 pm"),),
    "week_hours": (Typed("thu 2:30 to 4", "jueves 2:30 a 4"), Typed("NO", "NO")),
    "phone": (Typed("617 555 0142", "617 555 0142"),),
    "address": (Typed("77 Dale St, Boston", "77 Dale St, Boston"),),
    "pin": (Typed("4821", "4821"),),
    "photo": (Typed("", "", photos=1),),
    "yes_no": (Typed("YES", "SI"), Typed("NO", "NO")),
}


def tries_of(atlas: Atlas, standing: Standing, *, unclear: bool = True) -> list[Try]:
    """Give everything that may come next and leads on; `unclear` answers and silence only where asked for."""
    progress = standing.progress
    if progress.paused == "staff":
        return [(HandedBack(),)]
    if progress.undoing is not None:
        return [(Picked(1, "yes"),), (Picked(2, "no"),)]
    asked = open_question(_turn(atlas.flows, standing))
    found: list[Try] = []
    if asked is not None:
        found += _question(standing, asked[1], asked[2], unclear)
    for root in progress.stack:
        step = open_step(_turn(atlas.flows, standing), innermost(root))
        if isinstance(step, WaitFor):
            found += _wait(atlas, standing, innermost(root), step)
    if any(root.parked for root in progress.stack) and asked is None:
        found.append((Typed("hi again", "hola otra vez"), _HELD))
    return found


def endings_of(atlas: Atlas, standing: Standing) -> list[Came]:
    """Give the events that end an open run before its time."""
    names = dict.fromkeys(
        on.event
        for root in standing.progress.stack
        for frame in chain(root)
        for on in atlas.flows.flows[frame.flow].ends_on
    )
    return [Came(name, {}) for name in names]


def _turn(flows: FlowSet, standing: Standing) -> Turn:
    return Turn(flows, standing.progress, standing.at.astimezone(UTC), standing.at.replace(tzinfo=None))


# --- questions --------------------------------------------------------------------------------------------


def _question(standing: Standing, frame: Frame, step: Question, unclear: bool) -> list[Try]:
    kind = step.as_ if isinstance(step, Ask) else "choice"
    no_answer: Try = (_UNCLEAR_BY_KIND.get(kind, _UNCLEAR) if frame.confirm is None else _UNCLEAR, _HELD)
    silence: list[Try] = [(Rang(SILENCE),)] if SILENCE in standing.progress.timers else []
    # An answer clears the unclear tries and the nudges before it: after the first, only they go on.
    if frame.tries:
        return [no_answer]
    if frame.nudges and silence:
        return silence
    odd = [no_answer, *silence] if unclear else []
    back: Try = (Typed("back", "atras"), _HELD)
    skip: Try = (Typed("skip", "saltar"), _HELD)
    if frame.confirm is not None:
        return [(Picked(1, "yes"),), (Picked(2, "no"),), *odd, back]
    if frame.draft is not None:
        return [*_valid(standing, "time"), *(silence if unclear else [])]
    rows = frame.shown.rows
    found: list[Try] = [(Picked(row.n, row.label),) for row in rows]
    if kind == "choices" and len(rows) > 1:
        found.append((Typed(*(f"{rows[0].n} {rows[1].n}",) * 2),))
    if not isinstance(step, Ask) or step.as_ not in ("choice", "choices", "yes_no"):
        found += _valid(standing, kind)
    if isinstance(step, Ask) and step.as_ == "yes_no":
        found = [(each,) for each in _VALID["yes_no"]]
    if isinstance(step, Ask) and step.confirm_by_ok:
        found.append((Typed("ok", "ok"),))
    if isinstance(step, Ask) and step.if_stuck is not None and step.if_stuck.then == "skip":
        found.append(skip)
    return [*found, *odd, back]


def _valid(standing: Standing, kind: str) -> list[Try]:
    """Give valid answers of a kind; a day and a time also come in two halves."""
    day = standing.at + _AHEAD
    en = f"{_MONTHS['en'][day.month - 1]} {day.day}"
    es = f"{day.day} de {_MONTHS['es'][day.month - 1]}"
    if kind == "date":
        return [(Typed(en, es),)]
    if kind == "datetime":
        soon = (standing.at + timedelta(hours=1)).strftime("%I:%M %p").lower()
        return [
            (Typed(f"{en} at 9 am", f"{es} a las 9 am"),),
            (Typed(f"today at {soon}", f"hoy a las {soon}"), _HELD),
            (Typed(en, es), _HELD),
        ]
    if kind == "address":
        return [(each,) for each in _VALID["address"]] + [(Pinned(),)]
    return [(each, _HELD) for each in _VALID.get(kind, ())]


# --- events -----------------------------------------------------------------------------------------------


def _wait(atlas: Atlas, standing: Standing, frame: Frame, step: WaitFor) -> list[Try]:
    news = atlas.asked.of(frame.flow, step.save or "")
    world = copied(standing).world
    found: list[Try] = [(each,) for name in step.events for each in variants(name, news.of, world)]
    return [*found, (Rang("late"),)]


def variants(name: str, asked: Callable[[str], Asked], world: World) -> list[Came]:
    """Give an event in the kinds that conditions can tell apart, by what they ask of each of its fields:
    lists empty, of one and of two, a yes or no, texts they compare with, and the kinds of a view."""
    choices: dict[str, list[Any]] = {}
    given = make_event(world, name, {}, NOW)
    for field, hint in get_type_hints(OUTSIDE[name]).items():
        if get_origin(hint) is list:
            choices[field] = _lists(get_args(hint)[0])
        elif hint is bool:
            choices[field] = [False, True]
        elif hint is str:
            usual = getattr(given, field)
            choices[field] = [usual, *sorted(asked(field).texts - {usual})]
        elif field not in ("interview", "ride") and is_typeddict(hint):  # those two have their own kinds
            each = kinds(hint, asked(field), getattr(given, field))
            choices |= {field: list(each)} if len(each) > 1 else {}
    if not choices:
        return [Came(name, {})]
    return [
        Came(name, dict(zip(choices, values, strict=True)), _say(values))
        for values in product(*choices.values())
    ]


def _say(values: tuple[Any, ...]) -> str:
    return ", ".join(words for each in values if (words := _words(each)))


def _words(value: Any) -> str:
    match value:
        case list():
            return f"{len(value)} found"
        case Mapping():
            return said(value)
        case _:
            return str(value)


@cache
def _lists(view: Any) -> list[Any]:
    bare, rich = sample_view(view, 1, lists=0), sample_view(view, 1, lists=2)
    second = sample_view(view, 2, lists=0)
    return [[], [bare], [rich], [rich, second]]
