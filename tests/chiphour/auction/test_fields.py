"""FIELDS: what is read is read exactly, and everything else is refused with its place.

Takes   JSON objects, good and bad.
Gives   numbers, or `RequestMalformed`.
Keeps   a refusal to one line: where, expected, found.
Source  docs/formulation/auction.md, section 2.
"""

import pytest

from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import closed_object
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.fields import hundredths_texts
from chiphour.auction.fields import read_whole


def fields(**values):
    return Fields(values, "run")


def test_numbers_are_read_exactly():
    found = fields(rate="3.1", price="-2.7001", chips="0.01", many=["1", "2.5"], flow="-3.25")
    assert found.picos("rate") == 3_100_000_000_000
    assert found.ticks("price") == -27_001
    assert found.hundredths("chips") == 1
    assert found.hundredths_each("many", 2) == (100, 250)
    assert found.signed_hundredths("flow") == -325
    found.exhausted()


@pytest.mark.parametrize(
    ("method", "value", "expected"),
    [
        ("picos", 3.1, "text"),
        ("picos", "1e-13", "at most twelve decimals"),
        ("picos", "1000000000000", "twelve digits before the point"),
        ("positive_picos", "0", "above zero"),
        ("ticks", "1.00001", "multiples of 0.0001"),
        ("ticks", "99999", "ticks"),
        ("hundredths", "0.005", "multiples of 0.01"),
        ("hundredths", "-1", "not negative"),
        ("hundredths", 5, "decimal text"),
        ("name", "a b", "a name"),
        ("text", None, "text"),
        ("account", 7, "an integer from 8"),
        ("account", True, "an integer"),
    ],
)
def test_every_other_value_is_refused_with_its_place(method, value, expected):
    with pytest.raises(RequestMalformed, match=rf"run\.it: expected .*{expected}.*, found"):
        getattr(fields(it=value), method)("it")


def test_a_missing_and_an_unknown_field_are_refused():
    with pytest.raises(RequestMalformed, match=r"run\.chips: expected this field, found none"):
        fields().hundredths("chips")
    with pytest.raises(RequestMalformed, match="expected no other field, found tier"):
        read_whole({"tier": "spot"}, "run", lambda found: None)
    with pytest.raises(RequestMalformed, match="run: expected an object"):
        Fields([], "run")


def test_hours_lie_on_the_hour_and_within_the_run():
    assert fields(to="1970-01-01T03:00:00Z").hour("to", 0, 3) == 3
    for text in ("1970-01-01T04:00:00Z", "1970-01-01T00:30:00Z", "1970-01-01T00:00:00", "noon"):
        with pytest.raises(RequestMalformed, match=r"run\.to"):
            fields(to=text).hour("to", 0, 3)


def test_lists_name_the_item_at_fault():
    with pytest.raises(RequestMalformed, match=r"run\.curve\[1\]\.units"):
        fields(curve=[{"units": "1"}, {"units": "x"}]).each("curve", lambda f: f.picos("units"))
    with pytest.raises(RequestMalformed, match=r"run\.many\[1\]"):
        fields(many=["1", "-1"]).hundredths_each("many", 2)
    with pytest.raises(RequestMalformed, match="a list of 3 quantities"):
        fields(many=["1"]).hundredths_each("many", 3)


def test_text_and_number_are_each_others_inverse():
    for picos in (0, 1, -1, PICOS, 12 * PICOS + 500, -7 * PICOS // 2):
        assert fields(it=decimal_text(picos, PICOS)).picos("it") == picos
    assert hundredths_text(-5) == "-0.05"
    assert hundredths_texts((100, 250)) == ["1", "2.5"]


def test_a_closed_object_requires_its_fields_and_allows_no_other():
    schema = closed_object({"a": {}})
    assert schema["required"] == ["a"]
    assert schema["additionalProperties"] is False
