"""Every kind of thing that may come next where a walk stands: one representative of each class.

The rule: a question is tried with every option, a valid value, what is unclear, silence and BACK; a wait with
every event that ends it, in its kinds, and with lateness. What only comes between (thanks, MENU, PERSON,
STOP) is tried at each question once and looked at, and not gone on from: the question is still there.
"""

from collections.abc import Mapping
from datetime import UTC, timedelta
from functools import cache
from itertools import product
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from flows.events import OUTSIDE
from flows.flowset import FlowSet
from flows.front import open_question
from flows.listening import HOLD
from flows.model import Ask, WaitFor
from flows.progress import Frame, chain, innermost
from flows.speaking import SILENCE, Question
from flows.turn import Turn, open_step
from flows.walk_atlas import Atlas, Literals
from flows.walk_moves import Came, HandedBack, Move, Picked, Pinned, Rang, Standing, Typed

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


def tries_of(atlas: Atlas, standing: Standing) -> list[Try]:
    """Give everything that may come next and leads on."""
    progress = standing.progress
    if progress.paused == "staff":
        return [(HandedBack(),)]
    if progress.undoing is not None:
        return [(Picked(1, "yes"),), (Picked(2, "no"),)]
    asked = open_question(_turn(atlas.flows, standing))
    found: list[Try] = []
    if asked is not None:
        found += _question(standing, asked[1], asked[2])
    for root in progress.stack:
        step = open_step(_turn(atlas.flows, standing), innermost(root))
        if isinstance(step, WaitFor):
            found += _wait(atlas, root, step)
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


def _question(standing: Standing, frame: Frame, step: Question) -> list[Try]:
    kind = step.as_ if isinstance(step, Ask) else "choice"
    unclear: Try = (_UNCLEAR_BY_KIND.get(kind, _UNCLEAR) if frame.confirm is None else _UNCLEAR, _HELD)
    silence: list[Try] = [(Rang(SILENCE),)] if SILENCE in standing.progress.timers else []
    # An answer clears the unclear tries and the nudges before it: after the first, only they go on.
    if frame.tries:
        return [unclear]
    if frame.nudges and silence:
        return silence
    back: Try = (Typed("back", "atras"), _HELD)
    skip: Try = (Typed("skip", "saltar"), _HELD)
    if frame.confirm is not None:
        return [(Picked(1, "yes"),), (Picked(2, "no"),), unclear, *silence, back]
    if frame.draft is not None:
        return [*_valid(standing, "time"), *silence]
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
    return [*found, unclear, *silence, back]


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


def _wait(atlas: Atlas, root: Frame, step: WaitFor) -> list[Try]:
    literals = atlas.literals[root.flow]
    found: list[Try] = [(each,) for name in step.events for each in variants(name, literals)]
    return [*found, (Rang("late"),)]


def variants(name: str, literals: Literals) -> list[Came]:
    """Give an event in the kinds that conditions can tell apart: lists empty, of one and of two; texts they
    compare with; a view whole, and without what it may leave out."""
    choices: dict[str, list[Any]] = {}
    hints = get_type_hints(OUTSIDE[name])
    for field, hint in hints.items():
        if get_origin(hint) is list:
            choices[field] = _lists(get_args(hint)[0])
        elif hint is bool:
            choices[field] = [False, True]
        elif hint is str:
            choices[field] = [word for word in _REASONS if word in literals.texts] or [_REASONS[0]]
        elif field not in ("interview", "ride") and is_typeddict(hint):  # those two have their own kinds
            left_out = sorted(hint.__optional_keys__ & literals.fields)
            choices |= {field: [{}, dict.fromkeys(left_out)]} if left_out else {}
    if not choices:
        return [Came(name, {})]
    return [
        Came(name, dict(zip(choices, values, strict=True)), _say(values))
        for values in product(*choices.values())
    ]


_REASONS = ("no_cars", "over_budget", "refused", "bad_address", "unsure")


def _say(values: tuple[Any, ...]) -> str:
    return ", ".join(words for each in values if (words := _words(each)))


def _words(value: Any) -> str:
    match value:
        case list():
            return f"{len(value)} found"
        case Mapping():
            return f"without {', '.join(value)}" if value else ""
        case _:
            return str(value)


@cache
def _lists(view: Any) -> list[Any]:
    bare, rich = sample_view(view, 1, lists=0), sample_view(view, 1, lists=2)
    second = sample_view(view, 2, lists=0)
    return [[], [bare], [rich], [rich, second]]


def sample_view(view: Any, number: int, *, lists: int) -> dict[str, Any]:
    """Make a view of an outside thing: texts named after their field, lists of `lists` items."""
    made: dict[str, Any] = {}
    for name, hint in get_type_hints(view).items():
        if get_origin(hint) is list:
            inner = get_args(hint)[0]
            made[name] = [_item(inner, at) for at in range(1, lists + 1)]
        elif hint is int:
            made[name] = number
        elif hint is str:
            made[name] = f"{_WORDS.get(name, name)} {number}"
    return made


_WORDS = {"label": "Hope House", "address": "5th St", "line": "Hope House, 5th St"}
_DOORS = ("front", "side")


def _item(view: Any, at: int) -> Any:
    if not is_typeddict(view):
        return f"row {at}"
    return dict.fromkeys(get_type_hints(view), _DOORS[(at - 1) % 2])
