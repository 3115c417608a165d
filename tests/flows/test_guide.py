"""docs/flows.md is true: its examples load and talk, and every word of the language stands in it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from flows.actions import ACTIONS
from flows.beside import beside
from flows.conditions import FUNCTIONS
from flows.events import OUTSIDE
from flows.fields import AFTER_KEYS
from flows.i18n import empty_sidecar
from flows.library import SHIPPED, load, shipped
from flows.model import At, Kind, Then
from flows.nodes import Fields, Items, Node, Scalar, read_nodes
from flows.parse import HEADER, read_page
from flows.parse_steps import COMMON, KEYS, OPTION_KEYS
from flows.plans import read_plan
from flows.script import parse_talks, run_talk
from flows.texts import FORMATS, FORMS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^( *)```yaml\n(.*?)^ *```", GUIDE, re.DOTALL | re.MULTILINE)
BLOCKS = [re.sub(f"^{indent}", "", block, flags=re.MULTILINE) for indent, block in EXAMPLES]
WORDS = (
    set(HEADER)
    | set(KEYS)
    | {key for keys in KEYS.values() for key in keys}
    | COMMON
    | (OPTION_KEYS - {"with"})
    | {*get_args(Kind), *get_args(Then), *get_args(At)}
    | {*FORMATS, *FORMS, *FUNCTIONS, *ACTIONS, *OUTSIDE}
    | {*"test channel lang now zone opted_in knows card pretend talk expect".split()}
    | {*"them us silent event wait staff tap pin photo".split()}
    | {"event", "when", "unless", "useful_until", "kind", "even_if_paused"}
)


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_of_the_language_is_in_the_guide(word: str) -> None:
    assert re.search(rf"(?<![\w.]){re.escape(word)}(?![\w])", GUIDE), f"docs/flows.md does not show {word}"


KEYS_OF_FLOWS = frozenset(
    {
        *HEADER,
        *KEYS,
        *COMMON,
        *OPTION_KEYS,
        *AFTER_KEYS,
        *FORMS,
        "after",
        "else",
        "event",
        "at",
        "even_if_paused",
    }
).union(*KEYS.values())
OTHER_KEYS = frozenset(
    "unless useful_until kind them us silent wait staff tap pin photo card known_card en es test variant "
    "key".split()
)
"""What else is shown as `key: value`: in plans, talks and translations."""


def keys_in(node: Node) -> Iterator[str]:
    match node:
        case Fields(fields=fields):
            yield from fields
            for value in fields.values():
                yield from keys_in(value)
        case Items(items=items):
            for item in items:
                yield from keys_in(item)
        case Scalar():
            pass


def shown() -> set[str]:
    """List the keys the guide shows by example: in its YAML, or as `key: value` in a line."""
    found = {key for block in BLOCKS for node in read_nodes("guide", block)[0] for key in keys_in(node)}
    return found | written_out()


def written_out() -> set[str]:
    return set(
        re.findall(
            r"`([a-z_]+): [^`]+`", re.sub(r"^ *```.*?^ *```", "", GUIDE, flags=re.DOTALL | re.MULTILINE)
        )
    )


def test_every_key_of_the_language_is_shown_by_example() -> None:
    assert sorted(KEYS_OF_FLOWS - shown()) == []


def test_no_key_is_shown_that_the_language_does_not_have() -> None:
    """What stands in YAML blocks is read by the loader below, and would be a fault there."""
    assert sorted(written_out() - KEYS_OF_FLOWS - OTHER_KEYS) == []


def test_what_differs_is_shown_as_it_is_printed() -> None:
    said = "Thanks! Do you have an interview set? 1 yes 2"
    assert "\n".join(f"    {row}" for row in beside(f"{said} never", f"{said} not yet")) in GUIDE


@pytest.mark.parametrize("reason", sorted({reason for each in ACTIONS.values() for reason in each.fails}))
def test_every_reason_an_action_fails_for_is_in_the_guide(reason: str) -> None:
    assert re.search(rf"\b{reason}\b", GUIDE)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.startswith("flow:")])
def test_whole_flows_of_the_guide_load(block: str, tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(block, encoding="utf-8")
    assert [str(problem) for problem in load(tmp_path).problems] == []


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.startswith("- ")])
def test_parts_of_flows_in_the_guide_can_be_read(block: str) -> None:
    if block.startswith("- event:"):
        rows, problems = read_plan("plans/example.yaml", block)
        assert rows
        assert problems == []
        return
    flow = "flow: example\nsteps:\n" + re.sub("^", "  ", block, flags=re.MULTILINE)
    flows, page = read_page("example.yaml", flow, empty_sidecar("example.es.yaml"))
    assert flows[0].steps
    assert [str(problem) for problem in page.problems] == []
    assert [str(note) for note in page.notes] == []


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.startswith("test:")])
def test_the_talk_of_the_guide_goes_as_written(block: str) -> None:
    (talk,) = parse_talks(block, "docs/flows.md")
    for channel in talk.channels:
        assert run_talk(shipped(), talk, channel) == []


def test_every_file_of_ours_is_named_in_the_guide() -> None:
    for path in (*SHIPPED.glob("*.yaml"), *SHIPPED.glob("plans/*.yaml")):
        if not path.name.endswith(".es.yaml"):
            assert path.name in GUIDE, path.name


def test_every_make_command_in_the_guide_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for line in re.findall(r"`make ([a-z -]+)`", GUIDE) for word in line.split()}
    assert named
    assert named <= targets
