"""Read a flow file: headers here, steps in flows/parse_steps.py. A file may hold several flows, divided by
`---`.

The rule: reading never stops at a fault; every fault of every flow is found in one go.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast, get_args

from flows.fields import (
    Keys,
    Page,
    is_name,
    open_keys,
    read_expression,
    read_name,
    read_names,
    read_no_reply,
    read_one_of,
    read_text,
    read_whole,
    read_word,
    read_word_list,
    read_yes,
)
from flows.i18n import Sidecar
from flows.model import Ask, At, EndsOn, Flow, StartOn, Step, Where
from flows.nodes import Fields, Items, Node, Scalar, read_nodes
from flows.parse_steps import read_steps
from flows.problems import UNREADABLE
from flows.references import filled
from flows.texts import plain

HEADER = (
    "flow title start_words needs knows gives keeps tries no_reply about start_on ends_on steps".split()
)  # the keys of a flow


def read_page(file: str, source: str, sidecar: Sidecar) -> tuple[tuple[Flow, ...], Page]:
    """Read every flow of a file, with its translations; faults, notes and texts are on the page."""
    documents, problems = read_nodes(file, source)
    page = Page(file, sidecar, problems, [], [], [])
    if not documents and not problems and sidecar.entries:  # what is only begun may be empty
        page.fault(1, "There is nothing in this file.", "write a flow, or delete the file.", UNREADABLE)
    return tuple(flow for node in documents if (flow := _flow(page, node))), page


def _flow(page: Page, node: Node) -> Flow | None:
    if not isinstance(node, Fields) or not isinstance(name := node.fields.get("flow"), Scalar):
        page.fault(node, "A flow begins with its name.", "write `flow: name` first.", UNREADABLE)
        return None
    id_ = name.text.strip()
    if not is_name(id_):
        page.fault(name, f'"{id_}" cannot be the name of a flow.', "use small letters, digits and _.", "name")
    keys = open_keys(page, node, id_, HEADER, "A flow")
    steps_node, no_reply, words = keys.get("steps"), keys.get("no_reply"), keys.get("start_words")
    if steps_node is None:
        page.fault(node, f"The flow {id_} has no steps.", "add `steps:`.", "missing-key")
    steps = () if steps_node is None else looking_up(read_steps(page, steps_node, id_))
    return Flow(
        id=id_,
        title=keys.text("title") or plain(id_),
        where=Where(page.file, node.line),
        steps=steps,
        start_words={} if words is None else read_word_list(page, words, f"{id_}.start_words"),
        needs=keys.opt("needs", read_names, ()),
        knows=keys.opt("knows", read_names, ()),
        gives=keys.opt("gives", read_names, ()),
        keeps=keys.opt("keeps", read_names, ()),
        tries=keys.opt("tries", read_whole, 3),
        no_reply=() if no_reply is None else read_no_reply(page, no_reply, id_),
        about=keys.opt("about", read_name, None),
        start_on=_start_on(keys),
        ends_on=_ends_on(keys),
        index=_index(steps),
    )


def _index(steps: tuple[Step, ...]) -> Mapping[str, int]:
    """Give each step's place by its id and by the id it had before."""
    index = {step.was: at for at, step in enumerate(steps) if step.was}
    return index | {step.id: at for at, step in enumerate(steps)}


def looking_up(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Note at each step which names of its `when` are filled only below it.

    A form is read from the top: an answer further down, kept while one above it changes, says nothing yet.
    What a person adds of their own accord (`anything_else`) is meant to be read above.
    """
    extra = {step.anything_else for step in steps if isinstance(step, Ask)}
    above: set[str] = set()
    below = {name for step in steps for name in filled(step)} - extra
    seen = []
    for step in steps:
        names = {name.partition(".")[0] for name in step.when.names} if step.when else set()
        ahead = frozenset(names & below - above)
        seen.append(step if ahead == step.ahead else replace(step, ahead=ahead))
        above.update(filled(step))
    return tuple(seen)


def _rows(keys: Keys, key: str) -> tuple[Node, ...]:
    node = keys.get(key)
    if node is None:
        return ()
    return node.items if isinstance(node, Items) else (node,)


def _start_on(keys: Keys) -> tuple[StartOn, ...]:
    found = []
    for row in _rows(keys, "start_on"):
        if isinstance(row, Scalar):
            found.append(StartOn(event=read_word(keys.page, row)))
            continue
        inner = open_keys(keys.page, row, keys.path, ("event", "at", "even_if_paused", "when"), "`start_on`")
        found.append(
            StartOn(
                event=_event(inner),
                at=cast(At, inner.opt("at", _read_at, "next")),
                even_if_paused=inner.opt("even_if_paused", read_yes, False),
                when=inner.opt("when", read_expression, None),
            )
        )
    return tuple(found)


def _read_at(page: Page, node: Node) -> str:
    return read_one_of(page, node, get_args(At))


def _ends_on(keys: Keys) -> tuple[EndsOn, ...]:
    found = []
    for row in _rows(keys, "ends_on"):
        if isinstance(row, Scalar):
            found.append(EndsOn(event=read_word(keys.page, row)))
            continue
        inner = open_keys(keys.page, row, keys.path, ("event", "say"), "`ends_on`")
        event, say = _event(inner), inner.get("say")
        path = f"{keys.path}.ends_on.{event}"
        found.append(EndsOn(event=event, say=None if say is None else read_text(keys.page, say, path)))
    return tuple(found)


def _event(keys: Keys) -> str:
    if "event" not in keys:
        keys.page.fault(keys.node.line, "Which event?", "add `event: interview.moved`.", "missing-key")
    return keys.opt("event", read_word, "")
