"""Derive the JSON schema editors use to complete and check a flow file while it is written.

The rule: nothing is listed twice. Keys and closed words come from the tables the parser reads by
(flows/parse.py, flows/parse_steps.py, flows/fields.py, flows/model.py) and the names of actions and events
from their unions, so a key the parser learns is in the schema, or a test fails.
"""

from collections.abc import Iterable, Mapping
from json import dumps
from typing import Any, TypeAlias, get_args

from flows.actions import ACTIONS
from flows.events import OUTSIDE
from flows.fields import AFTER_KEYS
from flows.model import At, Kind, Then
from flows.parse import HEADER
from flows.parse_steps import COMMON, KEYS, OPTION_KEYS
from flows.texts import FORMS

Schema: TypeAlias = dict[str, Any]
DIALECT = "http://json-schema.org/draft-07/schema#"

_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_COUNT: Schema = {"type": ["integer", "string"], "pattern": "^[1-9][0-9]?$", "minimum": 1, "maximum": 99}
_YES: Schema = {"enum": ["yes", "no", True, False]}
_NAME: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}
_LENGTH: Schema = {"type": "string", "pattern": "^[0-9]{1,4} (second|minute|hour|day|week)s?$"}
_VERB_HELP: Mapping[str, str] = {
    "say": "One message.",
    "ask": "A question; its name is the answer's name.",
    "menu": "A choice whose rows run a flow and come back.",
    "review": "Lists answers; YES, or the row's number to change it.",
    "do": "An action in our own database.",
    "wait_for": "Something outside; it may be late.",
    "run": "A flow below this one; it comes back.",
    "remember": "A computed answer.",
    "handoff": "To a caseworker; who and when are in the text.",
    "finish": "End early; the word is the flow's outcome.",
}


def schema() -> Schema:
    """Give the schema of one document of a flow file."""
    return {
        "$schema": DIALECT,
        "title": "A flow of Onward",
        **_object({key: _HEADER.get(key, _SCALAR) for key in HEADER}, ["flow", "steps"]),
        "definitions": _definitions(),
    }


def written() -> str:
    """Write the schema as it is kept beside the flows (flow.schema.json)."""
    return dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _object(properties: Schema, required: Iterable[str] = ()) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})


def _or_list(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item}]}


def _words(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


_HEADER: Mapping[str, Schema] = {
    "flow": _NAME,
    "title": _ref("text"),
    "start_words": _or_list(_SCALAR),
    "needs": _or_list(_NAME),
    "knows": _or_list(_NAME),
    "gives": _or_list(_NAME),
    "keeps": _or_list(_NAME),
    "tries": _COUNT,
    "no_reply": _ref("no_reply"),
    "about": _NAME,
    "start_on": _or_list(_ref("start_on")),
    "ends_on": _or_list(_ref("ends_on")),
    "steps": _ref("steps"),
}

_KEYS: Mapping[str, Schema] = {
    "id": _NAME,
    "when": _ref("condition"),
    "note": _SCALAR,
    "was": _NAME,
    "as": _words(get_args(Kind)),
    "text": _ref("text"),
    "options": {"type": "object", "additionalProperties": _ref("option")},
    "check": _or_list(_ref("check")),
    "if_unclear": _ref("text"),
    "tries": _COUNT,
    "if_stuck": _ref("after"),
    "no_reply": _ref("no_reply"),
    "anything_else": _NAME,
    "alone": _or_list(_SCALAR),
    "exact": _YES,
    "least": _COUNT,
    "evening": _YES,
    "confirm_by_ok": _YES,
    "read_back": _YES,
    "from": _SCALAR,
    "each": _ref("text"),
    "show": _COUNT,
    "more": _ref("text"),
    "if_empty": _ref("after"),
    "text_again": _ref("text"),
    "again_while": _ref("condition"),
    "run": _NAME,
    "with": _ref("with"),
    "question": _ref("text"),
    "save": _NAME,
    "if_fails": {"anyOf": [_ref("after"), {"type": "object", "additionalProperties": _ref("after")}]},
    "undo": _words(ACTIONS),
    "undo_question": _ref("text"),
    "about": _NAME,
    "up_to": _LENGTH,
    "if_late": _ref("after"),
    "meanwhile": _ref("text"),
    "list": _NAME,
    "is": {"anyOf": [_ref("condition"), _ref("given_text")]},
    "label": _ref("text"),
    "words": _or_list(_SCALAR),
    "say": _ref("text"),
    "then": _words(get_args(Then)),
    "finish": _SCALAR,
    "ask_again": _NAME,
    "after": _LENGTH,
    "else": _ref("text"),
    "event": _words(OUTSIDE),
    "at": _words(get_args(At)),
    "even_if_paused": _YES,
}

_VERBS: Mapping[str, Schema] = {
    "say": _ref("text"),
    "ask": _NAME,
    "menu": _NAME,
    "review": _or_list(_NAME),
    "do": _words(ACTIONS),
    "wait_for": _or_list(_words(OUTSIDE)),
    "run": _NAME,
    "remember": _NAME,
    "handoff": _ref("text"),
    "finish": _SCALAR,
}
_MUST: Mapping[str, tuple[str, ...]] = {
    "ask": ("as", "text"),
    "menu": ("text",),
    "review": ("question",),
    "wait_for": ("up_to", "if_late"),
    "remember": ("is",),
}


def _keyed(keys: Iterable[str], required: Iterable[str] = ()) -> Schema:
    return _object({key: _KEYS.get(key, _SCALAR) for key in sorted(keys)}, required)


def _step(verb: str) -> Schema:
    step = _keyed(KEYS[verb] | COMMON)
    step["properties"] = {verb: _VERBS[verb] | {"description": _VERB_HELP[verb]}} | step["properties"]
    return step | {"required": [verb, *_MUST.get(verb, ())]}


def _definitions() -> Schema:
    block = _object({"when": _ref("condition"), "steps": _ref("steps"), "note": _SCALAR}, ["when", "steps"])
    return {
        "text": {"anyOf": [_SCALAR, _object(dict.fromkeys(FORMS, _SCALAR))]},
        "condition": _SCALAR,
        "given_text": _object({"text": _ref("text")}, ["text"]),
        "with": {
            "type": "object",
            "additionalProperties": {"anyOf": [_ref("condition"), _ref("given_text")]},
        },
        "after": {"anyOf": [_SCALAR, _keyed(AFTER_KEYS)]},
        "no_reply": _or_list(_keyed(AFTER_KEYS | {"after"}, ["after"])),
        "check": _keyed(("is", "else"), ("is", "else")),
        "option": {"anyOf": [_ref("text"), _keyed(OPTION_KEYS, ["label"])]},
        "start_on": {
            "anyOf": [_words(OUTSIDE), _keyed(("event", "at", "even_if_paused", "when"), ["event"])]
        },
        "ends_on": {"anyOf": [_words(OUTSIDE), _keyed(("event", "say"), ["event"])]},
        "steps": {
            "type": "array",
            "items": {"anyOf": [*(_ref(f"step_{verb}") for verb in KEYS), _ref("block")]},
        },
        "block": block,
        **{f"step_{verb}": _step(verb) for verb in KEYS},
    }
