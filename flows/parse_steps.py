"""Read the steps of a flow: one verb each, blocks flattened, every step with an id.

The rule: a step that names no id gets one from its verb and place, so that the flow runs; but the place
changes with every edit, so the linter reports it and `check --fix` writes it down.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast, get_args

from flows.conditions import Expression
from flows.fields import (
    AFTER_KEYS,
    Keys,
    Page,
    joined,
    open_keys,
    read_after,
    read_expression,
    read_key,
    read_length,
    read_name,
    read_names,
    read_no_reply,
    read_one_of,
    read_text,
    read_value,
    read_whole,
    read_with,
    read_word,
    read_word_list,
    read_yes,
)
from flows.model import (
    After,
    Ask,
    Check,
    Do,
    Finish,
    Handoff,
    Kind,
    Menu,
    Option,
    Remember,
    Review,
    Run,
    Say,
    Step,
    WaitFor,
    Where,
)
from flows.nodes import Fields, Items, Node, Scalar
from flows.problems import did_you_mean
from flows.texts import FORMS, plain

COMMON = frozenset({"id", "when", "note", "was"})
_QUESTION = frozenset(
    "as text options check if_unclear tries if_stuck no_reply anything_else alone exact least evening "
    "confirm_by_ok read_back from each show more if_empty".split()
)
KEYS: Mapping[str, frozenset[str]] = {
    "say": frozenset(),
    "ask": _QUESTION,
    "menu": _QUESTION | {"text_again", "again_while", "run", "with"},
    "review": frozenset({"text", "question"}),
    "do": frozenset({"with", "save", "if_fails", "undo", "undo_question"}),
    "wait_for": frozenset({"about", "up_to", "if_late", "meanwhile", "save"}),
    "run": frozenset({"with", "again_while", "list"}),
    "remember": frozenset({"is"}),
    "handoff": frozenset({"text"}),
    "finish": frozenset({"text"}),
}
"""What a step may say beside its verb and the common keys."""

_NONE: tuple[str, ...] = ()
OPTION_KEYS = frozenset({"label", "words", "run", "with", "when", "say"})
Base: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a flow we are reading: the conditions of the blocks around, and the ids taken so far."""

    flow: str
    outer: Expression | None
    taken: dict[str, int]  # id -> line


def read_steps(page: Page, node: Node, flow: str) -> tuple[Step, ...]:
    """Read `steps:`, blocks flattened."""
    return tuple(_steps(page, node, _Place(flow, None, {})))


def _steps(page: Page, node: Node, place: _Place) -> list[Step]:
    if not isinstance(node, Items):
        page.fault(node, "Steps are a list.", "begin each step with `- `.")
        return []
    found: list[Step] = []
    for item in node.items:
        if not isinstance(item, Fields):
            page.fault(item, "A step begins with its verb.", f"there is {', '.join(KEYS)}.", "verb")
        elif "steps" in item.fields:
            found += _block(page, item, place)
        elif step := _step(page, item, place):
            found.append(step)
    return found


def _block(page: Page, node: Fields, place: _Place) -> list[Step]:
    keys = open_keys(page, node, place.flow, ("when", "steps", "note"), "A block")
    if "when" not in keys:
        page.fault(node, "A block needs `when`.", "write `- when: condition` above its steps.", "missing-key")
    outer = joined(place.outer, keys.opt("when", read_expression, None))
    return _steps(page, node.fields["steps"], replace(place, outer=outer))


def _step(page: Page, node: Fields, place: _Place) -> Step | None:
    verbs = [key for key in node.fields if key in KEYS]
    if len(verbs) > 1 and "menu" in verbs:  # `run` is also a key of a menu
        verbs = [verb for verb in verbs if verb == "menu" or verb not in KEYS["menu"]]
    if not verbs:
        first = next(iter(node.fields), "")
        fix = did_you_mean(first, KEYS)
        page.fault(node, f'No step begins with "{first}".', fix, "verb")
        return None
    if len(verbs) > 1:
        words = f"A step has one verb; here are {' and '.join(verbs)}."
        page.fault(node, words, "make two steps of it.", "two-verbs")
        return None
    verb = verbs[0]
    id_ = _id(page, node, verb, place)
    keys = open_keys(page, node, f"{place.flow}.{id_}", KEYS[verb] | COMMON | {verb}, f"`{verb}`")
    base: Base = {
        "id": id_,
        "where": Where(page.file, node.line),
        "when": joined(place.outer, keys.opt("when", read_expression, None)),
        "note": keys.opt("note", read_word, "") or None,
        "was": keys.opt("was", read_name, "") or None,
    }
    return _READ[verb](keys, base)


