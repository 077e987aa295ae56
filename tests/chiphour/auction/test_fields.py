"""FIELDS: what is read is read exactly, and everything else is refused with its place.

Takes   JSON objects, good and bad.
Gives   numbers, or `RequestMalformed`.
Keeps   a refusal to one line: where, expected, found.
Source  docs/formulation/auction.md, section 2.
"""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import PICOS
from chiphour.auction.fields import PICOS_MAX
from chiphour.auction.fields import PRICE_TICKS_MAX
from chiphour.auction.fields import QUANTITY_HUNDREDTHS_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import closed_object
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.fields import hundredths_texts
from chiphour.auction.fields import read_needs
from chiphour.auction.fields import read_whole
from chiphour.units import PPM

DECIMALS = "decimal text of at most twelve decimals"
BOUNDS = "a quantity that is not negative, and within bounds"


def fields(**values):
    return Fields(values, "run")


def refusal(read):
    """Give the words with which a reading is refused."""
    with pytest.raises(RequestMalformed) as caught:
        read()
    return str(caught.value)


def test_numbers_are_read_exactly():
    found = fields(
        rate="3.1", price="-2.7001", chips="0.01", many=["1", "2.5"], flow="-3.25", pi="0.150001"
    )
    assert found.picos("rate") == 3_100_000_000_000
    assert found.ticks("price") == -27_001
    assert found.hundredths("chips") == 1
    assert found.hundredths_each("many", 2) == (100, 250)
    assert found.signed_hundredths("flow") == -325
    assert found.ppm("pi", 0, PPM) == 150_001
    found.exhausted()


def test_bounds_belong_to_what_they_bound():
    most = {
        "chips": hundredths_text(QUANTITY_HUNDREDTHS_MAX),
        "price": decimal_text(PRICE_TICKS_MAX, 10_000),
        "rate": decimal_text(PICOS_MAX - 1, PICOS),
        "count": 3,
        "share": "1",
    }
    found = Fields(most, "run")
    assert found.hundredths("chips") == QUANTITY_HUNDREDTHS_MAX
    assert found.ticks("price") == PRICE_TICKS_MAX
    assert found.positive_picos("rate") == PICOS_MAX - 1
    assert found.integer("count", 3, 3) == 3
    assert found.ppm("share", PPM, PPM) == PPM


@pytest.mark.parametrize(
    ("method", "value", "expected", "shown"),
    [
        ("raw", ..., "this field", "none"),
        ("text", None, "text", "None"),
        ("text", 5, "text", "5"),
        ("name", "a b", "a name of at most 64 letters, digits and . _ : -", "'a b'"),
        ("name", "-a", "a name of at most 64 letters, digits and . _ : -", "'-a'"),
        ("name", "a" * 65, "a name of at most 64 letters, digits and . _ : -", repr("a" * 65)),
        ("name", "a\n", "a name of at most 64 letters, digits and . _ : -", r"'a\n'"),
        ("picos", 3.1, "text", "3.1"),
        ("picos", "1e-13", DECIMALS, "'1e-13'"),
        ("picos", "1.0000000000001", DECIMALS, "'1.0000000000001'"),
        ("picos", "", DECIMALS, "''"),
        ("picos", "1000000000000", "at most twelve digits before the point", "'1000000000000'"),
        ("picos", "-1000000000000", "at most twelve digits before the point", "'-1000000000000'"),
        ("positive_picos", "0", "a number above zero", "'0'"),
        ("positive_picos", "-0.5", "a number above zero", "'-0.5'"),
        ("ticks", "1.00001", "dollars in multiples of 0.0001", "'1.00001'"),
        ("ticks", 1, "text", "1"),
        ("ticks", "99999", f"at most {PRICE_TICKS_MAX} ticks", "'99999'"),
        ("ticks", "-99999", f"at most {PRICE_TICKS_MAX} ticks", "'-99999'"),
        ("hundredths", "0.005", "chip-hours as decimal text in multiples of 0.01", "'0.005'"),
        ("hundredths", 5, "chip-hours as decimal text in multiples of 0.01", "5"),
        ("hundredths", "-1", BOUNDS, "'-1'"),
        ("hundredths", "42949672.97", BOUNDS, "'42949672.97'"),
        ("signed_hundredths", "-42949672.97", BOUNDS, "'-42949672.97'"),
        ("account", 7, "an integer from 8 to 2147483647", "7"),
        ("account", 1 << 31, "an integer from 8 to 2147483647", "2147483648"),
        ("account", True, "an integer from 8 to 2147483647", "True"),
        ("account", "10", "an integer from 8 to 2147483647", "'10'"),
        ("account", 10.0, "an integer from 8 to 2147483647", "10.0"),
    ],
)  # fmt: skip
def test_every_other_value_is_refused_with_its_place(method, value, expected, shown):
    asked = {} if value is ... else {"it": value}
    said = refusal(lambda: getattr(Fields(asked, "run"), method)("it"))
    assert said.startswith(f"run.it: expected {expected}")
    assert said.endswith(f", found {shown}")


