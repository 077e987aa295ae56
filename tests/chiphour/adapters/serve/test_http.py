"""HTTP: the application is whole: every address described, and no viewer beside the description.

Takes   the served market.
Gives   failures.
Keeps   the description equal to what is served.
Source  Decision 0010.
"""

import json
import re

import httpx
import pytest

from chiphour.adapters.serve.http import API
from chiphour.adapters.serve.http import create_app
from chiphour.adapters.serve.index_app import PAGES
from chiphour.adapters.serve.index_app import openapi_bytes
from chiphour.adapters.serve.pages import MARKET_PAGES


def test_every_address_for_programs_is_described():
    described = json.loads(openapi_bytes(API))
    served = {re.sub(":(str|int)", "", path) for handler in API for path in handler.paths}
    assert set(described["paths"]) == served
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert {"400", "404"} < set(operation["responses"]), path
            assert {"200", "201"} & set(operation["responses"]), path
            assert all(each.get("description") for each in operation.get("parameters", ())), path


def test_every_field_has_its_description():
    schemas = json.loads(openapi_bytes(API))["components"]["schemas"]
    assert {"FixingRow", "SeriesRow", "Book", "Level", "Contract", "Fault"} <= set(schemas)
    for name, schema in schemas.items():
        for field, described in schema["properties"].items():
            assert described.get("description") or described.get("examples"), (name, field)


def test_bounds_are_described():
    described = json.loads(openapi_bytes(API))["paths"]["/api/book/{contract}"]["get"]
    depth = next(each for each in described["parameters"] if each["name"] == "depth")
    assert (depth["schema"]["minimum"], depth["schema"]["maximum"]) == (1, 1_000)
    assert depth["schema"]["default"] == 20


def test_the_description_is_served_and_the_same_every_time(address):
    assert httpx.get(address + "/schema/openapi.json").content == openapi_bytes(API)


@pytest.mark.parametrize(
    "path", ["", "/", "/swagger", "/redoc", "/elements", "/rapidoc", "/scalar"]
)
def test_no_page_that_loads_scripts_from_elsewhere(address, path):
    answer = httpx.get(f"{address}/schema{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


def test_two_applications_do_not_share_their_market(shown):
    first, second = create_app(shown.Shown([])), create_app(shown.Shown([]))
    assert first.state.view is not second.state.view
    served = {path for route in first.routes for path in [route.path]}
    handled = {path for each in (*API, *PAGES, *MARKET_PAGES) for path in each.paths}
    assert served == {*handled, "/schema/openapi.json"}
