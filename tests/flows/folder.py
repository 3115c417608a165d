"""A folder of flows written inline, for tests of the loader and the linter."""

from pathlib import Path
from textwrap import dedent

from flows.assemble import Loaded
from flows.check import check
from flows.library import load
from flows.problems import Problem


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write inline YAML into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


def loaded(folder: Path, **files: str) -> Loaded:
    """Load files given as `intake="…"`; `intake__es` is its Spanish, `plans__interview` a plan."""
    return load(write(folder, {_name(key): text for key, text in files.items()}))


def problems(folder: Path, **files: str) -> list[Problem]:
    """Lint files given as for `loaded`, less what the shipped words themselves are told."""
    return [each for each in check(loaded(folder, **files)) if not each.file.startswith("words/")]


def _name(key: str) -> str:
    if key.endswith("__es"):
        return f"{key.removesuffix('__es')}.es.yaml"
    return f"{key.replace('__', '/')}.yaml"
