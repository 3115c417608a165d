"""Outside events: who waits for them, whom they end, what they start, and when.

The rule: an event goes first to the talk that waits for it (and then starts nothing), then ends the talks
it makes pointless, then starts flows at the time their author chose; a flow that has to wait its turn is
kept, and dropped when it is stale. What our own actions caused ends no talk that caused it and starts
nothing.
"""

from collections.abc import Mapping
from dataclasses import fields as fields_of
from datetime import timedelta

from flows.events import Outside, yaml_name
from flows.flowset import Starter
from flows.frames import end_frame, lacking, late_token, new_frame
from flows.model import Ask, EndsOn, Review, WaitFor
from flows.progress import MOST_KEPT_EVENTS, Frame, Happened, chain, innermost
from flows.speaking import pose
from flows.stepping import as_seen, came, is_about, open_root, walk
from flows.turn import (
    Turn,
    acting,
    asking,
    asking_root,
    clear_timer,
    fill,
    flow_of,
    next_number,
    open_step,
    say,
    scope_of,
    set_timer,
)

TURN = "turn"  # the timer of flows that wait for their turn
FRESH = timedelta(minutes=30)  # a question is open for `next`
OPEN = timedelta(hours=12)  # a question is open for `idle`
STALE = timedelta(hours=6)  # a flow that waited longer is not started any more


def happened(turn: Turn, event: Outside) -> None:
    """Take an outside event in."""
    progress = turn.progress
    progress.kind = "news"
    progress.outside = True
    fields = {each.name: getattr(event, each.name) for each in fields_of(event) if each.name != "at"}
    it = Happened(next_number(turn), yaml_name(type(event)), turn.at, fields)
    _refresh(turn, it)
    own = _own_cause(turn, it)
    if not progress.stopped and _was_waited_for(turn, it):
        return
    if progress.stack:
        progress.inbox.append(it)
        del progress.inbox[:-MOST_KEPT_EVENTS]
    _end_talks(turn, it, own)
    if not progress.stopped and progress.opted_in is not False and own is None:
        for starter in turn.flows.started_by.get(it.name, ()):
            _start_or_keep(turn, it, starter)


# --- what is known ------------------------------------------------------------------------------------------


def _refresh(turn: Turn, it: Happened) -> None:
    """Bring the person's record of an interview up to date; a run under way keeps what it began with."""
    view = it.fields.get("interview")
    if not isinstance(view, Mapping):
        return
    facts = turn.progress.facts
    known = facts.get("interview")
    same = isinstance(known, Mapping) and known.get("id") == view.get("id")
    if it.name == "interview.cancelled":
        if same:
            del facts["interview"]
    elif same or known is None:
        facts["interview"] = dict(view)


def _own_cause(turn: Turn, it: Happened) -> int | None:
    """Give the root whose own action caused this event, if one did; each cause counts once."""
    view = it.fields.get("interview")
    if not isinstance(view, Mapping):
        return None
    mark = f"{it.name}#{view.get('id')}@"
    for cause in turn.progress.caused:
        if cause.startswith(mark):
            turn.progress.caused.remove(cause)
            return int(cause[len(mark) :])
    return None


# --- talks that wait, talks that end ------------------------------------------------------------------------


def _was_waited_for(turn: Turn, it: Happened) -> bool:
    for root in reversed(turn.progress.stack):
        frame = innermost(root)
        step = open_step(turn, frame)
        if not isinstance(step, WaitFor) or it.name not in step.events:
            continue
        if is_about(step.about, scope_of(turn, frame), it.fields):
            clear_timer(turn, late_token(frame))
            if turn.progress.heard_at is not None and turn.at - turn.progress.heard_at <= FRESH:
                turn.progress.kind = "reply"
            came(frame, step, it)
            walk(turn, root)
            return True
    return False


def _end_talks(turn: Turn, it: Happened, own: int | None) -> None:
    for root in list(turn.progress.stack):
        if root.n == own:
            continue
        for frame in chain(root):
            if ends := _ends(turn, frame, it):
                _end(turn, root, frame, it, ends)
                break


def _ends(turn: Turn, frame: Frame, it: Happened) -> EndsOn | None:
    flow = flow_of(turn, frame)
    if not flow.ends_on or not is_about(flow.about, scope_of(turn, frame), it.fields):
        return None
    return next((each for each in flow.ends_on if each.event == it.name), None)


