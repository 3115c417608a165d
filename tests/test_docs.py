"""The pages are true: what they tell to type can be typed, what they name exists, what they link is there.

docs/flows.md has tests of its own beside these (tests/flows/test_guide.py).
"""

import ast
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROMISES = (ROOT / "docs/promises.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
ROUTES = ("README.md", "docs/route.md")

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
SETTING = re.compile(r"(?<![\w…])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?!\w)|(?<![\w…])([A-Z]{3,})(?==)")
FOLDERS = ("bot/", "flows/", "storage/", "tests/", "docs/", "requirements/", ".ci/")

OTHER_NAMES = {
    "TEST_DATABASE_URL": "tests/postgres.py",
    "ONWARD_PASSWORD": "bot/cli/office.py",
    "PTB_TIMEDELTA": "bot/channels/telegram/__init__.py",
    "YOUR_BOT": "docs/connect.md",
}
"""Names in capitals that are no settings, and the file that reads each."""

OTHER_PROGRAMS = {"cp", "openssl", "sqlite3", "pg_dump", "python"}
SITES = {"your.host", "t.me", "127.0.0.1", "user:password@host"}


def called(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(text: str, kind: str) -> list[str]:
    return [body for language, body in FENCE.findall(text) if language == kind]


def code(text: str) -> list[str]:
    """List what stands in backticks, outside of blocks."""
    return [found.replace("\\|", "|") for found in CODE.findall(FENCE.sub("", text))]


def typed(text: str) -> Iterator[list[str]]:
    """List every command that the page tells to type, as words."""
    for block in blocks(text, "sh"):
        yield from (words for line in block.splitlines() if (words := shlex.split(line, comments=True)))
    for piece in code(text):
        if re.match(r"(make|(\.venv/bin/)?onward|python -m) \S", piece):
            yield shlex.split(piece)


COMMANDS = sorted({(called(page), tuple(words)) for page in PAGES for words in typed(text_of(page))})
SH = [body for page in PAGES for body in blocks(text_of(page), "sh")]


# --- what can be typed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page,words", COMMANDS, ids=lambda part: part if isinstance(part, str) else " ".join(part)
)
def test_what_the_pages_tell_to_type_can_be_typed(page: str, words: tuple[str, ...]) -> None:
    program, *rest = words
    match program.removeprefix(".venv/bin/"):
        case "make":
            targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
            assert {word for word in rest if "=" not in word} <= targets
        case "onward":
            told = CliRunner().invoke(app, [*rest, "--help"])  # parses all of it, then explains
            assert told.exit_code == 0, told.output
        case "python":
            assert rest[0] == "-m"
            assert (ROOT / (rest[1].replace(".", "/") + ".py")).exists()
        case "cp":
            assert (ROOT / rest[0]).exists()
        case other:
            assert other in OTHER_PROGRAMS, f"{page}: nothing shows that {other} is there"


def test_there_is_something_to_type() -> None:
    assert {("README.md", ("make", "demo")), ("README.md", ("make", "test"))} <= set(COMMANDS)


@pytest.mark.parametrize(
    "target", sorted({w for _, c in COMMANDS if c[0] == "make" for w in c[1:] if "=" not in w})
)
def test_make_knows_how(target: str) -> None:
    subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize(
    "arguments,says",
    [
        (["--help"], "demo"),
        (["settings"], "#PUBLIC_URL="),
        (["flows", "check"], "The flows have no faults."),
    ],
    ids=["help", "settings", "flows check"],
)
def test_the_quick_ones_run(arguments: list[str], says: str) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert says in made.stdout


def test_plain_make_lists_what_the_pages_name() -> None:
    listed = subprocess.run(["make", "-s"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in ("demo", "demo-check", "chat", "run", "check", "test"):
        assert re.search(rf"^  {name} ", listed, re.MULTILINE)


def test_the_backup_of_sqlite_is_one(tmp_path: Path) -> None:
    (statement,) = {s for block in SH for s in re.findall(r'sqlite3 [^"]+"([^"]+)"', block)}
    with sqlite3.connect(tmp_path / "live.db", isolation_level=None) as live:
        live.execute("CREATE TABLE kept (word TEXT)")
        live.execute("INSERT INTO kept VALUES ('safe')")
        live.execute(statement.replace("onward-backup.db", str(tmp_path / "copy.db")))
    live.close()
    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("SELECT word FROM kept").fetchone() == ("safe",)
    copy.close()


# --- what is linked ----------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """List the anchors of a page's headings, made as the code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", text_of(page))):
        path, _, anchor = link.partition("#")
        assert not urlsplit(link).scheme, f"{called(page)} links {link}"
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{called(page)} links {link}"
        assert target.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(target), f"{called(page)} links {link}"


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_no_other_site_or_machine_is_named(page: Path) -> None:
    text = text_of(page)
    assert set(re.findall(r"\w+://([^\s/`|)]+)", text)) <= SITES
    assert not re.search(r"(?<![\w.])/(home|root|tmp|work|usr)/", text)


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, waiting = set[Path](), [ROOT / "README.md", ROOT / "CHANGELOG.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        linked = [(page.parent / link.partition("#")[0]).resolve() for link in LINK.findall(text_of(page))]
        waiting += [to for to in linked if to.suffix == ".md" and to not in seen]
    assert set(PAGES) <= seen


def test_the_picture_is_one_and_small() -> None:
    picture = ROOT / "docs/img/phone.png"
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert 10_000 < picture.stat().st_size < 200_000


# --- what is named -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_setting_named_is_one(page: Path) -> None:
    settings = {name.upper() for name in Settings.model_fields}
    pieces = [*code(text_of(page)), *(body for _, body in FENCE.findall(text_of(page)))]
    for name in {a or b for piece in pieces for a, b in SETTING.findall(piece)} - settings:
        if f"$({name})" in MAKEFILE or f"$(if $({name})" in MAKEFILE:
            continue
        assert name in OTHER_NAMES, f"{called(page)} names {name}"
        assert name in (ROOT / OTHER_NAMES[name]).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_file_named_is_there(page: Path) -> None:
    for piece in code(text_of(page)):
        path = piece.partition("::")[0]
        if path.startswith(FOLDERS) and " " not in path:
            assert list(ROOT.glob(path.rstrip("/"))), f"{called(page)} names {piece}"


@cache
def defined(path: str) -> frozenset[str]:
    """List what a module defines: `name`, and `Class.method`."""
    names = set[str]()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            inside = (ast.FunctionDef, ast.AsyncFunctionDef)
            names |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, inside)}
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(names)


def steps(page: str) -> list[tuple[str, str]]:
    """List the route's steps: a file and what of it is named beside it."""
    rows = re.findall(
        r"^\| `([\w/]+\.py)` \| (`[^|]+`) \|", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE
    )
    return [(path, name) for path, names in rows for name in CODE.findall(names)]


@pytest.mark.parametrize("page", ROUTES)
def test_the_route_goes_through_what_is_there(page: str) -> None:
    assert len(steps(page)) >= 8
    for path, name in steps(page):
        assert name in defined(path), f"{page}: {path} has no {name}"


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_what_is_said_to_be_in_a_file_is_in_it(page: Path) -> None:
    for name, path in re.findall(r"`(\w+)` in `([\w/]+\.py)`", text_of(page)):
        assert name in defined(path), f"{called(page)}: {path} has no {name}"


@cache
def strings() -> frozenset[str]:
    """List every string of bot/: a path that is served stands there."""
    return frozenset(
        node.value
        for path in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_address_named_is_served(page: Path) -> None:
    ours = [
        piece
        for piece in code(text_of(page))
        if re.fullmatch(r"(https://your\.host)?/[a-z][\w/-]*(#\S*)?", piece)
    ]
    for piece in ours:
        assert urlsplit(piece).path in strings(), f"{called(page)} names {piece}"


def test_a_diagram_has_no_semicolon() -> None:
    """Mermaid ends a line there, and shows nothing at all."""
    for page in PAGES:
        for diagram in blocks(text_of(page), "mermaid"):
            assert ";" not in diagram, called(page)


# --- what is promised and shown ----------------------------------------------------------------------


def promises() -> list[tuple[int, str]]:
    found = re.findall(r"^## (\d+)\. (.*?)(?=^## |\Z)", PROMISES, re.MULTILINE | re.DOTALL)
    return [(int(number), part) for number, part in found]


def test_every_promise_says_where_it_stands() -> None:
    assert [number for number, _ in promises()] == list(range(1, 19))
    for number, part in promises():
        assert re.search(r"^\*\*(Built|In part|Not yet)\b", part, re.MULTILINE), number
        assert re.search(r"^- `tests/\S+::test_\w+`$", part, re.MULTILINE), number


@pytest.mark.parametrize("test", sorted({piece for piece in code(PROMISES) if "::" in piece}))
def test_every_test_a_promise_names_exists(test: str) -> None:
    path, _, name = test.partition("::")
    source = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {re.escape(name)}\(", source, re.MULTILINE), test


def test_the_talk_of_the_readme_is_a_piece_of_the_real_one() -> None:
    """Whoever changes these texts changes the README's piece too."""
    (shown,) = [block for block in blocks(README, "text") if block.startswith("onward ")]
    road = (ROOT / "flows/content/talks/road.yaml").read_text(encoding="utf-8")
    real = [line for step in next(yaml.safe_load_all(road))["talk"] for line in said(step)]
    piece = [tuple(line.split(maxsplit=1)) for line in shown.splitlines()]
    begins = real.index(("onward", piece[0][1]))
    assert real[begins : begins + len(piece)] == piece


def said(step: dict[str, object]) -> Iterator[tuple[str, str]]:
    if "them" in step:
        yield "you", str(step["them"])
    match step.get("us"):
        case str(words) | {"sms": str(words)}:
            yield "onward", words
        case _:
            pass
