"""Each text as the worst phone gets it: by language and form, longest values filled in, options drawn behind.

The rule: the linter judges what arrives, not what was written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from flows.assemble import Loaded
from flows.check_translations import is_spoken
from flows.drawing import draw
from flows.effects import Button, Say
from flows.fields import Written
from flows.longest import NOW, longest
from flows.model import Ask, Flow, Step, Where
from flows.problems import Problem
from flows.scope import Scopes
from flows.shapes import ANY, Shape
from flows.texts import Blank, Text, make_text

Values: TypeAlias = Mapping[str, Any]
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
    """Give a text in every language and form, drawn as its worst phone gets it."""
    if not is_spoken(loaded.all_flows, written):
        return
    flow = loaded.all_flows.get(written.flow)
    values = _values(scopes, flow, written.text)
    for lang, forms in written.text.forms.items():
        where = written.where if lang == "en" else _translated(loaded, written)
        for form, source in forms.items():
            text = make_text("", {lang: {"all": source}})
            drawn = _drawn(
                scopes, flow, written, text, values, lang, "telegram" if form == "telegram" else "sms"
            )
            yield Arriving(written, where, lang, form, source, drawn)


def _translated(loaded: Loaded, written: Written) -> Where:
    """Find the line of the translation; the engine's own sentences have both languages on one."""
    beside = written.where.file.removesuffix(".yaml") + ".es.yaml"
    for sidecar in loaded.sidecars:
        if sidecar.file == beside:
            key = written.text.key
            entry = sidecar.entries.get(key) or sidecar.entries.get(key.partition(".")[2])
            return Where(beside, entry.line) if entry else written.where
    return written.where


# --- values --------------------------------------------------------------------------------------------


def _values(scopes: Scopes, flow: Flow | None, text: Text) -> dict[str, Any]:
    """Give every blank of a text its longest value."""
    values: dict[str, Any] = {"now": NOW, "n": 9, "question": "", "options": ""}
    blanks = text.blanks()
    for blank in blanks:
        root, dot, _ = blank.name.partition(".")
        if root in values:
            continue
        shape = scopes.shape(flow, root) if flow and root in scopes.first_filled(flow) else ANY
        if dot and not shape.fields:
            inner = [each for each in blanks if each.name.startswith(f"{root}.")]
            shape = Shape("view", {each.name.partition(".")[2]: _formatted(ANY, each) for each in inner})
        values[root] = longest(_formatted(shape, blank), root)
    return values


def _formatted(shape: Shape, blank: Blank) -> Shape:
    """Take a blank with a format for what the format is for, where nothing better is known."""
    kinds = {"money": "number", "list": "any", "car": "any", "stop": "any", None: "any"}
    return Shape(kinds.get(blank.format, "datetime")) if shape.kind == "any" else shape


# --- drawing -------------------------------------------------------------------------------------------


def _drawn(
    scopes: Scopes,
    flow: Flow | None,
    written: Written,
    text: Text,
    values: Values,
    lang: str,
    channel: str,
) -> str:
    """Draw a text: a question with its options behind it, a nudge with the longest question in it."""
    step = _step(flow, written)
    if flow and written.field.startswith("no_reply"):
        asks = [step] if isinstance(step, Ask) else [each for each in flow.steps if isinstance(each, Ask)]
        nudges = [_nudge(scopes, flow, ask, text, values, lang, channel) for ask in asks]
        return max(nudges, key=len, default=text.fill(values, lang=lang))
    if not flow or not isinstance(step, Ask) or not _asks(written.field):
        return text.fill(values, lang=lang)
    rows = tuple(_buttons(scopes, flow, step, lang))
    if "options" in text.names:
        inline = draw(Say("", options=rows), channel, lang).body
        return text.fill({**values, "options": inline}, lang=lang)
    return draw(Say(text.fill(values, lang=lang), options=rows), channel, lang).body


def _step(flow: Flow | None, written: Written) -> Step | None:
    at = flow.index.get(written.step) if flow and written.step else None
    return flow.steps[at] if flow and at is not None else None


def _asks(field: str) -> bool:
    """Tell whether the options follow this text: the question itself, or the answer to an unclear one."""
    return field in ("text", "text_again", "if_unclear") or field.startswith("check.")


def _nudge(scopes: Scopes, flow: Flow, ask: Ask, text: Text, values: Values, lang: str, channel: str) -> str:
    question = ask.text.fill(_values(scopes, flow, ask.text), lang=lang, channel=channel)
    words = text.fill({**values, "question": question}, lang=lang)
    return draw(Say(words, options=tuple(_buttons(scopes, flow, ask, lang))), channel, lang).body


def _buttons(scopes: Scopes, flow: Flow, step: Ask, lang: str) -> Iterator[Button]:
    rows = 0
    if step.from_ and step.each:
        item = scopes.dotted(flow, step.from_).item or ANY
        values = _values(scopes, flow, step.each)
        values |= {step.id: longest(item, step.id)} if item.kind == "view" else {}
        rows = step.show
        yield from (Button(n + 1, step.each.fill(values, lang=lang)) for n in range(rows))
    labels: Sequence[str] = [option.label.fill({}, lang=lang) for option in step.options]
    if step.as_ == "yes_no":
        labels = _YES_NO[lang]
    yield from (Button(rows + n, label) for n, label in enumerate(labels, 1))


_YES_NO = {"en": ("yes", "no"), "es": ("si", "no")}