def test_a_share_outside_its_bounds_is_refused_with_them():
    for text in ("-0.000001", "1.000001", "0.0000001", "much"):
        said = refusal(lambda text=text: fields(pi=text).ppm("pi", 0, PPM))
        assert said == (
            "run.pi: expected decimal text of at most six decimals, 0 to 1000000 millionths, "
            f"found '{text}'"
        )


def test_one_of_several_words_is_asked_for_by_all_of_them():
    assert fields(kind="b").choice("kind", ("a", "b")) == "b"
    assert refusal(lambda: fields(kind="c").choice("kind", ("a", "b"))) == (
        "run.kind: expected a or b, found 'c'"
    )


def test_a_missing_and_an_unknown_field_are_refused():
    assert refusal(lambda: fields().hundredths("chips")) == (
        "run.chips: expected this field, found none"
    )
    assert refusal(lambda: read_whole({"b": 1, "a": 2}, "run", lambda found: None)) == (
        "run: expected no other field, found a, b"
    )
    for other in ([], "run", None, 5):
        assert refusal(lambda other=other: Fields(other, "run")) == (
            f"run: expected an object, found {other!r}"
        )


def test_what_is_read_is_not_taken_from_its_owner():
    given = {"chips": "1", "more": {"b": 1}}
    found = Fields(given, "run")
    assert found.peek("chips") == "1" and found.has("chips")
    assert found.hundredths("chips") == 100
    assert found.peek("chips") is None and not found.has("chips")
    assert found.names() == ("more",)
    assert found.object("more").path == "run.more"
    assert given == {"chips": "1", "more": {"b": 1}}


def test_times_lie_at_the_beginning_of_an_interval_or_at_the_end_of_the_run():
    for step_minutes, text, interval in ((60, "03:00", 3), (15, "00:45", 3), (240, "12:00", 3)):
        asked = fields(to=f"1970-01-01T{text}:00Z")
        assert asked.interval("to", 0, step_minutes, 3) == interval
    assert fields(to="1970-01-01T02:00:00+01:00").interval("to", 0, 60, 3) == 1
    for text in ("1970-01-01T04:00:00Z", "1969-12-31T23:00:00Z", "1970-01-01T00:30:00Z",
                 "1970-01-01T01:00:00.5Z"):  # fmt: skip
        said = refusal(lambda text=text: fields(to=text).interval("to", 0, 60, 3))
        assert said == (
            f"run.to: expected the beginning of an interval of the run, or its end, found '{text}'"
        )
    for text in ("1970-01-01T00:00:00", "noon", ""):
        said = refusal(lambda text=text: fields(to=text).interval("to", 0, 60, 3))
        assert said == f"run.to: expected an ISO 8601 time with its zone, found '{text}'"


