"""Put questions to the person: the words, the options as they will be numbered, and what silence sets off.

The rule: what a person saw is written into the frame (`shown.rows`, prompts) in the same breath as it is
said, so that "2" means what was on their phone, whatever is edited or paged afterwards.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

from flows.conditions import look_up
from flows.drawing import WORDS
from flows.effects import Button
from flows.model import After, Ask, Menu, Option, Review, Run, Step
from flows.progress import Frame, Row, Shown
from flows.texts import Text, write
from flows.turn import Turn, clear_timer, fill, find_step, flow_of, say, scope_of, sentence, set_timer

Question: TypeAlias = Ask | Review
SILENCE = "silence"
YES, NO = "yes", "no"
MORE = "@more"
CHOOSING = ("choice", "choices")
PROPOSED_DAY = "propose.today"  # a time was said, and today is asked about


def pose(turn: Turn, frame: Frame, step: Question, words: str | None = None, *, nudge: bool = False) -> None:
    """Ask the open question of a frame, or ask it again with other `words`.

    A nudge keeps the count of silence that set it off; anything else starts it anew.
    """
    scope = scope_of(turn, frame)
    if frame.confirm is not None and words is None:
        words = sentence(turn, frame.confirm.sentence, frame.confirm.blanks)
    rows = rows_of(turn, frame, step, scope)
    if frame.confirm is None:
        frame.shown.rows = rows
    else:
        rows = yes_no_rows(turn, other_day=frame.confirm.sentence == PROPOSED_DAY)
    text = question_text(step, frame)
    asks = frame.confirm is None and words is None
    inline = asks and "options" in text.names
    if words is None:
        drawn = in_line(rows) if inline and turn.progress.channel == "sms" else ""
        words = fill(turn, text, {**scope, "options": drawn} if inline else scope)
    prompt = _number(turn, frame)
    turn.progress.back_to = False
    buttons = () if inline and turn.progress.channel == "sms" else tuple(Button(r.n, r.label) for r in rows)
    again = _in_few_words(turn, step, rows, scope, written=not buttons) if asks else ""
    kind = step.as_ if isinstance(step, Ask) and frame.confirm is None else ""
    name, spot, photo = f"{frame.flow}.{step.id}", kind == "address", kind == "photo"
    say(turn, words, step=name, options=buttons, prompt=prompt, spot=spot, photo=photo, again=again)
    if not nudge:
        frame.asked_at, frame.nudges = turn.at, 0
        watch_silence(turn, frame, step)


def _in_few_words(
    turn: Turn, step: Question, rows: Sequence[Row], scope: Mapping[str, Any], *, written: bool
) -> str:
    """Write a yes or no for a stranger who has heard it: what is said where it was not understood."""
    if turn.progress.opted_in is not False or not isinstance(step, Ask) or step.as_ != "yes_no":
        return ""
    key = "unclear.yes_no"
    words = sentence(turn, key) if step.if_unclear is None else fill(turn, step.if_unclear, scope)
    return f"{words} {in_line(rows)}" if written else words


def _number(turn: Turn, frame: Frame) -> int:
    turn.progress.prompts += 1
    frame.prompt = turn.progress.prompts
    frame.first = frame.first or frame.prompt
    if frame.confirm and not frame.confirm.first:
        frame.confirm.first = frame.prompt
    return frame.prompt


def question_text(step: Question, frame: Frame) -> Text:
    """Give the words of a question: a menu that was used before has its own."""
    match step:
        case Review():
            return step.question
        case Menu(text_again=Text() as again) if frame.subs.get(step.id):
            return again
        case Ask():
            return step.text


def question_words(turn: Turn, frame: Frame, step: Question, scope: Mapping[str, Any]) -> str:
    """Write the open question out, for a `{question}` inside another text."""
    if frame.confirm is not None:
        return sentence(turn, frame.confirm.sentence, frame.confirm.blanks)
    return fill(turn, question_text(step, frame), {**scope, "options": ""})


# --- options ------------------------------------------------------------------------------------------------


def in_line(rows: Sequence[Row]) -> str:
    """Write rows as SMS draws them."""
    return " ".join(row.label if row.n >= WORDS else f"{row.n} {row.label}" for row in rows)


def yes_no_rows(turn: Turn, *, other_day: bool = False) -> list[Row]:
    """Give the two rows of a yes or no; no to a proposed day means another one."""
    return [Row(1, YES, sentence(turn, YES)), Row(2, NO, sentence(turn, "no.other_day" if other_day else NO))]


def rows_of(turn: Turn, frame: Frame, step: Question, scope: Mapping[str, Any]) -> list[Row]:
    """Give the options of a question as they stand now."""
    match step:
        case Review():
            return _review_rows(turn, frame, step, scope)
        case Ask(as_="yes_no"):
            return yes_no_rows(turn)
        case Ask(from_=str(name)):
            return _list_rows(turn, frame, step, scope, items_of(scope, name))
        case Ask():
            fitting = fitting_options(step, scope)
            return [Row(n, each.key, fill(turn, each.label, scope)) for n, each in enumerate(fitting, 1)]


def fitting_options(step: Ask, scope: Mapping[str, Any]) -> list[Option]:
    """Give the options whose `when` holds."""
    return [each for each in step.options if each.when is None or each.when.holds(scope)]


def items_of(scope: Mapping[str, Any], name: str) -> list[Any]:
    """Give a saved list; anything else is an empty one."""
    found = look_up(scope, name)
    return found if isinstance(found, list) else []


def item_key(item: Any, at: int) -> str:
    """Name a list row by its item's id, so that a number still means it when the list was fetched again."""
    return f"@{item['id']}" if isinstance(item, Mapping) and "id" in item else f"@{at}"


