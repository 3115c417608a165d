"""The flows' files, looked at and put right from the command line: what `onward flows check` does."""

from collections import defaultdict
from pathlib import Path

from flows.check import check
from flows.fix import write_ids
from flows.library import load
from flows.problems import Problem


def checked(folder: Path) -> list[Problem]:
    """List every fault of a folder, in the order of files and lines."""
    return check(load(folder))


def fixed(folder: Path) -> list[str]:
    """Write missing ids into a folder's files; return the names of those that changed."""
    by_file: dict[str, list[Problem]] = defaultdict(list)
    for problem in checked(folder):
        if problem.rule == "missing-id":
            by_file[problem.file].append(problem)
    changed = []
    for name, problems in sorted(by_file.items()):
        path = folder / name
        before = path.read_text(encoding="utf-8")
        after = write_ids(before, problems)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(name)
    return changed
