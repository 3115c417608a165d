"""Write the translation file that stands beside a flow file: what `onward flows i18n` does.

The rule: no translation is ever lost or declared fresh by a machine. What still fits stays as it is; where
the English changed, the old copy and its translation stay, marked with the English of now; what is new is
added with nothing in it; what nothing asks for any more goes into comments at the end. A file with nothing to
do is given back to the letter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from flows.check_translations import is_spoken
from flows.i18n import Entry, Forms, empty_sidecar, read_sidecar
from flows.nodes import read_nodes
from flows.parse import read_page

ORPHANS = "# Nothing in the source is called by these names any more:"
STALE = "# stale: the English is now"
_WIDTH = 100_000
_Value: TypeAlias = Forms | tuple[str, ...]


class Unreadable(ValueError):
    """The flow file or its translations cannot be read; the message lists why, with lines."""


@dataclass(frozen=True, slots=True)
class Updated:
    """A translation file as it should be, and what was done to it."""

    text: str
    added: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = [
            f"{len(names)} {what}: {', '.join(names)}"
            for what, names in (
                ("to translate", self.added),
                ("stale", self.stale),
                ("orphans", self.orphans),
            )
            if names
        ]
        return "\n".join(said) or "Every text is translated."


def update(file: str, source: str, sidecar: str | None, lang: str = "es") -> Updated:
    """Bring the translations of a flow file up to date; `sidecar` is their text, None where there is none.

    Raises Unreadable.
    """
    beside = f"{file.removesuffix('.yaml')}.{lang}.yaml"
    entries = _read(beside, sidecar or "", lang)
    wanted, spoken = _wanted(file, source)
    used: set[str] = set()
    written: list[str] = []
    added, stale = [], []
    for key, english in wanted.items():
        name = next((each for each in (key, key.partition(".")[2]) if each in entries), None)
        entry = None if name is None else entries[name]
        used.add(name or key)
        if entry is None and key not in spoken:
            continue  # a title, or what only staff read: nobody must translate it
        if entry is None or entry.translation is None:
            added.append(key)
            written.append(_block(key, english, None, lang))
        elif entry.copy is not None and entry.copy != english:
            stale.append(key)
            written.append(f"{STALE} {_inline(english)}\n{_block(key, entry.copy, entry.translation, lang)}")
        else:
            written.append(_block(key, english, entry.translation, lang))
    orphans = [name for name in entries if name not in used]
    if sidecar is not None and not added and not stale and not orphans:
        return Updated(sidecar)
    text = _top(file, sidecar, lang) + "".join(written) + _orphans(sidecar or "", entries, orphans, lang)
    return Updated(text, tuple(added), tuple(stale), tuple(orphans))


def _read(beside: str, text: str, lang: str) -> Mapping[str, Entry]:
    """Read the entries there are; an empty translation is one that is still to be made."""
    documents, problems = read_nodes(beside, text)
    if problems:
        raise Unreadable("\n".join(map(str, problems)))
    return read_sidecar(beside, lang, documents, []).entries


def _wanted(file: str, source: str) -> tuple[Mapping[str, _Value], frozenset[str]]:
    """Give every text and list of words of a file, in the order of lines, and which must be translated."""
    flows, page = read_page(file, source, empty_sidecar(file))
    if page.problems:
        raise Unreadable("\n".join(map(str, page.problems)))
    known = {flow.id: flow for flow in flows}
    found: list[tuple[int, str, _Value]] = [
        (each.where.line, each.text.key, each.text.forms["en"]) for each in page.texts
    ]
    found += [(each.where.line, each.key, each.words["en"]) for each in page.lists]
    spoken = {each.text.key for each in page.texts if is_spoken(known, each)} | {
        each.key for each in page.lists
    }
    return {key: value for _, key, value in sorted(found, key=lambda each: each[0])}, frozenset(spoken)


# --- writing ----------------------------------------------------------------------------------------------


def _top(file: str, sidecar: str | None, lang: str) -> str:
    """Keep the comments at the top; a new file says what it is."""
    if sidecar is None:
        return f"# The translations ({lang}) of {file}. `en` is the copy each was made from.\n"
    top = []
    for line in sidecar.splitlines():
        if line.startswith((STALE, ORPHANS)) or (line.strip() and not line.startswith("#")):
            break
        top.append(line)
    return "".join(f"{line}\n" for line in top)


def _block(key: str, english: _Value, translation: _Value | None, lang: str) -> str:
    theirs = ' ""\n' if translation is None else _side(translation)
    return f"{key}:\n  en:{_side(english)}  {lang}:{theirs}"


def _side(value: _Value) -> str:
    """Write one language of an entry: in its line, or its forms below."""
    if isinstance(value, tuple) or set(value) == {"all"}:
        return f" {_inline(value)}\n"
    return "\n" + "".join(f"    {form}: {_quoted(text)}\n" for form, text in value.items())


def _inline(value: _Value) -> str:
    """Write a text, its forms, or a list of words in one line of YAML."""
    if isinstance(value, tuple):
        return f"[{', '.join(_word(each) for each in value)}]"
    if set(value) == {"all"}:
        return _quoted(value["all"])
    return "{" + ", ".join(f"{form}: {_quoted(text)}" for form, text in value.items()) + "}"


def _word(word: str) -> str:
    plain = word.replace(" ", "a").isalnum() and word.lower() not in ("yes", "no", "y", "n", "on", "off")
    return word if plain else _quoted(word)


def _quoted(text: str) -> str:
    written: str = yaml.dump(text, default_style='"', allow_unicode=True, width=_WIDTH)
    return written.strip()


def _orphans(sidecar: str, entries: Mapping[str, Entry], orphans: list[str], lang: str) -> str:
    """Write orphans as comments, behind those that were there before."""
    lines = sidecar.splitlines()
    kept = lines[lines.index(ORPHANS) + 1 :] if ORPHANS in lines else []
    kept = [line for line in kept if line.startswith("#")]
    for name in orphans:
        entry = entries[name]
        block = _block(name, entry.copy or {"all": ""}, entry.translation, lang)
        kept += [f"# {line}" for line in block.splitlines()]
    return "".join(f"{line}\n" for line in ([ORPHANS, *kept] if kept else []))
