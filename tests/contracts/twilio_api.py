"""Check requests to Twilio's Messages API, and the answers of our stand-in, against Twilio's own OpenAPI.

Every function lists what is wrong in plain words; the list is empty too where the document is not at hand.
"""

import re
from collections.abc import Mapping
from email.utils import parsedate
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft4Validator

from tests.contracts.documents import document, needs

NAME = "twilio-messages-openapi.json"
needs_twilio_api = needs(NAME)
Problems = list[str]


def request_problems(method: str, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Problems:
    """Check a request: its path, its query and its form."""
    if document(NAME) is None:
        return []
    if (found := _operation(method, path)) is None:
        return [f"{method} {path}: no such operation"]
    operation, in_path = found
    given = {("path", name): value for name, value in in_path.items()}
    given |= {("query", name): value for name, value in query.items()}
    known = {(one["in"], one["name"]): one for one in operation.get("parameters", [])}
    problems = [f"no {where} parameter {name}" for where, name in given if (where, name) not in known]
    problems += [
        f"{n} is required" for (w, n), one in known.items() if one.get("required") and (w, n) not in given
    ]
    for key, value in given.items():
        if key in known:
            problems += _text_problems(key[1], known[key]["schema"], value)
    return problems + _form_problems(operation, form)


def answer_problems(method: str, path: str, status: int, answer: Any) -> Problems:
    """Check an answer: its status, its shape, and that it has no field of its own invention."""
    if document(NAME) is None:
        return []
    if (found := _operation(method, path)) is None:
        return [f"{method} {path}: no such operation"]
    if (described := found[0]["responses"].get(str(status))) is None:
        return [f"{method} {path}: no answer {status}"]
    schema = _strict(described["content"]["application/json"]["schema"])
    return [f"{'/'.join(map(str, e.path))}: {e.message}" for e in Draft4Validator(schema).iter_errors(answer)]


def _operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, str]] | None:
    spec = document(NAME)
    assert spec
    for template, operations in spec["paths"].items():
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", re.escape(template))
        if (match := re.fullmatch(pattern, path)) and method.lower() in operations:
            return operations[method.lower()], match.groupdict()
    return None


def _form_problems(operation: dict[str, Any], form: Mapping[str, str]) -> Problems:
    described = operation.get("requestBody")
    if described is None:
        return [f"no form field {name}" for name in form]
    schema = described["content"]["application/x-www-form-urlencoded"]["schema"]
    problems = [f"no form field {name}" for name in form if name not in schema["properties"]]
    problems += [f"{name} is required" for name in schema.get("required", []) if name not in form]
    for group in operation.get("x-twilio", {}).get("conditional", []):
        names = [name.title().replace("_", "") for name in group]
        problems += [] if any(name in form for name in names) else [f"one of {names} is required"]
    for name, value in form.items():
        problems += _text_problems(name, schema["properties"].get(name, {}), value)
    return problems


def _text_problems(name: str, schema: dict[str, Any], value: str) -> Problems:
    """Check a value that travelled as text."""
    schema = _strict(schema)
    typed: Any = int(value) if schema.get("type") == "integer" and value.isdecimal() else value
    problems = [f"{name}: {error.message}" for error in Draft4Validator(schema).iter_errors(typed)]
    if schema.get("format") == "uri" and not urlsplit(value).hostname:
        problems.append(f"{name}: {value!r} is no address")
    if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", value):
        problems.append(f"{name}: {value!r} is no time")
    return problems


def _strict(schema: Any) -> Any:
    """Turn OpenAPI 3.0 into JSON Schema: references filled in, `nullable` spelled out, no unknown fields."""
    spec = document(NAME)
    assert spec
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _strict(spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    strict = {key: _strict(value) for key, value in schema.items() if key not in ("description", "x-twilio")}
    if isinstance(strict.get("type"), str) and strict.pop("nullable", False) is True:
        strict["type"] = [strict["type"], "null"]
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        strict["additionalProperties"] = False
    return strict


def time_problems(message: Mapping[str, Any]) -> Problems:
    """Check that a message's times are written as RFC 2822 has them."""
    times = {name: message[name] for name in ("date_created", "date_sent", "date_updated") if message[name]}
    return [f"{name}: {value!r}" for name, value in times.items() if parsedate(value) is None]
