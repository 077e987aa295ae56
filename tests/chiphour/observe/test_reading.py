"""TEST READING: nothing is left over, nothing is guessed, no number is a float.

Takes   JSON bodies, whole and broken.
Gives   claims on `Fields` and `parse_object`.
Keeps   each fault to one line that names place, field, expectation and find.
Source  Decision 0003.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object


def fields(**values):
    return parse_object(json.dumps(values).encode(), "page")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=0, max_value=9999))
def test_a_price_is_the_text_it_was_rounded_once(price):
    """Write a price with twelve decimals: nano-dollars are its half-even rounding, exactly."""
    body = b'{"price": ' + format(price, "f").encode() + b"}"
    found = parse_object(body, "page").price_nanousd("price")
    assert found == int((price * 10**9).to_integral_value(rounding="ROUND_HALF_EVEN"))


def test_a_price_between_two_nanodollars_goes_to_the_even_one():
    page = parse_object(b'{"a": 0.0000000005, "b": 0.0000000015, "c": 2.6e-6}', "page")
    assert [page.price_nanousd(name) for name in "abc"] == [0, 2, 2600]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 1}',
        b'{"a": 1',
        b'{"a": 01}',
        b'{"\xff": 1}',
        b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    ],
)
def test_a_body_that_is_not_one_object_is_refused(body):
    with pytest.raises(UnexpectedData, match=r"^page: expected "):
        parse_object(body, "page")


@pytest.mark.parametrize(
    ("take", "value"),
    [
        (Fields.text, 1),
        (Fields.text, None),
        (Fields.text_or_none, True),
        (Fields.boolean, "true"),
        (Fields.boolean, 1),
        (Fields.number, "1"),
        (Fields.number, None),
        (Fields.number, True),
        (Fields.number_or_none, "1"),
        (Fields.count, -1),
        (Fields.count, 1.5),
        (Fields.count, 10**19),
        (Fields.price_nanousd, -0.01),
        (Fields.price_nanousd, "2.39"),
        (Fields.price_nanousd, 10**11),
        (Fields.price_nanousd, [2.39]),
        (Fields.time_ns, "2026-07-10"),
        (Fields.time_ns, "2026-07-10T08:45:04"),
        (Fields.time_ns, "yesterday"),
        (Fields.time_ns, 1783673104),
        (Fields.rows, {}),
    ],
)
def test_a_field_of_another_kind_is_refused_by_place_and_name(take, value):
    with pytest.raises(UnexpectedData, match=r"^page: field: expected .*, found "):
        take(fields(field=value), "field")


def test_a_price_finer_than_any_we_read_is_refused():
    with pytest.raises(UnexpectedData, match="page: price: expected a decimal number"):
        parse_object(b'{"price": 0.' + b"1" * 40 + b"}", "page").price_nanousd("price")


def test_a_count_below_its_least_is_refused():
    assert fields(gpus=1).count("gpus", least=1) == 1
    with pytest.raises(UnexpectedData, match="at least 1, found 0"):
        fields(gpus=0).count("gpus", least=1)


def test_each_field_is_taken_once_and_none_is_left():
    page = fields(a=1, b="x", c=None, d=[1], e=True, f=2)
    assert page.names() == list("abcdef")
    assert (page.number("a"), page.text("b"), page.text_or_none("c")) == ("1", "x", None)
    assert (page.rows("d"), page.boolean("e")) == (["1"], True)
    with pytest.raises(UnexpectedData, match=r"page: expected no further field, found \['f'\]"):
        page.end()
    with pytest.raises(UnexpectedData, match="page: expected a field 'a', found none"):
        page.take("a")
    page.skip(("f",))
    page.end()
    assert not page.has("f")


def test_long_finds_are_shortened():
    with pytest.raises(UnexpectedData) as fault:
        fields(a="x" * 10_000).boolean("a")
    assert len(str(fault.value)) < 200


def test_a_number_is_text_and_compares_as_it_was_written():
    assert parse_object(b'{"a": 1.50}', "page").number("a") == "1.50"
    assert parse_object(b'{"a": null}', "page").number_or_none("a") is None
