"""Draw the OpenAPI 3.1 document of the company from its table of calls and their shapes.

The rule kept here: nothing is said here that the calls do not say; a new call is in the document by itself.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import TypeAdapter

from bot.rides.stub.calls import Call
from bot.rides.stub.told import Trouble
from bot.rides.stub.world import STATUSES, STORIES

NAMES: Final = {
    "request_id": {"type": "string", "minLength": 1},
    "event": {"type": "string", "enum": list(STATUSES)},
    "story": {"type": "string", "enum": list(STORIES)},
}
"""What may stand in a path."""

TOKEN_PATH: Final = "/oauth/v2/token"  # noqa: S105 - a path


def document(calls: Sequence[Call]) -> dict[str, Any]:
    """Describe every call, in the table's order."""
    shapes, components = _shapes(calls)
    paths: dict[str, dict[str, Any]] = {}
    for number, call in enumerate(calls):
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, shapes, number)
    flow = {"tokenUrl": TOKEN_PATH, "scopes": {"guests.trips": "order and see trips"}}
    security = {"customer": {"type": "oauth2", "flows": {"clientCredentials": flow}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Guest rides (pretend)",
            "version": "1",
            "description": "A stand-in ride company. No car moves.",
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": security},
    }


Shapes = dict[tuple[str, str], dict[str, Any]]


def _shapes(calls: Sequence[Call]) -> tuple[Shapes, dict[str, Any]]:
    """Draw every body, answer and query once; what they share stands under components."""
    wanted: list[tuple[str, Any, TypeAdapter[Any]]] = [("no", "serialization", TypeAdapter(Trouble))]
    for number, call in enumerate(calls):
        wanted.append((f"answers {number}", "serialization", TypeAdapter(call.answers)))
        wanted += [
            (f"{what} {number}", "validation", TypeAdapter(shape))
            for what, shape in (("takes", call.takes), ("asks", call.asks))
            if shape is not None
        ]
    drawn, shared = TypeAdapter.json_schemas(wanted, ref_template="#/components/schemas/{model}")
    return {(key, mode): schema for (key, mode), schema in drawn.items()}, shared.get("$defs", {})


def _operation(call: Call, shapes: Shapes, number: int) -> dict[str, Any]:
    answer = {"description": "done", "content": _json(shapes[f"answers {number}", "serialization"])}
    no = {"description": "a plain no", "content": _json(shapes["no", "serialization"])}
    operation: dict[str, Any] = {
        "operationId": call.does.__name__,
        "summary": (call.does.__doc__ or "").split("\n")[0],
        "tags": [call.door],
        "parameters": [*_in_path(call), *_in_query(call, shapes, number)],
        "responses": {str(call.status): answer, "4XX": no},
    }
    if call.door == "customer":
        operation["security"] = [{"customer": ["guests.trips"]}]
    if call.takes is not None:
        body = {call.body_type: {"schema": shapes[f"takes {number}", "validation"]}}
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _in_path(call: Call) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": NAMES[name]}
        for name in re.findall(r"{(\w+)}", call.path)
    ]


def _in_query(call: Call, shapes: Shapes, number: int) -> list[dict[str, Any]]:
    if call.asks is None:
        return []
    drawn = TypeAdapter(call.asks).json_schema()
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in drawn["properties"].items()
    ]


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
