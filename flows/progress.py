"""Where a person is in their flows: one value, one JSON, nothing else to remember.

A conversation is a stack of *roots*: a root is a frame, one run of one flow; a frame holds its open sub-
flow (`sub`) and the finished ones (`subs`), so the whole is a tree. The position inside a frame is never
stored: it is the first step not `done` whose `when` holds. `open` says what that step is waiting for.

The rule: `progress_from_json(progress_to_json(p)) == p`, always. Fields at rest are left out of the JSON,
so that it stays small; what grows with use is capped where it is added. Progress is changed in place during
a turn; the shell throws it away when the turn fails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from json import dumps
from typing import Any, Literal, TypeAlias

from flows.codec import from_json, to_json
from flows.effects import Kind

VERSION = 1
MOST_ROOTS = 8
LARGEST = 12_000  # characters of JSON at which old talks are dropped; a turn may add some
MOST_KEPT_EVENTS = 12  # early events in the inbox, and flows waiting for their turn
MOST_ROUNDS = 12
LONGEST_TEXT = 1600  # characters kept of anything a person typed

Paused: TypeAlias = Literal["staff", "crisis"]


@dataclass(slots=True)
class Row:
    """One option as the person saw it: the number on their phone, what it means, what it said."""

    n: int
    key: str
    label: str


@dataclass(slots=True)
class Shown:
    """The options of the open question as they are on the phone; numbers mean these, whatever was edited
    since."""

    rows: list[Row] = field(default_factory=list)
    page: int = 0


@dataclass(slots=True)
class ReadBack:
    """An answer understood but not yet confirmed by the person."""

    value: Any
    sentence: str
    blanks: dict[str, Any] = field(default_factory=dict)
    first: int = 0  # the first prompt that read it back


@dataclass(slots=True)
class Frame:
    """One run of a flow."""

    n: int  # from progress.seq: names its timers, orders it against early events
    flow: str
    answers: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)  # in the order they were done
    open: str | None = None  # the step that waits: for the person, an event, an action or a sub-flow
    sub: "Frame | None" = None
    subs: dict[str, list["Frame"]] = field(default_factory=dict)
    shown: Shown = field(default_factory=Shown)
    first: int | None = None  # the first and the newest prompt of the open question
    prompt: int | None = None
    tries: int = 0
    confirm: ReadBack | None = None
    draft: Any = None
    asked_at: datetime | None = None
    nudges: int = 0  # rows of no_reply already used
    call: int | None = None
    then: str | None = None  # what the open call's result is for, where it is not the step itself
    outcome: str | None = None
    gave: dict[str, Any] | None = field(default=None, compare=False, repr=False)  # finished runs: read once
    cause: str | None = None  # roots: the outside event that started it
    loud: bool = False  # roots: speaks although a caseworker is talking
    parked: bool = False  # roots: silent until the person writes


@dataclass(slots=True)
class Happened:
    """An outside event, kept: early for a later `wait_for`, or starting a flow when its turn comes."""

    n: int  # from progress.seq
    name: str
    at: datetime
    fields: dict[str, Any]
    flow: str | None = None  # waiting: the flow it starts
    when: str | None = None  # waiting: next or idle
    loud: bool = False


@dataclass(slots=True)
class Held:
    """A text not understood yet, or half: for 25 seconds another one may complete it.

    `proposal` is the whole value we would ask about ("is that today?"), where there is one.
    """

    frame: int
    text: str
    sentence: str
    blanks: dict[str, Any] = field(default_factory=dict)
    proposal: Any = None


@dataclass(slots=True)
class Undoing:
    """BACK stands before an action that can be undone: the person is asked first."""

    frame: int
    step: str
    prompt: int  # of the question whether to
    call: int | None = None


@dataclass(slots=True)
class Progress:
    """A person's whole place in the flows."""

    lang: str = "en"
    v: int = VERSION
    seq: int = 0
    prompts: int = 0
    channel: str = "sms"
    facts: dict[str, Any] = field(default_factory=dict)
    stack: list[Frame] = field(default_factory=list)
    inbox: list[Happened] = field(default_factory=list)
    waiting: list[Happened] = field(default_factory=list)
    timers: dict[str, datetime] = field(default_factory=dict)
    paused: Paused | None = None
    opted_in: bool | None = None  # None: nobody has said
    stopped: bool = False  # by the person's STOP
    held: Held | None = None
    undoing: Undoing | None = None
    rest: str = ""  # what else the last text said, for the question that comes next
    flows: str = ""  # the hash of the flows this was last decided with
    caused: list[str] = field(default_factory=list)  # events our own actions will bring, by run
    heard_at: datetime | None = None
    last_words: str = ""
    kind: Kind = "reply"  # of what is said now; an action's result goes on in the kind of the event before it
    outside: bool = False  # the world's news: they go on although a caseworker is talking
    checking: int = 0  # the prompt that asked whether someone is in danger
    owed: bool = False  # the person wrote and nothing was said yet
    back_to: bool = False  # a talk on top ended: the question below is asked again, once

    @property
    def discreet(self) -> bool:
        """Tell whether their phone is shared and texts are kept short."""
        return bool(self.facts.get("discreet"))


