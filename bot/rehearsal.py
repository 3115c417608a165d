"""Written talks, file by file: what `onward flows talks` does.

The rule: every talk has a database of its own, and is talked on each of its channels (bot/talking.py); what
goes otherwise than written is said with its file and line, and which steps no talk comes to, with theirs.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from bot.talking import play
from flows.beside import beside
from flows.flowset import FlowSet
from flows.library import SHIPPED, shipped
from flows.talk_file import BadTalk, Talk, parse_talks
from flows.talk_lines import Mismatch
from storage.migrations import upgrade

Phone: TypeAlias = tuple[str, str]
"""A channel and a language."""


@dataclass(slots=True)
class _Tally:
    """What came of the talks so far."""

    done: Counter[Phone] = field(default_factory=Counter)
    wrong: int = 0
    unread: int = 0  # files
    reached: dict[Phone, set[str]] = field(default_factory=dict)


def rehearse(
    files: Sequence[Path],
    say: Callable[[str], None],
    flows: FlowSet | None = None,
    folder: Path = SHIPPED,
) -> int:
    """Talk these files (all of the folder's without any) on each of their channels; give the exit code.

    `say` prints what differs, and at the end how many steps the talks come to, by channel and language.
    """
    paths = list(files) or sorted((folder / "talks").glob("*.yaml"))
    tally = _Tally()
    with Theatre(flows) as theatre:
        for path in paths:
            try:
                talks = parse_talks(path.read_text(encoding="utf-8"), str(path))
            except (BadTalk, OSError, UnicodeDecodeError) as error:
                say(_unread(path, error))
                tally.unread += 1
                continue
            for talk in talks:
                for channel in talk.channels:
                    _rehearse(theatre, path, talk, channel, tally, say)
        for line in _coverage(theatre.flows, tally, whole=not files):
            say(line)
    if not paths:
        say(f"There are no talks in {folder / 'talks'}.")
    done = tally.done.total()
    if done:
        say(f"{done} talks, {f'{tally.wrong} otherwise than' if tally.wrong else 'all as'} written.")
    if tally.unread:
        say("1 file cannot be read." if tally.unread == 1 else f"{tally.unread} files cannot be read.")
    return 1 if tally.wrong or tally.unread or not done else 0


def _rehearse(
    theatre: "Theatre", path: Path, talk: Talk, channel: str, tally: _Tally, say: Callable[[str], None]
) -> None:
    phone = (channel, talk.lang)
    found = theatre.play(talk, channel, tally.reached.setdefault(phone, set()))
    tally.done[phone] += 1
    tally.wrong += bool(found)
    for each in found:
        say(_differs(path, talk, channel, each))


def _differs(path: Path, talk: Talk, channel: str, one: Mismatch) -> str:
    rows = (f"    {row}" for row in beside(one.expected, one.got))
    return "\n".join([f"{path}:{one.line}: {talk.test} ({channel})", *rows])


def _unread(path: Path, error: Exception) -> str:
    match error:
        case BadTalk():
            return str(error)
        case UnicodeDecodeError():
            return f"{path}: the file is not UTF-8. Fix: save it as UTF-8."
        case OSError():
            return f"{path}: the file cannot be read: {error.strerror}."
        case _:
            return f"{path}: {error}"


# --- which steps the talks come to ----------------------------------------------------------------


def _coverage(flows: FlowSet, tally: _Tally, *, whole: bool) -> Iterator[str]:
    """Count steps by channel and language; list those no talk comes to, of flows that were talked about."""
    touched = set[str]().union(*tally.reached.values())
    named = {name.partition(".")[0] for name in touched}
    steps = {
        f"{flow.id}.{step.id}": step.where
        for flow in flows.flows.values()
        if whole or flow.id in named
        for step in flow.steps
    }
    for phone, reached in sorted(tally.reached.items()):
        channel, lang = phone
        count = len(reached & steps.keys())
        yield f"{channel}, {lang}: {tally.done[phone]} talks come to {count} of {len(steps)} steps."
    missed = sorted((where.file, where.line, name) for name, where in steps.items() if name not in touched)
    if missed and touched:
        these = "this step" if len(missed) == 1 else f"these {len(missed)} steps"
        yield f"No talk comes to {these}:"
        yield from (f"  {file}:{line}: {name}" for file, line, name in missed)


class Theatre(ExitStack):
    """A folder with an empty, migrated database; each talk is given a copy."""

    def __init__(self, flows: FlowSet | None = None) -> None:
        super().__init__()
        self.flows = flows or shipped()
        self.folder = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="onward-talks-")))
        upgrade(f"sqlite:///{self.folder / 'empty.db'}")

    def play(self, talk: Talk, channel: str, reached: set[str] | None = None) -> list[Mismatch]:
        """Talk it once, on a database of its own; an empty list means that it went as written.

        `reached` gathers the steps it comes to, as "flow.step".
        """
        path = self.folder / "talk.db"
        for left in self.folder.glob("talk.db*"):
            left.unlink()
        shutil.copy(self.folder / "empty.db", path)
        return asyncio.run(play(self.flows, talk, channel, f"sqlite:///{path}", reached))
