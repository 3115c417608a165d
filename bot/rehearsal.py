"""Written talks, file by file: what `onward flows talks` does.

The rule: every talk has a database of its own, and is talked on each of its channels (bot/talking.py); what
goes otherwise than written is said with its file and line.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from bot.talking import play
from flows.flowset import FlowSet
from flows.library import SHIPPED, shipped
from flows.talk_file import BadTalk, Talk, parse_talks
from flows.talk_lines import Mismatch
from storage.migrations import upgrade


def rehearse(files: Sequence[Path], say: Callable[[str], None]) -> int:
    """Talk these files (all of ours without any) on each of their channels; say what differs; exit code."""
    paths = list(files) or sorted((SHIPPED / "talks").glob("*.yaml"))
    done = wrong = 0
    with Theatre() as theatre:
        for path in paths:
            try:
                talks = parse_talks(path.read_text(encoding="utf-8"), path.name)
            except (BadTalk, OSError) as error:
                say(f"{path}: {error}")
                wrong += 1
                continue
            for talk in talks:
                for channel in talk.channels:
                    found = theatre.play(talk, channel)
                    done, wrong = done + 1, wrong + bool(found)
                    for each in found:
                        say(_differs(path, talk, channel, each))
    say(f"{done} talks, {wrong} otherwise than written." if wrong else f"{done} talks, all as written.")
    return 1 if wrong or not done else 0


def _differs(path: Path, talk: Talk, channel: str, one: Mismatch) -> str:
    head = f"{path}:{one.line}: {talk.test} ({channel})"
    return f"{head}\n    expected  {one.expected}\n    got       {one.got}"


class Theatre(ExitStack):
    """A folder with an empty, migrated database; each talk is given a copy."""

    def __init__(self, flows: FlowSet | None = None) -> None:
        super().__init__()
        self.flows = flows or shipped()
        self.folder = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="onward-talks-")))
        upgrade(f"sqlite:///{self.folder / 'empty.db'}")

    def play(self, talk: Talk, channel: str) -> list[Mismatch]:
        """Talk it once, on a database of its own; an empty list means that it went as written."""
        path = self.folder / "talk.db"
        for left in self.folder.glob("talk.db*"):
            left.unlink()
        shutil.copy(self.folder / "empty.db", path)
        return asyncio.run(play(self.flows, talk, channel, f"sqlite:///{path}"))
