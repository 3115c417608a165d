"""Each text as the worst phone gets it: by language and form, longest values filled in, options drawn behind.

The rule: the linter judges what arrives, not what was written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.assemble import Loaded
from flows.check_translations import is_spoken
from flows.drawing import draw
from flows.effects import Button, Say
from flows.fields import Written
from flows.longest import NOW, longest
from flows.model import Ask, Where
from flows.problems import Problem
from flows.scope import Scopes
from flows.shapes import ANY, Shape
from flows.texts import Blank, make_text

LANGUAGE = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True, slots=True)
class Arriving:
    """One text as one kind of phone gets it: in one language and form, with its longest values."""

    written: Written
    where: Where
    lang: str
    form: str
    source: str
    drawn: str


def problem_of(each: Arriving, words: str, fix: str, rule: str) -> Problem:
    """Report a text with its language and form, where it stands."""
    said = f"{each.written.text.key} in {LANGUAGE[each.lang]}"
    variant = "" if each.form == "all" else f" ({each.form})"
    return Problem(each.where.file, each.where.line, f"{said}{variant}: {words}", fix, rule)


def arriving(loaded: Loaded, scopes: Scopes, written: Written) -> Iterator[Arriving]:
    if not is_spoken(loaded.all_flows, written):
        return
    values = _values(loaded, scopes, written)
    for lang, forms in written.text.forms.items():
        where = written.where if lang == "en" else _translated(loaded, written)
        for form, source in forms.items():
            text = make_text(
                "", {"en": {"all": source}} if lang == "en" else {"es": {"all": source}, "en": {}}
            )
            filled = text.fill(values, lang=lang)
            yield Arriving(
                written, where, lang, form, source, _drawn(loaded, scopes, written, filled, lang, form)
            )


def _translated(loaded: Loaded, written: Written) -> Where:
    """Find the line of the translation; the engine's own sentences have both languages on one."""
    beside = written.where.file.removesuffix(".yaml") + ".es.yaml"
    for sidecar in loaded.sidecars:
        if sidecar.file == beside:
            key = written.text.key
            entry = sidecar.entries.get(key) or sidecar.entries.get(key.partition(".")[2])
            return Where(beside, entry.line) if entry else written.where
    return written.where


def _values(loaded: Loaded, scopes: Scopes, written: Written) -> Mapping[str, Any]:
    flow = loaded.all_flows.get(written.flow)
    values: dict[str, Any] = {"now": NOW, "n": 9, "question": "", "options": ""}
    for blank in written.text.blanks():
        root, dot, _ = blank.name.partition(".")
        shape = scopes.shape(flow, root) if flow and root in scopes.first_filled(flow) else ANY
        if root in values:
            continue
        if dot and shape.kind != "view":
            shape = Shape(
                "view",
                {
                    each.name.partition(".")[2]: ANY
                    for each in written.text.blanks()
                    if each.name.startswith(f"{root}.")
                },
            )
        values[root] = longest(_as_formatted(shape, blank), root)
    return values


def _as_formatted(shape: Shape, blank: Blank) -> Shape:
    """Take a blank with a date's format for a date where nothing better is known."""
    if shape.kind == "any" and blank.format in ("date", "day", "time", "when"):
        return Shape("datetime")
    if shape.kind == "any" and blank.format == "money":
        return Shape("number")
    return shape


def _drawn(loaded: Loaded, scopes: Scopes, written: Written, filled: str, lang: str, form: str) -> str:
    """Draw the text as a phone gets it: a question with its options behind it."""
    flow = loaded.all_flows.get(written.flow)
    at = flow.index.get(written.step) if flow else None
    step = flow.steps[at] if flow and at is not None else None
    if not isinstance(step, Ask) or written.field not in ("text", "text_again"):
        return filled
    channel = "telegram" if form == "telegram" else "sms"
    return draw(Say(filled, options=tuple(_buttons(scopes, loaded, step, written, lang))), channel, lang).body


def _buttons(scopes: Scopes, loaded: Loaded, step: Ask, written: Written, lang: str) -> Iterator[Button]:
    flow = loaded.all_flows[written.flow]
    rows = 0
    if step.from_ and step.each:
        item = scopes.dotted(flow, step.from_).item or ANY
        values = {**_values(loaded, scopes, Written(step.each, step.where, flow.id, step.id, "each"))}
        values[step.id] = longest(item, step.id) if item.kind == "view" else values.get(step.id)
        rows = step.show
        yield from (Button(n + 1, step.each.fill(values, lang=lang)) for n in range(rows))
    labels: Sequence[str] = [option.label.fill({}, lang=lang) for option in step.options]
    if step.as_ == "yes_no":
        labels = ("yes", "no") if lang == "en" else ("si", "no")
    yield from (Button(rows + n, label) for n, label in enumerate(labels, 1))