def test_lists_name_the_item_at_fault():
    curve = [{"units": "1"}, {"units": "x"}]
    said = refusal(lambda: fields(curve=curve).each("curve", lambda f: f.picos("units")))
    assert said.startswith("run.curve[1].units: expected decimal text")
    more = [{"units": "1", "more": 1}]
    said = refusal(lambda: fields(curve=more).each("curve", lambda f: f.picos("units")))
    assert said == "run.curve[0]: expected no other field, found more"
    assert refusal(lambda: fields(curve={}).each("curve", list)) == (
        "run.curve: expected a list, found {}"
    )
    assert refusal(lambda: fields(many=["1", "-1"]).hundredths_each("many", 2)) == (
        "run.many[1]: expected a quantity that is not negative, and within bounds, found '-1'"
    )
    assert fields(many=["1", "-1"]).hundredths_each("many", 2, signed=True) == (100, -100)
    for many in (["1"], "111", None):
        said = refusal(lambda many=many: fields(many=many).hundredths_each("many", 3))
        assert said.startswith("run.many: expected a list of 3 quantities, one an interval, found")


def test_pairs_are_read_one_by_one_and_a_long_list_is_refused_by_its_length():
    found = fields(curve=[["1", "2"], ["3", "4"]]).pairs("curve")
    assert [(one.picos("0"), one.picos("1")) for one in found] == [
        (PICOS, 2 * PICOS),
        (3 * PICOS, 4 * PICOS),
    ]
    assert [one.path for one in found] == ["run.curve[0]", "run.curve[1]"]
    for wrong in (["1"], ["1", "2", "3"], "12", {"0": 1, "1": 2}):
        said = refusal(lambda wrong=wrong: fields(curve=[["1", "2"], wrong]).pairs("curve"))
        assert said == f"run.curve[1]: expected a pair, found {wrong!r}"
    assert refusal(lambda: fields(curve=[[1, 2]] * 1_000_000).pairs("curve")) == (
        "run.curve: expected a list of at most 1000 pairs, found 1000000"
    )
    assert len(fields(curve=[[1, 2]] * 1_000).pairs("curve")) == 1_000
    assert refusal(lambda: fields(curve="x").pairs("curve", 5)) == (
        "run.curve: expected a list of at most 5 pairs, found 'x'"
    )


def test_needs_are_whole_units_sorted_by_name():
    assert read_needs(fields(needs={"ram": 2, "cpu": 1})) == (("cpu", 1), ("ram", 2))
    for units in (0, -1, 10_001, "1", 1.5):
        said = refusal(lambda units=units: read_needs(fields(needs={"cpu": units})))
        assert said == f"run.needs.cpu: expected an integer from 1 to 10000, found {units!r}"


def test_a_long_value_is_shown_by_its_beginning():
    said = refusal(lambda: fields(it=list(range(1_000))).text("it"))
    assert said == f"run.it: expected text, found {str(list(range(1_000)))[:77]}..."


@given(st.integers(1 - PICOS_MAX, PICOS_MAX - 1), st.integers(-(10**9), 10**9))
def test_text_and_number_are_each_others_inverse(picos, hundredths):
    """The text is also the number's own, and the shortest plain one."""
    text = decimal_text(picos, PICOS)
    assert fields(it=text).picos("it") == picos
    assert Decimal(text) == Decimal(picos) / PICOS
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", text) and text != "-0"
    quantity = hundredths_text(hundredths)
    assert fields(it=quantity).signed_hundredths("it") == hundredths


def test_texts_of_hundredths():
    assert hundredths_text(-5) == "-0.05"
    assert hundredths_texts((100, 250)) == ["1", "2.5"]


def test_a_closed_object_requires_its_fields_and_allows_no_other():
    schema = closed_object({"a": {}})
    assert schema["required"] == ["a"]
    assert schema["additionalProperties"] is False
