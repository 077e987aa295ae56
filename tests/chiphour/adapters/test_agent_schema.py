"""AGENT_SCHEMA: a tool's schemas are those of the API, and stand alone.

Takes   our own OpenAPI and OpenRPC documents.
Gives   a failure where a schema refers to what is not in it, or an argument is lost.
Keeps   every address of the API tried.
Source  Decision 0043.
"""

import json
from pathlib import Path

import jsonschema
import pytest

from chiphour.adapters.agent_schema import described_by_openapi
from chiphour.adapters.agent_schema import described_by_openrpc
from chiphour.adapters.serve.http import API
from chiphour.adapters.serve.index_app import openapi_bytes

DOCUMENT = json.loads(openapi_bytes(API))
METHODS = json.loads((Path(__file__).parents[3] / "docs/api/openrpc.json").read_text())
OPERATIONS = [
    (method, path)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if isinstance(operation, dict)
    and any(
        "application/json" in answer.get("content", {})
        for code, answer in operation.get("responses", {}).items()
        if code in ("200", "201")
    )
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_request_of_the_api_can_be_described(method, path):
    told = described_by_openapi(DOCUMENT, method, path)
    for schema in (told.takes, told.gives):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        assert "#/components" not in json.dumps(schema)
        resolves(schema)
    assert told.words


def resolves(schema):
    """Follow every reference of a schema."""
    for name in references(schema):
        assert name.removeprefix("#/$defs/") in schema["$defs"]


def references(schema):
    if isinstance(schema, dict):
        yield from ([schema["$ref"]] if "$ref" in schema else [])
        for value in schema.values():
            yield from references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from references(value)


@pytest.mark.parametrize("method", [each["name"] for each in METHODS["methods"]])
def test_every_method_can_be_described(method):
    told = described_by_openrpc(METHODS, method)
    jsonschema.Draft202012Validator.check_schema(told.takes)
    assert told.takes["additionalProperties"] is False


def test_paths_queries_and_bodies_are_told_apart():
    told = described_by_openapi(DOCUMENT, "GET", "/api/series/{slug}")
    assert (told.paths, told.queries, told.body) == (("slug",), ("last", "set", "as_of"), "")
    bid = described_by_openapi(DOCUMENT, "POST", "/api/auction/runs/{run}/bids")
    assert (bid.paths, bid.body, bid.takes["required"]) == (("run",), "body", ["run", "body"])
    assert described_by_openapi(DOCUMENT, "POST", "/api/auction/validate").body == "whole"


def test_an_answer_that_is_a_list_is_wrapped():
    told = described_by_openrpc(METHODS, "private/get_positions")
    assert told.is_wrapped
    assert told.gives["properties"]["result"]["type"] == "array"


def test_what_there_is_not_is_not_described():
    assert described_by_openapi(DOCUMENT, "GET", "/api/nothing") is None
    assert described_by_openapi(DOCUMENT, "DELETE", "/api/series") is None
    assert described_by_openrpc(METHODS, "private/nothing") is None