def _end(turn: Turn, root: Frame, frame: Frame, it: Happened, ends: EndsOn) -> None:
    for inner in reversed(list(chain(frame))):
        if inner is not frame:
            clear_timer(turn, late_token(inner))
    words = "" if ends.say is None else fill(turn, ends.say, {**scope_of(turn, frame), **it.fields})
    say(turn, words, step=f"{frame.flow}.ends_on")
    held = turn.progress.held
    if held is not None and held.frame in [each.n for each in chain(frame)]:
        turn.progress.held = None
        clear_timer(turn, "hold")
    asked, back_to = asking(innermost(frame)), turn.progress.back_to
    below = asking_root(turn.progress) is not root
    frame.sub = None
    if asked:
        clear_timer(turn, "silence")
    end_frame(turn, root, frame, it.name)
    walk(turn, root)
    if below:  # the question above it was not covered, so it is not asked again
        turn.progress.back_to = back_to


# --- talks that begin ---------------------------------------------------------------------------------------


def _start_or_keep(turn: Turn, it: Happened, starter: Starter) -> None:
    on = starter.on
    facts = {**turn.progress.facts, **as_seen(it), "now": turn.now}
    if on.when is not None and not on.when.holds(facts):
        return
    kept = Happened(it.n, it.name, it.at, it.fields, starter.flow, on.at, on.even_if_paused)
    if _must_wait(turn, kept):
        turn.progress.waiting.append(kept)
        del turn.progress.waiting[:-MOST_KEPT_EVENTS]
    else:
        _start(turn, kept)


def _must_wait(turn: Turn, kept: Happened) -> bool:
    progress = turn.progress
    if progress.paused and not kept.loud:
        return True
    match kept.when:
        case "now":
            return False
        case "next":
            return acting(progress) or silent_for(turn) < FRESH
        case _:
            return acting(progress) or silent_for(turn) < OPEN


def silent_for(turn: Turn) -> timedelta:
    """Give how long the open question has had no word from the person; very long where none is open."""
    root = asking_root(turn.progress)
    if root is None:
        return timedelta.max
    asked = innermost(root).asked_at
    heard = turn.progress.heard_at
    last = max(each for each in (asked, heard, turn.at - timedelta(days=1)) if each is not None)
    return turn.at - last


def _start(turn: Turn, kept: Happened) -> None:
    assert kept.flow is not None
    if kept.flow not in turn.flows.flows:
        return
    frame = new_frame(turn, kept.flow, {}, as_seen(kept))
    if lacking(turn, frame):
        return
    _replace(turn, frame, kept)
    turn.progress.kind = "news"
    open_root(turn, frame, cause=kept.name, loud=kept.loud)


def _replace(turn: Turn, frame: Frame, kept: Happened) -> None:
    """End an older run of the same flow about the same thing: the new one asks again what it asked."""
    about = flow_of(turn, frame).about
    for root in list(turn.progress.stack):
        if root.flow == frame.flow and is_about(about, scope_of(turn, root), as_seen(kept)):
            root.sub = None
            end_frame(turn, root, root, kept.name)


def start_waiting(turn: Turn) -> None:
    """Start the flows whose turn has come, until one asks something."""
    progress = turn.progress
    for kept in list(progress.waiting):
        if turn.at - kept.at > STALE:
            progress.waiting.remove(kept)
        elif not _must_wait(turn, kept):
            progress.waiting.remove(kept)
            _start(turn, kept)
    if not progress.waiting or progress.paused:
        clear_timer(turn, TURN)
    elif TURN not in progress.timers:
        set_timer(turn, TURN, FRESH)


def return_to_question(turn: Turn, *, always: bool = False) -> None:
    """Ask the open question again, once, after a talk on top of it ended.

    Only while it is fresh or the person is here, unless `always`.
    """
    progress = turn.progress
    progress.back_to = False
    root = asking_root(progress)
    if root is None or not (always or progress.kind == "reply" or silent_for(turn) <= FRESH):
        return
    frame = innermost(root)
    step = open_step(turn, frame)
    if progress.held is not None and progress.held.frame == frame.n:
        return
    if isinstance(step, Ask | Review):
        pose(turn, frame, step)
