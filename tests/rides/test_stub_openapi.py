"""The company's own description of itself, and odd requests drawn from it: none makes it stumble."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import hypothesis
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from starlette.applications import Starlette
from starlette.routing import Route

from bot.clock import MovableClock
from bot.rides.stub.server import create_app
from tests.rides.conftest import EVENING, PICKUP

OURS = ("/_stub", "/_stub/openapi.json", "/healthz")  # pages for people, and this document itself
TRIPS = "/v1/guests/trips"
GUEST = {"first_name": "Ray", "phone_number": "+16175550142"}
WHENS: tuple[dict[str, Any], ...] = (
    {"scheduling": {"pickup_time": int(PICKUP.timestamp() * 1000)}},
    {"deferred_ride_options": {"pickup_day": "2027-02-23"}},
    {},
)
BREAKS = ("/_stub/faults", "/_stub/webhooks/faults", "/_stub/clock", "/_stub/market")
"""What would make every later request fail, hang or be long expired."""

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@dataclass
class Client:
    """The company in this process, asked without a wire; what would be a 500 is raised here."""

    app: Starlette
    runner: asyncio.Runner
    wire: httpx.AsyncClient

    def request(self, method: str, url: str, **asked: Any) -> httpx.Response:
        return self.runner.run(self.wire.request(method, url, **asked))


@pytest.fixture
def client() -> Iterator[Client]:
    app = create_app(":memory:", clock=MovableClock(stopped_at=EVENING))
    transport = httpx.ASGITransport(app)
    with asyncio.Runner() as runner:
        wire = httpx.AsyncClient(transport=transport, base_url="http://company", trust_env=False)
        living = app.router.lifespan_context(app)
        runner.run(living.__aenter__())
        yield Client(app, runner, wire)
        runner.run(living.__aexit__(None, None, None))


def token(client: Client) -> dict[str, str]:
    form = {"client_id": "demo", "client_secret": "demo-ride-secret", "grant_type": "client_credentials"}
    answer = client.request("POST", "/oauth/v2/token", data=form).json()
    return {"Authorization": f"Bearer {answer['access_token']}"}


def test_every_route_is_described_and_nothing_besides(client: Client) -> None:
    described = client.request("GET", "/_stub/openapi.json").json()
    routes = [each for each in client.app.routes if isinstance(each, Route)]
    served = {
        (route.path, method.lower())
        for route in routes
        for method in route.methods or ()
        if route.path not in OURS and method != "HEAD"
    }
    assert {(path, method) for path, calls in described["paths"].items() for method in calls} == served
    assert described["openapi"].startswith("3.1")


def test_a_ride_from_price_to_receipt_is_as_described(client: Client) -> None:
    described = client.request("GET", "/_stub/openapi.json").json()
    asked = {
        "pickup": {"latitude": 42.36, "longitude": -71.05, "address": "a"},
        "dropoff": {"latitude": 42.39, "longitude": -71.05, "address": "b"},
        **WHENS[0],
    }
    trips, headers = TRIPS, token(client)

    def holds(method: str, path: str, told: httpx.Response, template: str | None = None) -> Any:
        answers = described["paths"][template or path][method.lower()]["responses"]
        answer = answers.get(str(told.status_code)) or answers["4XX"]
        schema = {**answer["content"]["application/json"]["schema"], "components": described["components"]}
        jsonschema.Draft202012Validator(schema).validate(told.json())
        return told.json()

    priced = client.request("POST", f"{trips}/estimates", json=asked, headers=headers)
    offers = holds("POST", f"{trips}/estimates", priced)["product_estimates"]
    assert [offer["product"]["child_seats"] for offer in offers] == [0, 1, 2, 0]
    order = {
        **asked,
        "guest": GUEST,
        "product_id": offers[0]["product"]["product_id"],
        "fare_id": offers[0]["estimate_info"]["fare"]["fare_id"],
    }
    trip = holds("POST", trips, client.request("POST", trips, json=order, headers=headers))
    one, named = f"{trips}/{trip['request_id']}", trips + "/{request_id}"
    early = client.request("GET", f"{one}/receipt", headers=headers)
    assert holds("GET", one, early, f"{named}/receipt")["code"] == "receipt_not_ready"
    client.request("POST", "/_stub/clock", json={"advance": timedelta(days=1).total_seconds()})
    headers = token(client)
    assert holds("GET", one, client.request("GET", one, headers=headers), named)["status"] == "completed"
    receipt = holds("GET", one, client.request("GET", f"{one}/receipt", headers=headers), f"{named}/receipt")
    assert [line["what"] for line in receipt["lines"]] == ["trip"]
    assert receipt["total"] == trip["fare"]


def test_odd_requests_find_no_server_error(client: Client) -> None:
    tried = throw(client, examples=8)
    assert tried > 100


@pytest.mark.long
def test_many_odd_requests_find_no_server_error(client: Client) -> None:
    assert throw(client, examples=100) > 1500


def throw(client: Client, examples: int) -> int:
    """Throw good and bad requests at every call; a server error, or an answer not as described, fails."""
    described = client.request("GET", "/_stub/openapi.json").json()
    schema, headers, tried = schemathesis.openapi.from_dict(described), token(client), 0
    ids = [taken(client, headers, when) for when in WHENS]
    for path, calls in described["paths"].items():
        for method, spec in calls.items():
            if path not in BREAKS or method == "get":
                for mode, named in variants(spec, ids):
                    cases = schema[path][method].as_strategy(generation_mode=mode, path_parameters=named)
                    tried += throw_at(client, headers, cases, examples, mode is GenerationMode.POSITIVE)
    return tried


def throw_at(client: Client, headers: dict[str, str], cases: Any, examples: int, rightly: bool) -> int:
    tried = 0

    @few(examples)
    @hypothesis.given(case=cases)
    def one(case: Any) -> None:
        nonlocal tried
        tried += 1
        asked = case.as_transport_kwargs(base_url="http://company")
        if rightly and case.operation.path in (TRIPS, f"{TRIPS}/estimates") and asked.get("json"):
            asked["json"] = possible(client, asked["json"], headers)
        case.validate_response(send(client, asked, headers), checks=CHECKS)

    one()
    return tried


def variants(spec: dict[str, Any], ids: list[str]) -> Iterator[tuple[GenerationMode, dict[str, Any] | None]]:
    """Say how a call is tried: rightly, wrongly where anything can be wrong, and about trips there are."""
    yield GenerationMode.POSITIVE, None
    in_query = any(each["in"] == "query" for each in spec["parameters"])
    if in_query or "application/json" in spec.get("requestBody", {"content": {}})["content"]:
        yield GenerationMode.NEGATIVE, None
    names = [each for each in spec["parameters"] if each["in"] == "path"]
    if names:
        yield GenerationMode.POSITIVE, {each["name"]: some(each, ids) for each in names}


def some(parameter: dict[str, Any], ids: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(ids if parameter["name"] == "request_id" else parameter["schema"]["enum"])


def taken(client: Client, headers: dict[str, str], when: dict[str, Any]) -> str:
    """Order a trip; answer its id."""
    asked = {"pickup": {}, "dropoff": {}, **when, "guest": GUEST}
    made = client.request("POST", TRIPS, json=possible(client, asked, headers), headers=headers)
    return str(made.json()["request_id"])


def possible(client: Client, asked: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """Bring what was drawn into the company's country, at a price that it has just told."""
    pins = {
        "pickup": {"latitude": 42.36, "longitude": -71.05},
        "dropoff": {"latitude": 42.39, "longitude": -71},
    }
    ours = {**asked, **{end: {**(asked.get(end) or {}), **pin} for end, pin in pins.items()}}
    priced = client.request("POST", f"{TRIPS}/estimates", json=ours, headers=headers)
    if "guest" in asked and priced.is_success:
        offer = priced.json()["product_estimates"][0]
        ours["fare_id"] = offer["estimate_info"]["fare"]["fare_id"]
        ours["product_id"] = offer["product"]["product_id"]
    return ours


def few(examples: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def send(client: Client, asked: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    """Send what was drawn, with a token that is good; the exception behind a 500 comes out here."""
    known = {name: asked[name] for name in ("method", "url", "params", "json") if asked.get(name) is not None}
    if asked.get("data") is not None:
        known["content" if isinstance(asked["data"], (bytes, str)) else "data"] = asked["data"]
    named = {name: value for name, value in asked["headers"].items() if name.lower() != "authorization"}
    return client.request(**known, headers={**named, **headers})
