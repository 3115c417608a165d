"""Lint translations: every text a person may receive is there, fresh, with the same blanks and forms.

The rule: titles and what only staff read need none; everything else does, words that people type included.
"""

from collections.abc import Iterator, Mapping

from flows.assemble import Loaded
from flows.fields import WordList, Written
from flows.i18n import Entry, Sidecar
from flows.model import Do, Flow, Where
from flows.problems import Problem, did_you_mean
from flows.texts import split


def check_translations(loaded: Loaded) -> Iterator[Problem]:
    """Find missing, stale and orphan translations, and blanks or forms that differ."""
    sidecars = {sidecar.file: sidecar for sidecar in loaded.sidecars}
    for written in loaded.texts:
        if written.flow == "engine":
            yield from _blanks(written.text.key, written.where, written.text.forms)
        elif is_spoken(loaded.all_flows, written):
            yield from _text(written, _beside(sidecars, written.where.file))
    for words in loaded.lists:
        yield from _words(words, _beside(sidecars, words.where.file))
    for sidecar in loaded.sidecars:
        known = {written.text.key for written in loaded.texts} | {words.key for words in loaded.lists}
        for key in sidecar.entries:
            if key not in sidecar.used:
                line = sidecar.entries[key].line
                fix = did_you_mean(key, known, "delete it.")
                yield Problem(sidecar.file, line, f'Nothing in the source is called "{key}".', fix, "orphan")


def is_spoken(flows: Mapping[str, Flow], written: Written) -> bool:
    """Tell whether a text may reach a person: titles do not, nor what an action is handed."""
    if written.field == "title" and not written.step:
        return False
    flow = flows.get(written.flow)
    if flow is None or not written.field.startswith("with."):
        return True
    at = flow.index.get(written.step)
    return at is None or not isinstance(flow.steps[at], Do)


def _beside(sidecars: Mapping[str, Sidecar], file: str) -> Sidecar | None:
    return sidecars.get(file.removesuffix(".yaml") + ".es.yaml")


def _entry(sidecar: Sidecar | None, key: str) -> Entry | None:
    return None if sidecar is None else sidecar.entries.get(key) or sidecar.entries.get(key.partition(".")[2])


def _text(written: Written, sidecar: Sidecar | None) -> Iterator[Problem]:
    key, where, source = written.text.key, written.where, written.text.forms["en"]
    entry = _entry(sidecar, key)
    if sidecar is None or entry is None or entry.translation is None:
        yield _untranslated(key, where, sidecar, entry)
        return
    if entry.copy != source:
        fix = "look at the Spanish again, then copy the English over `en`."
        yield Problem(sidecar.file, entry.line, f"{key} was made from another English text.", fix, "stale")
    if isinstance(entry.translation, tuple):
        yield Problem(sidecar.file, entry.line, f"{key} is a text, not a list.", "write one text.", "forms")
        return
    if set(entry.translation) != set(source):
        differ = ", ".join(sorted(set(entry.translation) ^ set(source)))
        words = f"{key}: the form {differ} is in one language only."
        yield Problem(sidecar.file, entry.line, words, "write the same forms.", "forms")
    yield from _blanks(key, Where(sidecar.file, entry.line), written.text.forms)


def _untranslated(key: str, where: Where, sidecar: Sidecar | None, entry: Entry | None) -> Problem:
    if sidecar is not None and entry is not None:
        fix = "write the Spanish behind `es:`."
        return Problem(sidecar.file, entry.line, f"{key} is not translated yet.", fix, "untranslated")
    fix = "`onward flows i18n` adds its key to the Spanish file; write the Spanish there."
    return Problem(where.file, where.line, f"{key} has no Spanish.", fix, "untranslated")


def _blanks(key: str, where: Where, forms: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """Compare the blanks of the languages, form by form."""
    english = {form: _names(source) for form, source in forms["en"].items()}
    for lang in sorted(set(forms) - {"en"}):
        for form, source in forms[lang].items():
            ours, theirs = english.get(form, _names("".join(forms["en"].values()))), _names(source)
            if ours != theirs:
                differ = ", ".join(f"{{{name}}}" for name in sorted(ours ^ theirs))
                fix = "use the same blanks in both languages."
                yield Problem(
                    where.file, where.line, f"{key}: {differ} is in one language only.", fix, "blanks"
                )


def _names(source: str) -> set[str]:
    return {part.name for part in split(source) if not isinstance(part, str)}


def _words(words: WordList, sidecar: Sidecar | None) -> Iterator[Problem]:
    entry = _entry(sidecar, words.key)
    if sidecar is None or entry is None or entry.translation is None:
        yield _untranslated(words.key, words.where, sidecar, entry)
        return
    if not isinstance(entry.translation, tuple):
        yield Problem(
            sidecar.file, entry.line, f"{words.key} is a list of words.", "write [one, two].", "forms"
        )
    elif entry.copy is not None and entry.copy != words.words["en"]:
        fix = "look at the Spanish again, then copy the English over `en`."
        yield Problem(
            sidecar.file, entry.line, f"{words.key} was made from other English words.", fix, "stale"
        )
