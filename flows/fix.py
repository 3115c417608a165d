"""Write the missing ids into a file, as `check --fix` does.

The rule: only the reported lines change, and only by one `id`; comments, order and quotes stay the author's.
"""

import re
from collections.abc import Iterable

from flows.problems import Problem

_BLOCK = re.compile(r"^(\s*)- (?=[a-z_]+:)")
_FLOW = re.compile(r"^(\s*)- \{\s*")
_ID = re.compile(r"`id: (\w+)`")


def write_ids(source: str, problems: Iterable[Problem]) -> str:
    """Give the source with an id in every step that was reported to have none."""
    lines = source.split("\n")
    missing = {each.line: _ID.search(each.fix) for each in problems if each.rule == "missing-id"}
    for line in sorted(missing, reverse=True):
        if (found := missing[line]) and line <= len(lines):
            lines[line - 1 : line] = _with_id(lines[line - 1], found[1])
    return "\n".join(lines)


def _with_id(line: str, id_: str) -> list[str]:
    if match := _FLOW.match(line):
        return [f"{match[1]}- {{id: {id_}, {line[match.end() :]}"]
    if match := _BLOCK.match(line):
        return [f"{match[1]}- id: {id_}", f"{match[1]}  {line[match.end() :]}"]
    return [line]
