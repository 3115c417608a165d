"""Words that may mean someone is in danger, read before everything but the carrier's words.

The rule: tier 1 is explicit and about oneself, and nothing excuses it; tier 2 is passive, about others, or a
method alone, and may be excused by an idiom ("dying to see it"). The rules are data
(content/words/crisis.yaml) with ids, so that a clinician can review them and an audit can name the one that
fired. They find words, not states of mind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from flows.answers.plain import said_in

Tier: TypeAlias = Literal[1, 2]
_SLOT = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: it fires where its pattern is found in the text's plain words."""

    id: str
    tier: Tier
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in the order they are tried, tier 1 first, and the idioms that excuse tier 2."""

    version: int
    rules: tuple[Rule, ...]
    idioms: re.Pattern[str] | None


def make_rules(data: Mapping[str, Any]) -> Rules:
    """Build the rules from parsed content/words/crisis.yaml; ValueError names what cannot be read."""
    slots = {name: "(?:" + "|".join(forms.split(" | ")) + ")" for name, forms in data["slots"].items()}
    rules = [_rule(each, slots) for each in data["rules"]]
    if len({rule.id for rule in rules}) != len(rules):
        raise ValueError("crisis rules: an id is used twice")
    idioms = data.get("idioms")
    return Rules(
        version=int(data["version"]),
        rules=tuple(sorted(rules, key=lambda rule: rule.tier)),
        idioms=_pattern("idioms", idioms, slots) if idioms else None,
    )


def tier(text: str, rules: Rules) -> tuple[Tier, str] | None:
    """Find the gravest rule that fires: its tier and id."""
    said = " ".join(said_in(text))
    if not said or said.isdigit():  # most texts are a number of a list
        return None
    excused = False
    for rule in rules.rules:
        if rule.tier == 2 and not excused and rules.idioms:
            said, excused = rules.idioms.sub(" - ", said), True
        if rule.pattern.search(said):
            return rule.tier, rule.id
    return None


def _rule(each: Mapping[str, Any], slots: Mapping[str, str]) -> Rule:
    grade = int(each["tier"])
    if grade not in (1, 2):
        raise ValueError(f"crisis rule {each['id']}: the tier is 1 or 2")
    return Rule(str(each["id"]), 1 if grade == 1 else 2, _pattern(str(each["id"]), each["any"], slots))


def _pattern(rule: str, forms: list[str], slots: Mapping[str, str]) -> re.Pattern[str]:
    try:
        spelled = "|".join(_SLOT.sub(lambda found: slots[found[1]], form) for form in forms)
        return re.compile(rf"\b(?:{spelled})\b")
    except (KeyError, re.error) as error:
        raise ValueError(f"crisis rule {rule}: {error}") from error
