"""Read `plans/*.yaml`: what an appointment makes us send, and when. Timing belongs to authors.

The rule: a moment is counted from one of five anchors on the wall clock of the place: `interview` (its time),
`pickup`, `leave` (when it is time to go without a ride), `home` (the way home is completed) and `clocks` (the
clocks change there in the night before the interview or the one before that).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias, cast, get_args

from flows.fields import Page, length_of, open_keys, read_expression, read_one_of, read_word
from flows.i18n import empty_sidecar
from flows.model import PlanRow, Where
from flows.nodes import Items, Node, read_nodes
from flows.problems import Problem

Anchor: TypeAlias = Literal["at", "pickup", "leave", "home", "clocks"]
ROW = ("event", "when", "unless", "useful_until", "kind", "note")
_KINDS = ("reminder", "ride_day", "follow_up")
_ANCHORS = {"interview": "at", **{name: name for name in get_args(Anchor)}}
_ANCHOR = r"(?P<anchor>interview|at|pickup|leave|home|clocks)"
_SHIFTED = re.compile(rf"(?P<length>\d+ \w+) (?P<way>before|after) {_ANCHOR}")
_CLOCKED = re.compile(
    rf"(?:(?P<same>same day)|(?:(?P<count>\d+) days?|(?:the )?day) (?P<way>before|after))"
    rf"(?: {_ANCHOR})? at (?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time counted from an anchor: by a length of time, or by days and a wall clock ("16:00")."""

    anchor: Anchor
    days: int = 0
    clock: str | None = None
    shift: timedelta = timedelta(0)


def read_moment(words: str) -> Moment | None:
    """Read "60 minutes before pickup", "day before at 16:00", "home"; None where it is none of these."""
    said = " ".join(words.split())
    if said in _ANCHORS:
        return Moment(cast(Anchor, _ANCHORS[said]))
    if match := _SHIFTED.fullmatch(said):
        length = length_of(match["length"])
        anchor = cast(Anchor, _ANCHORS[match["anchor"]])
        return (
            None if length is None else Moment(anchor, shift=-length if match["way"] == "before" else length)
        )
    if (match := _CLOCKED.fullmatch(said)) and int(match["hour"]) < 24 and int(match["minute"]) < 60:
        days = 0 if match["same"] else int(match["count"] or 1) * (-1 if match["way"] == "before" else 1)
        clock = f"{int(match['hour']):02d}:{match['minute']}"
        return Moment(cast(Anchor, _ANCHORS[match["anchor"] or "at"]), days, clock)
    return None


def read_plan(file: str, source: str) -> tuple[tuple[tuple[PlanRow, Where], ...], list[Problem]]:
    """Read the rows of one plan, each with its place."""
    documents, problems = read_nodes(file, source)
    page = Page(file, empty_sidecar(file), problems, [], [], [])
    rows: list[tuple[PlanRow, Where]] = []
    for node in documents:
        if not isinstance(node, Items):
            page.fault(node, "A plan is a list of rows.", "write `- event: …` lines.")
            continue
        rows += [(_row(page, item), Where(file, item.line)) for item in node.items]
    return tuple(rows), problems


def _row(page: Page, node: Node) -> PlanRow:
    keys = open_keys(page, node, "", ROW, "A row of a plan")
    for key in ("event", "when"):
        if key not in keys:
            page.fault(node, f"A row of a plan needs `{key}`.", f"add `{key}: …`.", "missing-key")
    when = keys.opt("when", read_word, "interview")
    moment = _moment(page, node, when)
    until = keys.opt("useful_until", read_word, None)
    if until is not None:
        _moment(page, node, until)
    return PlanRow(
        event=keys.opt("event", read_word, ""),
        when=when,
        anchor=moment.anchor,
        days=moment.days,
        clock=moment.clock,
        shift=moment.shift,
        unless=keys.opt("unless", read_expression, None),
        useful_until=until,
        kind=cast(Literal["reminder", "ride_day", "follow_up"], keys.opt("kind", _read_kind, _KINDS[0])),
    )


def _read_kind(page: Page, node: Node) -> str:
    return read_one_of(page, node, _KINDS)


def _moment(page: Page, node: Node, words: str) -> Moment:
    if (moment := read_moment(words)) is None:
        fix = "write it like 60 minutes before pickup, day before at 16:00, or 30 minutes after home."
        page.fault(node, f'"{words}" is not a time a plan can count.', fix, "plan")
        return Moment("at")
    return moment
