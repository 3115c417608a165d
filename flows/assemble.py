"""Put the texts of a folder together: flows, translations, plans and words become one FlowSet, or a list of
problems.

The rule: putting together finds every problem and stops at none; with one problem there is no FlowSet. The
hash is over the names and texts of all sources, so that two machines, and a replay from the stored texts,
agree on what they run.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from flows.answers.crisis import Rules, make_rules
from flows.fields import Page, WordList, Written
from flows.flowset import FlowSet, Starter
from flows.i18n import Sidecar, empty_sidecar, read_sidecar
from flows.keywords import Keywords, make_keywords
from flows.model import Flow, PlanRow, Where
from flows.nodes import Fields, read_nodes, to_plain
from flows.parse import read_page
from flows.plans import read_plan
from flows.problems import Problem, worth_telling
from flows.references import references
from flows.sentences import read_sentences
from flows.texts import Text

_LANG = re.compile(r"\.([a-z]{2})\.yaml$")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a folder gave: the FlowSet where there is no problem, and what the linter needs to name lines."""

    flows: FlowSet | None
    problems: list[Problem]
    notes: tuple[Problem, ...]
    all_flows: Mapping[str, Flow]
    plan_rows: tuple[tuple[PlanRow, Where], ...]
    texts: tuple[Written, ...]
    lists: tuple[WordList, ...]
    sidecars: tuple[Sidecar, ...]
    keywords: Keywords | None
    disclosure: Mapping[str, Any]


def assemble(sources: Mapping[str, str], problems: Iterable[Problem] = ()) -> Loaded:
    """Put the texts of a folder together; `problems` are those found while reading them."""
    found = list(problems)
    sidecars = {name: read for name in sources if (read := _sidecar(sources, name, found))}
    pages: list[Page] = []
    flows: dict[str, Flow] = {}
    for name in sources:
        if "/" not in name and name not in sidecars:
            more, page = read_page(name, sources[name], _beside(sidecars, name))
            pages.append(page)
            found += page.problems
            _take(flows, more, found)
    plans = _plans(sources, found)
    rows = tuple(row for each in plans.values() for row in each)
    sentences = _sentences(sources, found)
    keywords = _build(sources, "words/keywords.yaml", make_keywords, found)
    crisis = _build(sources, "words/crisis.yaml", make_rules, found)
    disclosure = _build(sources, "words/disclosure.yaml", dict, found)
    found += references(flows, rows)
    return Loaded(
        flows=_flowset(flows, plans, sentences, keywords, crisis, sources)
        if not found and keywords and crisis
        else None,
        problems=worth_telling(found),
        notes=tuple(note for page in pages for note in page.notes),
        all_flows=flows,
        plan_rows=rows,
        texts=(*(text for page in pages for text in page.texts), *sentences),
        lists=tuple(each for page in pages for each in page.lists),
        sidecars=tuple(sidecars.values()),
        keywords=keywords,
        disclosure=disclosure or {},
    )


def _flowset(
    flows: Mapping[str, Flow],
    plans: Mapping[str, tuple[tuple[PlanRow, Where], ...]],
    sentences: Iterable[Written],
    keywords: Keywords,
    crisis: Rules,
    sources: Mapping[str, str],
) -> FlowSet:
    started: dict[str, tuple[Starter, ...]] = {}
    for flow in flows.values():
        for on in flow.start_on:
            started[on.event] = (*started.get(on.event, ()), Starter(flow.id, on))
    return FlowSet(
        flows=flows,
        plans={name: tuple(row for row, _ in rows) for name, rows in plans.items()},
        sentences={_sentence_key(each.text): each.text for each in sentences},
        keywords=keywords,
        crisis=crisis,
        hash=hash_of(sources),
        sources=sources,
        started_by=started,
    )


def _sentence_key(text: Text) -> str:
    return text.key.partition(".")[2]


def hash_of(sources: Mapping[str, str]) -> str:
    """Hash names and texts: sha256 in hex, the same on every machine."""
    digest = sha256()
    for name in sorted(sources):
        for part in (name.encode(), sources[name].encode()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


# --- parts ---------------------------------------------------------------------------------------------


def _sidecar(sources: Mapping[str, str], name: str, problems: list[Problem]) -> Sidecar | None:
    match = _LANG.search(name)
    if match is None or "/" in name:
        return None
    if _LANG.sub(".yaml", name) not in sources:
        problems.append(
            Problem(name, 1, "There is no file this translates.", "rename it, or delete it.", "orphan")
        )
    documents, more = read_nodes(name, sources[name])
    problems += more
    return read_sidecar(name, match[1], documents, problems)


def _beside(sidecars: Mapping[str, Sidecar], name: str) -> Sidecar:
    beside = name.removesuffix(".yaml") + ".es.yaml"
    return sidecars.get(beside) or empty_sidecar(beside)


def _take(flows: dict[str, Flow], more: Iterable[Flow], problems: list[Problem]) -> None:
    for flow in more:
        if (first := flows.get(flow.id)) is not None:
            words = f'The flow "{flow.id}" is already in {first.where.file}:{first.where.line}.'
            problems.append(
                Problem(flow.where.file, flow.where.line, words, "give one of them another name.", "flow")
            )
        flows[flow.id] = flow


def _plans(
    sources: Mapping[str, str], problems: list[Problem]
) -> dict[str, tuple[tuple[PlanRow, Where], ...]]:
    plans = {}
    for name in sources:
        if name.startswith("plans/"):
            rows, more = read_plan(name, sources[name])
            problems += more
            plans[name.removeprefix("plans/").removesuffix(".yaml")] = rows
    return plans


def _sentences(sources: Mapping[str, str], problems: list[Problem]) -> tuple[Written, ...]:
    name = "words/engine.yaml"
    if name not in sources:
        problems.append(Problem(name, 1, "The file is missing.", "write the engine's sentences there."))
        return ()
    return read_sentences(name, sources[name], problems)


def _build(
    sources: Mapping[str, str], name: str, make: Callable[[Mapping[str, Any]], _T], problems: list[Problem]
) -> _T | None:
    """Build one of the word lists; what its maker does not like is a problem of the file."""
    if name not in sources:
        problems.append(Problem(name, 1, "The file is missing.", "copy it from the shipped content."))
        return None
    documents, more = read_nodes(name, sources[name])
    problems += more
    if more or not documents or not isinstance(documents[0], Fields):
        problems += [] if more else [Problem(name, 1, "The file must hold keys and values.", "")]
        return None
    try:
        return make(to_plain(documents[0]))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        words = f"{error.args[0] if error.args else error} is missing or wrong."
        problems.append(Problem(name, 1, words, "compare it with the shipped file."))
        return None