def new_progress(lang: str = "en") -> Progress:
    """Start with nothing open and nothing known."""
    return Progress(lang=lang)


def chain(root: Frame) -> Iterator[Frame]:
    """Give a root and its open sub-flows, outermost first."""
    frame: Frame | None = root
    while frame is not None:
        yield frame
        frame = frame.sub


def all_frames(frame: Frame) -> Iterator[Frame]:
    """Give a run, the open ones below it and every finished one."""
    yield frame
    for runs in frame.subs.values():
        for run in runs:
            yield from all_frames(run)
    if frame.sub is not None:
        yield from all_frames(frame.sub)


def innermost(root: Frame) -> Frame:
    """Give the open frame in which a root stands."""
    while root.sub is not None:
        root = root.sub
    return root


# --- JSON ---------------------------------------------------------------------------------------------------

_RESTING_FRAME = Frame(n=0, flow="")
_FRAME_VALUES = ("answers", "known", "draft", "asked_at")
_FRAME_PLAIN = (
    "open",
    "first",
    "prompt",
    "tries",
    "nudges",
    "call",
    "then",
    "outcome",
    "cause",
    "loud",
    "parked",
)
_RESTING = Progress()
_VALUES = ("facts", "timers", "heard_at")
_PLAIN = (
    "channel",
    "flows",
    "prompts",
    "paused",
    "opted_in",
    "stopped",
    "rest",
    "last_words",
    "kind",
    "outside",
    "checking",
    "owed",
    "back_to",
)


def progress_to_json(progress: Progress) -> dict[str, Any]:
    """Write progress as JSON; fields at rest are left out."""
    written: dict[str, Any] = {"v": progress.v, "seq": progress.seq, "lang": progress.lang}
    _write(progress, _RESTING, _PLAIN, _VALUES, written)
    if progress.stack:
        written["stack"] = [_frame_to_json(frame) for frame in progress.stack]
    for name, kept in (("inbox", progress.inbox), ("waiting", progress.waiting)):
        if kept:
            written[name] = [_happened_to_json(each) for each in kept]
    if progress.caused:
        written["caused"] = list(progress.caused)
    if progress.held:
        held = progress.held
        proposal = [] if held.proposal is None else [to_json(held.proposal)]
        written["held"] = [held.frame, held.text, held.sentence, to_json(held.blanks), *proposal]
    if progress.undoing:
        undoing = progress.undoing
        written["undoing"] = [undoing.frame, undoing.step, undoing.prompt, undoing.call]
    return written