def _id(page: Page, node: Fields, verb: str, place: _Place) -> str:
    """Find the step's id: its name, its `id:`, the flow it runs, or its verb and place."""
    named = node.fields[verb]
    if verb in ("ask", "menu", "remember"):
        if "id" in node.fields:
            page.fault(node.keys["id"], f"The name behind `{verb}` is the id.", "take `id` away.", "id")
        id_ = read_name(page, named)
    elif "id" in node.fields:
        id_ = read_name(page, node.fields["id"])
    elif verb == "run" and isinstance(named, Scalar) and named.text.strip() not in place.taken:
        id_ = named.text.strip()
    else:
        id_ = f"{verb}_{len(place.taken) + 1}"
        page.note(
            node.line, f"This `{verb}` has no id.", f"write `id: {id_}`, or a better name.", "missing-id"
        )
    if id_ in place.taken:
        words = f'"{id_}" is already the step in line {place.taken[id_]}.'
        page.fault(node, words, "give it another name with `id:`.", "id")
    place.taken[id_] = node.line
    return id_


# --- verbs ---------------------------------------------------------------------------------------------


def _say(keys: Keys, base: Base) -> Step:
    return Say(text=keys.text("say", "text") or plain(""), **base)


def _ask(keys: Keys, base: Base) -> Step:
    if "as" not in keys:
        fix = f"add `as:` with one of {', '.join(get_args(Kind))}."
        keys.page.fault(keys.node.line, "A question needs `as`, the kind of its answer.", fix, "missing-key")
    return Ask(as_=cast(Kind, keys.opt("as", _read_kind, "text")), **_question(keys), **base)


def _menu(keys: Keys, base: Base) -> Step:
    given = keys.get("with")
    return Menu(
        as_="choice",
        run=keys.opt("run", read_word, None),
        with_={} if given is None else read_with(keys.page, given, keys.path),
        text_again=keys.text("text_again"),
        again_while=keys.opt("again_while", read_expression, None),
        **_question(keys),
        **base,
    )


def _question(keys: Keys) -> Base:
    no_reply, options = keys.get("no_reply"), keys.get("options")
    return {
        "text": keys.need_text("text", "A question"),
        "options": () if options is None else _options(keys.page, options, keys.path),
        "check": _checks(keys),
        "if_unclear": keys.text("if_unclear"),
        "tries": keys.opt("tries", read_whole, None),
        "if_stuck": keys.after("if_stuck"),
        "no_reply": None if no_reply is None else read_no_reply(keys.page, no_reply, keys.path),
        "anything_else": keys.opt("anything_else", read_name, None),
        "alone": frozenset(keys.opt("alone", _read_keys, _NONE)),
        "exact": keys.opt("exact", read_yes, False),
        "least": keys.opt("least", read_whole, None),
        "evening": keys.opt("evening", read_yes, False),
        "confirm_by_ok": keys.opt("confirm_by_ok", read_yes, False),
        "read_back": keys.opt("read_back", read_yes, True),
        "from_": keys.opt("from", read_word, None),
        "each": keys.text("each"),
        "show": keys.opt("show", read_whole, 3),
        "more": keys.text("more"),
        "if_empty": keys.after("if_empty"),
    }


def _read_kind(page: Page, node: Node) -> str:
    return read_one_of(page, node, get_args(Kind))


def _read_keys(page: Page, node: Node) -> tuple[str, ...]:
    return tuple(read_key(page, item) for item in (node.items if isinstance(node, Items) else (node,)))


def _checks(keys: Keys) -> tuple[Check, ...]:
    node = keys.get("check")
    if node is None:
        return ()
    found = []
    for at, row in enumerate(node.items if isinstance(node, Items) else (node,), 1):
        inner = open_keys(keys.page, row, f"{keys.path}.check.{at}", ("is", "else"), "A check")
        is_, else_ = inner.get("is"), inner.get("else")
        if is_ is None or else_ is None:
            fix = "write {is: condition, else: text}."
            keys.page.fault(row, "A check needs `is` and `else`.", fix, "missing-key")
            continue
        text = read_text(keys.page, else_, inner.path)
        found.append(Check(is_=read_expression(keys.page, is_), else_=text))
    return tuple(found)


def _options(page: Page, node: Node, path: str) -> tuple[Option, ...]:
    if not isinstance(node, Fields):
        page.fault(node, "Options are keys with texts.", "write `key: text` lines.", "options")
        return ()
    return tuple(
        _option(page, key, node.keys[key], value, f"{path}.options.{key}")
        for key, value in node.fields.items()
    )


