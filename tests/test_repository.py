"""The repository keeps what it promises a newcomer, and the rules no linter knows."""

import ast
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("bot", "flows", "storage")
PINS = sorted((ROOT / "requirements").glob("*.txt"))
CLOCKS = {f"{kind}.{read}" for kind in ("datetime", "date") for read in ("now", "utcnow", "today")} | {
    "time.time"
}
OPENERS = {"open", ".open", ".read_text", ".read_bytes", ".write_text", ".write_bytes"}


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def named(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def pinned(path: Path) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {named(name): version for name, version in found}


def calls(path: Path) -> set[str]:
    """Name every call of a module: `open(…)` as open, `x.y.read_text(…)` as x.y.read_text and .read_text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    methods = {f".{f.attr}" for f in called if isinstance(f, ast.Attribute)}
    return methods | {ast.unparse(f) for f in called}


# --- what a newcomer finds ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["README.md", "LICENSE", "CHANGELOG.md", "Makefile", ".env.example", ".ci/run", "docs/dependencies.md"],
)
def test_what_a_newcomer_looks_for_is_there(path: str) -> None:
    assert (ROOT / path).stat().st_size > 0


def test_plain_make_lists_every_target_with_a_line() -> None:
    made = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    for target in phony[1].split():
        assert re.search(rf"^  {target} +\S", made, re.MULTILINE), target


@pytest.mark.parametrize(
    "python,advice",
    [
        ("#!/bin/sh\nexit 1\n", "Onward needs Python 3.11 or newer"),
        ('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n', "apt-get install python3-venv"),
    ],
)
def test_a_machine_that_lacks_something_is_told_what_in_one_line(
    tmp_path: Path, python: str, advice: str
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "python").write_text(python, encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    made = subprocess.run(
        ["make", "-s", "setup", "PYTHON=./python"], cwd=tmp_path, capture_output=True, text=True
    )
    assert made.returncode != 0
    told = [line for line in made.stderr.splitlines() if not line.startswith("make")]
    assert len(told) == 1
    assert advice in told[0]
    assert not (tmp_path / ".venv").exists()


def test_continuous_integration_runs_check_and_test() -> None:
    assert "make check test" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert (ROOT / ".ci/run").stat().st_mode & 0o100


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


# --- libraries ---------------------------------------------------------------------------------------


def test_every_library_has_its_line_of_why() -> None:
    groups = PROJECT["dependency-groups"]
    asked = {named(r) for r in [*PROJECT["project"]["dependencies"], *groups["build"], *groups["dev"], "uv"]}
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    told = {named(name) for name in re.findall(r"^- \*\*([A-Za-z0-9._-]+)", text, re.MULTILINE)}
    assert told == asked


def test_every_library_is_pinned() -> None:
    groups = PROJECT["dependency-groups"]
    run = {named(r) for r in [*PROJECT["project"]["dependencies"], *groups["build"]]}
    assert run <= pinned(ROOT / "requirements/run.txt").keys()
    assert run | {named(r) for r in groups["dev"]} <= pinned(ROOT / "requirements/dev.txt").keys()


def test_the_tests_run_with_the_versions_that_run() -> None:
    assert pinned(ROOT / "requirements/run.txt").items() <= pinned(ROOT / "requirements/dev.txt").items()


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_pins_carry_hashes_and_name_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"https?://|file:|--index-url|--find-links|\s/\w", text)


# --- rules of the code -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_opens_with_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_only_the_clock_reads_the_time() -> None:
    readers = {path.relative_to(ROOT).as_posix() for path in modules(*PACKAGES) if calls(path) & CLOCKS}
    assert readers == {"bot/clock.py"}


def test_only_the_library_of_flows_opens_files() -> None:
    openers = {path.relative_to(ROOT).as_posix() for path in modules("flows") if calls(path) & OPENERS}
    assert openers <= {"flows/library.py"}


def test_the_layers_name_every_package() -> None:
    assert PROJECT["tool"]["importlinter"]["root_packages"] == ["bot", "storage", "flows"]
    assert sorted(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == list(PACKAGES)


# --- rules of the tests ------------------------------------------------------------------------------


def test_no_test_reaches_beyond_this_machine() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as out,
        pytest.warns(UserWarning, match="tried to use socket"),
        pytest.raises(SocketConnectBlockedError),
    ):
        out.connect(("192.0.2.1", 443))


def test_a_warning_fails_a_test(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.getini("filterwarnings")[0] == "error"


def test_python_is_one_we_promise() -> None:
    assert sys.version_info >= (3, 11)
    assert PROJECT["project"]["requires-python"] == ">=3.11"
