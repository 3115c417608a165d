"""One table entry for each request the company understands, and how such a request is served.

The rule kept here: what a call takes and answers is said in its entry alone. Serving reads the entry to
check what came and what goes, and `openapi.py` reads the same entry to describe it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.rides.stub.market import Problem

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
Door = Literal["open", "customer", "room"]
"""Who may call: anybody; who carries a token; whoever stands in the control room."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A request, checked: the names in its path, its body and its query."""

    names: Mapping[str, str]
    body: Any = None
    query: Any = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request: where, what it takes, what it does, what it answers. `takes` and `answers` are types."""

    method: str
    path: str
    does: Callable[[Heard], Any]
    answers: Any
    takes: Any = None
    asks: type[BaseModel] | None = None
    door: Door = "customer"
    status: int = 200
    body_type: str = field(default=JSON)


def route(call: Call, enter: Callable[[Request, Door], None], after: Callable[[], None]) -> Route:
    """Serve a call: let in, check what came, do it, check what goes; `after` a control room's call."""
    answers = _adapter(call.answers)

    async def serve(request: Request) -> Response:
        enter(request, call.door)
        heard = Heard(request.path_params, await _body(request, call), _query(request, call))
        told = answers.validate_python(call.does(heard))
        if call.door == "room" and call.method != "GET":
            after()
            if _is_form(request):
                return RedirectResponse("/_stub", status_code=303)  # a pressed button, back to its page
        return Response(answers.dump_json(told), call.status, media_type=JSON)

    return Route(call.path, serve, methods=[call.method], name=call.does.__name__)


async def _body(request: Request, call: Call) -> Any:
    """Read what the call takes, as JSON or as a form; Problem for what does not fit."""
    if call.takes is None:
        return None
    form = call.body_type == FORM or (call.door == "room" and _is_form(request))
    try:
        if form:
            return _adapter(call.takes).validate_python(dict(await request.form()))
        return _adapter(call.takes).validate_json(await request.body())
    except ValidationError as wrong:
        raise Problem(400 if form or call.door == "room" else 422, "invalid_request", **_why(wrong)) from None


def _query(request: Request, call: Call) -> Any:
    if call.asks is None:
        return None
    try:
        return call.asks.model_validate(dict(request.query_params))
    except ValidationError as wrong:
        raise Problem(400, "invalid_request", **_why(wrong)) from None


def _why(wrong: ValidationError) -> dict[str, Any]:
    return {"fields": [".".join(map(str, fault["loc"])) for fault in wrong.errors(include_url=False)]}


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(FORM)
