"""Made-up answers and inputs, for walks and for trying a flow that somebody else would hand things to.

The rule: a sample is what the flow itself would get: the answer of the question of that name, or what the
first flow that runs it hands over.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flows.conditions import Expression
from flows.flowset import FlowSet
from flows.model import Ask
from flows.scope import runs
from flows.texts import Text

_AHEAD = timedelta(days=8)


def sample(flows: FlowSet, name: str, now: datetime) -> Any:
    """Make a value of a name as the question of that name gives it; None where nothing asks for it."""
    asks = (
        step
        for flow in flows.flows.values()
        for step in flow.steps
        if isinstance(step, Ask) and step.id == name
    )
    step = next(asks, None)
    return None if step is None else _answer(step, now)


def _answer(step: Ask, now: datetime) -> Any:
    match step.as_:
        case "yes_no":
            return True
        case "choice":
            return step.options[0].key if step.options else None
        case "choices":
            return [option.key for option in step.options[:2]]
        case "time":
            return now.time()
        case "date":
            return now.date() + _AHEAD
        case "datetime":
            return (now + _AHEAD).replace(tzinfo=None)
        case kind:
            return _PLAIN.get(kind)


_BROUGHT: Mapping[str, Any] = {"use": "stop", "reason": "over_budget", "what": "pay", "who": "Maria"}
"""What no flow hands over: it comes with an event, or from what somebody says about a ride."""

_PLAIN: Mapping[str, Any] = {
    "name": "Ray",
    "zip": "02128",
    "text": "something",
    "number": 3,
    "phone": "+16175550142",
    "pin": "4821",
    "week_hours": [],
}


def handed(flows: FlowSet, flow_id: str, lang: str, now: datetime) -> dict[str, Any]:
    """Make what a flow needs from the one that runs it; what only a person's record has is left out."""
    needs = flows.flows[flow_id].needs
    given = {name: _handed(flows, flow_id, name, lang) for name in needs}
    found = {name: sample(flows, name, now) if given[name] is None else given[name] for name in needs}
    found |= {name: _BROUGHT[name] for name in needs if found[name] is None and name in _BROUGHT}
    return {name: value for name, value in found.items() if value is not None}


def _handed(flows: FlowSet, flow_id: str, name: str, lang: str) -> Any:
    """Find what a caller hands over that needs nothing of its own."""
    for flow in flows.flows.values():
        for step in flow.steps:
            for called, with_ in runs(step):
                match with_.get(name) if called == flow_id else None:
                    case Text() as text if not text.names:
                        return text.fill({}, lang=lang, channel="sms", discreet=False)
                    case Expression(names=names) as value if not names:
                        return value.value({})
                    case _:
                        pass
    return None
