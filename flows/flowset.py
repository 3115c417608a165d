"""A loaded folder of flows: everything the engine looks up, frozen.

The rule: a FlowSet is complete and checked for shape, or it does not exist; nothing changes it after loading,
so that one turn, a replay and a test read the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.answers.crisis import Rules
from flows.keywords import Keywords
from flows.model import Flow, PlanRow, StartOn
from flows.texts import Text


@dataclass(frozen=True, slots=True)
class Starter:
    """A flow an outside event may start, with how it says so."""

    flow: str
    on: StartOn


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSet:
    """What a folder holds. `hash` is stable over its `sources`, the texts of its files by name."""

    flows: Mapping[str, Flow]
    plans: Mapping[str, tuple[PlanRow, ...]]
    sentences: Mapping[str, Text]  # words/engine.yaml
    keywords: Keywords
    crisis: Rules
    hash: str
    sources: Mapping[str, str] = field(repr=False)
    started_by: Mapping[str, tuple[Starter, ...]] = field(default_factory=dict)  # event's YAML name -> flows
