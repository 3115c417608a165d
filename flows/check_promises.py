"""Lint promises: where a human is promised, the text says who and by when.

The rule: a hand-off is a promise, and so is an After that hands off; a promise without a name and an hour is
none.
"""

from collections.abc import Iterator

from flows.assemble import Loaded
from flows.model import After, Handoff, Step, Where
from flows.problems import Problem
from flows.references import afters
from flows.texts import Blank, Text, split

_LANGUAGE = {"en": "English", "es": "Spanish"}


def check_promises(loaded: Loaded) -> Iterator[Problem]:
    """Find promises of a human without who and when."""
    for flow in loaded.all_flows.values():
        for step in flow.steps:
            for text in _promising(step):
                yield from _promise(text, step.where)
        for row in flow.no_reply:
            if row.then == "handoff" and row.say:
                yield from _promise(row.say, flow.where)


def _promising(step: Step) -> list[Text]:
    said = [step.text] if isinstance(step, Handoff) else []
    return said + [after.say for after in afters(step) if _hands_off(after) and after.say]


def _hands_off(after: After) -> bool:
    return after.then == "handoff"


def _promise(text: Text, where: Where) -> Iterator[Problem]:
    for lang, forms in text.forms.items():
        for form, source in forms.items():
            names = {part.name for part in split(source) if isinstance(part, Blank)}
            missing = [f"{{{name}}}" for name in ("who", "when") if name not in names]
            if missing:
                variant = "" if form == "all" else f" ({form})"
                words_ = f"{text.key} in {_LANGUAGE[lang]}{variant} promises a person without "
                words_ += f"{' and '.join(missing)}."
                yield Problem(
                    where.file, where.line, words_, 'write like "{who} texts you {when | when}."', "promise"
                )
