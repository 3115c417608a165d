"""Why a file cannot be read, in the words of who writes it and not of YAML.

The rule: the line named is the one to change, not the one where the reader gave up.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from flows.problems import UNREADABLE, Problem

_HASH = re.compile(r"""\s*(?:- )?[\w.]+:\s+(?!["'\[{|>#])[^#]*?\s(#\S+)""")


def cut_by_a_hash(file: str, source: str) -> Iterator[Problem]:
    """Find texts that a # cuts off in the middle: it begins a comment, and nobody would get what follows."""
    for line, written in enumerate(source.splitlines(), 1):
        if "#" in written and (cut := _HASH.match(written)):
            words = f"From {cut[1]} on this is a comment, and nobody is told it."
            yield Problem(
                file, line, words, "put the text in quotes; a comment has a space behind its #.", "cut"
            )


_OPEN_BRACE = re.compile(r"\s*(?:- )?[\w.]+:\s+\{[^\"]*\}\s*[^\s#]")
_APOSTROPHE = re.compile(r"\s*(?:- )?[\w.]+:\s+'[^']*'[^'\s#,}\]]")
_CLOSE = "write the same quote at the end of the text."
_NO_SPACE = re.compile(r"\s*-[A-Za-z_]+:")


def explain(file: str, source: str, error: yaml.YAMLError) -> Problem:
    """Say in an author's words why a file cannot be read; the line is the one to change, where it shows."""
    line, words, fix = _reason(source.splitlines(), source, error)
    return Problem(file, line, words, fix, UNREADABLE)


def _reason(lines: Sequence[str], source: str, error: Any) -> tuple[int, str, str]:
    mark = getattr(error, "problem_mark", None)
    said = str(getattr(error, "problem", "") or error)
    line = mark.line + 1 if mark else 1
    if isinstance(error, yaml.reader.ReaderError):
        line = source[: error.position].count("\n") + 1 if isinstance(error.position, int) else 1
        return line, "There is a character that cannot be in a text.", "retype the line."
    if "tab" in said or "'\\t'" in said:
        return line, "A tab stands where spaces belong.", "indent with spaces."
    if "quoted scalar" in str(getattr(error, "context", "")) and "end of stream" in said:
        return error.context_mark.line + 1, "A quote opens in this line and does not close.", _CLOSE
    if opened := next((n for n, each in enumerate(lines[:line], 1) if _odd(each)), None):
        return opened, "A quote opens in this line and does not close.", _CLOSE
    for near in (line, line - 1):
        written = lines[near - 1] if 0 < near <= len(lines) else ""
        if _OPEN_BRACE.match(written):
            fix = 'put the whole text in quotes: "{name}, …".'
            return near, "A text that begins with { is read as a list of keys.", fix
        if _APOSTROPHE.match(written):
            return near, "The text stands between ' and has a ' in it.", 'write " around it instead.'
        if _NO_SPACE.match(written):
            return near, "A space is missing behind the dash.", "write it like `- ask: name`."
    if "mapping values are not allowed" in said:
        return line, 'A text with ": " in it is read as a key.', "put the text in quotes."
    if "did not find expected" in said or "expected" in said or "block mapping" in said:
        fix = "check the indent and the quotes of this line and the one before."
        return line, "The line does not fit what stands above it.", fix
    return line, f"This cannot be read: {said}.", "check quotes and indent."


def _odd(line: str) -> bool:
    """Tell whether a line leaves a quote open; a comment's quotes are nobody's."""
    return not line.lstrip().startswith("#") and line.replace('\\"', "").count('"') % 2 == 1
