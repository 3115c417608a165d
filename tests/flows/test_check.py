"""The linter as a whole: a clean folder says nothing, what we ship is clean, every rule is planted."""

import ast
import re
import time
from pathlib import Path

from flows.check import check
from flows.fix import write_ids
from flows.library import SHIPPED, load, shipped
from tests.flows.clean import CLEAN, CLEAN_ES
from tests.flows.folder import loaded, problems


def test_a_clean_folder_says_nothing(tmp_path: Path) -> None:
    assert [str(each) for each in problems(tmp_path, visit=CLEAN, visit__es=CLEAN_ES)] == []


def test_what_we_ship_is_clean_and_quickly_linted() -> None:
    found = load(SHIPPED)
    begun = time.perf_counter()
    assert [str(each) for each in check(found)] == []
    assert time.perf_counter() - begun < 2


FLOWS = Path(__file__).parents[2] / "flows"


def rules_of(path: Path) -> set[str]:
    """Give the names of the rules a module reports under: the last of what a problem is made with."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    made = [call for call in calls if getattr(call.func, "id", "") in ("Problem", "problem_at", "problem_of")]
    last = [call.args[-1] for call in made if len(call.args) > 3]
    return {each.value for each in last if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_every_rule_is_planted_in_a_test() -> None:
    rules = set().union(*map(rules_of, [*FLOWS.glob("check*.py"), FLOWS / "references.py"]))
    assert {"recursion", "no-person", "not-kept", "no-fake", "promise", "stale", "unknown-flow"} <= rules
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_check*.py"))
    assert {rule for rule in rules if f'"{rule}"' not in tests} == set()


def test_a_problem_prints_as_one_line(tmp_path: Path) -> None:
    found = problems(tmp_path, visit=CLEAN, visit__es=CLEAN_ES.replace("[en camino]", "[alto]"))
    assert [str(each) for each in found] == [
        'visit.yaml:19: "alto" of the option "go" is the carrier\'s word for stop. Fix: use another word.'
    ]


def test_a_folder_that_does_not_load_is_still_linted(tmp_path: Path) -> None:
    broken = CLEAN.replace("run: spot", "run: sopt")
    found = check(loaded(tmp_path, visit=broken, visit__es=CLEAN_ES))
    assert {"unknown-flow", "never-run"} <= {each.rule for each in found}


FLAT = """flow: home
steps:
  # keep me
  - say: One.   # and me
    when: yes
  - {say: Two.}
  - id: three
    say: Three.
  - handoff: >
      {who}
      {when}
"""
FIXED = """flow: home
steps:
  # keep me
  - id: say_1
    say: One.   # and me
    when: yes
  - {id: say_2, say: Two.}
  - id: three
    say: Three.
  - id: handoff_4
    handoff: >
      {who}
      {when}
"""


def test_missing_ids_are_written_and_nothing_else(tmp_path: Path) -> None:
    notes = loaded(tmp_path, home=FLAT).notes
    assert [note.rule for note in notes] == ["missing-id"] * 3
    assert write_ids(FLAT, notes) == FIXED
    assert loaded(tmp_path, home=FIXED).notes == ()
    assert write_ids("nothing here", notes[:1]) == "nothing here"
    assert write_ids("a\nb\nc\nd", notes[:1]) == "a\nb\nc\nd"


def test_every_sentence_the_engine_names_is_there() -> None:
    named = re.compile(r'(?:sentence\(turn, |AskBack\(|Confirm\([^")]*?, )"([a-z_.]+)"')
    sources = (Path(__file__).parents[2] / "flows").rglob("*.py")
    missing = {key for path in sources for key in named.findall(path.read_text())} - set(shipped().sentences)
    assert missing == set()
