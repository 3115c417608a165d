"""Check calls to Telegram, its answers and its updates against its published Bot API.

Every function lists what is wrong in plain words; the list is empty too where the document is not at hand.
"""

import json
from collections.abc import Mapping
from typing import Any

from tests.contracts.documents import document, needs

NAME = "telegram-bot-api-10.1.json"
needs_bot_api = needs(NAME)
Problems = list[str]


def call_problems(method: str, parameters: Mapping[str, str]) -> Problems:
    """Check a call as it stood in the form: names, what is required, and every value's type."""
    if (spec := document(NAME)) is None:
        return []
    if (known := spec["methods"].get(method)) is None:
        return [f"{method}: no such method"]
    fields = {field["name"]: field for field in known.get("fields", [])}
    missing = [name for name, field in fields.items() if field["required"] and name not in parameters]
    problems = [f"{method}: {name} is required" for name in missing]
    for name, written in parameters.items():
        if name not in fields:
            problems.append(f"{method}: no parameter {name}")
        elif not any(_written_as(kind, written) for kind in fields[name]["types"]):
            problems.append(f"{method}.{name}: {written!r} is none of {fields[name]['types']}")
    return problems


def answer_problems(method: str, result: Any) -> Problems:
    """Check the `result` of an answer against what the method returns."""
    if (spec := document(NAME)) is None:
        return []
    kinds = spec["methods"][method]["returns"]
    if any(not value_problems(kind, result) for kind in kinds):
        return []
    return [f"{method} -> {problem}" for problem in value_problems(kinds[0], result)]


def update_problems(update: Any) -> Problems:
    """Check an update."""
    return value_problems("Update", update)


def value_problems(kind: str, value: Any) -> Problems:
    """Check a value against a type by its name: Integer, Array of PhotoSize, Message …"""
    if (spec := document(NAME)) is None:
        return []
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return [f"{value!r} is no list"]
        return [problem for one in value for problem in value_problems(kind.removeprefix("Array of "), one)]
    if kind not in spec["types"]:
        return [] if _is_plain(kind, value) else [f"{value!r} is no {kind}"]
    if subtypes := spec["types"][kind].get("subtypes"):
        return _one_of(subtypes, value)
    if not isinstance(value, dict):
        return [f"{value!r} is no {kind}"]
    return _object_problems(kind, spec["types"][kind].get("fields", []), value)


def _object_problems(kind: str, fields: list[dict[str, Any]], value: dict[str, Any]) -> Problems:
    known = {field["name"]: field for field in fields}
    problems = [
        f"{kind}.{name} is required"
        for name, field in known.items()
        if field["required"] and name not in value
    ]
    for name, inner in value.items():
        if name not in known:
            problems.append(f"{kind} has no {name}")
        elif inner_problems := _one_of(known[name]["types"], inner):
            problems += [f"{kind}.{name}: {problem}" for problem in inner_problems]
    return problems


def _one_of(kinds: list[str], value: Any) -> Problems:
    """Check a value against several types; report against the one that fits best."""
    return min((value_problems(kind, value) for kind in kinds), key=len)


def _is_plain(kind: str, value: Any) -> bool:
    match kind:
        case "Integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "Float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "Boolean" | "True":
            return isinstance(value, bool)
        case "String":
            return isinstance(value, str)
        case _:
            raise AssertionError(f"the contract document has a type {kind} we do not know")


def _written_as(kind: str, written: str) -> bool:
    """Say whether a form field can be read as this type: texts stand as they are, all else is JSON."""
    if kind == "String":
        return True
    try:
        return not value_problems(kind, json.loads(written))
    except ValueError:
        return False