def progress_from_json(written: Mapping[str, Any]) -> Progress:
    """Read progress back; an empty mapping is a new one."""
    progress = Progress(
        lang=written.get("lang", "en"), v=written.get("v", VERSION), seq=written.get("seq", 0)
    )
    _read(progress, written, _PLAIN, _VALUES)
    progress.stack = [_frame_from_json(each) for each in written.get("stack", ())]
    progress.inbox = [_happened_from_json(each) for each in written.get("inbox", ())]
    progress.waiting = [_happened_from_json(each) for each in written.get("waiting", ())]
    progress.caused = list(written.get("caused", ()))
    if held := written.get("held"):
        progress.held = Held(held[0], held[1], held[2], *(from_json(each) for each in held[3:]))
    if undoing := written.get("undoing"):
        progress.undoing = Undoing(*undoing)
    return progress


def size_of(progress: Progress) -> int:
    """Measure progress in characters of JSON."""
    return len(dumps(progress_to_json(progress), ensure_ascii=False, separators=(",", ":")))


def _write(
    value: Any, resting: Any, plain: tuple[str, ...], values: tuple[str, ...], written: dict[str, Any]
) -> None:
    for name in plain:
        if (each := getattr(value, name)) != getattr(resting, name):
            written[name] = each
    for name in values:
        if (each := getattr(value, name)) != getattr(resting, name):
            written[name] = to_json(each)


def _read(value: Any, written: Mapping[str, Any], plain: tuple[str, ...], values: tuple[str, ...]) -> None:
    for name in plain:
        if name in written:
            setattr(value, name, written[name])
    for name in values:
        if name in written:
            setattr(value, name, from_json(written[name]))


def _frame_to_json(frame: Frame) -> dict[str, Any]:
    written: dict[str, Any] = {"n": frame.n, "flow": frame.flow}
    _write(frame, _RESTING_FRAME, _FRAME_PLAIN, _FRAME_VALUES, written)
    if frame.done:
        written["done"] = list(frame.done)
    if frame.sub:
        written["sub"] = _frame_to_json(frame.sub)
    if frame.subs:
        written["subs"] = {step: [_frame_to_json(each) for each in runs] for step, runs in frame.subs.items()}
    if frame.shown.rows or frame.shown.page:
        rows = [[row.n, row.key, row.label] for row in frame.shown.rows]
        written["shown"] = {"rows": rows, "page": frame.shown.page}
    if frame.confirm:
        confirm = frame.confirm
        written["confirm"] = [
            to_json(confirm.value),
            confirm.sentence,
            to_json(confirm.blanks),
            confirm.first,
        ]
    return written


def _frame_from_json(written: Mapping[str, Any]) -> Frame:
    frame = Frame(n=written["n"], flow=written["flow"])
    _read(frame, written, _FRAME_PLAIN, _FRAME_VALUES)
    frame.done = list(written.get("done", ()))
    if "sub" in written:
        frame.sub = _frame_from_json(written["sub"])
    frame.subs = {
        step: [_frame_from_json(each) for each in runs] for step, runs in written.get("subs", {}).items()
    }
    if shown := written.get("shown"):
        frame.shown = Shown([Row(n, key, label) for n, key, label in shown["rows"]], shown["page"])
    if confirm := written.get("confirm"):
        frame.confirm = ReadBack(from_json(confirm[0]), confirm[1], from_json(confirm[2]), confirm[3])
    return frame


def _happened_to_json(kept: Happened) -> dict[str, Any]:
    written = {"n": kept.n, "name": kept.name, "at": kept.at.isoformat(), "fields": to_json(kept.fields)}
    if kept.flow:
        written |= {"flow": kept.flow, "when": kept.when, "loud": kept.loud}
    return written


def _happened_from_json(written: Mapping[str, Any]) -> Happened:
    return Happened(
        n=written["n"],
        name=written["name"],
        at=datetime.fromisoformat(written["at"]),
        fields=from_json(written["fields"]),
        flow=written.get("flow"),
        when=written.get("when"),
        loud=written.get("loud", False),
    )
