"""Flows and talks written inline: the engine's tests are conversations."""

from functools import cache
from textwrap import dedent

from flows.assemble import assemble
from flows.flowset import FlowSet
from flows.library import SHIPPED, read_sources
from flows.script import parse_talks, run_talk


@cache
def words() -> dict[str, str]:
    sources, _ = read_sources(SHIPPED)
    return {name: text for name, text in sources.items() if name.startswith("words/")}


@cache
def flows_of(text: str, spanish: str = "") -> FlowSet:
    """Load flows written inline, with the shipped words."""
    sources = {"test.yaml": dedent(text)} | ({"test.es.yaml": dedent(spanish)} if spanish else {})
    loaded = assemble(sources | words())
    assert loaded.flows is not None, "\n".join(map(str, loaded.problems))
    return loaded.flows


def play(flows: FlowSet | str, talk: str) -> None:
    """Play a talk written inline on each of its channels; it must go as written."""
    flowset = flows_of(flows) if isinstance(flows, str) else flows
    text = dedent(talk)
    if "now:" not in text:
        text = f"now: 2027-02-23 17:48\n{text}"
    if "test:" not in text:
        text = f"test: inline\n{text}"
    for each in parse_talks(text):
        for channel in each.channels:
            wrong = run_talk(flowset, each, channel)
            assert not wrong, f"on {channel}\n" + "\n".join(map(str, wrong))