def _list_rows(turn: Turn, frame: Frame, step: Ask, scope: Mapping[str, Any], items: list[Any]) -> list[Row]:
    start = frame.shown.page * step.show
    page = items[start : start + step.show]
    rows = [
        Row(at + 1, item_key(item, at), _item_label(turn, step, scope, item))
        for at, item in enumerate(page, start)
    ]
    left = len(items) - start - len(page)
    paged = len(items) > step.show
    number = WORDS if paged else len(rows) + 1
    if left > 0 and step.more is not None:
        rows.append(Row(number, MORE, fill(turn, step.more, {**scope, "n": min(left, step.show)})))
        number += 1
    for n, each in enumerate(fitting_options(step, scope), number):
        rows.append(Row(n, each.key, fill(turn, each.label, scope)))
    return rows


def _item_label(turn: Turn, step: Ask, scope: Mapping[str, Any], item: Any) -> str:
    if step.each is None:
        return write(item, None, turn.progress.lang, turn.now)
    return fill(turn, step.each, {**scope, step.id: item})


def _review_rows(turn: Turn, frame: Frame, step: Review, scope: Mapping[str, Any]) -> list[Row]:
    rows: list[Row] = []
    for name in step.names:
        if words := spoken(turn, frame, name, scope):
            rows.append(Row(len(rows) + 1, name, words))
    rows.append(Row(len(rows) + 1, f"@{YES}", sentence(turn, "review.yes")))
    return rows


def spoken(turn: Turn, frame: Frame, name: str, scope: Mapping[str, Any]) -> str:
    """Write an answer in the words the person chose it by: labels, not keys; empty where there is none."""
    value = scope.get(name)
    step = find_step(flow_of(turn, frame), name)
    lang, now = turn.progress.lang, turn.now
    match step, value:
        case _, None:
            return ""
        case Run(), Mapping():
            inside = [write(each, None, lang, now) for key, each in value.items() if key != "outcome"]
            return ", ".join(each for each in inside if each)
        case Ask(as_="yes_no"), bool():
            return sentence(turn, YES if value else NO)
        case Ask(as_="choice" | "choices"), str() | list():
            keys = value if isinstance(value, list) else [value]
            labels = {each.key: fill(turn, each.label, scope) for each in step.options}
            return ", ".join(labels.get(key, write(key, None, lang, now)) for key in keys)
        case _:
            return write(value, None, lang, now)


# --- silence ------------------------------------------------------------------------------------------------


def no_reply_rows(turn: Turn, frame: Frame, step: Step) -> tuple[After, ...]:
    """Give what silence sets off at a question: its own rows, else the flow's."""
    own = step.no_reply if isinstance(step, Ask) else None
    return flow_of(turn, frame).no_reply if own is None else own


def watch_silence(turn: Turn, frame: Frame, step: Step) -> None:
    """Set the timer of the next no_reply row; durations count from the question, gaps are kept when one rang
    late."""
    rows = no_reply_rows(turn, frame, step)
    if frame.nudges >= len(rows):
        clear_timer(turn, SILENCE)
        return
    row = rows[frame.nudges]
    before = rows[frame.nudges - 1].after if frame.nudges else None
    wait = (row.after or timedelta(0)) - (before or timedelta(0))
    set_timer(turn, SILENCE, max(wait, timedelta(minutes=1)), nudge=row.say is not None)


def fresh_page(frame: Frame) -> None:
    """Forget what was shown, for the next question of a frame."""
    frame.open = None
    frame.shown = Shown()
    frame.first = frame.prompt = frame.asked_at = None
    frame.tries = frame.nudges = 0
    frame.confirm = frame.draft = None
