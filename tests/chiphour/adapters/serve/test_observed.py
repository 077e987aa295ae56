"""TEST OBSERVED: what was observed, over a real connection, and what Prometheus reads.

Takes   the served market.
Gives   failures.
Keeps   every answer readable by its published shape, strictly; every answer bounded.
Source  Decision 0015.
"""

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from chiphour.adapters.serve import shapes_observed as shapes
from chiphour.observe.register import REGISTER_SHA256


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/api/offers", shapes.Offers),
        ("/api/offers?chip=H100&limit=2", shapes.Offers),
        ("/api/offers?after=7", shapes.Offers),
        ("/api/venues", shapes.Venues),
        ("/api/refusals", shapes.Refusals),
        ("/api/refusals?source=acme&last=1", shapes.Refusals),
        ("/api/commitments", shapes.Commitments),
        ("/api/commitments?venue=acme&last=1", shapes.Commitments),
    ],
)
def test_answers_have_the_published_shape(address, path, shape):
    answer = httpx.get(address + path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    msgspec.json.decode(answer.content, type=shape, strict=True)


def test_pages_follow_one_another_to_the_end(address):
    """Ask page by page: every offer comes once, and the last page says so."""
    whole = httpx.get(address + "/api/offers").json()["offers"]
    found, after = [], 0
    while after is not None:
        page = httpx.get(f"{address}/api/offers?limit=2&after={after}").json()
        found += page["offers"]
        after = page["after"]
    assert found == whole
    assert len(whole) == 7


def test_an_offer_says_its_rate_its_age_and_where_to_look(address):
    offer = httpx.get(address + "/api/offers?chip=H100").json()["offers"][0]
    assert offer["chip"] == "H100"
    assert offer["price_usd"] == "3.025000000"
    assert offer["age_seconds"] == 7200
    assert offer["country"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "after=-1", "limit=x", "chip=" + "H" * 41]
)
def test_a_parameter_out_of_bounds_is_refused_by_name(address, query):
    answer = httpx.get(f"{address}/api/offers?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["error"]


def test_a_venue_says_its_standing_and_how_it_answers(address):
    found = httpx.get(address + "/api/venues").json()
    assert found["register"]["sha256"] == REGISTER_SHA256
    vast, acme = found["venues"]
    assert (vast["role"], vast["state"], vast["refusals"]) == ("eligible", "open", {"TIMEOUT": 3})
    assert (vast["age_seconds"], vast["last_success"]) == (3600, None)
    assert (acme["role"], acme["state"], acme["age_seconds"]) == (
        "candidate",
        "not collected",
        None,
    )


def test_a_commitment_shows_its_times_once_they_are_past(address):
    to_come, past = httpx.get(address + "/api/commitments").json()["commitments"]
    assert (to_come["nonce"], to_come["offsets_ns"], to_come["revealed"]) == (None, None, None)
    assert (past["nonce"], past["offsets_ns"]) == ("5a1t", [7, 130_000_000_000])
    assert httpx.get(address + "/api/commitments?venue=acme").json() == {"commitments": []}
    assert httpx.get(address + "/api/commitments?last=0").status_code == 400


def test_metrics_are_read_by_prometheus_own_parser(address):
    answer = httpx.get(address + "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert list(text_string_to_metric_families(answer.text))
