"""Draw a flow: as Mermaid text for documents, and as an SVG of its own.

The rule: the drawing is the checklist itself: steps from top to bottom, what they wait for or ask inside, the
`when` above each, a run as a link to its flow. The same flow gives the same drawing, to the letter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from textwrap import wrap

from flows.conditions import Expression
from flows.model import (
    After,
    Ask,
    Do,
    Finish,
    Flow,
    Handoff,
    Menu,
    Remember,
    Review,
    Run,
    Say,
    Step,
    WaitFor,
)
from flows.scope import runs

_WIDE, _LINE, _PAD, _GAP, _LEFT, _TOP = 440, 18, 10, 34, 24, 64
_RIGHT, _LINK = 90, 190
_COLOURS: Mapping[str, str] = {
    "say": "#eef6ff",
    "ask": "#fff7dd",
    "menu": "#fff7dd",
    "review": "#fff7dd",
    "do": "#eaf7ea",
    "wait_for": "#f3eefc",
    "run": "#f1f1f1",
    "remember": "#fafafa",
    "handoff": "#fdecea",
    "finish": "#fdecea",
}


@dataclass(frozen=True, slots=True)
class Box:
    """One step as it is drawn: its verb, the lines in it, the condition above it, the flows it runs."""

    id: str
    verb: str
    lines: tuple[str, ...]
    when: str
    links: tuple[tuple[str, str], ...]  # what is chosen, the flow it runs


def boxes(flow: Flow) -> tuple[Box, ...]:
    """Give the boxes of a flow, in order."""
    return tuple(_box(step) for step in flow.steps)


def _box(step: Step) -> Box:
    verb, lines = _inside(step)
    return Box(step.id, verb, tuple(lines), step.when.source if step.when else "", tuple(_links(step)))


def _inside(step: Step) -> tuple[str, list[str]]:
    match step:
        case Say(text=text):
            return "say", [_first(text.forms["en"])]
        case Menu() | Ask():
            words = _first(step.text.forms["en"])
            rows = [f"- {each.key}: {_first(each.label.forms['en'])}" for each in step.options]
            rows += [f"- each of {step.from_}"] if step.from_ else []
            rows += [f"stuck: {_next(step.if_stuck)}"] if step.if_stuck else []
            return "menu" if isinstance(step, Menu) else "ask", [f"{words} ({step.as_})", *rows]
        case Review(names=names):
            return "review", [", ".join(names)]
        case Do(action=action, if_fails=fails):
            return "do", [action, *(f"{why}: {_next(after)}" for why, after in fails.items())]
        case WaitFor(events=events, up_to=up_to, if_late=late):
            return "wait_for", [" or ".join(events), f"after {spell(up_to)}: {_next(late)}"]
        case Run(flow=name):
            return "run", [] if name == step.id else [name]
        case Remember(is_=value):
            return "remember", [value.source if isinstance(value, Expression) else _first(value.forms["en"])]
        case Handoff(text=text):
            return "handoff", [_first(text.forms["en"])]
        case Finish(outcome=outcome, text=text):
            return "finish", [f"ends: {outcome}", *([_first(text.forms["en"])] if text else [])]


def spell(length: timedelta) -> str:
    """Write a length of time as an author does: "3 minutes", "1 day"."""
    seconds = round(length.total_seconds())
    for unit, size in (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds % size == 0:
            return f"{seconds // size} {unit}{'' if seconds == size else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def _first(forms: Mapping[str, str]) -> str:
    return forms.get("all") or next(iter(forms.values()), "")


def _next(after: After) -> str:
    if after.ask_again:
        return f"ask {after.ask_again} again"
    return f"finish {after.finish}" if after.finish else after.then


def _links(step: Step) -> Iterator[tuple[str, str]]:
    if isinstance(step, Ask):
        yield from ((option.key, option.run) for option in step.options if option.run)
        if isinstance(step, Menu) and step.run:
            yield "each", step.run
    else:
        yield from (("", name) for name, _ in runs(step))


# --- Mermaid ----------------------------------------------------------------------------------------------


def mermaid(flow: Flow) -> str:
    """Write a flow as a Mermaid flowchart."""
    lines = ["flowchart TD", f'  begin(["{_safe(flow.id)}"])']
    before = "begin"
    targets: dict[str, None] = {}
    for at, box in enumerate(boxes(flow), 1):
        body = "<br>".join(_safe(line) for line in (f"{box.verb} {box.id}", *box.lines))
        lines.append(f'  s{at}["{body}"]')
        lines.append(f'  {before} -->|"{_safe(box.when)}"| s{at}' if box.when else f"  {before} --> s{at}")
        for label, name in box.links:
            targets[name] = None
            lines.append(f'  s{at} -.->|"{_safe(label or "run")}"| f_{name}')
        before = f"s{at}"
    lines.append(f'  {before} --> ended(["done"])')
    lines += [f'  f_{name}[["{name}"]]' for name in targets]
    return "\n".join(lines) + "\n"


def _safe(words: str) -> str:
    return escape(" ".join(words.split()), quote=True).replace("{", "&#123;").replace("}", "&#125;")


# --- SVG --------------------------------------------------------------------------------------------------


def svg(flow: Flow) -> str:
    """Draw a flow as SVG: one column of boxes, links to other flows on the right."""
    drawn: list[str] = []
    y, middle = _TOP, _LEFT + _WIDE // 2
    for box in boxes(flow):
        lines = [part for line in box.lines for part in wrap(line, 62) or [""]]
        when = wrap(f"when {box.when}", 62) if box.when else []
        top = y + _LINE * len(when)
        height = _PAD * 2 + _LINE * (1 + len(lines))
        drawn.append(_arrow(middle, y - _GAP + 8, middle, y - 4 if when else top))
        drawn += [_words(_LEFT + 8, y + _LINE * at + 12, line, "when") for at, line in enumerate(when)]
        drawn.append(_rectangle(_LEFT, top, _WIDE, height, _COLOURS[box.verb]))
        drawn.append(_words(_LEFT + _PAD, top + _PAD + 12, f"{box.verb} {box.id}", "verb"))
        for at, line in enumerate(lines, 1):
            drawn.append(_words(_LEFT + _PAD, top + _PAD + 12 + _LINE * at, line, "line"))
        for at, (label, name) in enumerate(box.links):
            drawn += _link(top + 20 + 30 * at, label, name)
        y = max(top + height, top + 30 * len(box.links)) + _GAP
    drawn.append(_arrow(middle, y - _GAP + 8, middle, y))
    drawn.append(_words(middle - 16, y + 16, "done", "verb"))
    return _page(flow, "\n".join(drawn), y + 36)


def _page(flow: Flow, inside: str, height: int) -> str:
    width = _LEFT + _WIDE + _RIGHT + _LINK + _LEFT
    style = (
        "text{font:13px sans-serif;fill:#222}.verb{font-weight:bold}.when{font-style:italic;fill:#666}"
        ".title{font-size:18px;font-weight:bold}"
    )
    title = f"{flow.id}: {_first(flow.title.forms['en'])}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(flow.id)}">\n'
        f"<style>{style}</style>\n"
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        f"{_words(_LEFT, 26, title, 'title')}\n"
        f"{inside}\n</svg>\n"
    )


def _link(y: int, label: str, name: str) -> list[str]:
    left = _LEFT + _WIDE + _RIGHT
    arrow = _arrow(_LEFT + _WIDE, y, left, y)
    words = [_words(_LEFT + _WIDE + 6, y - 4, label[:14], "when")] if label else []
    return [
        arrow,
        *words,
        _rectangle(left, y - 13, _LINK, 26, "#ffffff"),
        _words(left + 8, y + 5, name, "line"),
    ]


def _arrow(x1: int, y1: int, x2: int, y2: int) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#555" marker-end="url(#tip)"/>'


def _rectangle(x: int, y: int, width: int, height: int, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{colour}" stroke="#999"/>'


def _words(x: int, y: int, words: str, kind: str) -> str:
    return f'<text x="{x}" y="{y}" class="{kind}">{escape(words, quote=False)}</text>'
