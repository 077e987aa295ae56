"""TEST SIGNALS API: signals over a real connection, from an index alone and from a market.

Takes   the served index, whose cards are seen every day; the served market, which saw nothing.
Gives   claims on shapes, on refusals, on what stays the same within the hour.
Keeps   every answer readable by its published shape, strictly.
Source  Decision 0042.
"""

import httpx
import msgspec
import pytest

from chiphour.adapters.serve import shapes_signals as shapes


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/api/signals", shapes.Signals),
        ("/api/signals/h100-sxm", shapes.Signal),
        ("/api/signals/H100-SXM/history", shapes.History),
        ("/api/viability", shapes.Viability),
    ],
)
def test_answers_have_the_published_shape_and_are_the_same_again(index_address, path, shape):
    answer = httpx.get(index_address + path, timeout=30)
    assert answer.status_code == 200, answer.text
    msgspec.json.decode(answer.content, type=shape, strict=True)
    again = httpx.get(index_address + path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_a_chip_has_eight_verdicts_and_its_prices(index_address):
    found = httpx.get(f"{index_address}/api/signals/l4").json()
    assert len(found["verdicts"]) == 8
    assert {each["venue"] for each in found["prices"]} <= {
        each["venue"] for each in found["changes"]
    }
    every = httpx.get(f"{index_address}/api/signals").json()
    (same,) = [each for each in every["chips"] if each["chip"] == "l4"]
    assert same["verdicts"] == found["verdicts"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/signals/h100", "expected a chip in one form, such as h100-sxm"),
        ("/api/signals/b300-sxm", "expected a chip of /api/signals, found b300-sxm"),
        ("/api/signals/foo/history", "found 'foo'"),
    ],
)
def test_a_chip_that_nobody_knows_is_not_found(index_address, path, words):
    answer = httpx.get(index_address + path)
    assert answer.status_code == 404
    assert words in answer.json()["error"]


def test_an_unknown_parameter_is_refused(index_address):
    answer = httpx.get(f"{index_address}/api/signals?at=2026-01-01T00:00:00Z")
    assert answer.status_code == 400
    assert "expected none here" in answer.json()["error"]


def test_a_market_that_saw_no_price_says_so(address):
    answer = httpx.get(f"{address}/api/viability")
    assert answer.status_code == 404
    assert "expected a price up to" in answer.json()["error"]
