"""Load a folder of flows into one FlowSet: the only module here that opens files.

The rule: a folder holds `*.yaml` flows with `*.es.yaml` translations beside, `plans/` and `words/`; a folder
without `words/` takes the shipped words. `talks/` are tests and belong to no FlowSet.
"""

from functools import cache
from pathlib import Path

from flows.assemble import Loaded, assemble
from flows.flowset import FlowSet
from flows.problems import Problem

SHIPPED = Path(__file__).parent / "content"


@cache
def shipped() -> FlowSet:
    """Load the flows we ship, once; raises ValueError that lists every problem."""
    loaded = load(SHIPPED)
    if loaded.flows is None:
        raise ValueError("\n".join(map(str, loaded.problems)))
    return loaded.flows


def load(folder: Path) -> Loaded:
    """Load a folder; every problem is in `problems`, and with one there is no FlowSet."""
    sources, problems = read_sources(folder)
    if not any(name.startswith("words/") for name in sources) and folder != SHIPPED:
        words, more = read_sources(SHIPPED)
        sources |= {name: text for name, text in words.items() if name.startswith("words/")}
        problems += [each for each in more if each.file.startswith("words/")]
    return assemble(sources, problems)


def read_sources(folder: Path) -> tuple[dict[str, str], list[Problem]]:
    """Read a folder's YAML texts by their names in it ("intake.yaml", "plans/interview.yaml")."""
    sources: dict[str, str] = {}
    problems: list[Problem] = []
    if not folder.is_dir():
        return {}, [Problem(str(folder), 1, "There is no such folder.", "check FLOWS_DIR.")]
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("plans/*.yaml"), *folder.glob("words/*.yaml")]):
        name = path.relative_to(folder).as_posix()
        try:
            sources[name] = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            problems.append(Problem(name, line, "The file is not UTF-8.", "save it as UTF-8."))
    return sources, problems
