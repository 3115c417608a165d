"""Lint promises: where a human is promised, the text says who and by when.

The rule: a hand-off is a promise, and so is an After that hands off, and any text that says a human texts or
calls you. A promise without a name and an hour is none.
"""

import re
from collections.abc import Iterable, Iterator

from flows.assemble import Loaded
from flows.check_translations import is_spoken
from flows.fields import Written
from flows.model import Flow, Handoff
from flows.problems import Problem
from flows.references import afters
from flows.texts import Blank, split

_LANGUAGE = {"en": "English", "es": "Spanish"}
_IN_PASSING = {
    "en": re.compile(
        r"\b(?:caseworker|person|human|someone|somebody|staff|team)\b[^.?!]*?"
        r"\b(?:will )?(?:texts?|calls?|writes?|gets? back|answers?)(?: back)?(?: to)? you\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"\b(?:asesora?|persona|alguien|equipo)\b[^.?!]*?"
        r"\b(?:le|lo|la) (?:escribe|llama|contesta|responde|escribira|llamara|va a (?:escribir|llamar))\b",
        re.IGNORECASE,
    ),
}
"""A human who texts or calls, said in passing."""


def check_promises(loaded: Loaded) -> Iterator[Problem]:
    """Find promises of a human without who and when."""
    handing = set(_handing_over(loaded.all_flows.values()))
    for written in loaded.texts:
        if written.flow != "engine" and is_spoken(loaded.all_flows, written):
            yield from _promise(written, hands_over=written.text.key in handing)


def _handing_over(flows: Iterable[Flow]) -> Iterator[str]:
    """Give the keys of the texts that go with a hand-over."""
    for flow in flows:
        rows = [*flow.no_reply, *(after for step in flow.steps for after in afters(step))]
        yield from (after.say.key for after in rows if after.then == "handoff" and after.say)
        yield from (step.text.key for step in flow.steps if isinstance(step, Handoff))


def _promise(written: Written, *, hands_over: bool) -> Iterator[Problem]:
    for lang, forms in written.text.forms.items():
        for form, source in forms.items():
            if not hands_over and not _IN_PASSING[lang].search(source):
                continue
            last = {part.name.rpartition(".")[2] for part in split(source) if isinstance(part, Blank)}
            if missing := [f"{{{name}}}" for name in ("who", "when") if name not in last]:
                variant = "" if form == "all" else f" ({form})"
                words = f"{written.text.key} in {_LANGUAGE[lang]}{variant} promises a person"
                words += f" without {' and '.join(missing)}."
                fix = 'write like "{who} texts you {when | when}."'
                yield Problem(written.where.file, written.where.line, words, fix, "promise")