def _option(page: Page, key: str, line: int, node: Node, path: str) -> Option:
    read_key(page, Scalar(key, line))
    if isinstance(node, Scalar) or (isinstance(node, Fields) and set(node.fields) <= set(FORMS)):
        return Option(key=key, label=read_text(page, node, path))
    keys = open_keys(page, node, path, OPTION_KEYS, f'The option "{key}"')
    label, words, given = keys.get("label"), keys.get("words"), keys.get("with")
    if label is None:
        page.fault(line, f'The option "{key}" needs `label`.', "add `label: …`.", "missing-key")
    return Option(
        key=key,
        label=plain("") if label is None else read_text(page, label, path),
        words={} if words is None else read_word_list(page, words, f"{path}.words"),
        when=keys.opt("when", read_expression, None),
        run=keys.opt("run", read_word, None),
        with_={} if given is None else read_with(page, given, path),
        say=keys.text("say"),
    )


def _review(keys: Keys, base: Base) -> Step:
    return Review(
        names=keys.opt("review", read_names, ()),
        text=keys.text("text") or plain(""),
        question=keys.need_text("question", "`review`"),
        **base,
    )


def _do(keys: Keys, base: Base) -> Step:
    fails, given = keys.get("if_fails"), keys.get("with")
    return Do(
        action=keys.opt("do", read_word, ""),
        with_={} if given is None else read_with(keys.page, given, keys.path),
        save=keys.opt("save", read_name, None),
        if_fails={} if fails is None else _if_fails(keys.page, fails, f"{keys.path}.if_fails"),
        undo=keys.opt("undo", read_word, None),
        undo_question=keys.text("undo_question"),
        **base,
    )


def _if_fails(page: Page, node: Node, path: str) -> Mapping[str, After]:
    """Read what follows a failure: by reason, or flat, which is its `else`."""
    if not isinstance(node, Fields) or set(node.fields) & AFTER_KEYS:
        return {"else": read_after(page, node, f"{path}.else")}
    return {reason: read_after(page, after, f"{path}.{reason}") for reason, after in node.fields.items()}


def _wait_for(keys: Keys, base: Base) -> Step:
    late, up_to = keys.after("if_late"), keys.opt("up_to", read_length, None)
    for name, value in (("up_to", up_to), ("if_late", late)):
        if value is None:
            fix = "add `up_to: 10 minutes`." if name == "up_to" else "add `if_late: {say: …, then: …}`."
            keys.page.fault(
                keys.node.line, f"`wait_for` needs `{name}`: what is waited for may never come.", fix, name
            )
    return WaitFor(
        events=keys.opt("wait_for", _read_events, ()),
        up_to=up_to or read_length(keys.page, Scalar("1 hour", 0)),
        if_late=late or After(),
        about=keys.opt("about", read_name, None),
        meanwhile=keys.text("meanwhile"),
        save=keys.opt("save", read_name, None),
        **base,
    )


def _read_events(page: Page, node: Node) -> tuple[str, ...]:
    return tuple(read_word(page, item) for item in (node.items if isinstance(node, Items) else (node,)))


def _run(keys: Keys, base: Base) -> Step:
    given = keys.get("with")
    return Run(
        flow=keys.opt("run", read_word, ""),
        with_={} if given is None else read_with(keys.page, given, keys.path),
        again_while=keys.opt("again_while", read_expression, None),
        list=keys.opt("list", read_name, None),
        **base,
    )


def _remember(keys: Keys, base: Base) -> Step:
    node = keys.get("is")
    if node is None:
        keys.page.fault(keys.node.line, "`remember` needs `is`.", "add `is: expression`.", "missing-key")
        return Remember(is_=plain(""), **base)
    return Remember(is_=read_value(keys.page, node, f"{keys.path}.is"), **base)


def _handoff(keys: Keys, base: Base) -> Step:
    """Read `handoff: text`, or `handoff: kind` with `text:`."""
    if "text" not in keys:
        return Handoff(text=keys.text("handoff", "text") or plain(""), **base)
    node = keys.get("handoff")
    kind = node.text.strip() if isinstance(node, Scalar) else ""
    text = keys.need_text("text", "`handoff`")
    return Handoff(text=text, kind=kind, **base) if kind else Handoff(text=text, **base)


def _finish(keys: Keys, base: Base) -> Step:
    return Finish(outcome=keys.opt("finish", read_key, ""), text=keys.text("text"), **base)


_READ: Mapping[str, Callable[[Keys, Base], Step]] = {
    "say": _say,
    "ask": _ask,
    "menu": _menu,
    "review": _review,
    "do": _do,
    "wait_for": _wait_for,
    "run": _run,
    "remember": _remember,
    "handoff": _handoff,
    "finish": _finish,
}
