"""RESULT: a result file says all that the checker needs, and is read strictly.

Takes   cleared runs.
Gives   their JSON and back.
Keeps   a malformed result out, with the field named.
Source  docs/formulation/auction.md, section 7.
"""

import json

import pytest

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.result import from_json
from chiphour.auction.result import to_json


def test_a_result_is_written_as_it_was_read(cleared, e2, two_zones):
    for fields in (e2, two_zones):
        instance, result = cleared(fields)
        assert from_json(instance, to_json(instance, result)) == result


def test_a_product_without_a_price_is_written_as_null(cleared, e1):
    e1["bids"], e1["offers"] = [], []
    instance, result = cleared(e1)
    body = to_json(instance, result)
    assert json.loads(body)["prices"][0]["price"] is None
    assert from_json(instance, body).prices[0].price_ticks is None


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema",), "x", r"result\.schema"),
        (("welfare",), "1.0000000001", r"result\.welfare: expected dollars of at most nine"),
        (("prices", 0, "price"), "1.00001", r"prices\[0\]\.price"),
        (("prices", 0, "hour"), 1, "every product-hour of the run in its order"),
        (("awards", 0, "side"), "hold", "buy or sell"),
        (("awards", 0, "payment"), 3, r"awards\[0\]\.payment: expected text"),
        (("awards", 0, "payment"), "0.0000001", r"awards\[0\]\.payment"),
        (("awards", 0, "lines", 0, "quantity"), "0.001", r"lines\[0\]\.quantity"),
        (("transfers", 0, "item"), 0, r"transfers\[0\]\.item"),
        (("note",), "", "no other field, found note"),
    ],
)
def test_a_malformed_result_is_refused_with_its_field(cleared, e2, path, value, message):
    instance, result = cleared(e2)
    fields = json.loads(to_json(instance, result))
    place = fields
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(RequestMalformed, match=message):
        from_json(instance, json.dumps(fields).encode())


def test_what_is_not_json_is_refused(cleared, e1):
    instance, _ = cleared(e1)
    with pytest.raises(RequestMalformed, match="result: expected JSON"):
        from_json(instance, b"{")
